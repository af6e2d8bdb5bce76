//! Coefficients as people read them.

use metaplast_plasticity::digits::shown;

/// Coefficients with their names, in [significant digits](metaplast_plasticity::digits).
///
/// ```
/// use metaplast_runs::numbers::theta_in_words;
///
/// assert_eq!(theta_in_words(&["F0", "F2"], &[0.0121, -4e-7]), "F0 0.0121 F2 −4e−7");
/// ```
pub fn theta_in_words<S: AsRef<str>>(symbols: &[S], theta: &[f64]) -> String {
    let pairs = symbols.iter().zip(theta);
    let words: Vec<String> = pairs
        .map(|(symbol, &theta)| format!("{} {}", symbol.as_ref(), shown(theta)))
        .collect();
    words.join(" ")
}
