//! Rules without a condition.

use super::HeadSigns;
use super::relation::{TypedRelation, variable};
use crate::logic::LogicalRule;

/// The rules → T(A, B) and → not T(A, B), for a target of any number of arguments.
///
/// ```
/// use metaplast_structure::{HeadSigns, TypedRelation, prior_rules};
///
/// let likes = TypedRelation::new("likes", ["person", "film"]);
/// assert_eq!(prior_rules(&likes, HeadSigns::Negative)[0].to_string(), "-> not likes(A, B)");
/// ```
#[must_use]
pub fn prior_rules(target: &TypedRelation, signs: HeadSigns) -> Vec<LogicalRule> {
    let variables: Vec<String> = (0..target.types.len()).map(variable).collect();
    signs.rules(&LogicalRule {
        body: Vec::new(),
        head: target.literal(&variables),
    })
}
