//! Images as inputs of a network.

use metaplast_data::{Dataset, Sample, pixel};
use metaplast_tensor::{Scalar, Tensor};

/// The images of several samples, one per row: `[n, n_0]` in 0..1.
///
/// # Panics
/// When the data set has no such image.
#[must_use]
pub fn image_batch<T: Scalar>(dataset: &Dataset, samples: &[Sample]) -> Tensor<T> {
    let pixels = dataset.pixels_per_image();
    let mut batch = Tensor::zeros([samples.len(), pixels]);
    for (row, sample) in batch.data_mut().chunks_mut(pixels).zip(samples) {
        write_pixels(dataset.image(sample.image), row);
    }
    batch
}

/// The same with upright images, row by row from the top, however the data set keeps them.
///
/// # Panics
/// When the data set has no such image.
#[must_use]
pub fn upright_batch<T: Scalar>(dataset: &Dataset, samples: &[Sample]) -> Tensor<T> {
    let pixels = dataset.pixels_per_image();
    let mut batch = Tensor::zeros([samples.len(), pixels]);
    for (row, sample) in batch.data_mut().chunks_mut(pixels).zip(samples) {
        write_pixels(&dataset.upright(sample.image), row);
    }
    batch
}

/// The pixels of an image, in 0..1.
pub(crate) fn write_pixels<T: Scalar>(image: &[u8], x: &mut [T]) {
    for (x, &q) in x.iter_mut().zip(image) {
        *x = T::from_f64(f64::from(pixel(q)));
    }
}
