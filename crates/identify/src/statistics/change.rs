//! Activity change: how much a layer's outputs move with its inputs.

/// c = (1/n_l) Σ_o Σ_i ∂y_o/∂y_i of each example of a dense layer, which is
/// (1/n_l) Σ_o σ′(z_o) Σ_i M_oi.
///
/// `slopes` are σ′(z), `[examples, n_l]`, and `matrix` is M, `[n_l, n_(l−1)]`, both row-major. M is the
/// layer's W. The released graph of a rule with feedback weights gives B instead, which no experimenter
/// sees; whoever wants that passes B.
///
/// ```
/// use metaplast_identify::statistics::change::activity_change;
///
/// // Two linear units with three inputs, one example.
/// let c = activity_change(&[1.0, 1.0], &[1.0, 2.0, 3.0, -1.0, 0.0, 1.0], 2);
/// assert_eq!(c, [3.0]);
/// ```
///
/// # Panics
/// When the slopes are no whole number of rows of `units`, or the matrix has not `units` rows.
#[must_use]
#[track_caller]
pub fn activity_change(slopes: &[f64], matrix: &[f64], units: usize) -> Vec<f64> {
    assert!(
        units > 0 && slopes.len().is_multiple_of(units) && matrix.len().is_multiple_of(units),
        "activity_change: {} slopes, {} weights, {units} units",
        slopes.len(),
        matrix.len()
    );
    let inputs = matrix.len() / units;
    let rows = matrix.chunks(inputs.max(1));
    let sums: Vec<f64> = rows.map(|row| row.iter().sum()).collect();
    let change = |slopes: &[f64]| {
        let terms = slopes.iter().zip(&sums).map(|(slope, sum)| slope * sum);
        terms.sum::<f64>() / units as f64
    };
    slopes.chunks(units).map(change).collect()
}
