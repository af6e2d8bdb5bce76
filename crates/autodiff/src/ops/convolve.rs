//! Convolution of images with a kernel, one image after the other.
//!
//! ```text
//! y = K U        U the patches of an image as columns (see `conv.rs`), K the kernel as a matrix
//! K̄ += ȳ Uᵀ      Ū = Kᵀ ȳ, which the fold adds to x̄
//! ```
//!
//! With groups, each has a kernel and patches of its own. The way back makes the patches again: that
//! takes less time than to keep those of all images.

use metaplast_tensor::kernels::{self, Write};
use metaplast_tensor::{Scalar, Shape};

use super::conv::Unfold;
use super::convolution::Convolution;
use super::rearrange::{Rearrange, add_back, put};
use crate::op::{Adjoints, Inputs, Op};

/// Images convolved with a kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Convolve {
    pub(super) how: Convolution,
}

/// ConvolutionSizes of a convolution.
struct ConvolutionSizes {
    groups: usize,
    /// Rows of a group's kernel and their length.
    out: usize,
    size: usize,
    /// Windows of an image.
    places: usize,
    unfold: Unfold,
    /// One image.
    image: Shape,
}

impl Convolve {
    /// The sizes and the result's shape, where operands of these shapes fit.
    fn sizes(self, image: &Shape, kernel: &Shape) -> Option<(ConvolutionSizes, Shape)> {
        let (&[batch, channels, height, width], &[out, inner, rows, cols]) =
            (image.dims(), kernel.dims())
        else {
            return None;
        };
        let groups = self.how.groups;
        let fits = groups > 0 && channels == inner * groups && out.is_multiple_of(groups);
        let unfold = self.how.window(rows, cols);
        let [high, wide] = unfold.places(image).filter(|_| fits)?;
        let sizes = ConvolutionSizes {
            groups,
            out: out / groups,
            size: inner * rows * cols,
            places: high * wide,
            unfold,
            image: Shape::from([1, channels, height, width]),
        };
        Some((sizes, Shape::from([batch, out, high, wide])))
    }

    fn of<T: Scalar>(self, inputs: &Inputs<'_, T>) -> ConvolutionSizes {
        let sizes = self.sizes(inputs.shape(0), inputs.shape(1));
        sizes.expect("checked when recorded").0
    }
}

impl ConvolutionSizes {
    /// Elements of an image, of its patches and of its results.
    fn lengths(&self) -> [usize; 3] {
        let patches = self.groups * self.size * self.places;
        let results = self.groups * self.out * self.places;
        [self.image.len(), patches, results]
    }

    /// Puts the patches of one image into their places, outside of which zeros stand already.
    fn patches<T: Scalar>(&self, image: &[T], patches: &mut [T]) {
        self.unfold
            .stretches(&self.image, |s| put(s, image, patches));
    }

    /// Adds the adjoints of an image's patches to that of the image.
    fn fold<T: Scalar>(&self, patches: &[T], image: &mut [T]) {
        self.unfold
            .stretches(&self.image, |s| add_back(s, patches, image));
    }

    /// Calls `f` with where kernel, patches and results of each group start.
    fn each_group(&self, mut f: impl FnMut(usize, usize, usize)) {
        for g in 0..self.groups {
            f(
                g * self.out * self.size,
                g * self.size * self.places,
                g * self.out * self.places,
            );
        }
    }
}

impl<T: Scalar> Op<T> for Convolve {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        match self.sizes(operands[0], operands[1]) {
            Some((_, shape)) => shape,
            None => panic!(
                "conv2d: image of shape {}, kernel of shape {}, {:?}",
                operands[0], operands[1], self.how
            ),
        }
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let sizes = self.of(inputs);
        let [pixels, all, results] = sizes.lengths();
        let ConvolutionSizes {
            out, size, places, ..
        } = sizes;
        let mut patches = vec![T::ZERO; all];
        let kernel = inputs.value(1);
        let images = inputs.value(0).chunks(pixels.max(1));
        for (image, y) in images.zip(output.chunks_mut(results.max(1))) {
            sizes.patches(image, &mut patches);
            sizes.each_group(|k, p, r| {
                let (k, p) = (&kernel[k..][..out * size], &patches[p..][..size * places]);
                let y = &mut y[r..][..out * places];
                kernels::matmul(k, p, y, out, size, places, Write::Set);
            });
        }
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let sizes = self.of(inputs);
        let [pixels, all, results] = sizes.lengths();
        let ConvolutionSizes {
            out, size, places, ..
        } = sizes;
        let (images, kernel) = (inputs.value(0), inputs.value(1));
        let mut patches = vec![T::ZERO; all];
        if let Some(into) = adjoints.of(1) {
            // The images' shares are added up before they are added to what stands there.
            let mut sums = vec![T::ZERO; kernel.len()];
            let images = images.chunks(pixels.max(1));
            for (image, dy) in images.zip(adjoint.chunks(results.max(1))) {
                sizes.patches(image, &mut patches);
                sizes.each_group(|k, p, r| {
                    let (dy, p) = (&dy[r..][..out * places], &patches[p..][..size * places]);
                    let sums = &mut sums[k..][..out * size];
                    kernels::matmul_nt(dy, p, sums, out, places, size, Write::Add);
                });
            }
            into.iter_mut()
                .zip(&sums)
                .for_each(|(into, &sum)| *into += sum);
        }
        if let Some(into) = adjoints.of(0) {
            let images = into.chunks_mut(pixels.max(1));
            for (image, dy) in images.zip(adjoint.chunks(results.max(1))) {
                sizes.each_group(|k, p, r| {
                    let (k, dy) = (&kernel[k..][..out * size], &dy[r..][..out * places]);
                    let p = &mut patches[p..][..size * places];
                    kernels::matmul_tn(k, dy, p, size, out, places, Write::Set);
                });
                sizes.fold(&patches, image);
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::Tensor;

    use crate::ops::testing::Checks;
    use crate::{Convolution, Tape};

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let how = Convolution::new()
            .stride([c.size(1, 2), c.size(1, 2)])
            .border([c.size(0, 1), 1])
            .dilation([c.size(1, 2), 1]);
        for batch in [0, 2] {
            let image = c.apart(&[batch, 4, 4, 3]);
            for groups in [1, 2] {
                let kernel = c.tensor(&[2, 4 / groups, 2, 2], -1.0, 1.0);
                c.check(&[image.clone(), kernel], |x| {
                    x[0].conv2d_with(x[1], how.groups(groups))
                });
            }
        }
    }

    /// Value and derivatives have the bits of the product with the patches of all images.
    #[test]
    fn a_convolution_is_a_product_with_patches() {
        let numbers = |shape: &[usize], seed: f32| {
            Tensor::from_fn(shape, |i| {
                let place = i.iter().fold(0, |sum, i| 7 * sum + i) as f32;
                ((place + seed) * 0.7).sin()
            })
        };
        let run = |joined: bool| {
            let tape = Tape::<f32>::new();
            let x = tape.var(&numbers(&[3, 2, 6, 5], 0.0));
            let kernel = tape.var(&numbers(&[4, 2, 3, 3], 0.5));
            let y = match joined {
                true => x.conv2d(kernel, [2, 1], [1, 1]),
                false => {
                    let patches = x.unfold([3, 3], [2, 1], [1, 1]);
                    let product = kernel.reshape([4, 18]).matmul(patches);
                    product.reshape([3, 4, 3, 5])
                }
            };
            // The kernel is used once more, so that its adjoint is not zero already.
            let gradients = (y.square().sum() + kernel.square().sum()).backward();
            [y.value(), gradients.wrt(x), gradients.wrt(kernel)]
        };
        assert_eq!(run(true), run(false));
    }
}
