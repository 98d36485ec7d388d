//! An equation of your own, in ten lines: the Hamilton–Jacobi–Bellman equation in 100 dimensions.
//!
//! u_t + Δu − |∇u|² = 0, u(1, x) = ln ½(1 + |x|²); z = σᵀ∇u with σ = √2. [HJE18]
#![allow(clippy::print_stdout, reason = "an example prints its answer")]

use esperance::prelude::*;

fn main() -> esperance::Result<()> {
    let pde = Equation::new(100, 1.0)
        .diffusion(2f64.sqrt())
        .source(|At { z, .. }| -0.5 * z.dot(z))
        .terminal(|x| (0.5 * (1.0 + x.dot(x))).ln());
    let problem = DeepBsde::new(pde).at(&[0.0; 100]).levels([20, 40, 80]);
    let solution = problem.solve(&Run::new(300).seed(7))?;
    println!("{}\n\n{}", solution.answer, solution.error);
    Ok(())
}
