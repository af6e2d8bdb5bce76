//! What holds of something holds of what is similar.

use super::HeadSigns;
use super::relation::{TypedRelation, variable};
use crate::logic::LogicalRule;

/// The rules T(A, B) ∧ S(A, C) → T(C, B) and T(A, B) ∧ S(B, C) → T(A, C), for each similarity S whose types fit.
///
/// ```
/// use metaplast_structure::{HeadSigns, TypedRelation, similarity_rules};
///
/// let likes = TypedRelation::new("likes", ["person", "film"]);
/// let friend = TypedRelation::new("friend", ["person", "person"]);
/// let rules = similarity_rules(&likes, &[friend], HeadSigns::Positive);
/// assert_eq!(rules[0].to_string(), "likes(A, B) & friend(A, C) -> likes(C, B)");
/// assert_eq!(rules.len(), 1);
/// ```
///
/// # Panics
/// When a relation does not have two arguments.
#[must_use]
#[track_caller]
pub fn similarity_rules(
    target: &TypedRelation,
    similarities: &[TypedRelation],
    signs: HeadSigns,
) -> Vec<LogicalRule> {
    let types = target.pair();
    let [a, b, c] = [0, 1, 2].map(variable);
    let mut rules = Vec::new();
    for similarity in similarities {
        let [first, second] = similarity.pair();
        let places = [(&a, [c.clone(), b.clone()]), (&b, [a.clone(), c.clone()])];
        for ((from, head), of_type) in places.into_iter().zip(types) {
            if first == of_type && second == of_type {
                let rule = LogicalRule {
                    body: vec![
                        target.literal(&[a.clone(), b.clone()]),
                        similarity.literal(&[from.clone(), c.clone()]),
                    ],
                    head: target.literal(&head),
                };
                rules.extend(signs.rules(&rule));
            }
        }
    }
    rules
}
