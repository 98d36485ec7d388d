//! The name of a cell: a digest of everything its answer depends on.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Letters of a name: 64 bits, so that a million cells share none.
const LETTERS: usize = 16;

/// The name of what has this content.
pub fn name(content: impl AsRef<[u8]>) -> String {
    let mut all = format!("{:x}", Sha256::digest(content));
    all.truncate(LETTERS);
    all
}

/// By what a record was made: its bits may depend on it, its name does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The version of the program, with its commit where that is known.
    pub version: String,
    /// The vector instructions it used.
    pub vector: String,
}

impl Stamp {
    /// In what two stamps differ, as a sentence; none where they are the same.
    pub fn differs(&self, other: &Self) -> Option<String> {
        if self.version != other.version {
            return Some(format!(
                "it was computed by version {}, this is {}",
                other.version, self.version
            ));
        }
        (self.vector != other.vector).then(|| {
            format!("it was computed with {} instructions, these are {}", other.vector, self.vector)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_the_standard() {
        // SHA-256 of "abc", FIPS 180-4.
        assert_eq!(name("abc"), "ba7816bf8f01cfea");
        assert_ne!(name("abc"), name("abd"));
    }

    #[test]
    fn stamps_say_in_what_they_differ() {
        let of = |version: &str, vector: &str| Stamp {
            version: version.to_owned(),
            vector: vector.to_owned(),
        };
        let here = of("0.1.0", "avx2");
        assert_eq!(here.differs(&here), None);
        assert!(here.differs(&of("0.2.0", "avx2")).is_some_and(|s| s.contains("version 0.2.0")));
        assert!(here.differs(&of("0.1.0", "neon")).is_some_and(|s| s.contains("neon")));
    }
}
