//! Convolution and pooling over images `[batch, channels, height, width]`.
//!
//! ```text
//! unfold     U[n, (c, i, j), (p, q)] = x[n, c, p s_h + i d_h − b_h, q s_w + j d_w − b_w], 0 outside
//! conv2d     y = K U with the kernel K as a matrix [out, (c, i, j)] (see `convolve.rs`)
//! transposed the fold, adjoint of the unfolding, of Kᵀ x
//! pooling    the mean or the maximum of U over (i, j)
//! ```
//!
//! Strides s, borders b and dilations d. The vjp of the unfolding is the fold, and the other way
//! round. The kernel is not turned around: a cross-correlation, as in
//! every deep-learning library. Convolutions of other kinds are in `convolution.rs`.

use std::ops::Range;

use metaplast_tensor::{Scalar, Shape};

use super::convolution::Convolution;
use super::rearrange::{Rearrange, Stretch, rearrange_op};
use super::table::record;
use crate::var::Var;

/// The patches under a window, as columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unfold {
    pub(super) window: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) border: [usize; 2],
    /// How far apart in the image neighbours of the window are.
    pub(super) dilation: [usize; 2],
}

impl Unfold {
    /// How often the window fits along both axes, if it fits at all.
    pub(super) fn places(&self, image: &Shape) -> Option<[usize; 2]> {
        let &[_, _, height, width] = image.dims() else {
            return None;
        };
        let along = |k: usize, extent: usize| {
            let span = self.window[k]
                .checked_sub(1)?
                .checked_mul(self.dilation[k])?;
            let room = extent.checked_add(self.border[k].checked_mul(2)?)?;
            let room = room.checked_sub(span.checked_add(1)?)?;
            (self.dilation[k] > 0 && self.stride[k] > 0).then(|| room / self.stride[k] + 1)
        };
        Some([along(0, height)?, along(1, width)?])
    }

    /// Of so many windows along an axis of this extent, those whose element at `offset` is in the
    /// image and not on its border, and where it is in the first of them.
    fn inside(
        &self,
        axis: usize,
        offset: usize,
        extent: usize,
        windows: usize,
    ) -> (Range<usize>, usize) {
        let (stride, border) = (self.stride[axis], self.border[axis]);
        let start = border.saturating_sub(offset).div_ceil(stride);
        let end = (border + extent).saturating_sub(offset).div_ceil(stride);
        let end = end.min(windows);
        (
            start..end.max(start),
            (start * stride + offset).saturating_sub(border),
        )
    }
}

impl Rearrange for Unfold {
    const NAME: &'static str = "unfold";

    fn shape(&self, operand: &Shape) -> Shape {
        let Some([high, wide]) = self.places(operand) else {
            panic!(
                "unfold: window {:?} with stride {:?} and border {:?} on shape {operand}",
                self.window, self.stride, self.border
            );
        };
        let (batch, channels) = (operand.dims()[0], operand.dims()[1]);
        let [rows, cols] = self.window;
        let patch = channels.saturating_mul(rows).saturating_mul(cols);
        Shape::from([batch, patch, high.saturating_mul(wide)])
    }

    fn stretches(&self, operand: &Shape, mut f: impl FnMut(Stretch)) {
        let [high, wide] = self.places(operand).expect("checked when recorded");
        let (height, width) = (operand.dims()[2], operand.dims()[3]);
        let [rows, cols] = self.window;
        let planes = operand.dims()[0] * operand.dims()[1];
        let mut to = 0;
        for plane in 0..planes {
            for (i, j) in (0..rows).flat_map(|i| (0..cols).map(move |j| (i, j))) {
                let (inside, first) = self.inside(1, j * self.dilation[1], width, wide);
                for p in 0..high {
                    let row = p * self.stride[0] + i * self.dilation[0];
                    let row = row.checked_sub(self.border[0]);
                    if let Some(row) = row.filter(|&row| row < height)
                        && !inside.is_empty()
                    {
                        f(Stretch {
                            to: to + inside.start,
                            from: (plane * height + row) * width + first,
                            len: inside.len(),
                            step: self.stride[1],
                        });
                    }
                    to += wide;
                }
            }
        }
    }
}

rearrange_op!(Unfold);

impl<'t, T: Scalar> Var<'t, T> {
    /// The patches under a window that moves by `stride` over images with a border of zeros:
    /// `[batch, channels, height, width]` becomes `[batch, channels · rows · cols, places]`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::Tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&Tensor::new([1, 1, 1, 3], vec![1.0, 2.0, 3.0]));
    /// let patches = x.unfold([1, 2], [1, 1], [0, 0]);
    /// assert_eq!(patches.value(), Tensor::new([1, 2, 2], vec![1.0, 2.0, 2.0, 3.0]));
    /// ```
    ///
    /// # Panics
    /// When the value is not of rank 4, the window is empty or does not fit, or a stride is 0.
    #[track_caller]
    pub fn unfold(self, window: [usize; 2], stride: [usize; 2], border: [usize; 2]) -> Var<'t, T> {
        let op = Unfold {
            window,
            stride,
            border,
            dilation: [1, 1],
        };
        record(self.tape(), op, &[self])
    }

    /// Convolution of images `[batch, channels, height, width]` with a kernel
    /// `[out, channels, rows, cols]`, to `[batch, out, …, …]`. With dilation or groups it is
    /// [`conv2d_with`](Self::conv2d_with).
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::Tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&Tensor::new([1, 1, 1, 4], vec![1.0, 2.0, 4.0, 8.0]));
    /// let difference = tape.var(&Tensor::new([1, 1, 1, 2], vec![-1.0, 1.0]));
    /// let y = x.conv2d(difference, [1, 1], [0, 0]);
    /// assert_eq!(y.value(), Tensor::new([1, 1, 1, 3], vec![1.0, 2.0, 4.0]));
    /// ```
    ///
    /// # Panics
    /// When the ranks are not 4, the channels differ, the kernel does not fit into the image with
    /// its border, or a stride is 0.
    #[track_caller]
    pub fn conv2d(self, kernel: Var<'t, T>, stride: [usize; 2], border: [usize; 2]) -> Var<'t, T> {
        self.conv2d_with(kernel, Convolution::new().stride(stride).border(border))
    }

    /// The windows of each channel: `[batch, channels, rows · cols, places]` and the places' extents.
    #[track_caller]
    fn windows(self, op: &str, window: [usize; 2], stride: [usize; 2]) -> (Var<'t, T>, Shape) {
        let image = self.shape();
        let unfold = Unfold {
            window,
            stride,
            border: [0, 0],
            dilation: [1, 1],
        };
        let Some([high, wide]) = unfold.places(&image) else {
            panic!("{op}: window {window:?} with stride {stride:?} on shape {image}");
        };
        let (batch, channels) = (image.dims()[0], image.dims()[1]);
        let patches = record(self.tape(), unfold, &[self]);
        let windows = patches.reshape([batch, channels, window[0] * window[1], high * wide]);
        (windows, Shape::from([batch, channels, high, wide]))
    }

    /// The mean under a window that moves by `stride` over images `[batch, channels, height, width]`.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::Tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&Tensor::new([1, 1, 1, 4], vec![1.0, 3.0, 4.0, 8.0]));
    /// let y = x.avg_pool2d([1, 2], [1, 2]);
    /// assert_eq!(y.value(), Tensor::new([1, 1, 1, 2], vec![2.0, 6.0]));
    /// ```
    ///
    /// # Panics
    /// When the value is not of rank 4, the window is empty or does not fit, or a stride is 0.
    #[track_caller]
    pub fn avg_pool2d(self, window: [usize; 2], stride: [usize; 2]) -> Var<'t, T> {
        let (windows, shape) = self.windows("avg_pool2d", window, stride);
        windows.mean_axes(&[2], false).reshape(shape)
    }

    /// The greatest element under a window that moves by `stride` over images
    /// `[batch, channels, height, width]`; those that tie share the derivative.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::Tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&Tensor::new([1, 1, 1, 4], vec![1.0, 3.0, 9.0, 8.0]));
    /// let y = x.max_pool2d([1, 2], [1, 2]);
    /// assert_eq!(y.value(), Tensor::new([1, 1, 1, 2], vec![3.0, 9.0]));
    /// ```
    ///
    /// # Panics
    /// When the value is not of rank 4, the window is empty or does not fit, or a stride is 0.
    #[track_caller]
    pub fn max_pool2d(self, window: [usize; 2], stride: [usize; 2]) -> Var<'t, T> {
        let (windows, shape) = self.windows("max_pool2d", window, stride);
        windows.max_axes(&[2], false).reshape(shape)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::Tensor;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let (height, width) = (c.size(3, 5), c.size(3, 4));
        let stride = [c.size(1, 2), c.size(1, 2)];
        let border = [c.size(0, 1), c.size(0, 2)];
        for batch in [0, 2] {
            let image = c.apart(&[batch, 2, height, width]);
            let kernel = c.tensor(&[3, 2, 2, 3], -1.0, 1.0);
            c.check(&[image.clone(), kernel], |x| {
                x[0].conv2d(x[1], stride, border)
            });
            c.check(std::slice::from_ref(&image), |x| {
                x[0].unfold([2, 1], stride, border).square()
            });
            c.check(std::slice::from_ref(&image), |x| {
                x[0].avg_pool2d([2, 3], stride).square()
            });
            c.check(&[image], |x| x[0].max_pool2d([3, 2], stride));
        }
    }

    /// The sum written out.
    fn convolved(
        x: &Tensor<f64>,
        k: &Tensor<f64>,
        stride: [usize; 2],
        border: [usize; 2],
        at: &[usize],
    ) -> f64 {
        let at_place = |x: &Tensor<f64>, i: [usize; 4]| {
            let d = x.dims();
            x.data()[((i[0] * d[1] + i[1]) * d[2] + i[2]) * d[3] + i[3]]
        };
        let (image, kernel) = (x.dims(), k.dims());
        let mut sum = 0.0;
        for c in 0..kernel[1] {
            for i in 0..kernel[2] {
                for j in 0..kernel[3] {
                    let (row, col) = (at[2] * stride[0] + i, at[3] * stride[1] + j);
                    let rows = border[0]..border[0] + image[2];
                    let cols = border[1]..border[1] + image[3];
                    if rows.contains(&row) && cols.contains(&col) {
                        let pixel = [at[0], c, row - border[0], col - border[1]];
                        sum += at_place(x, pixel) * at_place(k, [at[1], c, i, j]);
                    }
                }
            }
        }
        sum
    }

    #[test]
    fn values_are_those_of_the_sum_written_out() {
        let number = |i: &[usize]| ((i[0] * 7 + i[1] * 5 + i[2] * 3 + i[3] * 2) % 11) as f64 - 4.0;
        let (x, k) = (
            Tensor::from_fn([2, 3, 5, 6], number),
            Tensor::from_fn([4, 3, 2, 3], number),
        );
        for (stride, border) in [([1, 1], [0, 0]), ([2, 1], [1, 2]), ([2, 3], [0, 1])] {
            let tape = Tape::<f64>::new();
            let y = tape.var(&x).conv2d(tape.var(&k), stride, border).value();
            let expected = Tensor::from_fn(y.shape(), |at| convolved(&x, &k, stride, border, at));
            assert_eq!(y, expected);
        }
    }

    #[test]
    #[should_panic(expected = "conv2d: image of shape [1, 2, 3, 3], kernel of shape [1, 1, 2, 2]")]
    fn both_shapes_are_named() {
        let tape = Tape::<f64>::new();
        let kernel = tape.var(&Tensor::ones([1, 1, 2, 2]));
        tape.var(&Tensor::ones([1, 2, 3, 3]))
            .conv2d(kernel, [1, 1], [0, 0]);
    }
}
