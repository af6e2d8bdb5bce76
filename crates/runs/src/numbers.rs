//! Numbers as people read them.

/// A coefficient with five decimals and a proper minus.
///
/// ```
/// assert_eq!(metaplast_runs::numbers::signed(-0.0548), "−0.05480");
/// ```
#[must_use]
pub fn signed(x: f64) -> String {
    format!("{x:.5}").replace('-', "−")
}

/// Coefficients with their names: `F0 0.01210 F2 −0.05480`.
pub fn theta_in_words<S: AsRef<str>>(symbols: &[S], theta: &[f64]) -> String {
    let pairs = symbols.iter().zip(theta);
    let words: Vec<String> = pairs
        .map(|(symbol, theta)| format!("{} {}", symbol.as_ref(), signed(*theta)))
        .collect();
    words.join(" ")
}
