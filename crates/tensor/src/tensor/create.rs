//! Constructors.

use smallvec::SmallVec;

use super::Tensor;
use crate::{Scalar, Shape, ShapeError};

/// A tensor from nested lists of numbers.
///
/// ```
/// use metaplast_tensor::{Tensor, tensor};
///
/// let vector = tensor![1.0, 2.0, 3.0];
/// let matrix = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// assert_eq!(vector.dims(), [3]);
/// assert_eq!(matrix.dims(), [2, 3]);
///
/// let single: Tensor<f32> = tensor![0.5];
/// assert_eq!(single.dims(), [1]);
/// ```
#[macro_export]
macro_rules! tensor {
    ($($element:expr),* $(,)?) => {
        $crate::Tensor::from([$($element),*])
    };
}

impl<T: Scalar> Tensor<T> {
    /// A tensor that takes over `data`, in row-major order.
    ///
    /// ```
    /// use metaplast_tensor::Tensor;
    /// let a = Tensor::new([2, 2], vec![1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(a[[1, 0]], 3.0);
    /// ```
    ///
    /// # Panics
    ///
    /// When the length of `data` is not that of the shape; see [`try_new`](Self::try_new).
    #[must_use]
    #[track_caller]
    pub fn new(shape: impl Into<Shape>, data: Vec<T>) -> Self {
        match Self::try_new(shape, data) {
            Ok(tensor) => tensor,
            Err(error) => panic!("Tensor::new: {error}"),
        }
    }

    /// A tensor of data from outside the program, whose length may be wrong.
    ///
    /// ```
    /// use metaplast_tensor::Tensor;
    /// let error = Tensor::try_new([2, 2], vec![1.0, 2.0, 3.0]).unwrap_err();
    /// assert_eq!(error.to_string(), "shape [2, 2] holds 4 numbers, got 3");
    /// ```
    ///
    /// # Errors
    ///
    /// When the length of `data` is not that of the shape.
    pub fn try_new(shape: impl Into<Shape>, data: Vec<T>) -> Result<Self, ShapeError> {
        let shape = shape.into();
        if shape.checked_len() == Some(data.len()) {
            Ok(Self { shape, data })
        } else {
            Err(ShapeError::new(shape, data.len()))
        }
    }

    /// All elements zero.
    ///
    /// ```
    /// use metaplast_tensor::{Tensor, tensor};
    ///
    /// assert_eq!(Tensor::zeros([2, 2]), tensor![[0.0, 0.0], [0.0, 0.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When memory cannot hold so many elements.
    #[must_use]
    #[track_caller]
    pub fn zeros(shape: impl Into<Shape>) -> Self {
        Self::filled("zeros", shape.into(), T::ZERO)
    }

    /// All elements one.
    ///
    /// ```
    /// use metaplast_tensor::{Tensor, tensor};
    ///
    /// assert_eq!(Tensor::ones(3), tensor![1.0, 1.0, 1.0]);
    /// ```
    ///
    /// # Panics
    ///
    /// When memory cannot hold so many elements.
    #[must_use]
    #[track_caller]
    pub fn ones(shape: impl Into<Shape>) -> Self {
        Self::filled("ones", shape.into(), T::ONE)
    }

    /// All elements `value`.
    ///
    /// ```
    /// use metaplast_tensor::{Tensor, tensor};
    ///
    /// assert_eq!(Tensor::full([1, 2], 7.0), tensor![[7.0, 7.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When memory cannot hold so many elements.
    #[must_use]
    #[track_caller]
    pub fn full(shape: impl Into<Shape>, value: T) -> Self {
        Self::filled("full", shape.into(), value)
    }

    #[track_caller]
    pub(super) fn filled(op: &str, shape: Shape, value: T) -> Self {
        let data = vec![value; shape.len_in_memory::<T>(op)];
        Self { shape, data }
    }

    /// One number, rank 0.
    ///
    /// ```
    /// use metaplast_tensor::Tensor;
    ///
    /// let x = Tensor::scalar(5.0);
    /// assert_eq!((x.rank(), x.item()), (0, 5.0));
    /// ```
    #[must_use]
    pub fn scalar(value: T) -> Self {
        Self::full(Shape::scalar(), value)
    }

    /// Each element computed from its index, in row-major order.
    ///
    /// ```
    /// use metaplast_tensor::{Tensor, tensor};
    /// let table = Tensor::from_fn([2, 3], |i| ((i[0] + 1) * (i[1] + 1)) as f64);
    /// assert_eq!(table, tensor![[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When memory cannot hold so many elements.
    #[must_use]
    #[track_caller]
    pub fn from_fn(shape: impl Into<Shape>, mut f: impl FnMut(&[usize]) -> T) -> Self {
        let shape = shape.into();
        let len = shape.len_in_memory::<T>("from_fn");
        let mut index: SmallVec<[usize; 4]> = SmallVec::from_elem(0, shape.rank());
        let mut data = Vec::with_capacity(len);
        for _ in 0..len {
            data.push(f(&index));
            for (i, &dim) in index.iter_mut().zip(shape.dims()).rev() {
                *i += 1;
                if *i < dim {
                    break;
                }
                *i = 0;
            }
        }
        Self { shape, data }
    }

    /// The identity matrix, `[n, n]`.
    ///
    /// ```
    /// use metaplast_tensor::{Tensor, tensor};
    ///
    /// assert_eq!(Tensor::eye(2), tensor![[1.0, 0.0], [0.0, 1.0]]);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn eye(n: usize) -> Self {
        let mut eye = Self::filled("eye", Shape::from([n, n]), T::ZERO);
        eye.data.iter_mut().step_by(n + 1).for_each(|x| *x = T::ONE);
        eye
    }

    /// The vector 0, 1, … n − 1.
    ///
    /// ```
    /// use metaplast_tensor::{Tensor, tensor};
    ///
    /// assert_eq!(Tensor::arange(3), tensor![0.0, 1.0, 2.0]);
    /// ```
    #[must_use]
    pub fn arange(n: usize) -> Self {
        (0..n)
            .map(|i| T::from_f64(i as f64))
            .collect::<Vec<_>>()
            .into()
    }
}

/// A vector that takes the numbers over.
impl<T: Scalar> From<Vec<T>> for Tensor<T> {
    fn from(data: Vec<T>) -> Self {
        let shape = Shape::from(data.len());
        Self { shape, data }
    }
}

/// A vector with a copy of the numbers.
impl<T: Scalar> From<&[T]> for Tensor<T> {
    fn from(data: &[T]) -> Self {
        data.to_vec().into()
    }
}

impl<T: Scalar, const N: usize> From<[T; N]> for Tensor<T> {
    fn from(data: [T; N]) -> Self {
        data.to_vec().into()
    }
}

impl<T: Scalar, const R: usize, const C: usize> From<[[T; C]; R]> for Tensor<T> {
    fn from(rows: [[T; C]; R]) -> Self {
        let data = rows.as_flattened().to_vec();
        Self {
            shape: Shape::from([R, C]),
            data,
        }
    }
}

impl<T: Scalar, const P: usize, const R: usize, const C: usize> From<[[[T; C]; R]; P]>
    for Tensor<T>
{
    fn from(planes: [[[T; C]; R]; P]) -> Self {
        let data = planes.as_flattened().as_flattened().to_vec();
        Self {
            shape: Shape::from([P, R, C]),
            data,
        }
    }
}
