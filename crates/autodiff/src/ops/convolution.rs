//! Convolutions with dilation and groups, transposed ones, and those of one axis.

use metaplast_tensor::{Scalar, Shape};

use super::conv::Unfold;
use super::convolve::Convolve;
use super::rearrange::Rearrange;
use super::table::record;
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// How a convolution goes over images.
///
/// ```
/// use metaplast_autodiff::{Convolution, Tape};
/// use metaplast_tensor::Tensor;
///
/// // Each channel by itself, every second pixel of a 5 × 5 window, the image's size kept.
/// let how = Convolution::new().groups(4).dilation([2, 2]).border([2, 2]);
/// let tape = Tape::<f32>::new();
/// let images = tape.var(&Tensor::ones([1, 4, 9, 9]));
/// let kernel = tape.var(&Tensor::ones([4, 1, 3, 3]));
/// assert_eq!(images.conv2d_with(kernel, how).shape().dims(), [1, 4, 9, 9]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Convolution {
    stride: [usize; 2],
    border: [usize; 2],
    dilation: [usize; 2],
    pub(super) groups: usize,
}

impl Default for Convolution {
    fn default() -> Self {
        Self::new()
    }
}

impl Convolution {
    /// A plain convolution: stride 1, no border, no dilation, one group.
    pub fn new() -> Self {
        Convolution {
            stride: [1, 1],
            border: [0, 0],
            dilation: [1, 1],
            groups: 1,
        }
    }

    /// By how many pixels the kernel moves along both axes.
    pub fn stride(mut self, stride: [usize; 2]) -> Self {
        self.stride = stride;
        self
    }

    /// How many rows of zeros stand above and below the image, and how many columns beside it.
    pub fn border(mut self, border: [usize; 2]) -> Self {
        self.border = border;
        self
    }

    /// How many pixels lie between neighbours of the kernel, plus 1.
    pub fn dilation(mut self, dilation: [usize; 2]) -> Self {
        self.dilation = dilation;
        self
    }

    /// Into how many groups the channels are divided; each has kernels of its own.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }

    pub(super) fn window(&self, rows: usize, cols: usize) -> Unfold {
        Unfold {
            window: [rows, cols],
            stride: self.stride,
            border: self.border,
            dilation: self.dilation,
        }
    }
}

/// Patches added together where they overlap: the adjoint of the unfolding of images.
#[derive(Clone, Debug)]
pub(crate) struct Fold {
    unfold: Unfold,
    image: Shape,
}

impl<T: Scalar> Op<T> for Fold {
    fn name(&self) -> &'static str {
        "fold"
    }

    fn shape(&self, _: &[&Shape]) -> Shape {
        self.image.clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let patches = inputs.value(0);
        self.unfold.stretches(&self.image, |s| {
            for (i, &patch) in patches[s.to..][..s.len].iter().enumerate() {
                output[s.from + i * s.step] += patch;
            }
        });
    }

    fn vjp(&self, _: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let Some(into) = adjoints.of(0) else { return };
        self.unfold.stretches(&self.image, |s| {
            for (i, into) in into[s.to..][..s.len].iter_mut().enumerate() {
                *into += adjoint[s.from + i * s.step];
            }
        });
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Convolution of images `[batch, channels, height, width]` with a kernel
    /// `[out, channels / groups, rows, cols]`, to `[batch, out, …, …]`; group g of the results is
    /// made of group g of the channels.
    ///
    /// ```
    /// # use metaplast_autodiff::{Convolution, Tape};
    /// # use metaplast_tensor::Tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&Tensor::new([1, 1, 1, 5], vec![1.0, 2.0, 4.0, 8.0, 16.0]));
    /// let difference = tape.var(&Tensor::new([1, 1, 1, 2], vec![-1.0, 1.0]));
    /// let y = x.conv2d_with(difference, Convolution::new().dilation([1, 3]));
    /// assert_eq!(y.value(), Tensor::new([1, 1, 1, 2], vec![7.0, 14.0]));
    /// ```
    ///
    /// # Panics
    /// When the ranks are not 4, the channels do not fit the kernel and the groups, the kernel does
    /// not fit into the image with its border, or a stride or dilation is 0.
    #[track_caller]
    pub fn conv2d_with(self, kernel: Var<'t, T>, how: Convolution) -> Var<'t, T> {
        record(self.tape(), Convolve { how }, &[self, kernel])
    }

    /// Transposed convolution of images `[batch, channels, height, width]` with a kernel
    /// `[channels, out / groups, rows, cols]`: the adjoint of the convolution that makes such images
    /// out of `out` channels. Its stride spreads pixels apart; its border is cut off the result.
    ///
    /// The height becomes `(height − 1) stride + (rows − 1) dilation + 1 − 2 border`.
    ///
    /// ```
    /// # use metaplast_autodiff::{Convolution, Tape};
    /// # use metaplast_tensor::Tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&Tensor::new([1, 1, 1, 2], vec![1.0, 2.0]));
    /// let kernel = tape.var(&Tensor::new([1, 1, 1, 3], vec![1.0, 10.0, 100.0]));
    /// let y = x.conv_transpose2d(kernel, Convolution::new().stride([1, 2]));
    /// assert_eq!(y.value(), Tensor::new([1, 1, 1, 5], vec![1.0, 10.0, 102.0, 20.0, 200.0]));
    /// ```
    ///
    /// # Panics
    /// When the ranks are not 4, the channels do not fit the kernel and the groups, the border leaves
    /// nothing, or a stride or dilation is 0.
    #[track_caller]
    pub fn conv_transpose2d(self, kernel: Var<'t, T>, how: Convolution) -> Var<'t, T> {
        let (small, weights) = (self.shape(), kernel.shape());
        let refuse = || -> ! {
            panic!("conv_transpose2d: image of shape {small}, kernel of shape {weights}, {how:?}")
        };
        let (&[batch, channels, height, width], &[inner, share, rows, cols]) =
            (small.dims(), weights.dims())
        else {
            refuse()
        };
        let groups = how.groups;
        let along = |k: usize, extent: usize, window: usize| {
            let span = window.checked_sub(1)? * how.dilation[k] + 1;
            let whole = extent.checked_sub(1)? * how.stride[k] + span;
            whole.checked_sub(2 * how.border[k])
        };
        let extents = (along(0, height, rows), along(1, width, cols));
        let fits = groups > 0 && channels == inner && channels.is_multiple_of(groups);
        let (true, (Some(high), Some(wide))) = (fits, extents) else {
            refuse()
        };
        let image = Shape::from([batch, share * groups, high, wide]);
        let unfold = how.window(rows, cols);
        if unfold.places(&image) != Some([height, width]) {
            refuse()
        }
        let size = share * rows * cols;
        let (each, places) = (channels / groups, height * width);
        let kernel = kernel.reshape([groups, each, size]).swap_axes(1, 2);
        let patches = kernel.matmul(self.reshape([batch, groups, each, places]));
        let patches = patches.reshape([batch, groups * size, places]);
        record(self.tape(), Fold { unfold, image }, &[patches])
    }

    /// Convolution of signals `[batch, channels, length]` with a kernel `[out, channels, window]`, to
    /// `[batch, out, …]`. With dilation or groups it is [`conv2d_with`](Self::conv2d_with) of images
    /// one pixel high.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::Tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&Tensor::new([1, 1, 4], vec![1.0, 2.0, 4.0, 8.0]));
    /// let difference = tape.var(&Tensor::new([1, 1, 2], vec![-1.0, 1.0]));
    /// let y = x.conv1d(difference, 1, 0);
    /// assert_eq!(y.value(), Tensor::new([1, 1, 3], vec![1.0, 2.0, 4.0]));
    /// ```
    ///
    /// # Panics
    /// When the ranks are not 3, the channels differ, the kernel does not fit into the signal with its
    /// border, or the stride is 0.
    #[track_caller]
    pub fn conv1d(self, kernel: Var<'t, T>, stride: usize, border: usize) -> Var<'t, T> {
        let (signal, weights) = (self.shape(), kernel.shape());
        assert!(
            signal.rank() == 3 && weights.rank() == 3,
            "conv1d: signal of shape {signal}, kernel of shape {weights}"
        );
        let how = Convolution::new().stride([1, stride]).border([0, border]);
        let (signal, kernel) = (self.unsqueeze(2), kernel.unsqueeze(2));
        signal.conv2d_with(kernel, how).squeeze(2)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::Tensor;

    use super::Convolution;
    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let stride = [c.size(1, 2), c.size(1, 2)];
        let how = Convolution::new()
            .stride(stride)
            .border([c.size(0, 1), 1])
            .dilation([c.size(1, 2), 1]);
        let image = c.apart(&[2, 4, 4, 3]);
        for groups in [1, 2] {
            let kernel = c.tensor(&[4, 2, 2, 3], -1.0, 1.0);
            c.check(&[image.clone(), kernel], |x| {
                x[0].conv_transpose2d(x[1], how.groups(groups))
            });
        }
        let (signal, kernel) = (c.apart(&[2, 3, 5]), c.tensor(&[2, 3, 2], -1.0, 1.0));
        c.check(&[signal, kernel], |x| x[0].conv1d(x[1], stride[0], 1));
    }

    fn numbers(shape: &[usize]) -> Tensor<f64> {
        Tensor::from_fn(shape, |i| {
            let place = i.iter().fold(0, |sum, i| 5 * sum + 3 * i);
            (place % 11) as f64 - 4.0
        })
    }

    /// `⟨conv x, y⟩ = ⟨x, convᵀ y⟩`
    #[test]
    fn a_transposed_convolution_is_the_adjoint_of_the_convolution() {
        for groups in [1, 2] {
            let how = Convolution::new()
                .stride([2, 1])
                .border([1, 1])
                .dilation([1, 2])
                .groups(groups);
            let tape = Tape::<f64>::new();
            let x = tape.var(&numbers(&[2, 4, 6, 7]));
            let kernel = tape.var(&numbers(&[6, 4 / groups, 2, 3]));
            let there = x.conv2d_with(kernel, how);
            let y = tape.var(&numbers(there.shape().dims()));
            let back = y.conv_transpose2d(kernel, how);
            assert_eq!(back.shape(), x.shape());
            assert_eq!((there * y).sum().item(), (x * back).sum().item());
        }
    }

    #[test]
    fn groups_are_convolutions_of_their_own() {
        let tape = Tape::<f64>::new();
        let (x, kernel) = (
            tape.var(&numbers(&[2, 4, 5, 5])),
            tape.var(&numbers(&[6, 2, 3, 3])),
        );
        let together = x.conv2d_with(kernel, Convolution::new().groups(2));
        for g in 0..2 {
            let part = x.narrow(1, 2 * g..2 * g + 2);
            let alone = part.conv2d(kernel.narrow(0, 3 * g..3 * g + 3), [1, 1], [0, 0]);
            assert_eq!(alone.value(), together.narrow(1, 3 * g..3 * g + 3).value());
        }
    }

    #[test]
    fn a_dilated_kernel_is_one_with_zeros_between() {
        let tape = Tape::<f64>::new();
        let (x, kernel) = (numbers(&[1, 2, 7, 7]), numbers(&[3, 2, 2, 3]));
        let spread = Tensor::from_fn([3, 2, 3, 5], |i| {
            let whole = i[2].is_multiple_of(2) && i[3].is_multiple_of(2);
            if whole {
                kernel[[i[0], i[1], i[2] / 2, i[3] / 2]]
            } else {
                0.0
            }
        });
        let dilated = Convolution::new().dilation([2, 2]);
        let (x, kernel, spread) = (tape.var(&x), tape.var(&kernel), tape.var(&spread));
        let left = x.conv2d_with(kernel, dilated).value();
        assert_eq!(left, x.conv2d(spread, [1, 1], [0, 0]).value());
    }
}
