//! Features of what the target is between.

use super::HeadSigns;
use super::relation::{TypedRelation, variable};
use crate::logic::{Argument, Literal, LogicalRule, RuleTextError, conjunction};

/// A condition on the arguments of a target, whose variables are `A`, `B`, … in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// A conjunction; other variables than the target's are its own.
    pub literals: Vec<Literal>,
    /// Features of one attribute exclude each other, as the phases of a study do, and are not put together.
    pub attribute: String,
}

impl Feature {
    /// A feature of this text, with an attribute.
    ///
    /// ```
    /// use metaplast_structure::Feature;
    ///
    /// let feature = Feature::new("publication(T, A) & publication(T, B)", "published together")?;
    /// assert_eq!(feature.literals.len(), 2);
    /// # Ok::<(), metaplast_structure::RuleTextError>(())
    /// ```
    ///
    /// # Errors
    /// When the text is no conjunction of literals.
    pub fn new(text: &str, attribute: impl Into<String>) -> Result<Self, RuleTextError> {
        Ok(Feature {
            literals: conjunction(text)?,
            attribute: attribute.into(),
        })
    }
}

/// The rules from one feature, or from several of different attributes, up to `most` together, to the target.
///
/// ```
/// use metaplast_structure::{Feature, HeadSigns, TypedRelation, local_rules};
///
/// let target = TypedRelation::new("advised", ["student", "professor"]);
/// let features = [
///     Feature::new("phase(A, late)", "phase")?,
///     Feature::new("phase(A, early)", "phase")?,
///     Feature::new("wrote(A, T) & wrote(B, T)", "paper")?,
/// ];
/// let rules = local_rules(&target, &features, 2, HeadSigns::Positive);
/// assert_eq!(rules.len(), 3 + 2);
/// assert_eq!(rules[1].to_string(), "phase(A, late) & wrote(A, T) & wrote(B, T) -> advised(A, B)");
/// # Ok::<(), metaplast_structure::RuleTextError>(())
/// ```
#[must_use]
pub fn local_rules(
    target: &TypedRelation,
    features: &[Feature],
    most: usize,
    signs: HeadSigns,
) -> Vec<LogicalRule> {
    let own: Vec<String> = (0..target.types.len()).map(variable).collect();
    let head = target.literal(&own);
    let mut rules = Vec::new();
    let mut chosen: Vec<usize> = Vec::new();
    extend(features, most, 0, &mut chosen, &mut |chosen| {
        let rule = LogicalRule {
            body: body(features, chosen, &own),
            head: head.clone(),
        };
        rules.extend(signs.rules(&rule));
    });
    rules
}

/// Every set of features that go together, each before those that it begins.
fn extend(
    features: &[Feature],
    most: usize,
    first: usize,
    chosen: &mut Vec<usize>,
    found: &mut dyn FnMut(&[usize]),
) {
    for next in first..features.len() {
        let excluded = |&other: &usize| features[other].attribute == features[next].attribute;
        if chosen.len() >= most || chosen.iter().any(excluded) {
            continue;
        }
        chosen.push(next);
        found(chosen);
        extend(features, most, next + 1, chosen, found);
        chosen.pop();
    }
}

/// The literals of several features; their own variables are renamed where they would meet.
fn body(features: &[Feature], chosen: &[usize], own: &[String]) -> Vec<Literal> {
    let mut used: Vec<String> = own.to_vec();
    let mut body = Vec::new();
    for &number in chosen {
        let mut renamed: Vec<(String, String)> = Vec::new();
        for literal in &features[number].literals {
            let mut literal = literal.clone();
            for argument in &mut literal.arguments {
                let Argument::Variable(name) = argument else {
                    continue;
                };
                if own.contains(name) {
                    continue;
                }
                if !renamed.iter().any(|(old, _)| old == name) {
                    let mut new = name.clone();
                    for round in 2.. {
                        if !used.contains(&new) {
                            break;
                        }
                        new = format!("{name}{round}");
                    }
                    used.push(new.clone());
                    renamed.push((name.clone(), new));
                }
                let found = renamed.iter().find(|(old, _)| old == name);
                *name = found.expect("it was put there").1.clone();
            }
            body.push(literal);
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_different_features_stay_apart() {
        let feature = |text| Feature::new(text, text).unwrap();
        let features = [
            feature("r(A, T) & r(B, T)"),
            feature("s(T, A)"),
            feature("q(T2)"),
        ];
        let target = TypedRelation::new("t", ["x", "y"]);
        let rules = local_rules(&target, &features, 3, HeadSigns::Positive);
        let texts: Vec<String> = rules.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), 7);
        assert!(texts.contains(&"r(A, T) & r(B, T) & s(T2, A) & q(T22) -> t(A, B)".to_owned()));
    }
}
