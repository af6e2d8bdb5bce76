//! The scalar functions of the rules: how reward modulates a step, how strongly is explored, when
//! the mastery pathway learns.

use metaplast_tensor::Scalar;

/// Φ(d), what a weight change is multiplied by when the error is `d` below its running mean.
///
/// `factor · d^power` for d ≥ 0; for d < 0 nothing, or with `both_signs` the negative of Φ(−d). Its
/// slope at 0 is infinite for a power below 1.
///
/// ```
/// use metaplast_reservoir::modulation;
///
/// assert_eq!(modulation(16.0_f64, 5.0, 0.5, false), 20.0);
/// assert_eq!(modulation(-16.0_f64, 5.0, 0.5, false), 0.0);
/// assert_eq!(modulation(-16.0_f64, 5.0, 0.5, true), -20.0);
/// ```
#[must_use]
pub fn modulation<T: Scalar>(d: T, factor: T, power: T, both_signs: bool) -> T {
    if d > T::ZERO {
        factor * power_of(d, power)
    } else if both_signs && d < T::ZERO {
        -(factor * power_of(-d, power))
    } else {
        T::ZERO
    }
}

/// Ψ(m) = `factor · (10 m)^power`, the amplitude of exploration at a running mean m of the error;
/// 0 for m ≤ 0.
///
/// ```
/// use metaplast_reservoir::exploration;
///
/// assert_eq!(exploration(0.4_f64, 0.5, 0.5), 1.0);
/// ```
#[must_use]
pub fn exploration<T: Scalar>(mean_error: T, factor: T, power: T) -> T {
    if mean_error > T::ZERO {
        factor * power_of(T::from_f64(10.0) * mean_error, power)
    } else {
        T::ZERO
    }
}

/// The gate of the mastery pathway, ½ − ½ tanh(slope (|m| − threshold)): 1 while the running mean m
/// of the error is well below the threshold, exactly 0 while it is well above.
///
/// ```
/// use metaplast_reservoir::gate;
///
/// assert_eq!(gate(0.0015_f64, 0.0015, 5e5), 0.5);
/// assert_eq!(gate(0.1_f64, 0.0015, 5e5), 0.0);
/// ```
#[must_use]
pub fn gate<T: Scalar>(mean_error: T, threshold: T, slope: T) -> T {
    let half = T::from_f64(0.5);
    half - half * (slope * (mean_error.abs() - threshold)).tanh()
}

/// `base^power` for a positive base, differentiable in both where the number carries derivatives.
fn power_of<T: Scalar>(base: T, power: T) -> T {
    if T::CARRIES_TANGENTS {
        (power * base.ln()).exp()
    } else {
        base.powf(power.to_f64())
    }
}
