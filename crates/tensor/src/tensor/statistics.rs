//! Extremes and moments, of all elements and along an axis.

use std::cmp::Ordering;

use super::Tensor;
use crate::{Random, Scalar, Shape};

/// The place of the element that `wanted` prefers to all others, the first of several; that of the
/// first NaN where there is one.
fn best<T: Scalar>(elements: impl Iterator<Item = T>, wanted: Ordering) -> Option<usize> {
    let mut best: Option<(usize, T)> = None;
    for (i, x) in elements.enumerate() {
        if x.partial_cmp(&x).is_none() {
            return Some(i);
        }
        if best.is_none_or(|(_, b)| x.partial_cmp(&b) == Some(wanted)) {
            best = Some((i, x));
        }
    }
    best.map(|(i, _)| i)
}

impl<T: Scalar> Tensor<T> {
    /// The smallest element. NaN counts as smaller than everything, so that it is not overlooked.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// assert_eq!(tensor![4.0, 1.0, 3.0].min(), 1.0);
    /// assert!(tensor![1.0, f64::NAN].min().is_nan());
    /// ```
    ///
    /// # Panics
    ///
    /// When there are no elements.
    #[must_use]
    #[track_caller]
    pub fn min(&self) -> T {
        let place = best(self.data.iter().copied(), Ordering::Less);
        self.data[place.unwrap_or_else(|| panic!("min: shape {} has no elements", self.shape))]
    }

    /// Where the smallest element is in row-major order, the first one of several. NaN counts as
    /// smaller than everything.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// assert_eq!(tensor![4.0, 1.0, 3.0, 1.0].argmin(), 1);
    /// ```
    ///
    /// # Panics
    ///
    /// When there are no elements.
    #[must_use]
    #[track_caller]
    pub fn argmin(&self) -> usize {
        let place = best(self.data.iter().copied(), Ordering::Less);
        place.unwrap_or_else(|| panic!("argmin: shape {} has no elements", self.shape))
    }

    /// Where along axis `axis` the largest elements are, row-major in the order of the other axes;
    /// the class that each row of logits predicts, for instance.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let logits = tensor![[0.1, 2.0, 0.3], [5.0, 1.0, 1.0]];
    /// assert_eq!(logits.argmax_axis(1), [1, 0]);
    /// assert_eq!(logits.argmax_axis(0), [1, 0, 1]);
    /// assert_eq!(logits.argmin_axis(1), [0, 1]);
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no such axis, or it is empty.
    #[must_use]
    #[track_caller]
    pub fn argmax_axis(&self, axis: usize) -> Vec<usize> {
        self.best_along("argmax_axis", axis, Ordering::Greater)
    }

    /// Where along axis `axis` the smallest elements are.
    ///
    /// See [`argmax_axis`](Self::argmax_axis).
    ///
    /// # Panics
    ///
    /// When there is no such axis, or it is empty.
    #[must_use]
    #[track_caller]
    pub fn argmin_axis(&self, axis: usize) -> Vec<usize> {
        self.best_along("argmin_axis", axis, Ordering::Less)
    }

    #[track_caller]
    fn best_along(&self, op: &str, axis: usize, wanted: Ordering) -> Vec<usize> {
        let [outer, extent, inner] = self.around(op, axis);
        assert!(extent > 0, "{op}: axis {axis} of {} is empty", self.shape);
        let lines =
            (0..outer).flat_map(|block| (0..inner).map(move |i| block * extent * inner + i));
        let line = |start: usize| (0..extent).map(move |k| self.data[start + k * inner]);
        lines
            .filter_map(|start| best(line(start), wanted))
            .collect()
    }

    /// The largest elements along one axis, which goes away or stays with extent 1; NaN where there
    /// is one.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let x = tensor![[1.0, 5.0], [3.0, 4.0]];
    /// assert_eq!(x.max_axis(0, false), tensor![3.0, 5.0]);
    /// assert_eq!(x.min_axis(1, true), tensor![[1.0], [3.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no such axis, or it is empty.
    #[must_use]
    #[track_caller]
    pub fn max_axis(&self, axis: usize, keepdims: bool) -> Self {
        let places = self.argmax_axis(axis);
        self.pick(axis, &places, keepdims)
    }

    /// The smallest elements along one axis, which goes away or stays with extent 1; NaN where there
    /// is one.
    ///
    /// See [`max_axis`](Self::max_axis).
    ///
    /// # Panics
    ///
    /// When there is no such axis, or it is empty.
    #[must_use]
    #[track_caller]
    pub fn min_axis(&self, axis: usize, keepdims: bool) -> Self {
        let places = self.argmin_axis(axis);
        self.pick(axis, &places, keepdims)
    }

    /// One element of each line along an axis.
    fn pick(&self, axis: usize, places: &[usize], keepdims: bool) -> Self {
        let [_, extent, inner] = self.around("pick", axis);
        let element = |(line, &place): (usize, &usize)| {
            self.data[(line / inner * extent + place) * inner + line % inner]
        };
        Self {
            shape: self.shape.without_axis(axis, keepdims),
            data: places.iter().enumerate().map(element).collect(),
        }
    }

    /// The means along one axis, which goes away or stays with extent 1.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let x = tensor![[1.0, 2.0], [3.0, 6.0]];
    /// assert_eq!(x.mean_axis(0, false), tensor![2.0, 4.0]);
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn mean_axis(&self, axis: usize, keepdims: bool) -> Self {
        let [_, extent, _] = self.around("mean_axis", axis);
        self.sum_axis(axis, keepdims) / T::from_f64(extent as f64)
    }

    /// The variance of all elements about their mean, divided by their number; 0/0 when there are
    /// none.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// assert_eq!(tensor![1.0, 3.0].variance(), 1.0);
    /// assert_eq!(tensor![0.0, 0.0, 6.0, 6.0].std(), 3.0);
    /// ```
    #[must_use]
    pub fn variance(&self) -> T {
        let centred = self - self.mean();
        (&centred * &centred).mean()
    }

    /// The standard deviation: the root of the [variance](Self::variance).
    #[must_use]
    pub fn std(&self) -> T {
        self.variance().sqrt()
    }

    /// The standard deviations along one axis, which goes away or stays with extent 1.
    ///
    /// ```
    /// use metaplast_tensor::tensor;
    ///
    /// let x = tensor![[1.0, 2.0], [3.0, 2.0]];
    /// assert_eq!(x.std_axis(0, false), tensor![1.0, 0.0]);
    /// let standardised = (&x - &x.mean_axis(1, true)) / &x.std_axis(1, true);
    /// assert_eq!(standardised, tensor![[-1.0, 1.0], [1.0, -1.0]]);
    /// ```
    ///
    /// # Panics
    ///
    /// When there is no such axis.
    #[must_use]
    #[track_caller]
    pub fn std_axis(&self, axis: usize, keepdims: bool) -> Self {
        let centred = self - &self.mean_axis(axis, true);
        let squares = &centred * &centred;
        let mut variance = squares.mean_axis(axis, keepdims);
        variance.map_in_place(Scalar::sqrt);
        variance
    }

    /// Numbers that are evenly distributed from `from` up to and without `to`.
    ///
    /// ```
    /// use metaplast_tensor::{Random, Tensor};
    ///
    /// let x = Tensor::<f32>::uniform([3, 4], -1.0, 1.0, &mut Random::new(1));
    /// assert!(x.min() >= -1.0 && x.max() < 1.0);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn uniform(shape: impl Into<Shape>, from: f64, to: f64, random: &mut Random) -> Self {
        Self::drawn("uniform", shape, || from + (to - from) * random.uniform())
    }

    /// Normally distributed numbers of this mean and standard deviation.
    ///
    /// ```
    /// use metaplast_tensor::{Random, Tensor};
    ///
    /// // Weights as He et al. 2015 initialise them.
    /// let fan_in = 100;
    /// let std = (2.0 / fan_in as f64).sqrt();
    /// let w = Tensor::<f32>::normal([100, 50], 0.0, std, &mut Random::new(1));
    /// assert!((f64::from(w.std()) - std).abs() < 0.01);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn normal(shape: impl Into<Shape>, mean: f64, std: f64, random: &mut Random) -> Self {
        Self::drawn("normal", shape, || mean + std * random.normal())
    }

    #[track_caller]
    fn drawn(op: &str, shape: impl Into<Shape>, mut draw: impl FnMut() -> f64) -> Self {
        let shape = shape.into();
        let len = shape.len_in_memory::<T>(op);
        let data = (0..len).map(|_| T::from_f64(draw())).collect();
        Self { shape, data }
    }
}
