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

/// Median and third quartile, the second by a selection among the numbers that the first leaves.
pub(super) fn median_and_third_quartile(values: &mut [f64]) -> (f64, f64) {
    let [quartile, median] = [0.25, 0.5].map(|part| place(values.len(), part));
    let (_, third, smaller) = values.select_nth_unstable_by(quartile, descending);
    let third = *third;
    match median - quartile {
        0 => (third, third),
        k => (*smaller.select_nth_unstable_by(k - 1, descending).1, third),
    }
}

/// The element below which, from the largest on, this part of the others lies.
fn from_the_top(values: &mut [f64], part: f64) -> f64 {
    let place = place(values.len(), part);
    *values.select_nth_unstable_by(place, descending).1
}

/// The place, from the largest on, of the element below which this part of `count` lies.
fn place(count: usize, part: f64) -> usize {
    assert!(count > 0, "percentile: no numbers");
    ((count - 1) as f64 * part).round_ties_even() as usize
}

fn descending(a: &f64, b: &f64) -> std::cmp::Ordering {
    b.total_cmp(a)
}
