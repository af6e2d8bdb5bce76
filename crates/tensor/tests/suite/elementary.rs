//! Elementary functions of numbers.

use metaplast_tensor::Scalar;

/// Units in the last place between `ours` and the true value.
fn ulps(ours: f32, truth: f64) -> f64 {
    let rounded = truth as f32;
    let unit = f64::from(rounded.abs().next_up()) - f64::from(rounded.abs());
    (f64::from(ours) - truth).abs() / unit
}

fn exp(x: f32) -> f32 {
    Scalar::exp(x)
}

fn ln_1p(x: f32) -> f32 {
    Scalar::ln_1p(x)
}

#[test]
fn exp_and_ln_1p_of_f32_are_within_one_unit_in_the_last_place() {
    let mut x = -103.9_f32;
    while x < 88.7 {
        let error = ulps(exp(x), Scalar::exp(f64::from(x)));
        assert!(error < 1.0, "exp({x}): {error}");
        x += 0.000_37 * (1.0 + x.abs());
    }
    for sign in [1.0_f32, -1.0] {
        let mut x = 1e-9_f32;
        while x < 3e38 && sign * x > -1.0 {
            let error = ulps(ln_1p(sign * x), Scalar::ln_1p(f64::from(sign * x)));
            assert!(error < 1.0, "ln_1p({}): {error}", sign * x);
            x *= 1.000_31;
        }
    }
}

#[test]
fn exp_and_ln_1p_of_f32_at_the_edges_of_their_domains() {
    assert_eq!(exp(0.0), 1.0);
    assert_eq!(exp(f32::INFINITY), f32::INFINITY);
    assert_eq!(exp(89.0), f32::INFINITY);
    assert_eq!(exp(f32::NEG_INFINITY), 0.0);
    assert_eq!(exp(-104.0), 0.0);
    assert!(exp(f32::NAN).is_nan());
    assert_eq!(ln_1p(0.0), 0.0);
    assert_eq!(ln_1p(-0.0).to_bits(), (-0.0_f32).to_bits());
    assert_eq!(ln_1p(-1.0), f32::NEG_INFINITY);
    assert_eq!(ln_1p(f32::INFINITY), f32::INFINITY);
    assert!(ln_1p(-1.5).is_nan() && ln_1p(f32::NAN).is_nan());
    assert!(ln_1p(f32::NEG_INFINITY).is_nan());
}

#[test]
fn powers_of_small_and_negative_exponents() {
    assert_eq!(Scalar::powi(3.0_f64, 0), 1.0);
    assert_eq!(Scalar::powi(-2.0_f32, 5), -32.0);
    assert_eq!(Scalar::powi(2.0_f64, -3), 0.125);
    assert_eq!(Scalar::powi(1.0_f64, i32::MIN), 1.0);
}

#[test]
fn f64_functions_agree_with_the_standard_library_to_rounding() {
    for step in -40..=40 {
        let x = f64::from(step) * 0.17;
        let close = |ours: f64, theirs: f64| {
            assert!((ours - theirs).abs() <= 4.0 * f64::EPSILON * theirs.abs().max(1e-300));
        };
        close(Scalar::exp(x), x.exp());
        close(Scalar::exp_m1(x), x.exp_m1());
        close(Scalar::tanh(x), x.tanh());
        close(Scalar::sin(x), x.sin());
        close(Scalar::cos(x), x.cos());
        close(Scalar::ln(x * x + 0.5), (x * x + 0.5).ln());
        close(Scalar::ln_1p(x * x), (x * x).ln_1p());
    }
}

#[test]
fn only_zero_is_zero() {
    assert!(Scalar::is_zero(-0.0_f32));
    assert!(!Scalar::is_zero(f32::MIN_POSITIVE));
    assert!(!Scalar::is_zero(f64::NAN));
}
