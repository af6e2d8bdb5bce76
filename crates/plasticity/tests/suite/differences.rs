//! Derivatives by differences, with an estimate of their own error.

/// Central differences extrapolated to step zero (Ridders 1982): the derivative of `f` at 0 and an
/// estimate of its error. `None` as soon as `f` is `None`.
pub(crate) fn derivative(first_step: f64, f: impl Fn(f64) -> Option<f64>) -> Option<(f64, f64)> {
    const SHRINK: f64 = 1.6;
    const LEVELS: usize = 12;
    let difference = |h: f64| Some((f(h)? - f(-h)?) / (2.0 * h));
    let mut step = first_step;
    let mut above = vec![difference(step)?];
    let mut best = (above[0], f64::INFINITY);
    for _ in 1..LEVELS {
        step /= SHRINK;
        let mut row = vec![difference(step)?];
        let mut factor = 1.0;
        for (k, &coarse) in above.iter().enumerate() {
            factor *= SHRINK * SHRINK;
            let better = (row[k] * factor - coarse) / (factor - 1.0);
            let error = (better - row[k]).abs().max((better - coarse).abs());
            if error <= best.1 {
                best = (better, error);
            }
            row.push(better);
        }
        above = row;
    }
    Some(best)
}

#[test]
fn differences_know_how_wrong_they_are() {
    let (slope, error) = derivative(0.1, |h| Some((1.0 + h).exp().sin())).unwrap();
    let exact = 1f64.exp().cos() * 1f64.exp();
    assert!(
        (slope - exact).abs() <= error.max(1e-13),
        "{slope} {error:e}"
    );
    assert!(error < 1e-10);
    assert!(derivative(0.1, |h| (h < 0.05).then_some(h)).is_none());
}
