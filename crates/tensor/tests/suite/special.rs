//! Special functions against numbers known to more digits, and against identities.

use metaplast_tensor::special::{atan2, erf, pow, tan};

#[test]
fn known_values() {
    // Abramowitz & Stegun, table 7.1.
    assert!((erf(1.0_f64) - 0.842_700_792_949_714_9).abs() < 2e-16);
    assert!((erf(-2.0_f64) + 0.995_322_265_018_952_7).abs() < 2e-16);
    assert_eq!((erf(10.0), erf(f64::NEG_INFINITY)), (1.0, -1.0));
    assert!((erf(0.5_f32) - 0.520_499_9).abs() < 1e-7);
    assert!((atan2(-1.0_f64, -1.0) + 2.356_194_490_192_345).abs() < 1e-15);
    assert!((tan(1.0_f64) - 1.557_407_724_654_902_3).abs() < 1e-15);
    assert_eq!(
        (pow(9.0, 0.5), pow(0.0, 0.0), pow(2.0_f32, -1.0)),
        (3.0, 1.0, 0.5)
    );
    assert!(pow(-1.0_f64, 0.5).is_nan());
}
