//! NumPy's `.npy` format, versions 1 to 3: one tensor.
//!
//! Written as version 1 (2 where the header is long), little-endian, row-major. Read in both byte
//! orders and both element orders. The format is NEP 1 of the NumPy project.
//!
//! ```
//! use metaplast_tensor::exchange::npy;
//! use metaplast_tensor::{Tensor, tensor};
//!
//! let a = tensor![[1.0, 2.0], [3.0, 4.0]];
//! let bytes = npy::encode(&a);
//! let b: Tensor<f64> = npy::decode(&bytes)?;
//! assert_eq!(a, b);
//! # Ok::<(), metaplast_tensor::exchange::Error>(())
//! ```

use std::path::Path;

use super::npy_header::Header;
use super::{Element, Error, MAX_BYTES, bytes_of, read_file, tensor_from, write_file};
use crate::{Shape, Tensor};

/// The bytes of a `.npy` file.
///
/// ```
/// use metaplast_tensor::{exchange::npy, tensor};
/// assert!(npy::encode(&tensor![1.0]).starts_with(b"\x93NUMPY\x01\x00"));
/// ```
#[must_use]
pub fn encode<T: Element>(tensor: &Tensor<T>) -> Vec<u8> {
    let mut bytes = Header::encode(T::KIND, tensor.dims());
    bytes.extend(bytes_of(tensor));
    bytes
}

/// The tensor in the bytes of a `.npy` file.
///
/// ```
/// use metaplast_tensor::{Tensor, exchange::npy};
/// let refused = npy::decode::<f32>(b"not a tensor").unwrap_err();
/// assert!(refused.to_string().starts_with("damaged or of another format"));
/// ```
///
/// # Errors
///
/// When the bytes are not in the format, or the numbers do not fit into `T`.
pub fn decode<T: Element>(bytes: &[u8]) -> Result<Tensor<T>, Error> {
    let (header, data) = Header::decode(bytes)?;
    if !header.fortran_order {
        return tensor_from(&header.dims, header.kind, header.big_endian, data);
    }
    // Column-major is row-major with the axes the other way round.
    let mut dims = header.dims;
    dims.reverse();
    let tensor = tensor_from::<T>(&dims, header.kind, header.big_endian, data)?;
    let axes: Vec<usize> = (0..dims.len()).rev().collect();
    if tensor.is_empty() {
        dims.reverse();
        return Ok(Tensor::zeros(Shape::from(&dims[..])));
    }
    Ok(tensor.permute(&axes))
}

/// Writes a `.npy` file, over an older one of that name.
///
/// ```no_run
/// use metaplast_tensor::{exchange::npy, tensor};
/// npy::write("a.npy", &tensor![1.0f32, 2.0])?;
/// # Ok::<(), metaplast_tensor::exchange::Error>(())
/// ```
///
/// # Errors
///
/// When the file cannot be written.
pub fn write<T: Element>(path: impl AsRef<Path>, tensor: &Tensor<T>) -> Result<(), Error> {
    write_file(path.as_ref(), &encode(tensor))
}

/// Reads a `.npy` file of at most [`MAX_BYTES`].
///
/// ```no_run
/// use metaplast_tensor::{Tensor, exchange::npy};
/// let a: Tensor<f32> = npy::read("a.npy")?;
/// # Ok::<(), metaplast_tensor::exchange::Error>(())
/// ```
///
/// # Errors
///
/// When the file cannot be read, is larger, is not in the format, or its numbers do not fit into
/// `T`.
pub fn read<T: Element>(path: impl AsRef<Path>) -> Result<Tensor<T>, Error> {
    read_within(path, MAX_BYTES)
}

/// Reads a `.npy` file of at most `limit` bytes.
///
/// ```no_run
/// use metaplast_tensor::{Tensor, exchange::npy};
/// let a: Tensor<f32> = npy::read_within("a.npy", 1 << 20)?;
/// # Ok::<(), metaplast_tensor::exchange::Error>(())
/// ```
///
/// # Errors
///
/// As [`read`].
pub fn read_within<T: Element>(path: impl AsRef<Path>, limit: u64) -> Result<Tensor<T>, Error> {
    let path = path.as_ref();
    decode(&read_file(path, limit, |first| {
        first.starts_with(b"\x93NUMPY")
    })?)
    .map_err(|error| error.at(path))
}
