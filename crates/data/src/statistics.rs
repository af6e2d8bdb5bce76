//! A data set in a few numbers.

use crate::Dataset;

/// What [`Dataset::statistics`] measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    /// Mean pixel, between 0 and 1.
    pub mean: f64,
    /// Share of the pixels that are not 0, between 0 and 1.
    pub nonzero: f64,
    /// Mean over the images of the longer side of the box around all nonzero pixels, in pixels.
    pub longer_side: f64,
    /// Brightest pixel of all images, 0 to 255.
    pub peak: u8,
    /// Brightest pixel of the faintest image, 0 to 255.
    pub faintest_peak: u8,
    /// Number of images of each class.
    pub per_class: Vec<usize>,
}

impl Dataset {
    /// Measures ink, size and balance of the images.
    ///
    /// ```
    /// let statistics = metaplast_data::Dataset::glyphs(2, 1).statistics();
    /// assert_eq!(statistics.per_class, [2; 47]);
    /// assert!(statistics.nonzero > statistics.mean);
    /// ```
    pub fn statistics(&self) -> Statistics {
        let (mut sum, mut nonzero, mut longer) = (0u64, 0u64, 0u64);
        let (mut peak, mut faintest_peak) = (0, u8::MAX);
        for i in 0..self.len() {
            let image = self.image(i);
            sum += image.iter().map(|&q| u64::from(q)).sum::<u64>();
            nonzero += image.iter().filter(|&&q| q > 0).count() as u64;
            longer += longer_side(image, self.cols(), self.color_mode().count()) as u64;
            let brightest = image.iter().copied().max().unwrap_or(0);
            peak = peak.max(brightest);
            faintest_peak = faintest_peak.min(brightest);
        }
        let pixels = (self.len() * self.pixels_per_image()) as f64;
        Statistics {
            mean: sum as f64 / 255.0 / pixels,
            nonzero: nonzero as f64 / pixels,
            longer_side: longer as f64 / self.len() as f64,
            peak,
            faintest_peak,
            per_class: (0..self.classes())
                .map(|c| self.of_class(c).len())
                .collect(),
        }
    }
}

fn longer_side(image: &[u8], cols: usize, values: usize) -> usize {
    let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
    for (at, _) in image.iter().enumerate().filter(|&(_, &q)| q > 0) {
        let (y, x) = (at / values / cols, at / values % cols);
        (left, right) = (left.min(x), right.max(x));
        (top, bottom) = (top.min(y), bottom.max(y));
    }
    if left > right {
        return 0;
    }
    (right - left).max(bottom - top) + 1
}

#[cfg(test)]
mod tests {
    use crate::{ColorMode, Dataset, Orientation, Parts};

    #[test]
    fn numbers_of_a_drawn_case() {
        let mut pixels = vec![0; 3 * 4 * 5];
        pixels[5] = 255; // image 0: a box of 2 rows and 3 columns
        pixels[12] = 51;
        pixels[20 + 19] = 102; // image 1: one pixel; image 2: nothing
        let dataset = Dataset::from_parts(Parts {
            name: "drawn".into(),
            rows: 4,
            cols: 5,
            color_mode: ColorMode::Gray,
            pixels,
            labels: vec![0, 2, 2],
            class_names: Vec::new(),
            orientation: Orientation::Upright,
        });
        let s = dataset.unwrap().statistics();
        assert!((s.mean - 1.6 / 60.0).abs() < 1e-12);
        assert!((s.nonzero - 3.0 / 60.0).abs() < 1e-12);
        assert!((s.longer_side - 4.0 / 3.0).abs() < 1e-12);
        assert_eq!((s.peak, s.faintest_peak), (255, 0));
        assert_eq!(s.per_class, [1, 0, 2]);
    }
}
