//! Arrays for other programs: `paths.npz`, which NumPy opens.

use std::io::Cursor;

use frame::Named;
use ground::{Error, Result};
use ndarray::{ArrayViewD, IxDyn};
use ndarray_npy::NpzWriter;

/// The arrays as the bytes of an `.npz` file, not compressed.
pub(crate) fn npz(arrays: &[Named<'_>]) -> Result<Vec<u8>> {
    let broken = |e: &dyn std::fmt::Display| Error::bug(format!("paths cannot be written: {e}"));
    let mut writer = NpzWriter::new(Cursor::new(Vec::new()));
    for array in arrays {
        let view =
            ArrayViewD::from_shape(IxDyn(&array.shape), array.numbers).map_err(|e| broken(&e))?;
        writer.add_array(array.name, &view).map_err(|e| broken(&e))?;
    }
    writer.finish().map(Cursor::into_inner).map_err(|e| broken(&e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, array};
    use ndarray_npy::NpzReader;

    #[test]
    fn arrays_come_back_in_their_shape() {
        let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN];
        let named = [
            Named { name: "t", shape: vec![2], numbers: &numbers[..2] },
            Named { name: "x", shape: vec![1, 2, 2], numbers: &numbers[..4] },
        ];
        let bytes = npz(&named).unwrap();
        assert_eq!(bytes, npz(&named).unwrap(), "no clock is in it");
        let mut reader = NpzReader::new(Cursor::new(bytes)).unwrap();
        let x: Array3<f64> = reader.by_name("x").unwrap();
        assert_eq!(x, array![[[1.0, 2.0], [3.0, 4.0]]]);
    }

    #[test]
    fn a_shape_that_does_not_fit_is_said() {
        assert!(npz(&[Named { name: "t", shape: vec![3], numbers: &[1.0] }]).is_err());
    }
}
