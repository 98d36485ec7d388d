//! The exact optimum of [`Execution`]: V_t = 1ᵀy + yᵀQy + yᵀRx + xᵀSx + c. [BHL99]
//!
//! ```text
//! last step  Q = A,  R = B,  S = 0,  c = 0
//! back       Q̄ = M∘Q with M = exp(Σ_z) elementwise,  R̄ = RC,  H = A + Q̄
//!            U_y = H⁻¹Q̄,  U_x = ½H⁻¹(R̄ − B),  u* = U_y y + U_x x,  V_y = I − U_y
//!            c ← c + tr(SΣ_x);  Q ← U_yᵀAU_y + V_yᵀQ̄V_y
//!            R ← 2U_yᵀAU_x + U_yᵀB − 2V_yᵀQ̄U_x + V_yᵀR̄;  S ← U_xᵀHU_x + U_xᵀ(B − R̄) + CᵀSC
//! ```
//! An action that is not the best loses (u − u*)ᵀH(u − u*).

use ground::Result;
use ground::array::{Array, matmul, transposed};
use ground::linalg::solve;

use super::{Exact, Seen};
use crate::answer::Baseline;
use crate::model::execution::Execution;

/// The recursion, finished.
#[derive(Clone, Debug)]
pub struct Selling {
    /// U_y, U_x and H of every step but the last.
    steps: Vec<[Array; 3]>,
    /// J*, with what is sold.
    optimum: f64,
    /// What is sold at all: 1ᵀy₀.
    sold: f64,
}

impl Selling {
    /// The optimum of a problem.
    pub fn of(model: &Execution) -> Result<Self> {
        let Execution { a, b, c: lasting, sigma_x, sigma_z, .. } = model;
        let [n, m] = model.sizes();
        let spread = sigma_z.mapv(f64::exp);
        let (mut q, mut r, mut s) = (a.clone(), b.clone(), Array::zeros((m, m)));
        let mut constant = 0.0;
        let mut steps = Vec::new();
        for _ in 1..model.steps {
            let q_bar = &spread * &q;
            let r_bar = matmul(&r, lasting);
            let h = a + &q_bar;
            let u_y = solve(&h, &q_bar)?;
            let u_x = solve(&h, &(&r_bar - b))? * 0.5;
            let v_y = &Array::eye(n) - &u_y;
            let [u_yt, u_xt, v_yt] = [&u_y, &u_x, &v_y].map(transposed);
            constant += (&s * sigma_x).sum();
            let kept = matmul(&v_yt, &q_bar);
            q = symmetric(&(&matmul(&u_yt, &matmul(a, &u_y)) + &matmul(&kept, &v_y)));
            r = matmul(&u_yt, &matmul(a, &u_x)) * 2.0 + matmul(&u_yt, b)
                - matmul(&kept, &u_x) * 2.0
                + matmul(&v_yt, &r_bar);
            let lasts = matmul(&transposed(lasting), &matmul(&s, lasting));
            let used = matmul(&u_xt, &(matmul(&h, &u_x) + b - &r_bar));
            s = symmetric(&(used + lasts));
            steps.push([u_y, u_x, h]);
        }
        steps.reverse();
        let y = ground::array::rows(n, 1, &model.start);
        let sold = model.start.iter().sum();
        let optimum = sold + matmul(&transposed(&y), &matmul(&q, &y))[[0, 0]] + constant;
        Ok(Self { steps, optimum, sold })
    }

    /// What simple rules reach, exactly.
    pub fn baselines(&self, model: &Execution) -> Vec<Baseline> {
        vec![Baseline::exact("equal slices", self.sold + equal(model))]
    }
}

/// The trading cost of u = y/(T − t), which does not look at x, whose mean is 0: the second moments of y.
fn equal(model: &Execution) -> f64 {
    let n = model.start.len();
    let spread = model.sigma_z.mapv(f64::exp);
    let mut moments = Array::from_shape_fn((n, n), |(i, j)| model.start[i] * model.start[j]);
    let mut cost = 0.0;
    for t in 0..model.steps {
        let share = 1.0 / (model.steps - t) as f64;
        cost += share * share * (&model.a * &moments).sum();
        moments = &spread * &moments * (1.0 - share).powi(2);
    }
    cost
}

impl Exact for Selling {
    fn value(&self) -> f64 {
        self.optimum
    }

    fn how(&self) -> String {
        "exact: quadratic value function".to_owned()
    }

    fn regret(&self, Seen { t, s, a, .. }: Seen<'_>, _: &mut Vec<f64>) -> f64 {
        // The last action is forced.
        let Some([u_y, u_x, h]) = self.steps.get(t) else { return 0.0 };
        let n = a.len();
        let off: Vec<f64> = (0..n)
            .map(|i| {
                let best = |m: &Array, v: &[f64]| -> f64 {
                    m.row(i).iter().zip(v).map(|(m, v)| m * v).sum()
                };
                a[i] - best(u_y, &s[..n]) - best(u_x, &s[n..])
            })
            .collect();
        (0..n).map(|i| off[i] * (0..n).map(|j| h[[i, j]] * off[j]).sum::<f64>()).sum()
    }
}

fn symmetric(m: &Array) -> Array {
    (m + &transposed(m)) * 0.5
}
