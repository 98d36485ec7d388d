//! Laws of the points, drawn from streams by role.
//!
//! The i-th point depends on the law, the stream, the role and i alone: the first points of a larger sample
//! are those of a smaller one, and roles never share a number.

use ground::stream::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What points are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// To learn from.
    Train,
    /// To be judged by.
    Test,
}

impl Role {
    /// The name of its stream.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

/// The law of x in R^d.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Inputs {
    /// N(0, I).
    Normal,
    /// Uniform on [−1, 1]^d.
    Cube,
    /// Uniform on [0, 1]^d.
    UnitCube,
    /// Uniform on the unit sphere.
    Sphere,
    /// Uniform on the unit ball.
    Ball,
}

impl Inputs {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Normal, Self::Cube, Self::UnitCube, Self::Sphere, Self::Ball];

    /// The first n points, `[n, d]`.
    pub fn draw(self, (n, d): (usize, usize), role: Role, stream: &Stream) -> Vec<f64> {
        let stream = stream.child(role.name());
        let radius = stream.child("radius");
        let mut x = Vec::with_capacity(n * d);
        for i in 0..n as u64 {
            let from = x.len();
            match self {
                Self::Cube => x.extend((0..d).map(|k| 2.0 * stream.uniform(i, 0, k) - 1.0)),
                Self::UnitCube => x.extend((0..d).map(|k| stream.uniform(i, 0, k))),
                _ => x.extend((0..d).map(|k| stream.normal(i, 0, k))),
            }
            if let Self::Sphere | Self::Ball = self {
                let length = x[from..].iter().map(|x| x * x).sum::<f64>().sqrt();
                let to = if self == Self::Ball {
                    radius.uniform(i, 0, 0).powf(1.0 / d as f64)
                } else {
                    1.0
                };
                for x in &mut x[from..] {
                    *x *= to / length;
                }
            }
        }
        x
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Normal => "N(0, I)",
            Self::Cube => "uniform on [−1, 1]^d",
            Self::UnitCube => "uniform on [0, 1]^d",
            Self::Sphere => "uniform on the unit sphere",
            Self::Ball => "uniform on the unit ball",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ground::estimate::Estimate;

    #[test]
    fn statistical_second_moments() {
        let (n, d) = (20_000, 3);
        let exact = [1.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 5.0];
        for (law, exact) in Inputs::ALL.into_iter().zip(exact) {
            let x = law.draw((n, d), Role::Train, &Stream::new(5));
            for k in 0..d {
                let squares: Vec<f64> = x.iter().skip(k).step_by(d).map(|x| x * x).collect();
                assert!(Estimate::of(&squares).deviation(exact) < 5.0, "{law:?}");
            }
        }
    }

    #[test]
    fn points_keep_inside() {
        for (law, most) in [(Inputs::Sphere, 1.0), (Inputs::Ball, 1.0)] {
            let x = law.draw((500, 4), Role::Test, &Stream::new(1));
            let lengths = x.chunks(4).map(|x| x.iter().map(|x| x * x).sum::<f64>());
            assert!(lengths.clone().all(|l| l <= most + 1e-14));
            if law == Inputs::Sphere {
                assert!(lengths.clone().all(|l| (l - 1.0).abs() < 1e-14));
            }
        }
        let x = Inputs::UnitCube.draw((500, 4), Role::Test, &Stream::new(1));
        assert!(x.iter().all(|x| (0.0..=1.0).contains(x)));
    }

    #[test]
    fn cells_share_points_and_roles_do_not() {
        for law in Inputs::ALL {
            let draw = |n: usize, role: Role| law.draw((n, 2), role, &Stream::new(2));
            assert_eq!(draw(9, Role::Train)[..8], draw(4, Role::Train));
            assert!(draw(4, Role::Train).iter().zip(draw(4, Role::Test)).all(|(x, y)| *x != y));
        }
    }
}
