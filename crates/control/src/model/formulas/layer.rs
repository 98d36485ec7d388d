//! What a policy says as an action that is allowed.
//!
//! ```text
//! shares       a = low + (high − low) σ(z);  of one limit a = low + u softplus(z);  of none a = centre + u z;
//!              sums G a ≤ g with G ≥ 0: what is above the lower limits is scaled by min(1, room/sum);
//!              sums F a = f with F > 0, without upper limits: room e^z/Σ e^z
//! projection   the nearest point of {low ≤ a ≤ high, G a ≤ g, F a = f} to centre + u z
//! penalty      a = centre + u z, and the squares of what is beyond are a cost
//! ```
//! Right-hand sides depend on t and the state.

use ground::array::Array;
use ground::formula::{Expr, Shape as Size};
use ground::{Error, Result};

use super::{Action, Constraint, Definition, refused};
use crate::limits::projection::{Contradiction, Polyhedron};

/// How constraints are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Limits {
    /// As shares where the constraints allow it, else by the nearest point.
    #[default]
    Auto,
    /// As shares.
    Shares,
    /// By the nearest point.
    Projection,
    /// Not at all: the squares of what is beyond, times this weight, are a cost of training.
    Penalty(f64),
}

/// lhs ≤ side or lhs = side, with constant coefficients.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// The coefficients, one for every number of the action.
    coefficients: Vec<f64>,
    /// What the sum is set beside, a formula of t, series and states.
    side: Expr,
    /// What it is called in an error.
    name: String,
}

/// What is allowed, and how what is said becomes it.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// What a policy says, part by part.
    pub(super) said: Vec<Expr>,
    /// The action of it, before it is projected.
    pub(super) raw: Vec<Expr>,
    /// All constraints, inequalities first; limits of numbers, then sums.
    pub(super) rows: Vec<Row>,
    pub(super) inequalities: usize,
    /// How many rows are limits of single numbers: the first.
    limits: usize,
    /// All of it.
    pub(super) polyhedron: Polyhedron,
    /// Whether actions are projected on it.
    projected: bool,
}

/// A formula with as many numbers as a part of the action.
fn spread(e: Expr, size: Size) -> Expr {
    match (e.shape(), size) {
        (Size::Scalar, Size::Vector(n)) => e.repeat(n),
        _ => e,
    }
}

/// Component i of a number or a list.
pub(super) fn component(e: Expr, i: usize) -> Expr {
    if e.shape() == Size::Scalar { e } else { e.at(i) }
}

impl Allowed {
    /// What a definition allows.
    pub fn new(definition: &Definition) -> Result<Self> {
        let said: Vec<Expr> = (0..definition.actions.len())
            .map(|k| Expr::variable(&format!("said {k}"), definition.actions[k].named.var.shape()))
            .collect();
        let (rows, [limits, inequalities]) = rows(definition)?;
        let shared = shares(definition, &said, (&rows[limits..], inequalities - limits));
        let raw = |limited: bool| -> Vec<Expr> {
            let actions = definition.actions.iter().zip(&said);
            actions.map(|(action, z)| unlimited(action, *z, limited)).collect()
        };
        let (raw, projected) = match (definition.limits, shared) {
            (Limits::Auto | Limits::Shares, Ok(shared)) => (shared, false),
            (Limits::Auto, Err(_)) | (Limits::Projection, _) => (raw(true), true),
            (Limits::Penalty(_), _) => (raw(true), false),
            (Limits::Shares, Err(error)) => return Err(error),
        };
        let ends = definition.actions.iter().zip(&raw);
        let raw = ends.map(|(action, raw)| at_the_end(definition, action, *raw)).collect();
        let polyhedron = polyhedron(&rows, inequalities);
        Ok(Self { said, raw, rows, inequalities, limits, polyhedron, projected })
    }

    /// Whether everything is allowed.
    pub(super) fn is_free(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether actions are projected.
    pub fn is_projected(&self) -> bool {
        self.projected
    }

    /// The right-hand sides.
    pub(super) fn sides(&self) -> Vec<Expr> {
        self.rows.iter().map(|row| row.side).collect()
    }

    /// How far an action is beyond every row, and the size of its right-hand side.
    pub(super) fn excess(&self, a: &[f64], sides: &[f64]) -> Vec<(f64, f64)> {
        let of = |(k, row): (usize, &Row)| {
            let lhs: f64 = row.coefficients.iter().zip(a).map(|(g, a)| g * a).sum();
            let over = lhs - sides[k];
            (if k < self.inequalities { over.max(0.0) } else { over.abs() }, sides[k].abs())
        };
        self.rows.iter().enumerate().map(of).collect()
    }

    /// The same squared and summed, as a formula of actions and states.
    pub(super) fn squares(&self, definition: &Definition) -> Expr {
        let mut sum = Expr::number(0.0);
        for (k, row) in self.rows.iter().enumerate() {
            let over = row.lhs(definition) - row.side;
            let over = if k < self.inequalities { over.relu() } else { over };
            sum = sum + over.powi(2);
        }
        sum
    }

    /// All constraints, as formulas.
    pub(super) fn words(&self, definition: &Definition) -> String {
        let row = |(k, row): (usize, &Row)| {
            let sign = if k < self.inequalities { "<=" } else { "==" };
            format!("{} {sign} {}", row.lhs(definition), row.side)
        };
        self.rows.iter().enumerate().map(row).collect::<Vec<_>>().join(", ")
    }

    /// What constraint k is called.
    pub(super) fn name_of(&self, k: usize) -> &str {
        &self.rows[k].name
    }

    /// An error about what contradicts itself, with the constraints as they were written.
    pub(super) fn named(&self, Contradiction(all): &Contradiction, t: usize) -> Error {
        let names: Vec<&str> = all.iter().map(|k| self.name_of(*k)).collect();
        let limits = all.iter().all(|k| *k < self.limits);
        let key = if limits { "model.actions" } else { "model.constraints" };
        let found = format!("`{}` contradict each other at step {t}", names.join("` and `"));
        refused(key, found, "There must be an action that keeps all of them")
    }
}

impl Row {
    fn lhs(&self, definition: &Definition) -> Expr {
        let mut first = 0;
        let mut sum = Expr::number(0.0);
        for action in &definition.actions {
            let n = action.named.count();
            let own = &self.coefficients[first..first + n];
            if own.iter().any(|g| *g != 0.0) {
                sum = sum + weighted(own, action.named.var);
            }
            first += n;
        }
        sum
    }
}

/// Σ g a.
fn weighted(g: &[f64], a: Expr) -> Expr {
    match a.shape() {
        Size::Scalar => g[0] * a,
        Size::Vector(n) => Expr::vector(g).dot(spread(a, Size::Vector(n))),
    }
}

/// centre + u z; where that is no number of order one between two limits, from their middle.
fn unlimited(action: &Action, z: Expr, limited: bool) -> Expr {
    let middle = match (action.low, action.high) {
        (Some(low), Some(high)) if limited => 0.5 * (low + high) + 0.5 * (high - low) * z,
        _ => action.centre + action.unit * z,
    };
    spread(middle, action.named.var.shape())
}

/// What is done at the last step, where that is said.
fn at_the_end(definition: &Definition, action: &Action, regular: Expr) -> Expr {
    let Some(last) = action.last else { return regular };
    let is_last = definition.time.equal(definition.steps as f64 - 1.0);
    Expr::select(is_last, spread(last, action.named.var.shape()), regular)
}

/// All constraints as rows, inequalities first; how many limits of numbers and how many inequalities these are.
fn rows(definition: &Definition) -> Result<(Vec<Row>, [usize; 2])> {
    let total: usize = definition.actions.iter().map(|action| action.named.count()).sum();
    let (mut below, mut equal) = (Vec::new(), Vec::new());
    let mut first = 0;
    for action in &definition.actions {
        let names = action.named.names();
        for (i, name) in names.iter().enumerate() {
            for (limit, sign) in [(action.low, -1.0), (action.high, 1.0)] {
                let Some(limit) = limit else { continue };
                let mut coefficients = vec![0.0; total];
                coefficients[first + i] = sign;
                let text = if sign < 0.0 { "low" } else { "high" };
                // Where the last action is said, it is the only limit.
                let limit = at_the_end(definition, action, spread(limit, action.named.var.shape()));
                let name = format!("{text} of {name}");
                below.push(Row { coefficients, side: sign * component(limit, i), name });
            }
        }
        first += names.len();
    }
    let limits = below.len();
    for constraint in &definition.constraints {
        let to = if constraint.equal { &mut equal } else { &mut below };
        read(definition, constraint, to)?;
    }
    let inequalities = below.len();
    below.extend(equal);
    Ok((below, [limits, inequalities]))
}

/// The rows of a constraint, one for each of its components.
fn read(definition: &Definition, constraint: &Constraint, to: &mut Vec<Row>) -> Result<()> {
    let key = "model.constraints";
    let zeros: Vec<(Expr, Expr)> = definition
        .actions
        .iter()
        .map(|a| (a.named.var, spread(Expr::number(0.0), a.named.var.shape())))
        .collect();
    for i in 0..constraint.excess.shape().count() {
        let excess = component(constraint.excess, i);
        let mut coefficients = Vec::new();
        for action in &definition.actions {
            let var = action.named.var;
            let slope = spread(excess.gradient(var), var.shape());
            let jumps = excess.jumps_in(var);
            let Some(slope) = slope.as_constant().filter(|_| !jumps) else {
                let found =
                    format!("`{}` is not linear in `{}`", constraint.text, action.named.name);
                return Err(refused(
                    key,
                    found,
                    "Sums of actions with constant coefficients, beside a formula of t and states",
                ));
            };
            coefficients.extend(slope);
        }
        if coefficients.iter().all(|g| *g == 0.0) {
            let found = format!("`{}` names no action", constraint.text);
            return Err(refused(key, found, "A constraint says what actions are allowed"));
        }
        let side = -excess.substitute(&zeros);
        to.push(Row { coefficients, side, name: constraint.text.clone() });
    }
    Ok(())
}

fn polyhedron(rows: &[Row], inequalities: usize) -> Polyhedron {
    let columns = rows.first().map_or(0, |row| row.coefficients.len());
    let array = |rows: &[Row]| {
        Array::from_shape_fn((rows.len(), columns), |(k, j)| rows[k].coefficients[j])
    };
    Polyhedron::new(&array(&rows[..inequalities]), &array(&rows[inequalities..]))
}

/// Actions as shares of what is allowed, by their limits and some sums, inequalities first; an error says why that
/// cannot be.
fn shares(
    definition: &Definition,
    said: &[Expr],
    (sums, inequalities): (&[Row], usize),
) -> Result<Vec<Expr>> {
    let actions = &definition.actions;
    let mut all: Vec<Expr> = actions.iter().zip(said).map(|(a, z)| share(a, *z)).collect();
    let mut used = vec![false; actions.iter().map(|a| a.named.count()).sum()];
    for (k, row) in sums.iter().enumerate() {
        let equal = k >= inequalities;
        let refuse = |why: &str| {
            let found = format!("`{}` cannot be kept by shares: {why}", row.name);
            refused("model.limits", found, "Write \"projection\", or leave it out")
        };
        if row.coefficients.iter().any(|g| *g < 0.0) {
            return Err(refuse("a coefficient is below 0"));
        }
        for (used, g) in used.iter_mut().zip(&row.coefficients) {
            if *g != 0.0 && std::mem::replace(used, true) {
                return Err(refuse("an action is in another sum too"));
            }
        }
        summed(actions, said, (row, equal), &mut all).map_err(refuse)?;
    }
    Ok(all)
}

/// A part of the action as a share of its own limits.
fn share(action: &Action, z: Expr) -> Expr {
    let shape = action.named.var.shape();
    let formula = match (action.low, action.high) {
        (Some(low), Some(high)) => low + (high - low).relu() * z.sigmoid(),
        (Some(low), None) => low + action.unit * z.softplus(),
        (None, Some(high)) => high - action.unit * z.softplus(),
        (None, None) => action.centre + action.unit * z,
    };
    spread(formula, shape)
}

/// Scales what is above the lower limits so that a sum is kept.
fn summed(
    actions: &[Action],
    said: &[Expr],
    (row, equal): (&Row, bool),
    all: &mut [Expr],
) -> std::result::Result<(), &'static str> {
    let (mut total, mut floor) = (Expr::number(0.0), Expr::number(0.0));
    let mut parts = Vec::new();
    let mut first = 0;
    for (k, action) in actions.iter().enumerate() {
        let n = action.named.count();
        let own = &row.coefficients[first..first + n];
        first += n;
        if own.iter().all(|g| *g == 0.0) {
            continue;
        }
        let low = action.low.ok_or("an action has no lower limit")?;
        if equal && (action.high.is_some() || own.contains(&0.0)) {
            return Err("an action of an equality has an upper limit, or not all of it is summed");
        }
        let low = spread(low, action.named.var.shape());
        let above = if equal { said[k].clamp(-30.0, 30.0).exp() } else { all[k] - low };
        let summed = if equal { total_of(above) } else { weighted(own, above) };
        total = total + summed;
        floor = floor + weighted(own, low);
        parts.push((k, own, low, above));
    }
    let room = (row.side - floor).relu();
    for (k, own, low, above) in parts {
        let vector = |data: Vec<f64>| match low.shape() {
            Size::Scalar => Expr::number(data[0]),
            Size::Vector(_) => Expr::vector(&data),
        };
        all[k] = if equal {
            let per = vector(own.iter().map(|g| 1.0 / g).collect());
            low + room / total * above * per
        } else {
            let factor = Expr::select(room.less(total), room / total, 1.0);
            let mask = vector(own.iter().map(|g| f64::from(u8::from(*g != 0.0))).collect());
            low + above * (1.0 + mask * (factor - 1.0))
        };
    }
    Ok(())
}

/// The sum of the components, where there are several.
fn total_of(e: Expr) -> Expr {
    if e.shape() == Size::Scalar { e } else { e.sum() }
}
