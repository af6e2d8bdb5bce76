//! Elementary functions of numbers.

mod known;

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

/// Units in the last place between `ours` and the sum of both parts of the true value.
fn ulps_of_double(ours: f64, (high, low): (f64, f64)) -> f64 {
    let unit = high.abs().next_up() - high.abs();
    ((ours - high) - low).abs() / unit
}

#[test]
fn functions_of_f64_are_as_close_to_their_known_values_as_they_say() {
    /// Name, function, known values and bound.
    type Case = (&'static str, fn(f64) -> f64, &'static [known::Known], f64);
    let functions: [Case; 7] = [
        ("exp", Scalar::exp, known::EXP, 1.0),
        ("exp_m1", Scalar::exp_m1, known::EXP_M1, 2.0),
        ("ln", Scalar::ln, known::LN, 1.0),
        ("ln_1p", Scalar::ln_1p, known::LN_1P, 1.0),
        ("tanh", Scalar::tanh, known::TANH, 3.0),
        ("sin", Scalar::sin, known::SIN, 1.0),
        ("cos", Scalar::cos, known::COS, 1.0),
    ];
    for (name, f, known, most) in functions {
        for &(x, high, low) in known {
            let error = ulps_of_double(f(x), (high, low));
            assert!(error <= most, "{name}({x}): {error}");
        }
    }
    for &(x, p, high, low) in known::POWERS {
        let error = ulps_of_double(Scalar::powf(x, p), (high, low));
        assert!(error <= 1.0, "{x}^{p}: {error}");
    }
}

/// The standard library's functions are within a unit themselves.
#[test]
fn functions_of_f64_are_close_to_the_standard_library_over_their_whole_range() {
    let near = |name, x: f64, ours: f64, theirs: f64, most: f64| {
        let error = ulps_of_double(ours, (theirs, 0.0));
        assert!(error <= most, "{name}({x}): {error}");
    };
    for step in -200_000..200_000 {
        let x = f64::from(step) * 3.456_789e-3;
        near("exp", x, Scalar::exp(x), x.exp(), 2.0);
        near("exp_m1", x, Scalar::exp_m1(x), x.exp_m1(), 3.0);
        near("tanh", x, Scalar::tanh(x), x.tanh(), 4.0);
        near("sin", x, Scalar::sin(x), x.sin(), 2.0);
        near("cos", x, Scalar::cos(x), x.cos(), 2.0);
        let size = x.exp().max(1e-320);
        near("ln", size, Scalar::ln(size), size.ln(), 2.0);
        near("ln_1p", size, Scalar::ln_1p(size), size.ln_1p(), 2.0);
        let base = 1.0 + (f64::from(step) * 0.618).rem_euclid(1.0);
        near("powf", x, Scalar::powf(base, x), base.powf(x), 2.0);
    }
}

/// Every number whose last thirteen bits are one and the same pattern, of either sign.
fn singles() -> impl Iterator<Item = f32> {
    (0..u32::MAX / 8192).map(|i| f32::from_bits(i * 8192 + 1234))
}

#[test]
fn functions_of_f32_are_as_close_to_the_truth_as_they_say() {
    type Function = (&'static str, fn(f32) -> f32, fn(f64) -> f64, f64);
    let functions: [Function; 9] = [
        ("exp", Scalar::exp, f64::exp, 1.0),
        ("exp_m1", Scalar::exp_m1, f64::exp_m1, 2.0),
        ("ln", Scalar::ln, f64::ln, 1.0),
        ("tanh", Scalar::tanh, f64::tanh, 3.0),
        ("sin", Scalar::sin, f64::sin, 0.6),
        ("cos", Scalar::cos, f64::cos, 0.6),
        ("x^2.5", |x| Scalar::powf(x, 2.5), |x| x.powf(2.5), 0.6),
        ("x^-0.3", |x| Scalar::powf(x, -0.3), |x| x.powf(-0.3), 0.6),
        ("x^7", |x| Scalar::powf(x, 7.0), |x| x.powf(7.0), 0.6),
    ];
    for (name, ours, truth, most) in functions {
        for x in singles().filter(|x| x.is_finite()) {
            // The libm crate's functions of large angles are within a unit.
            let most = if x.abs() > 1e6 && most < 1.0 {
                1.0
            } else {
                most
            };
            let (found, truth) = (ours(x), truth(f64::from(x)));
            let rounded = truth as f32;
            if rounded.is_infinite() || truth.is_nan() || truth.abs() < 1e-44 {
                let same = found == rounded || (found.is_nan() && truth.is_nan());
                assert!(same || ulps(found, truth) <= most, "{name}({x}): {found}");
                continue;
            }
            let error = ulps(found, truth);
            assert!(error <= most, "{name}({x}): {error}");
        }
    }
}

#[test]
fn functions_at_the_edges_of_their_domains() {
    fn check<T: Scalar>() {
        let at = |x: f64| T::from_f64(x);
        let same = |name: &str, found: T, wanted: f64| {
            let (found, signs) = (found.to_f64(), (found.to_f64().signum(), wanted.signum()));
            let same = found == wanted && signs.0 == signs.1;
            assert!(
                same || (found.is_nan() && wanted.is_nan()),
                "{name}: {found}, not {wanted}"
            );
        };
        let (infinity, nan) = (f64::INFINITY, f64::NAN);
        for (x, exp, exp_m1, ln, tanh) in [
            (0.0, 1.0, 0.0, -infinity, 0.0),
            (-0.0, 1.0, -0.0, -infinity, -0.0),
            (infinity, infinity, infinity, infinity, 1.0),
            (-infinity, 0.0, -1.0, nan, -1.0),
            (nan, nan, nan, nan, nan),
            (1e4, infinity, infinity, at(1e4).ln().to_f64(), 1.0),
            (-1e4, 0.0, -1.0, nan, -1.0),
        ] {
            same("exp", at(x).exp(), exp);
            same("exp_m1", at(x).exp_m1(), exp_m1);
            same("ln", at(x).ln(), ln);
            same("tanh", at(x).tanh(), tanh);
        }
        same("ln 1", at(1.0).ln(), 0.0);
        same("sin -0", at(-0.0).sin(), -0.0);
        same("cos 0", at(0.0).cos(), 1.0);
        for x in [infinity, -infinity, nan] {
            same("sin", at(x).sin(), nan);
            same("cos", at(x).cos(), nan);
        }
        let numbers = [
            0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, infinity, -infinity, nan,
        ];
        for x in numbers {
            for p in numbers.into_iter().chain([3.0, -2.0, 1e300, -1e300, 0.25]) {
                let wanted = T::from_f64(x.powf(p)).to_f64();
                let found = at(x).powf(p).to_f64();
                let close = (found - wanted).abs() <= T::EPSILON * wanted.abs();
                if close && wanted != 0.0 {
                    continue;
                }
                same(&format!("{x}^{p}"), at(x).powf(p), wanted);
            }
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn only_zero_is_zero() {
    assert!(Scalar::is_zero(-0.0_f32));
    assert!(!Scalar::is_zero(f32::MIN_POSITIVE));
    assert!(!Scalar::is_zero(f64::NAN));
}
