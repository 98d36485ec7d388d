//! Named arrays to bytes and back, to the bit.
//!
//! The bytes are those of the safetensors format, so any reader of that format opens them; words
//! of text (no tabs, no line ends) go into its metadata. Not here: files.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use bytemuck::NoUninit;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::{Error, Result};

/// Numbers of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Single precision.
    F32(Vec<f32>),
    /// Double precision.
    F64(Vec<f64>),
    /// Counts.
    U64(Vec<u64>),
}

/// Named arrays and named words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Archive {
    /// Arrays by name.
    pub numbers: BTreeMap<String, Numbers>,
    /// Words by name.
    pub words: BTreeMap<String, String>,
}

impl Numbers {
    fn bytes(&self) -> (Dtype, usize, Cow<'_, [u8]>) {
        match self {
            Self::F32(v) => (Dtype::F32, v.len(), little(v, |x| x.to_le_bytes())),
            Self::F64(v) => (Dtype::F64, v.len(), little(v, |x| x.to_le_bytes())),
            Self::U64(v) => (Dtype::U64, v.len(), little(v, |x| x.to_le_bytes())),
        }
    }

    fn read(view: &TensorView<'_>) -> Option<Self> {
        let data = view.data();
        Some(match view.dtype() {
            Dtype::F32 => {
                Self::F32(data.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect())
            }
            Dtype::F64 => {
                Self::F64(data.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b)).collect())
            }
            Dtype::U64 => {
                Self::U64(data.as_chunks().0.iter().map(|&b| u64::from_le_bytes(b)).collect())
            }
            _ => return None,
        })
    }
}

/// The bytes of numbers, the lowest first: as they stand in memory on most machines.
fn little<T: NoUninit, const N: usize>(numbers: &[T], one: fn(&T) -> [u8; N]) -> Cow<'_, [u8]> {
    if cfg!(target_endian = "little") {
        return Cow::Borrowed(bytemuck::cast_slice(numbers));
    }
    Cow::Owned(numbers.iter().flat_map(one).collect())
}

impl Archive {
    /// As bytes in the safetensors format; arrays and words in the order of their names.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let parts: Vec<_> = self.numbers.iter().map(|(k, v)| (k.clone(), v.bytes())).collect();
        let views = parts
            .iter()
            .map(|(k, (dtype, n, bytes))| {
                Ok((k.clone(), TensorView::new(*dtype, vec![*n], bytes)?))
            })
            .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>()
            .map_err(|e| Error::bug(format!("an array does not serialise: {e}")))?;
        // One entry: the order of several would be that of a hash map, and the bytes would wander.
        let lines: Vec<_> = self.words.iter().map(|(k, v)| format!("{k}\t{v}")).collect();
        let words = HashMap::from([("words".to_owned(), lines.join("\n"))]);
        safetensors::serialize(views, Some(words))
            .map_err(|e| Error::bug(format!("an archive does not serialise: {e}")))
    }

    /// From bytes; `name` is what the bytes are called in the error.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        let broken = |what: &str| {
            Error::input("", what)
                .allowed("It may be cut off or of another program; remove it to start anew")
                .in_file(name)
        };
        let (_, header) = SafeTensors::read_metadata(bytes)
            .map_err(|_| broken("this is not a readable archive"))?;
        let lines = header.metadata().as_ref().and_then(|m| m.get("words")).map_or("", |w| w);
        let pairs = lines.lines().filter_map(|line| line.split_once('\t'));
        let words = pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|_| broken("this is not a readable archive"))?;
        let mut numbers = BTreeMap::new();
        for (key, view) in tensors.tensors() {
            let read = Numbers::read(&view)
                .ok_or_else(|| broken("this archive holds numbers of an unknown kind"))?;
            numbers.insert(key, read);
        }
        Ok(Self { numbers, words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_round_trip() {
        let mut archive = Archive::default();
        archive.numbers.insert("a".into(), Numbers::F64(vec![1.0, -0.0, f64::MIN_POSITIVE, 1e300]));
        archive.numbers.insert("b/c".into(), Numbers::F32(vec![0.1, 3.0]));
        archive.numbers.insert("n".into(), Numbers::U64(vec![u64::MAX, 7]));
        archive.words.insert("case".into(), "hjb".into());
        let bytes = archive.to_bytes().unwrap();
        assert_eq!(Archive::from_bytes("x", &bytes).unwrap(), archive);
    }

    #[test]
    fn refuses_broken_bytes() {
        let error = Archive::from_bytes("run/params.safetensors", &[1, 2, 3]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "run/params.safetensors: this is not a readable archive. It may be cut off or of \
             another program; remove it to start anew."
        );
    }
}
