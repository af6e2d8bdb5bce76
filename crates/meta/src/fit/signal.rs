//! Signal: which recorded arrays learning changed by more than the rounding of their numbers.
//!
//! An array that learning leaves as it was still differs from the simulated one in its last digits: it
//! was computed in another order and rounded to the type in which it was recorded. To divide by the
//! squares of these differences would make a third of the loss out of noise. So an array counts only
//! where the squares of what changed exceed those that rounding explains.

use super::recording::Recording;

/// Significant bits of the types that recordings come in: bf16, f16, f32 and f64.
const BITS: [i32; 4] = [8, 11, 24, 53];
/// Units of rounding that an activity may be off by where it was computed: the root of some ten
/// thousand additions.
const COMPUTED: f64 = 256.0;

/// The sum of squares that rounding explains, of each array: the weights of layers 1..L, then their
/// activities.
pub(super) fn rounding(recordings: &[Recording], layers: usize) -> Vec<f64> {
    let weights = (0..layers).map(|l| {
        let traces = recordings
            .iter()
            .filter_map(|r| r.traces.weights.get(l)?.as_ref());
        let data: Vec<&[f64]> = traces.map(|trace| trace.values.data()).collect();
        // What does not learn is not computed: its numbers were only written down.
        let written = 2.0 * half_unit(bits(&data));
        data.iter()
            .flat_map(|data| data.iter())
            .map(|x| square(written * x))
            .sum()
    });
    let activity = (0..layers).map(|l| {
        let traces = recordings
            .iter()
            .filter_map(|r| r.traces.activity.get(l)?.as_ref());
        let traces: Vec<_> = traces.collect();
        let data: Vec<&[f64]> = traces.iter().map(|trace| trace.data()).collect();
        let bits = bits(&data);
        let computed = if bits > 24 { 53 } else { 24 };
        let relative = 2.0 * half_unit(bits) + COMPUTED * half_unit(computed);
        let of_step = |step: &[f64]| {
            // Each unit's sum has parts as large as the others' results.
            let largest = step.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
            let measured = step.iter().filter(|x| !x.is_nan()).count();
            measured as f64 * square(relative * largest)
        };
        let steps = |trace: &&metaplast_tensor::Tensor<f64>| {
            let units = trace.dims()[1].max(1);
            trace.data().chunks(units).map(of_step).sum::<f64>()
        };
        traces.iter().map(steps).sum()
    });
    weights.chain(activity).collect()
}

fn square(x: f64) -> f64 {
    // NaN is an element that was not measured.
    if x.is_nan() { 0.0 } else { x * x }
}

/// Half the distance of two numbers of so many significant bits, relative to them.
fn half_unit(bits: i32) -> f64 {
    2f64.powi(-bits)
}

/// The significant bits of the narrowest type that holds all these numbers, whatever the type of the
/// file: what was computed in f32 is no more precise in a file of f64.
fn bits(data: &[&[f64]]) -> i32 {
    let of = |x: &f64| match x.is_finite() {
        // With the leading 1, which is not stored.
        true => 53 - (x.to_bits() | 1 << 52).trailing_zeros().min(52) as i32,
        false => 1,
    };
    let most = data
        .iter()
        .flat_map(|data| data.iter())
        .map(of)
        .max()
        .unwrap_or(1);
    BITS.into_iter().find(|&bits| most <= bits).unwrap_or(53)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_type_that_holds_all_numbers_counts() {
        assert_eq!(bits(&[&[1.0, -0.375, 0.0, f64::NAN]]), 8);
        assert_eq!(bits(&[&[1.0], &[1.0 + 2f64.powi(-10)]]), 11);
        assert_eq!(bits(&[&[f64::from(0.1f32)]]), 24);
        assert_eq!(bits(&[&[0.5, 0.1]]), 53);
        assert_eq!(bits(&[]), 8);
    }
}
