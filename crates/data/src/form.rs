//! Form of images: the size and the colour mode to which they are brought for a network.

use std::fmt;
use std::str::FromStr;

use crate::gray::luma;
use crate::picture::{LONGEST_SIDE, Picture};
use crate::planes::Planes;
use crate::{ColorMode, DataError, Dataset, Orientation, Parts, idx};

/// Rows and columns of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImageSize {
    /// Lines, at least 1.
    pub rows: usize,
    /// Pixels of a line, at least 1.
    pub cols: usize,
}

impl ImageSize {
    /// So many rows and columns.
    ///
    /// ```
    /// use metaplast_data::ImageSize;
    ///
    /// assert_eq!("28".parse(), Ok(ImageSize::square(28)));
    /// assert_eq!("32x24".parse(), Ok(ImageSize { rows: 32, cols: 24 }));
    /// assert!("0x4".parse::<ImageSize>().is_err());
    /// ```
    #[must_use]
    pub const fn square(side: usize) -> Self {
        ImageSize {
            rows: side,
            cols: side,
        }
    }
}

impl fmt::Display for ImageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.rows, self.cols) {
            (rows, cols) if rows == cols => f.pad(&rows.to_string()),
            (rows, cols) => f.pad(&format!("{rows}x{cols}")),
        }
    }
}

impl FromStr for ImageSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let side = |text: &str| {
            let side = text.trim().parse().ok();
            side.filter(|side| (1..=LONGEST_SIDE as usize).contains(side))
        };
        let size = match text.split_once(['x', 'X', '×']) {
            Some((rows, cols)) => side(rows).zip(side(cols)),
            None => side(text).map(|side| (side, side)),
        };
        size.map(|(rows, cols)| ImageSize { rows, cols })
            .ok_or_else(|| {
                format!(
                    "`{text}` is no size; give the pixels of a side, like 28, or rows and columns, like 32x24, each from 1 to {LONGEST_SIDE}"
                )
            })
    }
}

/// What images are brought to: gray and in their own size, unless set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageForm {
    /// Rows and columns, upright; `None` for those that the files have, and 28 × 28 for pictures, which
    /// may have any.
    pub size: Option<ImageSize>,
    /// Gray, or flattened colour.
    pub color_mode: ColorMode,
}

impl Dataset {
    /// The same images in a form.
    ///
    /// Colours become gray by Rec. 601, `(299 R + 587 G + 114 B) / 1000`; a gray pixel becomes three
    /// equal values. For another size an image is resampled with its proportions, each pixel the mean
    /// of the area that it covers, and put in the middle of a frame of zeros.
    ///
    /// ```
    /// use metaplast_data::{ColorMode, Dataset, ImageForm, ImageSize};
    ///
    /// let form = ImageForm {
    ///     size: Some(ImageSize::square(14)),
    ///     color_mode: ColorMode::Rgb,
    /// };
    /// let dataset = Dataset::glyphs(2, 1).in_form(&form)?;
    /// assert_eq!((dataset.rows(), dataset.pixels_per_image()), (14, 588));
    /// # Ok::<(), metaplast_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the images would take more than [`MAX_BYTES`](idx::MAX_BYTES).
    pub fn in_form(self, form: &ImageForm) -> Result<Self, DataError> {
        let own = ImageSize {
            rows: self.rows(),
            cols: self.cols(),
        };
        let size = form.size.map_or(own, |size| match self.orientation() {
            Orientation::Upright => size,
            Orientation::Transposed => ImageSize {
                rows: size.cols,
                cols: size.rows,
            },
        });
        if (size, form.color_mode) == (own, self.color_mode()) {
            return Ok(self);
        }
        let values = size.rows * size.cols * form.color_mode.count();
        let pixels = check_bytes(self.name(), self.len(), values)?;
        let mut pixels = Vec::with_capacity(pixels);
        for i in 0..self.len() {
            let image = in_color_mode(self.image(i), self.color_mode(), form.color_mode);
            match size == own {
                true => pixels.extend(image),
                false => {
                    let planes = Planes::of(&image, own, form.color_mode);
                    pixels.extend(planes.within(size).framed(size, false));
                }
            }
        }
        let parts = Parts {
            name: self.name().to_owned(),
            rows: size.rows,
            cols: size.cols,
            color_mode: form.color_mode,
            pixels,
            labels: (0..self.len()).map(|i| self.label(i) as u32).collect(),
            class_names: (0..self.classes())
                .map(|c| self.class_name(c).to_owned())
                .collect(),
            orientation: self.orientation(),
        };
        let groups: Vec<&str> = (0..self.classes())
            .filter_map(|c| Some(self.group_name(self.group_of(c)?)))
            .collect();
        let dataset = Dataset::from_parts(parts)?;
        Ok(match groups.is_empty() {
            true => dataset,
            false => dataset.with_groups(&groups),
        })
    }
}

/// The bytes of so many images of so many values, or an error when they are too many.
pub(crate) fn check_bytes(name: &str, images: usize, values: usize) -> Result<usize, DataError> {
    let bytes = images.checked_mul(values);
    let bytes = bytes.filter(|&bytes| bytes as u64 <= idx::MAX_BYTES);
    bytes.ok_or_else(|| DataError::Parts {
        name: name.to_owned(),
        reason: format!(
            "{images} images of {values} values take more than {} bytes; make them smaller or leave some away",
            idx::MAX_BYTES
        ),
    })
}

/// Values of pixels in another colour mode.
pub(crate) fn in_color_mode(values: &[u8], from: ColorMode, to: ColorMode) -> Vec<u8> {
    match (from, to) {
        (ColorMode::Rgb, ColorMode::Gray) => values.chunks_exact(3).map(luma).collect(),
        (ColorMode::Gray, ColorMode::Rgb) => values.iter().flat_map(|&gray| [gray; 3]).collect(),
        _ => values.to_vec(),
    }
}

impl Picture {
    /// The picture resampled with its proportions to the largest size within `size`.
    ///
    /// # Panics
    ///
    /// If a side of `size` is 0.
    #[must_use]
    pub fn within(&self, size: ImageSize) -> Picture {
        let rounded = |n: usize, to: usize, of: usize| ((2 * n * to + of) / (2 * of)).max(1);
        // The side that fills the frame is the one longer in its proportion.
        let (rows, cols) = match self.rows * size.cols >= self.cols * size.rows {
            true => (size.rows, rounded(self.cols, size.rows, self.rows)),
            false => (rounded(self.rows, size.cols, self.cols), size.cols),
        };
        let (rows, cols) = (rows.min(size.rows), cols.min(size.cols));
        match (rows, cols) == (self.rows, self.cols) {
            true => self.clone(),
            false => self.resampled(rows, cols),
        }
    }
}
