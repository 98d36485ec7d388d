//! A finite sample: points and what the target is there.

/// n points of R^d with `outputs` numbers each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// d.
    pub d: usize,
    /// Numbers that the target gives of a point; classes of a one-hot target.
    pub outputs: usize,
    /// The points, `[n, d]`, row by row.
    pub x: Vec<f64>,
    /// The target, `[n, outputs]`, row by row.
    pub y: Vec<f64>,
}

impl Sample {
    /// n.
    pub fn n(&self) -> usize {
        self.x.len().checked_div(self.d).unwrap_or(0)
    }

    /// The i-th point.
    pub fn point(&self, i: usize) -> &[f64] {
        &self.x[i * self.d..][..self.d]
    }

    /// The target at the i-th point.
    pub fn value(&self, i: usize) -> &[f64] {
        &self.y[i * self.outputs..][..self.outputs]
    }

    /// The first n points, or all where there are fewer.
    pub fn first(&self, n: usize) -> Self {
        let n = n.min(self.n());
        let (x, y) = (self.x[..n * self.d].to_vec(), self.y[..n * self.outputs].to_vec());
        Self { x, y, ..*self }
    }
}
