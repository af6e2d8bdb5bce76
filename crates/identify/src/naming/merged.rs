//! Rules that can hardly be told apart, taken for one.

use crate::virtual_networks::RuleClass;

/// Rules that are taken for one, where they can hardly be told apart: momentum at a tenth of the rate is
/// nearly gradient descent, fixed feedback is random whether it comes layer by layer or from the outputs,
/// and both kinds of alignment bring feedback weights to the same place.
pub(crate) const MERGED: [&[&str]; 3] = [
    &["sgd", "momentum"],
    &["feedback-alignment", "direct-feedback"],
    &["weight-mirror", "information"],
];

/// The rules with which a rule is merged, itself among them.
pub(crate) fn merged_with(classes: &[RuleClass], rule: usize) -> Vec<usize> {
    let name = classes[rule].name.as_str();
    match MERGED.iter().find(|group| group.contains(&name)) {
        None => vec![rule],
        Some(group) => {
            let is_in = |&k: &usize| group.contains(&classes[k].name.as_str());
            (0..classes.len()).filter(is_in).collect()
        }
    }
}

/// Whether two rules are the same, or are merged.
pub(crate) fn is_merged(classes: &[RuleClass], a: usize, b: usize) -> bool {
    merged_with(classes, a).contains(&b)
}
