//! Line search for the strong Wolfe conditions.
//!
//! ```text
//! φ(a) = f(x + a d)      φ(a) ≤ φ(0) + c₁ a φ'(0)      |φ'(a)| ≤ c₂ |φ'(0)|
//! ```
//!
//! Nocedal & Wright, *Numerical Optimization*, 2nd edition 2006, algorithms 3.5 and 3.6: an interval
//! that holds such a length is found by doubling, and made smaller by the minimum of the cubic through
//! its ends.

use metaplast_tensor::{Scalar, kernels};

const DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
/// How often a length is tried.
const TRIALS: usize = 30;

/// A point with the loss and its gradient there.
pub(super) struct Point<T> {
    pub(super) x: Vec<T>,
    pub(super) value: T,
    pub(super) gradient: Vec<T>,
}

pub(super) enum LineSearchEnd<T> {
    Found(Point<T>),
    /// No length makes the loss smaller.
    Failed,
}

/// A length that was tried.
struct Trial<T> {
    length: f64,
    value: f64,
    slope: f64,
    point: Option<Point<T>>,
}

/// The minimum of the cubic with the values and slopes of both trials, kept away from the ends.
fn between<T>(a: &Trial<T>, b: &Trial<T>) -> f64 {
    let (width, middle) = (b.length - a.length, 0.5 * (a.length + b.length));
    let d1 = a.slope + b.slope - 3.0 * (a.value - b.value) / (a.length - b.length);
    let square = d1 * d1 - a.slope * b.slope;
    let d2 = square.max(0.0).sqrt().copysign(width);
    let length = b.length - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2);
    let (low, high) = (a.length.min(b.length), a.length.max(b.length));
    let margin = 0.1 * (high - low);
    // Also where a value is infinite, so that the length is not a number.
    let inside = square >= 0.0 && length >= low + margin && length <= high - margin;
    if inside { length } else { middle }
}

/// A point along `direction` that meets the conditions, or at least one with a smaller loss.
pub(super) fn search<T: Scalar>(
    from: &Point<T>,
    direction: &[T],
    first: f64,
    evaluate: &mut impl FnMut(&[T]) -> (T, Vec<T>),
) -> LineSearchEnd<T> {
    let slope = kernels::dot(direction, &from.gradient).to_f64();
    let value = from.value.to_f64();
    let start = Trial {
        length: 0.0,
        value,
        slope,
        point: None,
    };
    let mut attempt = |length: f64| {
        let mut x = from.x.clone();
        kernels::axpy(T::from_f64(length), direction, &mut x);
        let (value, gradient) = evaluate(&x);
        let slope = kernels::dot(direction, &gradient).to_f64();
        let number = value.to_f64();
        Trial {
            length,
            value: if number.is_nan() {
                f64::INFINITY
            } else {
                number
            },
            slope,
            point: Some(Point { x, value, gradient }),
        }
    };
    let decreases = |t: &Trial<T>| t.value <= value + DECREASE * t.length * slope;
    let flat = |t: &Trial<T>| t.slope.abs() <= CURVATURE * slope.abs();
    // `low` is the best length so far that decreases the loss; the interval ends at `high`.
    let (mut low, mut high) = (start, None::<Trial<T>>);
    let mut next = first;
    for _ in 0..TRIALS {
        let trial = attempt(next);
        if !decreases(&trial) || trial.value >= low.value && low.length > 0.0 {
            high = Some(trial);
        } else if flat(&trial) {
            return found(trial);
        } else {
            let ahead = high.as_ref().map_or(1.0, |high| high.length - low.length);
            if trial.slope * ahead >= 0.0 {
                high = Some(std::mem::replace(&mut low, trial));
            } else {
                low = trial;
            }
        }
        next = match &high {
            Some(high) => between(&low, high),
            None => 2.0 * next,
        };
    }
    found(low)
}

fn found<T>(trial: Trial<T>) -> LineSearchEnd<T> {
    trial
        .point
        .map_or(LineSearchEnd::Failed, LineSearchEnd::Found)
}
