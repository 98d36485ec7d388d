//! A periodic cell: three lattice vectors, any angles.
//!
//! ```text
//! h      [3, 3]   Å, the lattice vectors a, b, c as rows
//! x = f h         from fractions f to positions x
//! w_k = V/|b × c|, …   the width between the faces that vector k joins
//! ```

use ground::{Error, Result};

use crate::model::{Mat3, Vec3};

/// A periodic cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    rows: Mat3,
    inverse: Mat3,
}

impl Cell {
    /// From its lattice vectors, a row each.
    ///
    /// Fails when a number is not finite or the vectors lie in one plane.
    pub fn new(rows: Mat3) -> Result<Self> {
        if rows.iter().flatten().any(|v| !v.is_finite()) {
            return Err(Error::input("cell", "a lattice vector is not finite"));
        }
        let [a, b, c] = rows;
        let det = dot(a, cross(b, c));
        let size = norm(a) * norm(b) * norm(c);
        if det.abs() <= 1e-10 * size || size == 0.0 {
            let found = format!("the lattice vectors {} span no volume", show(rows));
            return Err(Error::input("cell", found).allowed(
                "A molecule without a cell is marked as such (deepmd: an empty file `nopbc`)",
            ));
        }
        let faces = [cross(b, c), cross(c, a), cross(a, b)];
        let inverse = std::array::from_fn(|i| std::array::from_fn(|k| faces[k][i] / det));
        Ok(Self { rows, inverse })
    }

    /// The lattice vectors, a row each.
    pub fn rows(&self) -> Mat3 {
        self.rows
    }

    /// The volume, Å³.
    pub fn volume(&self) -> f64 {
        let [a, b, c] = self.rows;
        dot(a, cross(b, c)).abs()
    }

    /// The widths between opposite faces, Å.
    pub fn widths(&self) -> Vec3 {
        let column = |k: usize| [self.inverse[0][k], self.inverse[1][k], self.inverse[2][k]];
        std::array::from_fn(|k| 1.0 / norm(column(k)))
    }

    /// Fractions of the lattice vectors.
    pub fn fractions(&self, x: Vec3) -> Vec3 {
        times(x, self.inverse)
    }

    /// The position with these fractions.
    pub fn position(&self, f: Vec3) -> Vec3 {
        times(f, self.rows)
    }

    /// The rotation Q with h Q lower triangular and positive on the diagonal, and that cell; None for
    /// left-handed vectors, which no rotation makes so.
    ///
    /// Positions, forces and lattice vectors rotate as rows, x Q; a tensor Ξ as Qᵀ Ξ Q.
    pub fn lower_triangular(&self) -> Option<(Mat3, Self)> {
        let [a, b, c] = self.rows;
        if dot(a, cross(b, c)) <= 0.0 {
            return None;
        }
        let x = scaled(a, 1.0 / norm(a));
        let z = cross(a, b);
        let z = scaled(z, 1.0 / norm(z));
        let y = cross(z, x);
        let q = std::array::from_fn(|i| [x[i], y[i], z[i]]);
        let mut rows = self.rows.map(|row| times(row, q));
        [rows[0][1], rows[0][2], rows[1][2]] = [0.0; 3];
        Some((q, Self::new(rows).ok()?))
    }
}

/// The product of a row with a matrix.
pub fn times(x: Vec3, m: Mat3) -> Vec3 {
    std::array::from_fn(|k| x[0] * m[0][k] + x[1] * m[1][k] + x[2] * m[2][k])
}

/// a · b.
pub fn dot(a: Vec3, b: Vec3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// a × b.
pub fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// |a|.
pub fn norm(a: Vec3) -> f64 {
    dot(a, a).sqrt()
}

fn scaled(a: Vec3, by: f64) -> Vec3 {
    a.map(|v| v * by)
}

fn show(rows: Mat3) -> String {
    let row = |row: Vec3| format!("({} {} {})", row[0], row[1], row[2]);
    rows.map(row).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKEW: Mat3 = [[4.0, 1.0, 0.2], [-0.5, 3.0, 1.0], [0.3, 0.4, 5.0]];

    #[test]
    fn exact_fractions_and_widths() {
        let cell = Cell::new(SKEW).unwrap();
        let x = [1.3, -2.0, 7.5];
        let back = cell.position(cell.fractions(x));
        assert!((0..3).all(|k| (back[k] - x[k]).abs() < 1e-14));
        let cube = Cell::new([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 4.0]]).unwrap();
        assert_eq!((cube.volume(), cube.widths()), (24.0, [2.0, 3.0, 4.0]));
        let [a, b, c] = SKEW;
        assert!((cell.widths()[0] - cell.volume() / norm(cross(b, c))).abs() < 1e-14);
        assert!((cell.widths()[2] - cell.volume() / norm(cross(a, b))).abs() < 1e-14);
    }

    #[test]
    fn invariant_rotation_to_a_lower_triangle() {
        let cell = Cell::new(SKEW).unwrap();
        let (q, turned) = cell.lower_triangular().unwrap();
        let rows = turned.rows();
        assert!((0..3).all(|i| rows[i][i] > 0.0));
        for i in 0..3 {
            for k in 0..3 {
                let before = dot(SKEW[i], SKEW[k]);
                assert!((dot(rows[i], rows[k]) - before).abs() < 1e-13 * (1.0 + before.abs()));
            }
            assert!((norm(q[i]) - 1.0).abs() < 1e-14);
        }
        let [a, b, c] = SKEW;
        assert!(Cell::new([b, a, c]).unwrap().lower_triangular().is_none());
    }

    #[test]
    fn flat_cells_are_refused() {
        let [a, b, _] = SKEW;
        let said = Cell::new([a, b, a]).unwrap_err().to_string();
        assert!(said.starts_with("cell: the lattice vectors (4 1 0.2)"), "{said}");
        assert!(Cell::new([[0.0; 3]; 3]).is_err() && Cell::new([[f64::NAN; 3]; 3]).is_err());
    }
}
