//! SHA-256 of files.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// A SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of a whole file.
    pub fn of_file(path: &Path) -> Result<Self, Error> {
        let read = || -> io::Result<Self> {
            let mut file = File::open(path)?;
            let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
            loop {
                match file.read(&mut buffer)? {
                    0 => return Ok(Digest(hash.finalize().into())),
                    n => hash.update(&buffer[..n]),
                }
            }
        };
        read().map_err(|cause| Error::io(path, "read", cause))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no SHA-256; give 64 hexadecimal digits");
        let bytes = text.as_bytes();
        if bytes.len() != 64 {
            return Err(wrong());
        }
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(bytes.chunks_exact(2)) {
            let digit = |c: u8| char::from(c).to_digit(16).ok_or_else(wrong);
            *byte = (16 * digit(pair[0])? + digit(pair[1])?) as u8;
        }
        Ok(Digest(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_digest_is_read_back() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let digest = Digest::of_file(&path).unwrap();
        // FIPS 180-2, appendix B.1
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.to_uppercase().parse(), Ok(digest));
        for wrong in ["", "ba78", &"g".repeat(64), &"é".repeat(32)] {
            assert!(wrong.parse::<Digest>().is_err());
        }
    }
}
