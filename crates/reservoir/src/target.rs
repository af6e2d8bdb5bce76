//! Targets: the closed curve that a movement is to follow, one point for each step of a period.

use metaplast_tensor::Scalar;

/// One period of a target: as many points as the period has steps.
///
/// ```
/// use metaplast_reservoir::TargetCurve;
///
/// let circle = TargetCurve::<f64>::from_fn(100, |angle| [angle.cos(), angle.sin()]);
/// assert_eq!(circle.at(101), [1.0, 0.0]);
/// assert_eq!(circle.steps(), 100);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TargetCurve<T> {
    dims: usize,
    points: Vec<T>,
}

/// What divides the butterfly's radius. The curve's true maximum is 14.5171; the authors' figure is
/// kept, so that errors compare.
const BUTTERFLY_RADIUS: f64 = 14.4734;

impl<T: Scalar> TargetCurve<T> {
    /// The points themselves, `[steps, dims]` in rows.
    ///
    /// # Panics
    /// When there is no point, or `points` is not made of rows of `dims`.
    #[must_use]
    #[track_caller]
    pub fn new(dims: usize, points: Vec<T>) -> Self {
        assert!(
            dims > 0 && !points.is_empty() && points.len().is_multiple_of(dims),
            "target: {} numbers are not points of {dims} dimensions",
            points.len()
        );
        TargetCurve { dims, points }
    }

    /// A curve over the angle, which takes `steps` equal steps from 0 to 2π, both ends included.
    ///
    /// # Panics
    /// When `steps` is 0.
    #[must_use]
    #[track_caller]
    pub fn from_fn<const D: usize>(steps: usize, mut curve: impl FnMut(f64) -> [f64; D]) -> Self {
        let points = (0..steps).flat_map(|step| curve(angle(step, steps)));
        TargetCurve::new(D, points.map(T::from_f64).collect())
    }

    /// The butterfly of Pyle & Rosenbaum (2019), within a circle of radius 1.003:
    /// R = 9 − sin θ + 2 sin 3θ + 2 sin 5θ − sin 7θ + 3 cos 2θ − 2 cos 4θ, divided by 14.4734.
    #[must_use]
    #[track_caller]
    pub fn butterfly(steps: usize) -> Self {
        TargetCurve::from_fn(steps, |a| {
            // The elementary functions of the tensor crate, which are the same on every machine.
            let (sin, cos) = (<f64 as Scalar>::sin, <f64 as Scalar>::cos);
            let radius = (9.0 - sin(a) + 2.0 * sin(3.0 * a) + 2.0 * sin(5.0 * a) - sin(7.0 * a)
                + 3.0 * cos(2.0 * a)
                - 2.0 * cos(4.0 * a))
                / BUTTERFLY_RADIUS;
            [radius * cos(a), radius * sin(a)]
        })
    }

    /// The same curve turned by an angle in radians about the origin, anticlockwise.
    ///
    /// # Panics
    /// When points have not two dimensions.
    #[must_use]
    #[track_caller]
    pub fn turned(&self, angle: f64) -> Self {
        assert!(self.dims == 2, "turned: points of {} dimensions", self.dims);
        let (sin, cos) = (
            T::from_f64(Scalar::sin(angle)),
            T::from_f64(Scalar::cos(angle)),
        );
        let turned = self.points.as_chunks::<2>().0.iter();
        let turned = turned.flat_map(|&[x, y]| [cos * x - sin * y, sin * x + cos * y]);
        TargetCurve::new(2, turned.collect())
    }

    /// Steps of a period.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.points.len() / self.dims
    }

    /// Numbers in a point.
    #[must_use]
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// The point of step `step` of a run, counted from 1; the curve repeats.
    #[must_use]
    pub fn at(&self, step: u64) -> &[T] {
        let place = (step.wrapping_sub(1) % self.steps() as u64) as usize;
        &self.points[place * self.dims..][..self.dims]
    }
}

/// The angle of a step of a period, counted from 0: both 0 and 2π occur.
pub(crate) fn angle(step: usize, steps: usize) -> f64 {
    let last = steps.saturating_sub(1).max(1);
    std::f64::consts::TAU * step as f64 / last as f64
}
