//! Pictures of any kind and size as gray images: PNG, JPEG, PNM (PBM, PGM, PPM) and BMP files.
//!
//! Palettes, colours, transparency and all depths become 8-bit gray: colours by Rec. 601,
//! `(299 R + 587 G + 114 B) / 1000`, transparent pixels over white, 16 bits by their upper eight.
//! Colour profiles and gamma are not looked at. Of an animation the first picture counts.
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

use std::io::Cursor;
use std::path::Path;

use png::{ColorType, Decoder, Limits, Transformations};

use crate::decode::{self, Raster, wrong};
use crate::planes::Planes;
use crate::{ColorMode, DataError, ImageSize};

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
    /// Reads a PNG, JPEG, PNM (PBM, PGM, PPM) or BMP file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, is larger than [`MOST_BYTES`], or is refused by
    /// [`decode`](Self::decode).
    pub fn read(path: &Path) -> Result<Self, DataError> {
        Ok(decode::read(path)?.gray())
    }

    /// Reads the contents of such a file; `path` is for the messages.
    ///
    /// # Errors
    ///
    /// If they are no whole, undamaged picture in one of these formats, or announce a side above
    /// [`LONGEST_SIDE`] or more pixels than so many bytes can hold, for which no memory is taken.
    pub fn decode(bytes: &[u8], path: &Path) -> Result<Self, DataError> {
        Ok(decode::decode(bytes, path)?.gray())
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
        self.within(ImageSize::square(side))
    }
}

/// The source pixels that target pixel `k` of `to` covers when `from` pixels are spread over them,
/// and how much of each: in units in which a source pixel is `to` long and a target pixel `from`.
fn overlaps(k: usize, from: usize, to: usize) -> impl Iterator<Item = (usize, usize)> {
    let (begin, end) = (k * from, (k + 1) * from);
    (begin / to..end.div_ceil(to)).map(move |j| (j, end.min((j + 1) * to) - begin.max(j * to)))
}

/// Unpacks a PNG file.
pub(crate) fn unpack_png(bytes: &[u8], path: &Path) -> Result<Raster, DataError> {
    let no_png = |cause: png::DecodingError| {
        wrong(
            path,
            format!("not a sound PNG file: {cause}; write it again"),
        )
    };
    let limits = Limits { bytes: 1 << 27 };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::normalize_to_color8());
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
    let most = 4 * LONGEST_SIDE as usize * LONGEST_SIDE as usize;
    if size > most {
        return Err(wrong(path, format!("unpacks to more than {most} bytes")));
    }
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(no_png)?;
    reader.finish().map_err(no_png)?;
    pixels.truncate(frame.buffer_size());
    Ok(Raster {
        rows: frame.height as usize,
        cols: frame.width as usize,
        color: frame.color_type,
        values: pixels,
    })
}

impl Raster {
    /// As a gray picture.
    pub(crate) fn gray(self) -> Picture {
        Picture {
            rows: self.rows,
            cols: self.cols,
            gray: to_gray(self.values, self.color),
        }
    }

    /// In this colour mode.
    pub(crate) fn planes(self, color_mode: ColorMode) -> Planes {
        match color_mode {
            ColorMode::Gray => Planes::gray(self.gray()),
            ColorMode::Rgb => {
                let size = ImageSize {
                    rows: self.rows,
                    cols: self.cols,
                };
                Planes::of(&to_rgb(self.values, self.color), size, color_mode)
            }
        }
    }
}

/// The gray of red, green and blue by Rec. 601, rounded.
pub(crate) fn luma(rgb: &[u8]) -> u8 {
    let [r, g, b] = [0, 1, 2].map(|k| u32::from(rgb[k]));
    ((299 * r + 587 * g + 114 * b + 500) / 1000) as u8
}

fn over_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

fn to_rgb(values: Vec<u8>, color: ColorType) -> Vec<u8> {
    match color {
        ColorType::Rgb => values,
        ColorType::Rgba => {
            let pixels = values.chunks_exact(4);
            pixels
                .flat_map(|p| [0, 1, 2].map(|k| over_white(p[k], p[3])))
                .collect()
        }
        _ => to_gray(values, color)
            .into_iter()
            .flat_map(|gray| [gray; 3])
            .collect(),
    }
}

fn to_gray(pixels: Vec<u8>, color: ColorType) -> Vec<u8> {
    let each = |n: usize, gray: &dyn Fn(&[u8]) -> u8| pixels.chunks_exact(n).map(gray).collect();
    match color {
        ColorType::GrayscaleAlpha => each(2, &|p| over_white(p[0], p[1])),
        ColorType::Rgb => each(3, &luma),
        ColorType::Rgba => each(4, &|p| over_white(luma(p), p[3])),
        // Palettes were expanded.
        ColorType::Grayscale | ColorType::Indexed => pixels,
    }
}
