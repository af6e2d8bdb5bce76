//! Shapes: the extents of row-major arrays.

use std::error::Error;
use std::fmt;

use smallvec::{SmallVec, smallvec};

/// The extents of a row-major array, outermost first; rank 0 is a single number.
///
/// ```
/// use metaplast_tensor::Shape;
///
/// let shape = Shape::from([2, 3]);
/// assert_eq!(shape.len(), 6);
/// assert_eq!(shape.to_string(), "[2, 3]");
/// assert_eq!(Shape::from([]).len(), 1);
/// ```
#[derive(Eq, Hash, Default)]
#[expect(
    clippy::derived_hash_with_manual_eq,
    reason = "shapes are equal where their extents are, as derived"
)]
pub struct Shape(SmallVec<[usize; 4]>);

// Recordings copy and compare shapes all the time. Both are written out for the common ranks, since
// a call that moves or compares memory would take longer.
impl Clone for Shape {
    #[inline]
    fn clone(&self) -> Self {
        match *self.dims() {
            [] => Self::scalar(),
            [a] => Self::from([a]),
            [a, b] => Self::from([a, b]),
            ref dims => Self::from(dims),
        }
    }
}

impl PartialEq for Shape {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let (left, right) = (self.dims(), other.dims());
        // Values on a tape share their shapes.
        std::ptr::eq(self, other)
            || left.len() == right.len()
                && left.iter().zip(right).all(|(left, right)| left == right)
    }
}

impl Shape {
    /// The shape of a single number.
    ///
    /// ```
    /// use metaplast_tensor::Shape;
    ///
    /// assert_eq!((Shape::scalar().rank(), Shape::scalar().len()), (0, 1));
    /// ```
    #[must_use]
    pub fn scalar() -> Self {
        Self(SmallVec::new())
    }

    /// The extents.
    ///
    /// ```
    /// use metaplast_tensor::Shape;
    ///
    /// let shape = Shape::from([2, 3]);
    /// assert_eq!((shape.dims(), shape.rank(), shape.len()), (&[2, 3][..], 2, 6));
    /// ```
    #[inline]
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        &self.0
    }

    /// How many elements an array of this shape has: the product of the extents.
    ///
    /// See [`dims`](Shape::dims) for an example.
    ///
    /// # Panics
    ///
    /// When that is more than a `usize` holds; see [`checked_len`](Shape::checked_len).
    #[inline]
    #[must_use]
    #[track_caller]
    #[expect(clippy::len_without_is_empty, reason = "a shape is not a collection")]
    pub fn len(&self) -> usize {
        let mut len = 1_usize;
        for &dim in &self.0 {
            match len.checked_mul(dim) {
                Some(product) => len = product,
                None => return self.len_of("shape"),
            }
        }
        len
    }

    /// The number of elements for an operation that would make an array of this shape.
    #[cold]
    #[track_caller]
    fn len_of(&self, op: &str) -> usize {
        match self.checked_len() {
            Some(len) => len,
            None => panic!("{op}: an array of shape {self} has more elements than memory can hold"),
        }
    }

    /// The number of elements of an array of numbers of type `T`.
    ///
    /// ```should_panic
    /// use metaplast_tensor::Shape;
    ///
    /// Shape::from([1 << 32, 1 << 32]).len_in_memory::<f64>("my operation");
    /// ```
    ///
    /// # Panics
    ///
    /// With the name of the operation and the shape, when that is more than memory can hold.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn len_in_memory<T>(&self, op: &str) -> usize {
        let most = isize::MAX as usize / size_of::<T>().max(1);
        match self.checked_len() {
            Some(len) if len <= most => len,
            _ => panic!("{op}: an array of shape {self} has more elements than memory can hold"),
        }
    }

    /// The number of elements, unless it is more than a `usize` holds.
    ///
    /// ```
    /// use metaplast_tensor::Shape;
    ///
    /// assert_eq!(Shape::from([2, 3]).checked_len(), Some(6));
    /// assert_eq!(Shape::from([1 << 32, 1 << 32]).checked_len(), None);
    /// ```
    #[inline]
    #[must_use]
    pub fn checked_len(&self) -> Option<usize> {
        let product = self
            .0
            .iter()
            .try_fold(1_usize, |len, &dim| len.checked_mul(dim));
        // Without elements, the other extents may be anything.
        product.or_else(|| self.0.contains(&0).then_some(0))
    }

    /// How many extents there are.
    ///
    /// See [`dims`](Shape::dims) for an example.
    #[inline]
    #[must_use]
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// How far apart in memory neighbours along each axis are.
    ///
    /// ```
    /// use metaplast_tensor::Shape;
    /// assert_eq!(Shape::from([2, 3, 4]).strides().as_slice(), [12, 4, 1]);
    /// ```
    #[must_use]
    pub fn strides(&self) -> SmallVec<[usize; 4]> {
        let mut strides = smallvec![1; self.rank()];
        for axis in (1..self.rank()).rev() {
            // Of arrays without elements, extents may be anything.
            strides[axis - 1] = usize::saturating_mul(strides[axis], self.0[axis]);
        }
        strides
    }

    /// The shape that arrays of these two shapes are both expanded to, or `None` when they do not
    /// fit: aligned at the last axis, extents must be equal or one of them 1.
    ///
    /// ```
    /// use metaplast_tensor::Shape;
    /// let column = Shape::from([3, 1]);
    /// let row = Shape::from([4]);
    /// assert_eq!(column.broadcast(&row), Some(Shape::from([3, 4])));
    /// assert_eq!(row.broadcast(&Shape::from([3])), None);
    /// ```
    #[must_use]
    pub fn broadcast(&self, other: &Self) -> Option<Self> {
        // As most are.
        if self == other {
            return Some(self.clone());
        }
        let (long, short) = if self.rank() >= other.rank() {
            (self, other)
        } else {
            (other, self)
        };
        let mut dims = long.0.clone();
        let offset = long.rank() - short.rank();
        for (dim, &other) in dims[offset..].iter_mut().zip(&short.0) {
            if *dim == 1 {
                *dim = other;
            } else if other != 1 && other != *dim {
                return None;
            }
        }
        Some(Self(dims))
    }

    /// This shape with axis `axis` taken out, or kept with extent 1.
    pub(crate) fn without_axis(&self, axis: usize, keep: bool) -> Self {
        let mut dims = self.0.clone();
        if keep {
            dims[axis] = 1;
        } else {
            dims.remove(axis);
        }
        Self(dims)
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(dims: [usize; N]) -> Self {
        Self(SmallVec::from_slice(&dims))
    }
}

impl From<&[usize]> for Shape {
    fn from(dims: &[usize]) -> Self {
        Self(SmallVec::from_slice(dims))
    }
}

/// A vector of this length.
impl From<usize> for Shape {
    fn from(len: usize) -> Self {
        Self::from([len])
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Self {
        shape.clone()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.0).finish()
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shape{:?}", self.dims())
    }
}

/// Data whose length is not that of its shape.
///
/// ```
/// use metaplast_tensor::{Shape, Tensor};
///
/// let error = Tensor::try_new([2, 2], vec![1.0; 3]).unwrap_err();
/// assert_eq!((error.shape(), error.len()), (&Shape::from([2, 2]), 3));
/// assert!(!error.is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    shape: Shape,
    len: usize,
}

impl ShapeError {
    pub(crate) fn new(shape: Shape, len: usize) -> Self {
        Self { shape, len }
    }

    /// The shape that was asked for.
    ///
    /// See [`ShapeError`] for an example.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// How many numbers were given.
    ///
    /// See [`ShapeError`] for an example.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no numbers were given.
    ///
    /// See [`ShapeError`] for an example.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shape {} holds ", self.shape)?;
        let needed = self.shape.checked_len();
        match needed {
            Some(needed) => write!(f, "{needed} numbers, got {}", self.len),
            None => write!(f, "more numbers than fit in memory, got {}", self.len),
        }
    }
}

impl Error for ShapeError {}
