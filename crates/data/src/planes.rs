//! Planes of a picture: one, gray, or three of the same size, red, green and blue.

use crate::picture::Picture;
use crate::{ColorMode, ImageSize};

/// A picture, channel by channel.
#[derive(Clone, Debug)]
pub(crate) struct Planes(Vec<Picture>);

impl Planes {
    /// Of a picture whose pixels are interleaved.
    pub(crate) fn of(values: &[u8], size: ImageSize, color_mode: ColorMode) -> Self {
        let n = color_mode.count();
        let plane = |k: usize| Picture {
            rows: size.rows,
            cols: size.cols,
            gray: values[k..].iter().step_by(n).copied().collect(),
        };
        Planes((0..n).map(plane).collect())
    }

    /// Of a gray picture.
    pub(crate) fn gray(picture: Picture) -> Self {
        Planes(vec![picture])
    }

    /// Resampled as [`Picture::within`] says.
    pub(crate) fn within(&self, size: ImageSize) -> Self {
        Planes(self.0.iter().map(|plane| plane.within(size)).collect())
    }

    /// Every value of every plane.
    pub(crate) fn values(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.iter().flat_map(|plane| &plane.gray).copied()
    }

    /// In the middle of an image of `size` without ink, its pixels interleaved; with `invert`, its values
    /// are taken from 255.
    pub(crate) fn framed(&self, size: ImageSize, invert: bool) -> Vec<u8> {
        let n = self.0.len();
        let mut image = vec![0; size.rows * size.cols * n];
        for (k, plane) in self.0.iter().enumerate() {
            let (top, left) = ((size.rows - plane.rows) / 2, (size.cols - plane.cols) / 2);
            for (y, line) in plane.gray.chunks_exact(plane.cols).enumerate() {
                let at = (top + y) * size.cols + left;
                let pixels = image[at * n..].chunks_exact_mut(n);
                for (pixel, &value) in pixels.zip(line) {
                    pixel[k] = if invert { 255 - value } else { value };
                }
            }
        }
        image
    }
}
