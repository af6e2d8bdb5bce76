//! Elementwise functions.

use super::Tensor;
use crate::broadcast::for_each_broadcast;
use crate::{Scalar, Shape};

impl<T: Scalar> Tensor<T> {
    /// `f` of each element; the type may change.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// assert_eq!(tensor![1.0, 4.0].map(f64::sqrt), tensor![1.0, 2.0]);
    /// ```
    #[must_use]
    pub fn map<U: Scalar>(&self, f: impl FnMut(T) -> U) -> Tensor<U> {
        Tensor {
            shape: self.shape.clone(),
            data: self.data.iter().copied().map(f).collect(),
        }
    }

    /// Replaces each element by `f` of it.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let mut x = tensor![1.0, 4.0];
    /// x.map_in_place(f64::sqrt);
    /// assert_eq!(x, tensor![1.0, 2.0]);
    /// ```
    pub fn map_in_place(&mut self, mut f: impl FnMut(T) -> T) {
        for x in &mut self.data {
            *x = f(*x);
        }
    }

    /// `f` of pairs of elements, both tensors expanded to one shape.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// let larger = tensor![[1.0, 5.0], [7.0, 2.0]].zip_map(&tensor![3.0, 4.0], f64::max);
    /// assert_eq!(larger, tensor![[3.0, 5.0], [7.0, 4.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When the shapes do not broadcast.
    #[must_use]
    #[track_caller]
    pub fn zip_map<U: Scalar, V: Scalar>(
        &self,
        other: &Tensor<U>,
        f: impl FnMut(T, U) -> V,
    ) -> Tensor<V> {
        self.zip_named("zip_map", other, f)
    }

    /// Each element converted to another number type through `f64`, as a constant.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    /// assert_eq!(tensor![0.5_f32].cast::<f64>(), tensor![0.5_f64]);
    /// ```
    #[must_use]
    pub fn cast<U: Scalar>(&self) -> Tensor<U> {
        self.map(|x| U::from_f64(x.to_f64()))
    }

    #[track_caller]
    pub(super) fn zip_named<U: Scalar, V: Scalar>(
        &self,
        op: &str,
        other: &Tensor<U>,
        mut f: impl FnMut(T, U) -> V,
    ) -> Tensor<V> {
        if self.shape == other.shape {
            let pairs = self.data.iter().zip(&other.data);
            return Tensor {
                shape: self.shape.clone(),
                data: pairs.map(|(&x, &y)| f(x, y)).collect(),
            };
        }
        let shape = common_shape(op, &self.shape, &other.shape);
        let mut data = Vec::with_capacity(shape.len_in_memory::<V>(op));
        for_each_broadcast(&shape, &self.shape, &other.shape, |_, l, r| {
            data.push(f(self.data[l], other.data[r]));
        });
        Tensor { shape, data }
    }

    /// `f` of each element and its partner in `other`, which is expanded to this shape.
    #[track_caller]
    pub(super) fn zip_assign(&mut self, op: &str, other: &Self, mut f: impl FnMut(&mut T, T)) {
        if self.shape == other.shape {
            for (x, &y) in self.data.iter_mut().zip(&other.data) {
                f(x, y);
            }
            return;
        }
        let fits = common_shape(op, &self.shape, &other.shape) == self.shape;
        assert!(
            fits,
            "{op}: {} cannot be expanded to {} in place",
            other.shape, self.shape
        );
        for_each_broadcast(&self.shape, &self.shape, &other.shape, |_, l, r| {
            f(&mut self.data[l], other.data[r]);
        });
    }
}

#[track_caller]
fn common_shape(op: &str, left: &Shape, right: &Shape) -> Shape {
    match left.broadcast(right) {
        Some(shape) => shape,
        None => panic!("{op}: shapes {left} and {right} do not broadcast"),
    }
}
