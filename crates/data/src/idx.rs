//! The IDX format of MNIST and EMNIST: unsigned bytes behind a short big-endian header.
//!
//! Files may be plain or gzip; reading tells them apart by content, writing by
//! the ending `.gz`.
//!
//! ```
//! use metaplast_data::idx;
//!
//! let dir = std::env::temp_dir().join("metaplast-idx-doc");
//! std::fs::create_dir_all(&dir).unwrap();
//! let path = dir.join("tiny-images-idx3-ubyte.gz");
//! idx::write_images(&path, 2, 2, &[0, 1, 2, 3, 4, 5, 6, 7])?;
//! let images = idx::read_images(&path)?;
//! assert_eq!((images.count, images.rows, images.cols), (2, 2, 2));
//! assert_eq!(images.pixels[4..], [4, 5, 6, 7]);
//! # std::fs::remove_dir_all(&dir).unwrap();
//! # Ok::<(), metaplast_data::DataError>(())
//! ```

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use crate::DataError;

/// Files whose header announces more bytes than this (1 GiB) are refused.
pub const MAX_BYTES: u64 = 1 << 30;

const IMAGES_MAGIC: u32 = 0x0000_0803;
const LABELS_MAGIC: u32 = 0x0000_0801;

/// The content of a file of images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Number of images, at least 1.
    pub count: usize,
    /// Lines of an image, at least 1.
    pub rows: usize,
    /// Pixels of a line, at least 1.
    pub cols: usize,
    /// `count` × `rows` × `cols` gray values, image by image, line by line.
    pub pixels: Vec<u8>,
}

/// Reads a file of images (magic number 0x00000803).
///
/// # Errors
///
/// If the file cannot be read, is no IDX file of images, is cut short, has
/// bytes left over, or announces a size of zero or above [`MAX_BYTES`].
pub fn read_images(path: &Path) -> Result<Images, DataError> {
    decode_images(open(path)?, path)
}

/// Reads a file of labels (magic number 0x00000801), one byte for each image.
///
/// # Errors
///
/// As [`read_images`].
pub fn read_labels(path: &Path) -> Result<Vec<u8>, DataError> {
    decode_labels(open(path)?, path)
}

/// Reads images, plain or gzip, from anything; `path` is for the messages.
///
/// # Errors
///
/// As [`read_images`].
pub fn decode_images(reader: impl BufRead, path: &Path) -> Result<Images, DataError> {
    let ([count, rows, cols], pixels) =
        decode(reader, path, Kind::IMAGES, ["images", "rows", "columns"])?;
    Ok(Images {
        count,
        rows,
        cols,
        pixels,
    })
}

/// Reads labels, plain or gzip, from anything; `path` is for the messages.
///
/// # Errors
///
/// As [`read_images`].
pub fn decode_labels(reader: impl BufRead, path: &Path) -> Result<Vec<u8>, DataError> {
    let (_, labels) = decode(reader, path, Kind::LABELS, ["labels"])?;
    Ok(labels)
}

/// Writes images as IDX, gzip if the name ends in `.gz`.
///
/// # Errors
///
/// If the file cannot be written.
///
/// # Panics
///
/// If `pixels` is not a positive number of `rows` × `cols` images, or a size
/// does not fit into 32 bits.
pub fn write_images(path: &Path, rows: usize, cols: usize, pixels: &[u8]) -> Result<(), DataError> {
    assert!(
        rows > 0 && cols > 0 && !pixels.is_empty() && pixels.len().is_multiple_of(rows * cols),
        "{} pixels are no positive number of {rows}x{cols} images",
        pixels.len()
    );
    let count = pixels.len() / (rows * cols);
    write(path, IMAGES_MAGIC, &[count, rows, cols], pixels)
}

/// Writes labels as IDX, gzip if the name ends in `.gz`.
///
/// # Errors
///
/// If the file cannot be written.
///
/// # Panics
///
/// If there are no labels, or more than 32 bits can count.
pub fn write_labels(path: &Path, labels: &[u8]) -> Result<(), DataError> {
    assert!(!labels.is_empty(), "no labels to write");
    write(path, LABELS_MAGIC, &[labels.len()], labels)
}

struct Kind {
    magic: u32,
    what: &'static str,
}

impl Kind {
    const IMAGES: Kind = Kind {
        magic: IMAGES_MAGIC,
        what: "images",
    };
    const LABELS: Kind = Kind {
        magic: LABELS_MAGIC,
        what: "labels",
    };
}

fn open(path: &Path) -> Result<BufReader<File>, DataError> {
    File::open(path)
        .map(BufReader::new)
        .map_err(|cause| io_error(path, "read", cause))
}

fn io_error(path: &Path, action: &'static str, cause: std::io::Error) -> DataError {
    DataError::Io {
        path: path.into(),
        action,
        cause,
    }
}

fn decode<const RANK: usize>(
    mut reader: impl BufRead,
    path: &Path,
    kind: Kind,
    fields: [&'static str; RANK],
) -> Result<([usize; RANK], Vec<u8>), DataError> {
    let start = reader
        .fill_buf()
        .map_err(|cause| io_error(path, "read", cause))?;
    if start.starts_with(&[0x1f, 0x8b]) {
        body(MultiGzDecoder::new(reader), path, true, kind, fields)
    } else {
        body(reader, path, false, kind, fields)
    }
}

fn body<const RANK: usize>(
    mut reader: impl Read,
    path: &Path,
    gzip: bool,
    kind: Kind,
    fields: [&'static str; RANK],
) -> Result<([usize; RANK], Vec<u8>), DataError> {
    let header_len = 4 + 4 * RANK as u64;
    let header = read_up_to(&mut reader, header_len, 0, path, gzip)?;
    let number = |i: usize| {
        let bytes = header.get(4 * i..4 * i + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().expect("four bytes")))
    };
    let truncated = |expected, found| DataError::Truncated {
        path: path.into(),
        expected,
        found,
    };

    // The magic number first: of a short file of another kind it says more than its length.
    let found = number(0).ok_or_else(|| truncated(header_len, header.len() as u64))?;
    if found != kind.magic {
        return Err(DataError::Magic {
            path: path.into(),
            what: kind.what,
            found,
            expected: kind.magic,
        });
    }
    let mut sizes = [0; RANK];
    let mut declared = 1u128;
    for (i, (size, field)) in sizes.iter_mut().zip(fields).enumerate() {
        let n = number(i + 1).ok_or_else(|| truncated(header_len, header.len() as u64))?;
        if n == 0 {
            return Err(DataError::ZeroSize {
                path: path.into(),
                field,
                offset: 4 * (i as u64 + 1),
            });
        }
        *size = n as usize;
        declared = declared.saturating_mul(u128::from(n));
    }
    let whole = declared.saturating_add(u128::from(header_len));
    if whole > u128::from(MAX_BYTES) {
        return Err(DataError::TooLarge {
            path: path.into(),
            declared: whole,
            limit: MAX_BYTES,
        });
    }

    // One byte more than announced shows whether the data go on, and makes
    // the gzip decoder reach and verify the checksum.
    let declared = declared as u64;
    let expected = header_len + declared;
    let data = read_up_to(&mut reader, declared + 1, header_len, path, gzip)?;
    match (data.len() as u64).cmp(&declared) {
        std::cmp::Ordering::Less => Err(truncated(expected, header_len + data.len() as u64)),
        std::cmp::Ordering::Greater => Err(DataError::Trailing {
            path: path.into(),
            expected,
        }),
        std::cmp::Ordering::Equal => Ok((sizes, data)),
    }
}

/// Reads at most `limit` bytes; the buffer grows with what arrives, never by a promise.
fn read_up_to(
    reader: &mut impl Read,
    limit: u64,
    offset: u64,
    path: &Path,
    gzip: bool,
) -> Result<Vec<u8>, DataError> {
    let mut bytes = Vec::new();
    match reader.by_ref().take(limit).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(cause) if gzip => Err(DataError::Gzip {
            path: path.into(),
            offset: offset + bytes.len() as u64,
            cause,
        }),
        Err(cause) => Err(io_error(path, "read", cause)),
    }
}

fn write(path: &Path, magic: u32, sizes: &[usize], data: &[u8]) -> Result<(), DataError> {
    let mut header = magic.to_be_bytes().to_vec();
    for &size in sizes {
        let size = u32::try_from(size).expect("IDX counts in 32 bits");
        header.extend(size.to_be_bytes());
    }
    let attempt = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        if path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("gz"))
        {
            let mut gz = GzEncoder::new(file, Compression::default());
            gz.write_all(&header)?;
            gz.write_all(data)?;
            gz.finish()?.flush()
        } else {
            file.write_all(&header)?;
            file.write_all(data)?;
            file.flush()
        }
    };
    attempt().map_err(|cause| io_error(path, "write", cause))
}
