//! The hand-made law, fitted to measured points.

use metaplast_numbers::statistics::mean;
use metaplast_tensor::Scalar;

use super::{PointUse, RetentionBranch, RetentionErrors, Soil, SoilPoint, VanGenuchten};

/// Where the coarse search looks: powers of ten of α, 1/cm, and of n − 1.
const ALPHAS: (f64, f64) = (-4.0, 0.5);
const STEEPNESSES: (f64, f64) = (-1.5, 1.0);
/// Values of each in the coarse search, and halvings of the distance after it.
const COARSE: usize = 19;
const HALVINGS: usize = 24;

/// Van Genuchten's curve of least squares through points of suction in cm and water content; its conductivity is 1.
///
/// For given α and n the best θ_r ≥ 0 and θ_s follow by linear least squares; α and n are sought on a grid, then by
/// steps to better neighbours that are halved when there is none.
///
/// ```
/// use metaplast_search::retention::{VanGenuchten, fit_curve};
///
/// let (_, silt) = VanGenuchten::TEXTURES[4];
/// let suctions = [1.0, 10.0, 30.0, 60.0, 100.0, 300.0, 1000.0, 5000.0];
/// let points = suctions.map(|h| (h, silt.water_content(h)));
/// let fitted = fit_curve(&points);
/// assert!((fitted.n - silt.n).abs() < 1e-3 && (fitted.theta_s - silt.theta_s).abs() < 1e-3);
/// ```
///
/// # Panics
/// When there are no points.
#[must_use]
#[track_caller]
pub fn fit_curve(points: &[(f64, f64)]) -> VanGenuchten {
    assert!(!points.is_empty(), "fit curve: no points");
    let try_at = |at: [f64; 2]| {
        let curve = with_levels(at, points);
        let squares = points.iter().map(|&(h, theta)| {
            let off = curve.water_content(h) - theta;
            off * off
        });
        (squares.sum::<f64>(), curve)
    };
    let grid =
        |(low, high): (f64, f64), k: usize| low + (high - low) * k as f64 / (COARSE - 1) as f64;
    let mut at = [grid(ALPHAS, 0), grid(STEEPNESSES, 0)];
    let mut best = try_at(at);
    for k in 0..COARSE * COARSE {
        let next = [grid(ALPHAS, k / COARSE), grid(STEEPNESSES, k % COARSE)];
        let tried = try_at(next);
        if tried.0 < best.0 {
            (at, best) = (next, tried);
        }
    }
    let mut distance = [
        grid(ALPHAS, 1) - ALPHAS.0,
        grid(STEEPNESSES, 1) - STEEPNESSES.0,
    ];
    for _ in 0..HALVINGS {
        distance = distance.map(|d| d / 2.0);
        // Valleys are narrow: a better neighbour is followed as long as there is one.
        for _ in 0..100 {
            let mut better = None;
            for k in (0..9).filter(|k| *k != 4) {
                let side = |k: usize| k as f64 - 1.0;
                let to = [
                    (at[0] + side(k / 3) * distance[0]).clamp(ALPHAS.0, ALPHAS.1),
                    (at[1] + side(k % 3) * distance[1]).clamp(STEEPNESSES.0, STEEPNESSES.1),
                ];
                let tried = try_at(to);
                if tried.0 < best.0 {
                    best = tried;
                    better = Some(to);
                }
            }
            match better {
                Some(to) => at = to,
                None => break,
            }
        }
    }
    best.1
}

/// The curve of log₁₀ α and log₁₀ (n − 1), with the best θ_r ≥ 0 and θ_s.
fn with_levels([alpha, steepness]: [f64; 2], points: &[(f64, f64)]) -> VanGenuchten {
    let power = |x: f64| Scalar::exp(x * std::f64::consts::LN_10);
    let shape = VanGenuchten {
        theta_r: 0.0,
        theta_s: 1.0,
        alpha: power(alpha),
        n: 1.0 + power(steepness),
        k_s: 1.0,
    };
    let count = points.len() as f64;
    let (mut s1, mut s2, mut t1, mut ts) = (0.0, 0.0, 0.0, 0.0);
    for &(h, theta) in points {
        let s = shape.saturation(h);
        s1 += s;
        s2 += s * s;
        t1 += theta;
        ts += s * theta;
    }
    let determinant = count * s2 - s1 * s1;
    let (low, spread) = match determinant > 1e-12 * count * s2 {
        true => (
            (s2 * t1 - s1 * ts) / determinant,
            (count * ts - s1 * t1) / determinant,
        ),
        false => (0.0, if s2 > 0.0 { ts / s2 } else { 0.0 }),
    };
    let (low, spread) = match low < 0.0 {
        true => (0.0, if s2 > 0.0 { ts / s2 } else { 0.0 }),
        false => (low, spread),
    };
    VanGenuchten {
        theta_r: low,
        theta_s: low + spread,
        ..shape
    }
}

/// The errors of the hand-made law: a curve fitted to the training points of each branch of each soil, eight
/// parameters for a soil.
///
/// # Panics
/// When there are no soils.
#[must_use]
#[track_caller]
pub fn curve_errors(soils: &[Soil]) -> RetentionErrors {
    assert!(!soils.is_empty(), "curve errors: no soils");
    let mut roots = [Vec::new(), Vec::new(), Vec::new()];
    for soil in soils {
        let points = soil.points();
        let (low, high) = soil.range();
        let curves = [RetentionBranch::Drying, RetentionBranch::Wetting].map(|direction| {
            let training: Vec<(f64, f64)> = points
                .iter()
                .filter(|point| point.direction == direction && point.purpose == PointUse::Training)
                .map(|point| (point.suction, point.water_content))
                .collect();
            fit_curve(&training)
        });
        let off = |point: &SoilPoint| {
            let curve = match point.direction {
                RetentionBranch::Drying => &curves[0],
                RetentionBranch::Wetting => &curves[1],
            };
            (curve.water_content(point.suction) - point.water_content) / (high - low)
        };
        for (roots, purpose) in
            roots
                .iter_mut()
                .zip([PointUse::Training, PointUse::Validation, PointUse::Test])
        {
            let chosen = points.iter().filter(|point| point.purpose == purpose);
            let squares: Vec<f64> = chosen.map(|point| off(point).powi(2)).collect();
            if !squares.is_empty() {
                roots.push(mean(&squares).sqrt());
            }
        }
    }
    let [training, validation, test] = roots.map(|roots| mean(&roots));
    RetentionErrors {
        training,
        validation,
        test,
    }
}
