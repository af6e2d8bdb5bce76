//! Statistics of a layer's activity.

use super::weights::in_form;
use super::{Form, Summary};

/// Statistics over the units of each example, of activity `[examples, units]`, row-major. The released
/// statistic of a layer is their [mean](Summary::mean_of); the release itself stops before.
///
/// # Panics
/// When the activity is no whole number of rows of `units`, or there are none.
#[must_use]
#[track_caller]
pub fn by_example(activity: &[f64], units: usize, form: Form) -> Vec<Summary> {
    assert!(
        units > 0 && activity.len().is_multiple_of(units),
        "by_example: {} numbers, {units} units",
        activity.len()
    );
    let rows = activity.chunks(units);
    rows.map(|row| Summary::of(&mut in_form(row, form)))
        .collect()
}
