//! The `safetensors` format: named tensors, by the crate of that name.
//!
//! ```
//! use metaplast_tensor::exchange::safetensors;
//! use metaplast_tensor::tensor;
//!
//! let (w, b) = (tensor![[1.0, 2.0]], tensor![0.5]);
//! let bytes = safetensors::encode([("w", &w), ("b", &b)])?;
//! let tensors = safetensors::decode::<f64>(&bytes)?;
//! assert_eq!(tensors["w"], w);
//! assert_eq!(tensors["b"], b);
//! # Ok::<(), metaplast_tensor::exchange::Error>(())
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use ::safetensors::tensor::{Dtype, Metadata, SafeTensors, View};

use super::element::Kind;
use super::{Element, Error, MAX_BYTES, Problem, bytes_of, named, read_file, tensor_from};
use crate::Tensor;

/// The key under which the format keeps what is not a tensor.
const RESERVED: &str = "__metadata__";

/// A tensor as the library wants to see it.
struct Seen<'a, T>(&'a Tensor<T>);

impl<T: Element> View for Seen<'_, T> {
    fn dtype(&self) -> Dtype {
        match T::KIND {
            Kind::F64 => Dtype::F64,
            _ => Dtype::F32,
        }
    }

    fn shape(&self) -> &[usize] {
        self.0.dims()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        bytes_of(self.0).into()
    }

    fn data_len(&self) -> usize {
        self.0.len() * T::KIND.bytes()
    }
}

/// The bytes of a `.safetensors` file; equal tensors make equal files, in whatever order they come.
///
/// ```
/// use metaplast_tensor::{exchange::safetensors, tensor};
/// let (a, b) = (tensor![1.0], tensor![2.0]);
/// let one = safetensors::encode([("a", &a), ("b", &b)])?;
/// assert_eq!(safetensors::encode([("b", &b), ("a", &a)])?, one);
/// # Ok::<(), metaplast_tensor::exchange::Error>(())
/// ```
///
/// # Errors
///
/// When a name occurs twice or is `__metadata__`, or names and shapes take more than the format
/// allows.
pub fn encode<'a, T: Element>(
    tensors: impl IntoIterator<Item = (impl AsRef<str>, &'a Tensor<T>)>,
) -> Result<Vec<u8>, Error> {
    let tensors = named(tensors)?;
    if tensors.iter().any(|(name, _)| name == RESERVED) {
        return Err(Error::new(Problem::Name("is reserved by the format")).of(RESERVED));
    }
    let views = tensors.into_iter().map(|(name, t)| (name, Seen(t)));
    ::safetensors::serialize(views, None)
        .map_err(|error| Error::new(Problem::Write(std::io::Error::other(error))))
}

/// The tensors in the bytes of a `.safetensors` file.
///
/// ```
/// use metaplast_tensor::exchange::safetensors;
/// assert!(safetensors::decode::<f32>(b"{}").is_err());
/// ```
///
/// # Errors
///
/// When the bytes are not in the format, or numbers do not fit into `T`.
pub fn decode<T: Element>(bytes: &[u8]) -> Result<BTreeMap<String, Tensor<T>>, Error> {
    decode_only(bytes, |_| true)
}

/// Those tensors in the bytes of a `.safetensors` file whose names are `wanted`, whatever types the
/// others have.
///
/// ```
/// use metaplast_tensor::{exchange::safetensors, tensor};
/// let (w, b) = (tensor![[1.0, 2.0]], tensor![0.5]);
/// let bytes = safetensors::encode([("w", &w), ("b", &b)])?;
/// let tensors = safetensors::decode_only::<f64>(&bytes, |name| name == "w")?;
/// assert!(tensors.len() == 1 && tensors["w"] == w);
/// # Ok::<(), metaplast_tensor::exchange::Error>(())
/// ```
///
/// # Errors
///
/// As [`decode`].
pub fn decode_only<T: Element>(
    bytes: &[u8],
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, Tensor<T>>, Error> {
    check_length(bytes)?;
    let file = SafeTensors::deserialize(bytes).map_err(malformed)?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter().filter(|(name, _)| wanted(name)) {
        let Some(kind) = kind(view.dtype()) else {
            let (found, wanted) = (view.dtype().to_string(), T::NAME);
            return Err(Error::new(Problem::Type { found, wanted }).of(name));
        };
        let tensor = tensor_from(view.shape(), kind, false, view.data());
        tensors.insert(name.to_owned(), tensor.map_err(|error| error.of(name))?);
    }
    Ok(tensors)
}

/// The type of numbers; none for those of fewer bits than a byte or of no IEEE format, and for complex
/// ones.
fn kind(dtype: Dtype) -> Option<Kind> {
    Some(match dtype {
        Dtype::BOOL => Kind::Bool,
        Dtype::I8 => Kind::I8,
        Dtype::U8 => Kind::U8,
        Dtype::I16 => Kind::I16,
        Dtype::U16 => Kind::U16,
        Dtype::I32 => Kind::I32,
        Dtype::U32 => Kind::U32,
        Dtype::I64 => Kind::I64,
        Dtype::U64 => Kind::U64,
        Dtype::F16 => Kind::F16,
        Dtype::BF16 => Kind::BF16,
        Dtype::F32 => Kind::F32,
        Dtype::F64 => Kind::F64,
        _ => return None,
    })
}

/// Whether these are the first bytes of a file: the length of its header, of which the library reads no
/// more than 100 MB.
fn begins(first: &[u8]) -> bool {
    let length = first.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    length.is_some_and(|length| (2..=100_000_000).contains(&length))
}

/// Refuses headers whose tensors are said to end beyond the file. The library adds such offsets up
/// without a look at overflow.
fn check_length(bytes: &[u8]) -> Result<(), Error> {
    let parts = bytes.split_first_chunk().and_then(|(length, rest)| {
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        rest.split_at_checked(length)
    });
    let Some((header, data)) = parts else {
        return Err(malformed("the header is cut off"));
    };
    let metadata: Metadata = serde_json::from_slice(header).map_err(malformed)?;
    if metadata.data_len() == data.len() {
        Ok(())
    } else {
        Err(malformed(format!(
            "the header speaks of {} bytes of data, there are {}",
            metadata.data_len(),
            data.len()
        )))
    }
}

fn malformed(what: impl ToString) -> Error {
    Error::new(Problem::Malformed(what.to_string()))
}

/// Writes a `.safetensors` file, over an older one of that name.
///
/// ```no_run
/// use metaplast_tensor::{exchange::safetensors, tensor};
/// safetensors::write("a.safetensors", [("w", &tensor![1.0f32, 2.0])])?;
/// # Ok::<(), metaplast_tensor::exchange::Error>(())
/// ```
///
/// # Errors
///
/// As [`encode`], and when the file cannot be written.
pub fn write<'a, T: Element>(
    path: impl AsRef<Path>,
    tensors: impl IntoIterator<Item = (impl AsRef<str>, &'a Tensor<T>)>,
) -> Result<(), Error> {
    let path = path.as_ref();
    let bytes = encode(tensors).map_err(|error| error.at(path))?;
    super::write_file(path, &bytes)
}

/// Reads a `.safetensors` file of at most [`MAX_BYTES`].
///
/// ```no_run
/// use metaplast_tensor::exchange::safetensors;
/// let tensors = safetensors::read::<f32>("a.safetensors")?;
/// println!("{}", tensors["w"]);
/// # Ok::<(), metaplast_tensor::exchange::Error>(())
/// ```
///
/// # Errors
///
/// As [`decode`], and when the file is larger or cannot be read.
pub fn read<T: Element>(path: impl AsRef<Path>) -> Result<BTreeMap<String, Tensor<T>>, Error> {
    read_within(path, MAX_BYTES)
}

/// Reads a `.safetensors` file of at most `limit` bytes.
///
/// ```no_run
/// use metaplast_tensor::exchange::safetensors;
/// let tensors = safetensors::read_within::<f32>("a.safetensors", 1 << 20)?;
/// # Ok::<(), metaplast_tensor::exchange::Error>(())
/// ```
///
/// # Errors
///
/// As [`read`].
pub fn read_within<T: Element>(
    path: impl AsRef<Path>,
    limit: u64,
) -> Result<BTreeMap<String, Tensor<T>>, Error> {
    let path = path.as_ref();
    decode(&read_file(path, limit, begins)?).map_err(|error| error.at(path))
}

/// Reads those tensors of a `.safetensors` file whose names are `wanted`, of at most [`MAX_BYTES`].
///
/// ```no_run
/// use metaplast_tensor::exchange::safetensors;
/// let tensors = safetensors::read_only::<f32>("a.safetensors", |name| name.ends_with(".weight"))?;
/// # Ok::<(), metaplast_tensor::exchange::Error>(())
/// ```
///
/// # Errors
///
/// As [`read`].
pub fn read_only<T: Element>(
    path: impl AsRef<Path>,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, Tensor<T>>, Error> {
    let path = path.as_ref();
    decode_only(&read_file(path, MAX_BYTES, begins)?, wanted).map_err(|error| error.at(path))
}
