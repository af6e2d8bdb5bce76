//! Median and third quartile as elements of the list, never a mean of two.

/// The median as an element: of two middle numbers the larger.
///
/// The numbers are reordered. As the release: sorted descending, the element at index
/// round((N − 1)(1 − q/100)), halves to even, with q = 50.
///
/// ```
/// assert_eq!(metaplast_identify::statistics::median(&mut [1.0, 4.0, 2.0, 3.0]), 2.0);
/// assert_eq!(metaplast_identify::statistics::median(&mut [1.0, 2.0]), 2.0);
/// ```
///
/// # Panics
/// When there are no numbers.
#[must_use]
pub fn median(values: &mut [f64]) -> f64 {
    from_the_top(values, 0.5)
}

/// The third quartile as an element, with q = 75 in the formula of [`median`]. The numbers are
/// reordered.
///
/// ```
/// assert_eq!(metaplast_identify::statistics::third_quartile(&mut [1.0, 4.0, 2.0, 3.0, 5.0]), 4.0);
/// ```
///
/// # Panics
/// When there are no numbers.
#[must_use]
pub fn third_quartile(values: &mut [f64]) -> f64 {
    from_the_top(values, 0.25)
}

/// The element below which, from the largest on, this part of the others lies.
fn from_the_top(values: &mut [f64], part: f64) -> f64 {
    assert!(!values.is_empty(), "percentile: no numbers");
    let index = ((values.len() - 1) as f64 * part).round_ties_even() as usize;
    let (_, element, _) = values.select_nth_unstable_by(index, |a, b| b.total_cmp(a));
    *element
}
