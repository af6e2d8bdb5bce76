//! PNG files of any kind and size as gray images.
//!
//! Palettes, colours, transparency and all depths become 8-bit gray: colours by Rec. 601,
//! `(299 R + 587 G + 114 B) / 1000`; of 16 bits the upper eight of those that the picture uses.
//! Transparent pixels are white paper, on which light ink is turned dark where most of the picture is
//! transparent, and where all ink has one colour, alpha is the ink. A picture whose colours are equally
//! bright is refused: nothing would be left of it. Colour profiles and gamma are not looked at. Of an animation the first picture counts.
//!
//! ```
//! use metaplast_data::picture::Picture;
//!
//! let mut file = Vec::new();
//! let mut encoder = png::Encoder::new(&mut file, 2, 1);
//! encoder.set_color(png::ColorType::Rgb);
//! encoder.write_header().unwrap().write_image_data(&[255, 255, 255, 255, 0, 0]).unwrap();
//! let picture = Picture::decode(&file, "two.png".as_ref())?;
//! assert_eq!((picture.rows, picture.cols), (1, 2));
//! assert_eq!(picture.gray, [255, 76]);
//! # Ok::<(), metaplast_data::DataError>(())
//! ```

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use png::{BitDepth, ColorType, Decoder, Limits, Transformations};

use crate::gray::{Channels, narrowed, to_gray};
use crate::{DataError, signature};

/// Larger files are refused.
pub const MOST_BYTES: u64 = 1 << 24;
/// Pictures with a longer side are refused.
pub const LONGEST_SIDE: u32 = 4096;
/// Bytes for which a byte of a deflate stream can stand.
const MOST_EXPANSION: u64 = 1032;

/// A gray picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Lines, at least 1.
    pub rows: usize,
    /// Pixels of a line, at least 1.
    pub cols: usize,
    /// 0 for black to 255 for white, line by line.
    pub gray: Vec<u8>,
}

impl Picture {
    /// Reads a PNG file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is larger than [`MOST_BYTES`], or is refused by
    /// [`decode`](Self::decode).
    pub fn read(path: &Path) -> Result<Self, DataError> {
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
        Picture::decode(&bytes, path)
    }

    /// Reads the contents of a PNG file; `path` is for the messages.
    ///
    /// # Errors
    ///
    /// If they are not a whole, undamaged PNG, or announce a side above [`LONGEST_SIDE`] or more
    /// pixels than so many bytes can hold, for which no memory is taken.
    pub fn decode(bytes: &[u8], path: &Path) -> Result<Self, DataError> {
        let no_png = |cause: png::DecodingError| wrong(path, in_words(&cause, bytes));
        let limits = Limits { bytes: 1 << 27 };
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
        decoder.set_transformations(Transformations::EXPAND);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        let header = decoder.read_header_info().map_err(no_png)?;
        let (width, height) = header.size();
        if width.max(height) > LONGEST_SIDE {
            let reason = format!(
                "{width}x{height} pixels; sides of at most {LONGEST_SIDE} are read: make it smaller"
            );
            return Err(wrong(path, reason));
        }
        let packed = header.raw_row_length() as u64 * u64::from(height);
        if packed > MOST_EXPANSION.saturating_mul(bytes.len() as u64) {
            let reason = format!(
                "{width}x{height} pixels cannot be in {} bytes; write it again",
                bytes.len()
            );
            return Err(wrong(path, reason));
        }
        let mut reader = decoder.read_info().map_err(no_png)?;
        let size = reader.output_buffer_size().unwrap_or(usize::MAX);
        let most = 8 * LONGEST_SIDE as usize * LONGEST_SIDE as usize;
        if size > most {
            return Err(wrong(path, format!("unpacks to more than {most} bytes")));
        }
        let mut pixels = vec![0; size];
        let frame = reader.next_frame(&mut pixels).map_err(no_png)?;
        reader.finish().map_err(no_png)?;
        pixels.truncate(frame.buffer_size());
        let channels = match frame.color_type {
            ColorType::GrayscaleAlpha => Channels::GrayAlpha,
            ColorType::Rgb => Channels::Rgb,
            ColorType::Rgba => Channels::Rgba,
            // Palettes were expanded.
            ColorType::Grayscale | ColorType::Indexed => Channels::Gray,
        };
        if frame.bit_depth == BitDepth::Sixteen {
            pixels = narrowed(&pixels, channels);
        }
        Ok(Picture {
            rows: frame.height as usize,
            cols: frame.width as usize,
            gray: to_gray(pixels, channels).map_err(|reason| wrong(path, reason.into()))?,
        })
    }

    /// The picture in `rows` × `cols` pixels, each the mean of the area that it covers, rounded.
    ///
    /// # Panics
    ///
    /// If a side is 0.
    pub fn resampled(&self, rows: usize, cols: usize) -> Picture {
        assert!(rows > 0 && cols > 0, "resampled: {rows}x{cols} pixels");
        let area = (self.rows * self.cols) as u64;
        let mut gray = Vec::with_capacity(rows * cols);
        for y in 0..rows {
            for x in 0..cols {
                let mut sum = 0;
                for (row, height) in overlaps(y, self.rows, rows) {
                    for (col, width) in overlaps(x, self.cols, cols) {
                        let pixel = self.gray[row * self.cols + col];
                        sum += u64::from(pixel) * (height * width) as u64;
                    }
                }
                gray.push(((sum + area / 2) / area) as u8);
            }
        }
        Picture { rows, cols, gray }
    }

    /// The picture with its longer side resampled to `side` pixels and the other in proportion.
    ///
    /// # Panics
    ///
    /// If `side` is 0.
    pub fn fitted(&self, side: usize) -> Picture {
        let longer = self.rows.max(self.cols);
        let scaled = |n: usize| ((2 * n * side + longer) / (2 * longer)).max(1);
        let (rows, cols) = (scaled(self.rows), scaled(self.cols));
        match (rows, cols) == (self.rows, self.cols) {
            true => self.clone(),
            false => self.resampled(rows, cols),
        }
    }
}

/// The source pixels that target pixel `k` of `to` covers when `from` pixels are spread over them,
/// and how much of each: in units in which a source pixel is `to` long and a target pixel `from`.
fn overlaps(k: usize, from: usize, to: usize) -> impl Iterator<Item = (usize, usize)> {
    let (begin, end) = (k * from, (k + 1) * from);
    (begin / to..end.div_ceil(to)).map(move |j| (j, end.min((j + 1) * to) - begin.max(j * to)))
}

/// What is wrong with a file that is no sound PNG. The decoder's own words name its structures.
fn in_words(cause: &png::DecodingError, bytes: &[u8]) -> String {
    let is_png = bytes.starts_with(b"\x89PNG\r\n\x1a\n");
    match (cause, signature::format(bytes)) {
        (png::DecodingError::IoError(_), _) if is_png => {
            "the PNG file ends in its middle; write it again".into()
        }
        (png::DecodingError::LimitsExceeded, _) => {
            "the PNG file takes too much memory; make the picture smaller".into()
        }
        (_, Some("a PNG file")) => "a damaged PNG file; write it again".into(),
        (_, Some(other)) => format!("this is {other}, whatever its name; convert it to PNG"),
        (_, None) => "this is no PNG file; write it again, or move it away".into(),
    }
}

fn wrong(path: &Path, reason: String) -> DataError {
    DataError::Picture {
        path: path.into(),
        reason,
    }
}
