//! NumPy's `.npz` format: named tensors, a zip archive of `.npy` files.
//!
//! Written without compression and without the time, so that equal tensors make equal files; read
//! with or without compression.
//!
//! ```
//! use metaplast_tensor::exchange::npz;
//! use metaplast_tensor::tensor;
//!
//! let (w, b) = (tensor![[1.0, 2.0]], tensor![0.5]);
//! let bytes = npz::encode([("w", &w), ("b", &b)])?;
//! let tensors = npz::decode::<f64>(&bytes)?;
//! assert_eq!(tensors["w"], w);
//! assert_eq!(tensors["b"], b);
//! # Ok::<(), metaplast_tensor::exchange::Error>(())
//! ```

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;

use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::{Element, Error, MAX_BYTES, Problem, named, npy, read_all, read_file, write_file};
use crate::Tensor;

/// The bytes of a `.npz` file.
///
/// ```
/// use metaplast_tensor::{exchange::npz, tensor};
/// let a = tensor![1.0];
/// let twice = npz::encode([("a", &a), ("a", &a)]).unwrap_err();
/// assert_eq!(twice.to_string(), "tensor `a`: the name is used twice: choose another");
/// ```
///
/// # Errors
///
/// When a name occurs twice, is longer than the 65,535 bytes a zip archive allows, or would be
/// unpacked outside of the archive's directory, such as `../a`.
pub fn encode<'a, T: Element>(
    tensors: impl IntoIterator<Item = (impl AsRef<str>, &'a Tensor<T>)>,
) -> Result<Vec<u8>, Error> {
    let tensors = named(tensors)?.into_iter();
    pack(&mut tensors.map(|(name, tensor)| (name, npy::encode(tensor))))
}

/// An archive of named `.npy` files.
// Here and in `unpack` nothing is generic, so that the archive's format is compiled once.
fn pack(tensors: &mut dyn Iterator<Item = (String, Vec<u8>)>) -> Result<Vec<u8>, Error> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, data) in tensors {
        let file = format!("{name}.npy");
        if file.len() > usize::from(u16::MAX) {
            return Err(Error::new(Problem::Name("is too long")).of(&name));
        }
        if !stays_inside(&file) {
            return Err(Error::new(Problem::Name("leaves the archive's directory")).of(&name));
        }
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default())
            .large_file(data.len() as u64 > u64::from(u32::MAX));
        archive
            .start_file(file, options)
            .and_then(|()| Ok(archive.write_all(&data)?))
            .map_err(|error| not_written(error).of(&name))?;
    }
    Ok(archive.finish().map_err(not_written)?.into_inner())
}

/// The tensors in the bytes of a `.npz` file, which take at most [`MAX_BYTES`] when unpacked.
///
/// ```
/// use metaplast_tensor::exchange::npz;
/// assert!(npz::decode::<f32>(b"PK").is_err());
/// ```
///
/// # Errors
///
/// When the bytes are not in the format, unpack to more, or numbers do not fit into `T`.
pub fn decode<T: Element>(bytes: &[u8]) -> Result<BTreeMap<String, Tensor<T>>, Error> {
    decode_within(bytes, MAX_BYTES)
}

/// The tensors in the bytes of a `.npz` file, which take at most `limit` bytes when unpacked.
///
/// ```
/// use metaplast_tensor::{exchange::npz, tensor};
/// let bytes = npz::encode([("a", &tensor![1.0f32, 2.0])])?;
/// assert!(npz::decode_within::<f32>(&bytes, 1000).is_ok());
/// assert!(npz::decode_within::<f32>(&bytes, 100).is_err());
/// # Ok::<(), metaplast_tensor::exchange::Error>(())
/// ```
///
/// # Errors
///
/// As [`decode`].
pub fn decode_within<T: Element>(
    bytes: &[u8],
    limit: u64,
) -> Result<BTreeMap<String, Tensor<T>>, Error> {
    decode_entries(bytes, limit, &|_| true)
}

/// Those tensors in the bytes of a `.npz` file whose names are `wanted`; of the others only the names
/// are looked at. The tensors take at most [`MAX_BYTES`] when unpacked.
///
/// ```
/// use metaplast_tensor::{exchange::npz, tensor};
/// let (w, b) = (tensor![[1.0, 2.0]], tensor![0.5]);
/// let bytes = npz::encode([("w", &w), ("b", &b)])?;
/// let tensors = npz::decode_only::<f64>(&bytes, |name| name == "b")?;
/// assert!(tensors.len() == 1 && tensors["b"] == b);
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
    decode_entries(bytes, MAX_BYTES, &wanted)
}

fn decode_entries<T: Element>(
    bytes: &[u8],
    limit: u64,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<BTreeMap<String, Tensor<T>>, Error> {
    let mut tensors = BTreeMap::new();
    unpack(bytes, limit, wanted, &mut |name, data| {
        tensors.insert(name.to_owned(), npy::decode(data)?);
        Ok(())
    })?;
    Ok(tensors)
}

/// Takes the name of an entry, and its bytes.
type Take<'a> = dyn FnMut(&str, &[u8]) -> Result<(), Error> + 'a;

/// Hands over each entry that is wanted.
fn unpack(
    bytes: &[u8],
    limit: u64,
    wanted: &dyn Fn(&str) -> bool,
    take: &mut Take<'_>,
) -> Result<(), Error> {
    let damaged = |error: ZipError| Error::new(Problem::Malformed(error.to_string()));
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let mut left = limit;
    for i in 0..archive.len() {
        let entry = archive.by_index(i).map_err(damaged)?;
        let file = entry.name().map_err(damaged)?.into_owned();
        let Some(name) = file.strip_suffix(".npy") else {
            if !wanted(&file) {
                continue;
            }
            let what = format!("the entry `{file}` is no .npy file");
            return Err(Error::new(Problem::Malformed(what)));
        };
        if !stays_inside(&file) {
            let what = format!(
                "the entry `{}` leaves the archive's directory",
                file.escape_debug()
            );
            return Err(Error::new(Problem::Malformed(what)));
        }
        if !wanted(name) {
            continue;
        }
        let data = read_all(entry, left).map_err(|error| match error.problem() {
            Problem::TooLarge { bytes, .. } => {
                let bytes = bytes.saturating_add(limit - left);
                Error::new(Problem::TooLarge { bytes, limit }).of(name)
            }
            _ => error.of(name),
        })?;
        left -= data.len() as u64;
        take(name, &data).map_err(|error| error.of(name))?;
    }
    Ok(())
}

/// Writes a `.npz` file, over an older one of that name.
///
/// ```no_run
/// use metaplast_tensor::{exchange::npz, tensor};
/// npz::write("a.npz", [("w", &tensor![1.0f32, 2.0])])?;
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
    write_file(path, &encode(tensors).map_err(|error| error.at(path))?)
}

/// Reads a `.npz` file of at most [`MAX_BYTES`], packed and unpacked.
///
/// ```no_run
/// use metaplast_tensor::exchange::npz;
/// let tensors = npz::read::<f32>("a.npz")?;
/// println!("{}", tensors["w"]);
/// # Ok::<(), metaplast_tensor::exchange::Error>(())
/// ```
///
/// # Errors
///
/// As [`decode`], and when the file cannot be read.
pub fn read<T: Element>(path: impl AsRef<Path>) -> Result<BTreeMap<String, Tensor<T>>, Error> {
    read_within(path, MAX_BYTES)
}

/// Reads a `.npz` file of at most `limit` bytes, packed and unpacked.
///
/// ```no_run
/// use metaplast_tensor::exchange::npz;
/// let tensors = npz::read_within::<f32>("a.npz", 1 << 20)?;
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
    decode_within(&read_file(path, limit, begins)?, limit).map_err(|error| error.at(path))
}

/// Reads those tensors of a `.npz` file whose names are `wanted`, of at most [`MAX_BYTES`].
///
/// ```no_run
/// use metaplast_tensor::exchange::npz;
/// let tensors = npz::read_only::<f32>("a.npz", |name| name.starts_with("W."))?;
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

/// Whether these are the first bytes of a zip archive.
fn begins(first: &[u8]) -> bool {
    first.starts_with(b"PK")
}

/// Whether a program that unpacks the archive, on any system, writes this entry below the directory
/// it unpacks to. Nothing here unpacks to files, but others do.
fn stays_inside(file: &str) -> bool {
    let drive = file.as_bytes().get(1) == Some(&b':');
    let mut parts = file.split(['/', '\\']);
    !drive && !file.starts_with(['/', '\\']) && parts.all(|part| part != "..")
}

fn not_written(error: ZipError) -> Error {
    Error::new(Problem::Write(std::io::Error::other(error)))
}
