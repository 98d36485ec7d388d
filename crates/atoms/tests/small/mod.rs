//! A small potential, for tests of files.
#![allow(dead_code, clippy::unwrap_used, reason = "test support")]

use atoms::Potential;
use atoms::form::network::Skip;
use atoms::form::{DeepPotential, Empty, Network, Statistics, Switch};
use frame::{Precision, Representation};
use ground::kernel::network::Activation;
use ground::stream::Stream;

/// Two species, 1-3-6 and 12-4-4-1, nothing unusual.
pub(crate) fn potential() -> Potential {
    let network =
        |widths: &[usize], skip, steps| Network::new(widths, Activation::Tanh, skip, steps);
    let form = DeepPotential {
        species: vec!["O".into(), "H".into()],
        switch: Switch::new(0.5, 4.0).unwrap(),
        selection: vec![2, 3],
        one_sided: true,
        embedding: network(&[1, 3, 6], Skip::Doubling, false),
        axis: 2,
        fitting: network(&[12, 4, 4], Skip::Equal, true).with_output(),
        statistics: vec![Statistics { mean: 0.0, radial: 0.25, angular: 0.125 }; 2],
        bias: vec![-1.5, -0.5],
        from_vacuum: vec![false; 2],
        excluded: Vec::new(),
        empty: Empty::Counted,
    };
    let theta = form.init(Precision::F64, &Stream::new(1)).unwrap();
    Potential { form, theta, precision: Precision::F64, nearest: Some(0.75) }
}
