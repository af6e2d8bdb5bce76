//! Sorting by one routine for all types.
//!
//! The standard library's sorts are compiled for every type and every order, a dozen functions each time; short
//! lists in many places are better served by one that sorts places. Where sorting takes time, those of the standard
//! library are the faster ones.

use std::cmp::Ordering;

/// Sorts numbers by [`f64::total_cmp`]: −NaN, −∞ to ∞, NaN.
///
/// ```
/// use metaplast_numbers::sorting::sort_numbers;
///
/// let mut numbers = [2.0, f64::NEG_INFINITY, 0.0, -0.0];
/// sort_numbers(&mut numbers);
/// assert_eq!(numbers, [f64::NEG_INFINITY, -0.0, 0.0, 2.0]);
/// ```
pub fn sort_numbers(numbers: &mut [f64]) {
    numbers.sort_unstable_by(f64::total_cmp);
}

/// Sorts in ascending order; equal items stay in their order.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// Sorts by a key that is computed anew for each comparison; items with equal keys stay in their order.
///
/// ```
/// use metaplast_numbers::sorting::sort_by_key;
///
/// let mut words = ["three", "one", "two"];
/// sort_by_key(&mut words, |word| word.len());
/// assert_eq!(words, ["one", "two", "three"]);
/// ```
pub fn sort_by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts by a total order; equal items stay in their order.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let mut goes_to = destinations(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    for place in 0..items.len() {
        while goes_to[place] != place {
            let to = goes_to[place];
            items.swap(place, to);
            goes_to.swap(place, to);
        }
    }
}

/// Where each of so many items goes, by merging runs of doubling length.
fn destinations(n: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut merged = Vec::with_capacity(n);
    let mut run = 1;
    while run < n {
        merged.clear();
        for pair in order.chunks(2 * run) {
            let (mut left, mut right) = pair.split_at(run.min(pair.len()));
            while let ([a, left_rest @ ..], [b, right_rest @ ..]) = (left, right) {
                if compare(*b, *a).is_lt() {
                    merged.push(*b);
                    right = right_rest;
                } else {
                    merged.push(*a);
                    left = left_rest;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut merged);
        run *= 2;
    }
    let mut goes_to = vec![0; n];
    for (place, from) in order.into_iter().enumerate() {
        goes_to[from] = place;
    }
    goes_to
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::stream;
    use rand::RngExt;

    #[test]
    fn lists_are_sorted_as_the_standard_library_sorts_them() {
        let mut rng = stream(&[1]);
        for n in 0..200 {
            let items: Vec<(u8, usize)> = (0..n)
                .map(|place| (rng.random_range(0..20), place))
                .collect();
            let (mut ours, mut theirs) = (items.clone(), items.clone());
            sort_by_key(&mut ours, |item| item.0);
            theirs.sort_by_key(|item| item.0);
            assert_eq!(ours, theirs);
            sort_by(&mut ours, |a, b| b.cmp(a));
            theirs.sort_by(|a, b| b.cmp(a));
            assert_eq!(ours, theirs);
            sort(&mut ours);
            assert_eq!(ours, {
                theirs.sort();
                theirs
            });
        }
    }
}
