//! Sorting and the greatest k: elements in another order, with the derivatives that go along.

use std::cmp::Ordering;

use metaplast_tensor::{Scalar, Shape};

use super::rearrange::{around, assert_axis, with_extent};
use crate::var::Var;

/// For each line along an axis the places of its elements in this order, as many as `wanted`;
/// row-major in a shape with that extent.
fn places<T: Scalar>(
    shape: &Shape,
    axis: usize,
    x: &[T],
    wanted: usize,
    order: impl Fn(f64, f64) -> Ordering,
) -> Vec<usize> {
    let (outer, extent, inner) = around(shape, axis);
    let mut all = vec![0; outer * wanted * inner];
    for block in 0..outer {
        for i in 0..inner {
            let at = |place: usize| x[(block * extent + place) * inner + i].to_f64();
            let mut line: Vec<usize> = (0..extent).collect();
            // Stable: elements that tie stay in their order.
            line.sort_by(|&l, &r| order(at(l), at(r)));
            for (k, place) in line.into_iter().take(wanted).enumerate() {
                all[(block * wanted + k) * inner + i] = place;
            }
        }
    }
    all
}

impl<'t, T: Scalar> Var<'t, T> {
    /// Where along axis `axis` the elements are in ascending order, row-major in this value's shape;
    /// those that tie stay in their order, and NaN comes last. [`gather`](Self::gather) takes them.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// assert_eq!(tape.var(&tensor![3.0, 1.0, 2.0]).argsort(0), [1, 2, 0]);
    /// ```
    ///
    /// # Panics
    /// When the axis is not there.
    #[must_use]
    #[track_caller]
    pub fn argsort(self, axis: usize) -> Vec<usize> {
        let shape = self.shape();
        assert_axis("argsort", &shape, axis);
        let ascending = |l: f64, r: f64| compare(l, r);
        self.with(|x| places(&shape, axis, x, shape.dims()[axis], ascending))
    }

    /// The elements along axis `axis` in ascending order, NaN last; each takes its derivative along.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![3.0, 1.0, 2.0]);
    /// let weights = tape.constant(&tensor![1.0, 10.0, 100.0]);
    /// assert_eq!(x.sort(0).value(), tensor![1.0, 2.0, 3.0]);
    /// assert_eq!((x.sort(0) * weights).sum().backward().wrt(x), tensor![100.0, 1.0, 10.0]);
    /// ```
    ///
    /// # Panics
    /// When the axis is not there.
    #[track_caller]
    pub fn sort(self, axis: usize) -> Var<'t, T> {
        let shape = self.shape();
        assert_axis("sort", &shape, axis);
        self.gather(axis, shape, &self.argsort(axis))
    }

    /// The `k` greatest elements along axis `axis`, the greatest first, and where along the axis they
    /// are, row-major in the result's shape. Those that tie stay in their order; NaN comes first.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[3.0, 1.0, 2.0], [0.0, 5.0, 5.0]]);
    /// let (values, places) = x.top_k(1, 2);
    /// assert_eq!(values.value(), tensor![[3.0, 2.0], [5.0, 5.0]]);
    /// assert_eq!(places, [0, 2, 1, 2]);
    /// ```
    ///
    /// # Panics
    /// When the axis is not there or has fewer than `k` places.
    #[track_caller]
    pub fn top_k(self, axis: usize, k: usize) -> (Var<'t, T>, Vec<usize>) {
        let shape = self.shape();
        assert_axis("top_k", &shape, axis);
        assert!(
            k <= shape.dims()[axis],
            "top_k: {k} along axis {axis} of {shape}"
        );
        let descending = |l: f64, r: f64| compare(r, l);
        let places = self.with(|x| places(&shape, axis, x, k, descending));
        let values = self.gather(axis, with_extent(&shape, axis, k), &places);
        (values, places)
    }
}

/// The order of numbers, with NaN above all of them.
fn compare(left: f64, right: f64) -> Ordering {
    let by_size = left.partial_cmp(&right);
    by_size.unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::tensor;

    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        for (shape, axis) in [
            (vec![4], 0),
            (vec![3, 2], 0),
            (vec![2, 3, 2], 1),
            (vec![2, 0], 1),
        ] {
            let x = [c.apart(&shape)];
            c.check(&x, |x| x[0].sort(axis) * x[0]);
            let k = shape[axis].min(2);
            c.check(&x, |x| x[0].top_k(axis, k).0.square());
        }
    }

    #[test]
    fn nan_is_greater_than_all() {
        let tape = Tape::<f64>::new();
        let x = tape.var(&tensor![2.0, f64::NAN, 1.0]);
        assert_eq!(x.argsort(0), [2, 0, 1]);
        assert_eq!(x.top_k(0, 2).1, [1, 0]);
    }
}
