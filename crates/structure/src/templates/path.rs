//! Chains of relations.

use super::HeadSigns;
use super::relation::{TypedRelation, variable};
use crate::logic::{Literal, LogicalRule};

/// The rules R₁(A, B) ∧ R₂(B, C) ∧ … → T(A, C) with up to `longest` relations of two arguments each, in either
/// direction, whose types fit. The target itself may be among the relations, which gives collective rules; alone it
/// would say nothing and is left out.
///
/// ```
/// use metaplast_structure::{HeadSigns, TypedRelation, path_rules};
///
/// let wrote = TypedRelation::new("wrote", ["person", "paper"]);
/// let colleague = TypedRelation::new("colleague", ["person", "person"]);
/// let rules = path_rules(&colleague, &[wrote], 2, HeadSigns::Positive);
/// assert_eq!(rules.len(), 1);
/// assert_eq!(rules[0].to_string(), "wrote(A, B) & wrote(C, B) -> colleague(A, C)");
/// ```
///
/// # Panics
/// When a relation does not have two arguments.
#[must_use]
#[track_caller]
pub fn path_rules(
    target: &TypedRelation,
    relations: &[TypedRelation],
    longest: usize,
    signs: HeadSigns,
) -> Vec<LogicalRule> {
    let [start, end] = target.pair();
    let mut rules = Vec::new();
    // Chains by their literals and the type at their end.
    let mut chains: Vec<(Vec<Literal>, &String)> = vec![(Vec::new(), start)];
    for length in 1..=longest {
        let [from, to] = [variable(length - 1), variable(length)];
        let mut longer = Vec::new();
        for (chain, at) in &chains {
            for relation in relations {
                let [first, second] = relation.pair();
                let mut directions = Vec::new();
                if first == *at {
                    directions.push(([&from, &to], second));
                }
                if second == *at {
                    directions.push(([&to, &from], first));
                }
                for (variables, next) in directions {
                    let literal = relation.literal(&variables.map(Clone::clone));
                    let mut literals: Vec<Literal> = chain.clone();
                    literals.push(literal);
                    longer.push((literals, next));
                }
            }
        }
        chains = longer;
        let head = target.literal(&[variable(0), to]);
        for (chain, _) in chains.iter().filter(|(_, at)| *at == end) {
            let rule = LogicalRule {
                body: chain.clone(),
                head: head.clone(),
            };
            if rule.body.len() > 1 || rule.body[0] != rule.head {
                rules.extend(signs.rules(&rule));
            }
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_as_many_as_types_allow() {
        // a: X→Y, b: Y→Y; the target X→Y. Length 1: a. Length 2: a b, a b⁻¹. Length 3: a then two of b in either
        // direction, or a a⁻¹ a.
        let relation = |name, types| TypedRelation::new(name, types);
        let relations = [relation("a", ["x", "y"]), relation("b", ["y", "y"])];
        let target = relation("t", ["x", "y"]);
        let count = |longest| path_rules(&target, &relations, longest, HeadSigns::Positive).len();
        assert_eq!([count(1), count(2), count(3)], [1, 3, 8]);
        assert_eq!(
            path_rules(&target, &relations, 3, HeadSigns::Both).len(),
            16
        );
        // Length 4: a and three of b; a, one of b, and a⁻¹ a; a a⁻¹ a and one of b.
        assert_eq!(count(4) - count(3), 8 + 2 + 2);
    }

    #[test]
    fn the_target_may_be_in_a_chain_but_not_alone() {
        let target = TypedRelation::new("t", ["x", "x"]);
        let rules = path_rules(
            &target,
            std::slice::from_ref(&target),
            2,
            HeadSigns::Positive,
        );
        let texts: Vec<String> = rules.iter().map(ToString::to_string).collect();
        assert_eq!(texts[0], "t(B, A) -> t(A, B)");
        assert_eq!(texts.len(), 5);
    }
}
