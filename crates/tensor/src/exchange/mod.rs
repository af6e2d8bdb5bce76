//! Tensors in files that other programs read and write, each format behind a feature of its own.
//!
//! | module | feature | holds | read by |
//! |---|---|---|---|
//! | `npy` | `npy` | one tensor | NumPy |
//! | `npz` | `npz` | named tensors, zipped | NumPy |
//! | `safetensors` | `safetensors` | named tensors | most of machine learning |
//!
//! `f32` and `f64` are written. Read are also `f16`, `bf16`, whole numbers and truth values, as NumPy
//! and PyTorch make them, into the type that is asked for, as long as it holds them without a loss:
//! `f32` is widened to `f64`, but `f64` is not rounded to `f32` unless the program says so
//! ([`Tensor::cast`](crate::Tensor::cast)), nor is a whole number that is too long. In a file of
//! several tensors some may be asked for by name (`read_only`), and the rest is not looked at.
//!
//! Files are not trusted. Sizes are checked before memory is taken for them, against the data at
//! hand and against a limit ([`MAX_BYTES`] unless given), and every damage is an [`Error`].

mod element;
mod error;
#[cfg(feature = "npy")]
pub mod npy;
#[cfg(feature = "npy")]
mod npy_header;
#[cfg(feature = "npz")]
pub mod npz;
#[cfg(feature = "safetensors")]
pub mod safetensors;

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

pub use element::Element;
use element::Kind;
pub use error::{Error, Problem};

use crate::{Shape, Tensor};

/// The largest file, or sum of unpacked tensors, that is read unless a limit is given: 4 GiB.
///
/// ```
/// assert_eq!(metaplast_tensor::exchange::MAX_BYTES, 4 << 30);
/// ```
pub const MAX_BYTES: u64 = 1 << 32;

/// All bytes of a file that is not larger than `limit`. A file that does not begin as its format does,
/// and may have no end like `/dev/zero`, is left there.
fn read_file(path: &Path, limit: u64, begins: fn(&[u8]) -> bool) -> Result<Vec<u8>, Error> {
    let failed = |error| Error::new(Problem::Read(error)).at(path);
    let file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes > limit {
        return Err(Error::new(Problem::TooLarge { bytes, limit }).at(path));
    }
    let mut first = Vec::new();
    (&file).take(8).read_to_end(&mut first).map_err(failed)?;
    if !begins(&first) {
        let what = "its first bytes are those of something else".to_owned();
        return Err(Error::new(Problem::Malformed(what)).at(path));
    }
    read_all((&first[..]).chain(file), limit).map_err(|error| error.at(path))
}

/// All that a reader gives, whatever its length was said to be.
fn read_all(reader: impl Read, limit: u64) -> Result<Vec<u8>, Error> {
    let mut data = Vec::new();
    let bytes = reader
        .take(limit.saturating_add(1))
        .read_to_end(&mut data)
        .map_err(|error| Error::new(Problem::Read(error)))? as u64;
    if bytes > limit {
        return Err(Error::new(Problem::TooLarge { bytes, limit }));
    }
    Ok(data)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    fs::write(path, bytes).map_err(|error| Error::new(Problem::Write(error)).at(path))
}

/// A tensor of these extents from all of `bytes`.
fn tensor_from<T: Element>(
    dims: &[usize],
    kind: Kind,
    big_endian: bool,
    bytes: &[u8],
) -> Result<Tensor<T>, Error> {
    let malformed = |what: String| Error::new(Problem::Malformed(what));
    // Without the zeros, since strides of empty tensors must not overflow either.
    let bound = dims
        .iter()
        .try_fold(kind.bytes(), |n, &dim| n.checked_mul(dim.max(1)));
    if bound.is_none_or(|bound| isize::try_from(bound).is_err()) {
        return Err(malformed(format!("the shape {dims:?} is too large")));
    }
    let shape = Shape::from(dims);
    let needed = shape.len() * kind.bytes();
    if bytes.len() != needed {
        return Err(malformed(format!(
            "shape {shape} of {} takes {needed} bytes, there are {}",
            kind.name(),
            bytes.len()
        )));
    }
    Ok(Tensor::new(
        shape,
        element::decode(kind, big_endian, bytes)?,
    ))
}

/// The elements of a tensor as little-endian bytes.
fn bytes_of<T: Element>(tensor: &Tensor<T>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(tensor.len() * T::KIND.bytes());
    for &x in tensor.data() {
        x.push(&mut bytes);
    }
    bytes
}

/// Named tensors in the order given, none of whose names occurs twice.
#[cfg(any(feature = "npz", feature = "safetensors"))]
fn named<'a, T: Element, N: AsRef<str>>(
    tensors: impl IntoIterator<Item = (N, &'a Tensor<T>)>,
) -> Result<Vec<(String, &'a Tensor<T>)>, Error> {
    let mut seen = std::collections::BTreeSet::new();
    let mut list = Vec::new();
    for (name, tensor) in tensors {
        let name = name.as_ref().to_owned();
        if !seen.insert(name.clone()) {
            return Err(Error::new(Problem::Name("is used twice")).of(&name));
        }
        list.push((name, tensor));
    }
    Ok(list)
}
