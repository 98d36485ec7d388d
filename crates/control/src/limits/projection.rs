//! The nearest point of a polyhedron, and its derivative.
//!
//! ```text
//! a = argmin ½|a − z|²   with   G a ≤ g,  F a = f
//! ```
//! A dual active-set method [GI83] with the identity as its Hessian: from z, the most violated constraint
//! enters, others leave as their multipliers vanish, until none is violated. With C the rows that bind and c their
//! right-hand sides, a = z − Cᵀ(CCᵀ)⁻¹(Cz − c), so that
//! ```text
//! da = (I − Cᵀ(CCᵀ)⁻¹C) dz + Cᵀ(CCᵀ)⁻¹ dc
//! ```
//! It is the derivative wherever the binding rows do not change; on the surfaces where they do it is one of
//! those on either side. Right-hand sides may depend on the state: their part is never dropped.

use ground::array::Array;

/// The constraints: their rows, those of inequalities first.
#[derive(Clone, Debug, PartialEq)]
pub struct Polyhedron {
    rows: Vec<Vec<f64>>,
    inequalities: usize,
    /// Products of all pairs of rows, line by line; none of too many.
    products: Vec<f64>,
}

/// A projection: the point, and what holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Projected {
    /// a.
    pub point: Vec<f64>,
    /// The constraints that bind, by their number: inequalities from 0, then equalities.
    pub active: Vec<usize>,
    /// Their multipliers, those of inequalities ≥ 0.
    pub multipliers: Vec<f64>,
}

/// The way back through a projection.
#[derive(Clone, Debug, PartialEq)]
pub struct Slopes {
    /// By z.
    pub by_z: Vec<f64>,
    /// By the right-hand sides, of inequalities and then of equalities.
    pub by_sides: Vec<f64>,
}

/// Constraints that no point keeps together, by their number: inequalities from 0, then equalities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction(pub Vec<usize>);

/// A row that is shorter than this beside its own length, once what others span is taken off, depends on them.
const DEPENDENT: f64 = 1e-11;

/// Rows whose products are kept.
const MOST: usize = 2000;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Polyhedron {
    /// The polyhedron of some inequalities and equalities, row by row.
    pub fn new(inequalities: &Array, equalities: &Array) -> Self {
        let rows = inequalities.rows().into_iter().chain(equalities.rows());
        let rows: Vec<Vec<f64>> = rows.map(|row| row.iter().copied().collect()).collect();
        let all = if rows.len() <= MOST { &rows[..] } else { &[] };
        let products = all.iter().flat_map(|a| all.iter().map(|b| dot(a, b))).collect();
        Self { rows, inequalities: inequalities.nrows(), products }
    }

    /// The product of two rows.
    fn product(&self, i: usize, j: usize) -> f64 {
        match self.products.get(i * self.rows.len() + j) {
            Some(product) => *product,
            None => dot(&self.rows[i], &self.rows[j]),
        }
    }

    /// Operations of a projection that half of the numbers are held in, nearly.
    pub fn operations(&self) -> f64 {
        let (rows, n) = (self.rows.len() as f64, self.rows.first().map_or(0, Vec::len) as f64);
        let held = 0.5 * n.min(rows);
        held * (2.0 * rows * n + held.powi(3) / 3.0 + 4.0 * held * n)
    }

    /// How many constraints there are.
    pub fn constraints(&self) -> usize {
        self.rows.len()
    }

    /// The nearest point to z; `sides` are g, then f. An error names the constraints that contradict each other.
    pub fn project(&self, z: &[f64], sides: &[f64]) -> Result<Projected, Contradiction> {
        assert_eq!(sides.len(), self.rows.len(), "right-hand sides: found, needed");
        let mut at = Projected { point: z.to_vec(), active: Vec::new(), multipliers: Vec::new() };
        let scale = 1.0 + z.iter().chain(sides).fold(0.0, |m: f64, x| m.max(x.abs()));
        for k in self.inequalities..self.rows.len() {
            self.enter(&mut at, sides, k)?;
        }
        // Every step enters a constraint for good or makes the distance larger: it ends.
        for _ in 0..20 * (self.rows.len() + 1) {
            let off =
                |k: usize| (dot(&self.rows[k], &at.point) - sides[k]) / self.product(k, k).sqrt();
            let free = (0..self.inequalities).filter(|k| !at.active.contains(k));
            let worst = free
                .map(|k| (off(k), k))
                .fold((1e-13 * scale, usize::MAX), |a, b| if b.0 > a.0 { b } else { a });
            if worst.1 == usize::MAX {
                return Ok(self.polished(at, z, sides));
            }
            self.enter(&mut at, sides, worst.1)?;
        }
        Ok(self.polished(at, z, sides))
    }

    /// Lets constraint k bind: others leave whose multipliers would change sign.
    fn enter(&self, at: &mut Projected, sides: &[f64], k: usize) -> Result<(), Contradiction> {
        let normal = &self.rows[k];
        let mut own = 0.0;
        loop {
            let off = dot(normal, &at.point) - sides[k];
            // n_k = d + Σ r_j n_j, with d across the rows that bind.
            let r = self.along(&at.active, normal);
            let mut across = normal.clone();
            for (&j, r) in at.active.iter().zip(&r) {
                across.iter_mut().zip(&self.rows[j]).for_each(|(d, n)| *d -= r * n);
            }
            let length = dot(&across, &across);
            let depends = length <= (DEPENDENT * DEPENDENT) * dot(normal, normal);
            let is_equality = k >= self.inequalities;
            let whole = if depends { f64::INFINITY } else { off / length };
            let sign = whole.signum();
            // The multiplier that vanishes first.
            let leaves = at.active.iter().enumerate().filter(|(_, j)| **j < self.inequalities);
            let leaves = leaves.filter(|(i, _)| sign * r[*i] > 0.0);
            let first = leaves.map(|(i, _)| (at.multipliers[i] / r[i].abs(), i));
            let first =
                first.fold((f64::INFINITY, usize::MAX), |a, b| if b.0 < a.0 { b } else { a });
            if depends && (first.1 == usize::MAX || is_equality) {
                if is_equality && off.abs() <= 1e-9 * (1.0 + sides[k].abs()) {
                    return Ok(());
                }
                return Err(self.contradiction(&at.active, k));
            }
            let step = whole.abs().min(first.0);
            at.multipliers.iter_mut().zip(&r).for_each(|(u, r)| *u -= sign * step * r);
            own += sign * step;
            if !depends {
                at.point.iter_mut().zip(&across).for_each(|(a, d)| *a -= sign * step * d);
            }
            if first.0 >= whole.abs() {
                at.active.push(k);
                at.multipliers.push(own);
                return Ok(());
            }
            at.active.remove(first.1);
            at.multipliers.remove(first.1);
        }
    }

    /// (CCᵀ)⁻¹ C v: what v is along the rows that bind.
    fn along(&self, active: &[usize], v: &[f64]) -> Vec<f64> {
        let mut right: Vec<f64> = active.iter().map(|&j| dot(&self.rows[j], v)).collect();
        self.solve(active, &mut right);
        right
    }

    /// (CCᵀ)⁻¹, by Cholesky in place.
    fn solve(&self, active: &[usize], x: &mut [f64]) {
        let n = active.len();
        let mut l = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let mut sum = self.product(active[i], active[j]);
                sum -= dot(&l[i * n..i * n + j], &l[j * n..j * n + j]);
                l[i * n + j] =
                    if i == j { sum.max(f64::MIN_POSITIVE).sqrt() } else { sum / l[j * n + j] };
            }
        }
        for i in 0..n {
            x[i] = (x[i] - dot(&l[i * n..i * n + i], &x[..i])) / l[i * n + i];
        }
        for i in (0..n).rev() {
            let below: f64 = (i + 1..n).map(|k| l[k * n + i] * x[k]).sum();
            x[i] = (x[i] - below) / l[i * n + i];
        }
    }

    /// The same from the binding rows alone, twice: without what the steps have gathered in rounding.
    fn polished(&self, mut at: Projected, z: &[f64], sides: &[f64]) -> Projected {
        at.point.copy_from_slice(z);
        at.multipliers.iter_mut().for_each(|u| *u = 0.0);
        for _ in 0..2 {
            let mut off: Vec<f64> =
                at.active.iter().map(|&j| dot(&self.rows[j], &at.point) - sides[j]).collect();
            self.solve(&at.active, &mut off);
            for (k, &j) in at.active.iter().enumerate() {
                at.point.iter_mut().zip(&self.rows[j]).for_each(|(a, n)| *a -= off[k] * n);
                at.multipliers[k] += off[k];
            }
        }
        at
    }

    /// The derivatives of Σ `by` · a.
    pub fn back(&self, at: &Projected, by: &[f64]) -> Slopes {
        let along = self.along(&at.active, by);
        let mut by_z = by.to_vec();
        let mut by_sides = vec![0.0; self.rows.len()];
        for (&j, &r) in at.active.iter().zip(&along) {
            by_z.iter_mut().zip(&self.rows[j]).for_each(|(d, n)| *d -= r * n);
            by_sides[j] = r;
        }
        Slopes { by_z, by_sides }
    }

    fn contradiction(&self, active: &[usize], k: usize) -> Contradiction {
        let r = self.along(active, &self.rows[k]);
        let held = active.iter().zip(r).filter(|(_, r)| r.abs() > 1e-9).map(|(j, _)| *j);
        let mut all: Vec<usize> = held.chain([k]).collect();
        all.sort_unstable();
        Contradiction(all)
    }
}
