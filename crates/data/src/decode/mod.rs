//! Files of pictures unpacked: PNG, JPEG, PNM (PBM, PGM, PPM) and BMP, told apart by their first bytes,
//! which their names must not contradict.
//!
//! A reader for each format, none of which takes memory for sides or pixels that a file announces and
//! cannot hold.

mod bmp;
#[cfg(feature = "jpeg")]
mod jpeg;
mod png;
mod pnm;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::gray::{Channels, over_white, to_gray};
use crate::picture::{LONGEST_SIDE, MOST_BYTES, Picture};
use crate::planes::Planes;
use crate::{ColorMode, DataError, ImageSize, signature};

/// What pictures are called in messages.
pub(crate) const FORMATS: &str = "PNG, JPEG, PGM or BMP";

/// Endings of files that are taken for pictures, in small letters.
const ENDINGS: [&str; 9] = [
    "png", "jpg", "jpeg", "jpe", "pgm", "ppm", "pbm", "pnm", "bmp",
];

/// Formats that are read, as [`signature::format`] calls them.
const READ: [&str; 4] = [
    "a PNG file",
    "a JPEG file",
    "a PGM or PPM file",
    "a BMP file",
];

/// Endings of pictures that are not read.
const UNREAD: [&str; 8] = ["gif", "tif", "tiff", "webp", "heic", "avif", "svg", "pam"];

/// What a file's name says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A picture that can be read.
    Picture,
    /// One that cannot.
    UnreadPicture,
    /// Something else.
    Other,
}

/// What a file's name says of it, in capitals or small letters.
pub(crate) fn named(path: &Path) -> Named {
    let ending = path.extension().unwrap_or_default().to_string_lossy();
    let is = |e: &&str| ending.eq_ignore_ascii_case(e);
    match (ENDINGS.iter().any(&is), UNREAD.iter().any(is)) {
        (true, _) => Named::Picture,
        (_, true) => Named::UnreadPicture,
        _ => Named::Other,
    }
}

/// A picture as it is stored, unpacked to eight bits a value.
#[derive(Debug)]
pub(crate) struct Raster {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// What the values of a pixel are.
    pub(crate) channels: Channels,
    /// Line by line, pixel by pixel.
    pub(crate) values: Vec<u8>,
}

impl Raster {
    /// As a gray picture; `path` is for the messages.
    pub(crate) fn gray(self, path: &Path) -> Result<Picture, DataError> {
        let gray = to_gray(self.values, self.channels);
        Ok(Picture {
            rows: self.rows,
            cols: self.cols,
            gray: gray.map_err(|reason| wrong(path, reason.into()))?,
        })
    }

    /// In this colour mode; what is transparent in colour lies over white.
    pub(crate) fn planes(self, color_mode: ColorMode, path: &Path) -> Result<Planes, DataError> {
        match color_mode {
            ColorMode::Gray => Ok(Planes::gray(self.gray(path)?)),
            ColorMode::Rgb => {
                let size = ImageSize {
                    rows: self.rows,
                    cols: self.cols,
                };
                Ok(Planes::of(
                    &to_rgb(self.values, self.channels),
                    size,
                    color_mode,
                ))
            }
        }
    }
}

/// Red, green and blue of each pixel.
fn to_rgb(values: Vec<u8>, channels: Channels) -> Vec<u8> {
    let pixels = |n| values.chunks_exact(n);
    match channels {
        Channels::Gray => values.iter().flat_map(|&gray| [gray; 3]).collect(),
        Channels::GrayAlpha => pixels(2)
            .flat_map(|p| [over_white(p[0], p[1]); 3])
            .collect(),
        Channels::Rgb => values,
        Channels::Rgba => pixels(4)
            .flat_map(|p| [0, 1, 2].map(|k| over_white(p[k], p[3])))
            .collect(),
    }
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

/// The format that a file's name says, as [`signature::format`] calls it.
fn format_named(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_string_lossy().to_ascii_lowercase();
    let format = match &*ending {
        "png" => "a PNG file",
        "jpg" | "jpeg" | "jpe" => "a JPEG file",
        "pgm" | "ppm" | "pbm" | "pnm" => "a PGM or PPM file",
        "bmp" => "a BMP file",
        _ => return None,
    };
    Some(format)
}

/// Reads the contents of a file of a picture. A name of another format is refused: it is the trace of a
/// file that was not converted, or not stored, as somebody believes.
pub(crate) fn decode(bytes: &[u8], path: &Path) -> Result<Raster, DataError> {
    if let (Some(named), Some(found)) = (format_named(path), signature::format(bytes))
        && named != found
        && READ.contains(&found)
    {
        let reason = format!("this is {found}, and its name says {named}; rename or convert it");
        return Err(wrong(path, reason));
    }
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => png::unpack(bytes, path),
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
            let reason = match signature::format(bytes) {
                Some(other) => format!("this is {other}, whatever its name; convert it to PNG"),
                None => format!("this is no {FORMATS} file; write it again, or move it away"),
            };
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
