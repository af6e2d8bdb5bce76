//! Agreement: whether two ways to one gradient differ by more than rounding explains.

use metaplast_autodiff::Noisy;

/// How many times what rounding explains two ways may differ. Noise is random, and one of two samples
/// is rarely a hundred times smaller than usual, both never.
pub(super) const EXPLAINED: f64 = 100.0;

/// Where the noise changes the gradient by more than this part of it, the error grows with the
/// rounding no longer in proportion, and what rounding explains is not known.
const PROPORTIONAL: f64 = 0.1;

/// How two ways to a gradient compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Agreement {
    /// Their difference, in units of what rounding explains and relative to the gradient.
    Within { explained: f64, relative: f64 },
    /// Rounding explains any difference.
    IllConditioned,
}

/// Compares `∂loss/∂θ_r · θ_r`, what a relative change of each coefficient does to the loss, by two
/// ways in `f64` and by samples in noisy arithmetic.
pub(super) fn compare(
    theta: &[f64],
    one: &[f64],
    other: &[f64],
    samples: &[Vec<f64>],
) -> Agreement {
    let parts =
        |gradient: &[f64]| -> Vec<f64> { gradient.iter().zip(theta).map(|(g, t)| g * t).collect() };
    let size = length(parts(other));
    let distance = |from: &[f64]| {
        let differences: Vec<f64> = from.iter().zip(other).map(|(a, b)| a - b).collect();
        length(parts(&differences))
    };
    let noise = samples.iter().map(|sample| distance(sample));
    let noise = noise.fold(0.0, |most, one| {
        if one > most || one.is_nan() {
            one
        } else {
            most
        }
    });
    if noise > PROPORTIONAL * size || noise.is_nan() {
        return Agreement::IllConditioned;
    }
    let difference = distance(one);
    // The gradient itself is rounded, too.
    let rounding = noise * (f64::EPSILON / Noisy::NOISE) + f64::EPSILON * size;
    let in_units_of = |unit: f64| match difference {
        0.0 => 0.0,
        _ => difference / unit,
    };
    Agreement::Within {
        explained: in_units_of(rounding),
        relative: in_units_of(size),
    }
}

/// Euclidean, without overflow on the way.
fn length(vector: Vec<f64>) -> f64 {
    vector.into_iter().fold(0.0, f64::hypot)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THETA: [f64; 2] = [1e-3, -2.0];
    const GRADIENT: [f64; 2] = [300.0, 0.5];

    fn off_by(part: f64) -> Vec<f64> {
        vec![GRADIENT[0] * (1.0 + part), GRADIENT[1]]
    }

    fn explained(part: f64, noise: f64) -> f64 {
        match compare(
            &THETA,
            &off_by(part),
            &GRADIENT,
            &[off_by(noise), off_by(0.0)],
        ) {
            Agreement::Within { explained, .. } => explained,
            Agreement::IllConditioned => panic!("ill-conditioned"),
        }
    }

    #[test]
    fn a_well_conditioned_gradient_has_to_agree_in_nearly_all_digits() {
        assert!(explained(3e-16, 1e-12) < EXPLAINED);
        assert!(explained(1e-12, 1e-12) > EXPLAINED);
    }

    #[test]
    fn digits_that_noise_takes_are_not_asked_for() {
        assert!(explained(1e-10, 1e-7) < EXPLAINED);
        assert!(explained(1e-7, 1e-7) > EXPLAINED);
        let none_left = compare(&THETA, &off_by(3.0), &GRADIENT, &[off_by(0.0), off_by(0.5)]);
        assert_eq!(none_left, Agreement::IllConditioned);
        let broken = compare(&THETA, &off_by(0.0), &GRADIENT, &[off_by(f64::NAN)]);
        assert_eq!(broken, Agreement::IllConditioned);
    }

    #[test]
    fn nothing_is_nothing() {
        let zeros = [0.0, 0.0];
        let agreement = compare(&THETA, &zeros, &zeros, &[zeros.to_vec()]);
        assert_eq!(
            agreement,
            Agreement::Within {
                explained: 0.0,
                relative: 0.0
            }
        );
    }

    #[test]
    fn what_is_not_a_number_agrees_with_nothing() {
        assert!(explained(f64::NAN, 1e-12).is_nan());
    }
}
