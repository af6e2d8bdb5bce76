//! Files of pictures unpacked: PNG, JPEG, PNM (PBM, PGM, PPM) and BMP, told apart by their first bytes.
//!
//! A reader for each format, none of which takes memory for sides or pixels that a file announces and
//! cannot hold.

mod bmp;
#[cfg(feature = "jpeg")]
mod jpeg;
mod pnm;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use png::ColorType;

use crate::DataError;
use crate::picture::{LONGEST_SIDE, MOST_BYTES, unpack_png};

/// What pictures are called in messages.
pub(crate) const FORMATS: &str = "PNG, JPEG, PGM or BMP";

/// Endings of files that are taken for pictures, in small letters.
const ENDINGS: [&str; 9] = [
    "png", "jpg", "jpeg", "jpe", "pgm", "ppm", "pbm", "pnm", "bmp",
];

/// Whether a file is named like a picture that can be read.
pub(crate) fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.iter().any(|e| ending.eq_ignore_ascii_case(e)))
}

/// A picture as it is stored, unpacked to eight bits a value.
#[derive(Debug)]
pub(crate) struct Raster {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// How many values a pixel has, and what they mean; never indexed.
    pub(crate) color: ColorType,
    /// Line by line, pixel by pixel.
    pub(crate) values: Vec<u8>,
}

/// Reads a file of a picture.
pub(crate) fn read(path: &Path) -> Result<Raster, DataError> {
    let io_error = |cause| DataError::Io {
        path: path.into(),
        action: "read",
        cause,
    };
    let file = File::open(path).map_err(io_error)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(io_error)?;
    if bytes.len() as u64 > MOST_BYTES {
        let reason = format!("larger than {MOST_BYTES} bytes; make the picture smaller");
        return Err(wrong(path, reason));
    }
    decode(&bytes, path)
}

/// Reads the contents of a file of a picture; `path` is for the messages.
pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<Raster, DataError> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => unpack_png(bytes, path),
        #[cfg(feature = "jpeg")]
        [0xff, 0xd8, 0xff, ..] => jpeg::unpack(bytes, path),
        #[cfg(not(feature = "jpeg"))]
        [0xff, 0xd8, 0xff, ..] => {
            let reason = "a JPEG file, and this program was built without the feature `jpeg`; convert it to PNG";
            Err(wrong(path, reason.into()))
        }
        [b'P', b'1'..=b'6', ..] => pnm::unpack(bytes, path),
        [b'B', b'M', ..] => bmp::unpack(bytes, path),
        _ => {
            let reason =
                format!("not a sound {FORMATS} file; write it again in one of these formats");
            Err(wrong(path, reason))
        }
    }
}

/// Refuses sides that are too long, and a picture without pixels.
pub(crate) fn check_sides(width: usize, height: usize, path: &Path) -> Result<(), DataError> {
    if width == 0 || height == 0 {
        let reason = format!("{width}x{height} pixels; a picture has at least one");
        return Err(wrong(path, reason));
    }
    if width.max(height) > LONGEST_SIDE as usize {
        let reason = format!(
            "{width}x{height} pixels; sides of at most {LONGEST_SIDE} are read: make it smaller"
        );
        return Err(wrong(path, reason));
    }
    Ok(())
}

/// A file that announces more pixels than its bytes can hold.
pub(crate) fn too_few_bytes(width: usize, height: usize, bytes: &[u8], path: &Path) -> DataError {
    let reason = format!(
        "{width}x{height} pixels cannot be in {} bytes; write it again",
        bytes.len()
    );
    wrong(path, reason)
}

pub(crate) fn wrong(path: &Path, reason: String) -> DataError {
    DataError::Picture {
        path: path.into(),
        reason,
    }
}
