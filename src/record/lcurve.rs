//! Errors while learning as DeePMD-kit writes them: `lcurve.out`.
//!
//! A line a look: the root of the loss, then RMSEs of energies per atom, of forces and of virials where
//! they are fitted, each on validation frames where there are any and on the training batch; then the rate.

use atoms::deviation::scientific;
use frame::{Schedule, Trace};

/// The quantities, in the order of the columns.
const QUANTITIES: [&str; 4] = ["rmse", "rmse_e", "rmse_f", "rmse_v"];
/// On which frames.
const FRAMES: [&str; 2] = ["val", "trn"];
/// What DeePMD-kit says of columns without labels.
const REMARK: &str = "# If there is no available reference data, rmse_*_{val,trn} will print nan";

/// A column: its name, and a number a look.
struct Column {
    name: String,
    numbers: Vec<f64>,
}

/// The text, from what the looks tell under the names of the columns; None where they tell none of it.
pub(super) fn text(trace: &Trace, (rate, of): &(Schedule, u64)) -> Option<String> {
    let column = |quantity: &str, on: &str| {
        let name = format!("{quantity}_{on}");
        trace.column(&name).map(|numbers| Column { name, numbers })
    };
    let group = |quantity: &str| -> Vec<Column> {
        FRAMES.into_iter().filter_map(|on| column(quantity, on)).collect()
    };
    let mut groups: Vec<Vec<Column>> = QUANTITIES.into_iter().map(group).collect();
    groups.retain(|group| !group.is_empty());
    if groups.is_empty() {
        return None;
    }
    let line = |cell: &dyn Fn(&Column) -> String| {
        let group = |group: &Vec<Column>| {
            let cells: Vec<String> = group.iter().map(|one| format!("{:>11}", cell(one))).collect();
            format!("   {}", cells.join(" "))
        };
        groups.iter().map(group).collect::<Vec<_>>().concat()
    };
    let head = line(&|column| column.name.clone());
    let mut lines = vec![format!("# step {head}   {:<8}", "lr"), REMARK.to_owned()];
    for (k, look) in trace.looks.iter().enumerate() {
        let row = line(&|column| number(column.numbers[k], 2));
        let rate = number(rate.at(look.iteration, *of), 1);
        lines.push(format!("{:>7}{row}   {rate:>8}", look.iteration));
    }
    lines.push(String::new());
    Some(lines.join("\n"))
}

/// As C writes it.
fn number(value: f64, digits: usize) -> String {
    if value.is_finite() { scientific(value, digits) } else { "nan".to_owned() }
}

#[cfg(test)]
mod tests {
    use ground::estimate::Estimate;

    use super::*;

    /// Looks that tell these numbers.
    fn trace(names: &[&str], rows: &[(u64, &[f64])]) -> Trace {
        let mut trace = Trace::default();
        for (iteration, numbers) in rows {
            let told = names.iter().map(ToString::to_string).zip(numbers.iter().copied()).collect();
            trace.add(*iteration, [Estimate { mean: 1.0, stderr: 0.0, n: 1 }; 2], told);
        }
        trace
    }

    #[test]
    fn exact_lines_of_a_training_with_validation() {
        let names =
            ["rmse_val", "rmse_trn", "rmse_e_val", "rmse_e_trn", "rmse_f_val", "rmse_f_trn"];
        let rows: [(u64, &[f64]); 2] = [
            (0, &[24.2, 24.0, 1.42, 1.41, 0.760, f64::NAN]),
            (5, &[19.5, 19.4, 1.40, 1.40, 0.835, 0.823]),
        ];
        let rate = (Schedule::Exponential { from: 1e-3, to: 3.48e-8 }, 10);
        assert_eq!(
            text(&trace(&names, &rows), &rate).unwrap(),
            "# step       rmse_val    rmse_trn    rmse_e_val  rmse_e_trn    rmse_f_val  rmse_f_trn   lr      \n\
             # If there is no available reference data, rmse_*_{val,trn} will print nan\n      \
             0      2.42e+01    2.40e+01      1.42e+00    1.41e+00      7.60e-01         nan    1.0e-03\n      \
             5      1.95e+01    1.94e+01      1.40e+00    1.40e+00      8.35e-01    8.23e-01    5.9e-06\n"
        );
    }

    #[test]
    fn exact_lines_of_a_training_without() {
        let names = ["rmse_trn", "rmse_e_trn", "rmse_f_trn", "rmse_v_trn", "other"];
        let rows: [(u64, &[f64]); 1] = [(0, &[8.78, 0.121, 0.278, 0.0523, 7.0])];
        let rate = (Schedule::Constant(3.9e-3), 10);
        assert_eq!(
            text(&trace(&names, &rows), &rate).unwrap(),
            "# step       rmse_trn    rmse_e_trn    rmse_f_trn    rmse_v_trn   lr      \n\
             # If there is no available reference data, rmse_*_{val,trn} will print nan\n      \
             0      8.78e+00      1.21e-01      2.78e-01      5.23e-02    3.9e-03\n"
        );
        assert_eq!(text(&trace(&["other"], &[]), &rate), None);
    }
}
