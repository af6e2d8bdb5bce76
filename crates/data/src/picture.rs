//! Pictures of any kind and size as gray images: PNG, JPEG, PNM (PBM, PGM, PPM) and BMP files.
//!
//! Palettes, colours, transparency and all depths become 8-bit gray: colours by Rec. 601,
//! `(299 R + 587 G + 114 B) / 1000`; of 16 bits the upper eight of those that the picture uses.
//! Transparent pixels are white paper, on which light ink is turned dark where most of the picture is
//! transparent, and where all ink has one colour, alpha is the ink. A picture whose colours are equally
//! bright is refused: nothing would be left of it. Colour profiles and gamma are not looked at. Of an
//! animation the first picture counts.
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

use std::path::Path;

use crate::{DataError, ImageSize, decode};

/// Larger files are refused.
pub const MOST_BYTES: u64 = 1 << 24;
/// Pictures with a longer side are refused.
pub const LONGEST_SIDE: u32 = 4096;

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
        decode::read(path)?.gray(path)
    }

    /// Reads the contents of such a file; `path` is for the messages.
    ///
    /// # Errors
    ///
    /// If they are no whole, undamaged picture in one of these formats, or announce a side above
    /// [`LONGEST_SIDE`] or more pixels than so many bytes can hold, for which no memory is taken.
    pub fn decode(bytes: &[u8], path: &Path) -> Result<Self, DataError> {
        decode::decode(bytes, path)?.gray(path)
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
