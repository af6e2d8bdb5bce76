//! Splits into training and test sets in which a network stands on one side.

use metaplast_numbers::streams::stream;
use metaplast_numbers::uniform_index;

/// A random order of 0..n.
pub(crate) fn shuffled(n: usize, name: &[u64]) -> Vec<usize> {
    let mut rng = stream(name);
    let mut order: Vec<usize> = (0..n).collect();
    for k in (1..n).rev() {
        order.swap(k, uniform_index(&mut rng, k + 1));
    }
    order
}

/// The fold of each group, 0 to `folds` − 1, balanced by class: the groups of a class go to folds in
/// turn, in an order that follows from `seed`.
///
/// A group is a network. Its layers stand together, whereas in splits by layer they stand on both sides.
///
/// ```
/// let folds = metaplast_identify::grouped_folds(&[0, 0, 0, 1, 1, 1], 3, 1);
/// let mut of_class_0 = folds[..3].to_vec();
/// of_class_0.sort();
/// assert_eq!(of_class_0, [0, 1, 2]);
/// ```
///
/// # Panics
/// When there are no folds.
#[must_use]
#[track_caller]
pub fn grouped_folds(classes: &[usize], folds: usize, seed: u64) -> Vec<usize> {
    assert!(folds > 0, "grouped_folds: 0 folds");
    let mut of_each = vec![0; classes.len()];
    // Where one class ends another goes on, so that folds are equally large.
    let mut next = 0;
    let most = classes.iter().max().map_or(0, |most| most + 1);
    let order = shuffled(classes.len(), &[seed, 0x5f01d]);
    for class in 0..most {
        for &k in order.iter().filter(|&&k| classes[k] == class) {
            of_each[k] = next % folds;
            next += 1;
        }
    }
    of_each
}

/// Whether each group is in the training set of a split that is balanced by class: the part `training`
/// of each class, rounded down, in an order that follows from `seed`.
///
/// The release makes ten such splits with 75%.
///
/// # Panics
/// When `training` is not between 0 and 1.
#[must_use]
#[track_caller]
pub fn balanced_split(classes: &[usize], training: f64, seed: u64) -> Vec<bool> {
    assert!(
        (0.0..=1.0).contains(&training),
        "balanced_split: a part of {training}"
    );
    let mut in_training = vec![false; classes.len()];
    let order = shuffled(classes.len(), &[seed, 0x0591]);
    let most = classes.iter().max().map_or(0, |most| most + 1);
    for class in 0..most {
        let members: Vec<usize> = order
            .iter()
            .copied()
            .filter(|&k| classes[k] == class)
            .collect();
        let n = (members.len() as f64 * training) as usize;
        members[..n].iter().for_each(|&k| in_training[k] = true);
    }
    in_training
}
