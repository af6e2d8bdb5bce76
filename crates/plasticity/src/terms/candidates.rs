//! Candidate terms: a list of short single-product terms, for whoever looks for a rule.

use metaplast_numbers::sorting::sort_by_key;

use super::term::Term;

/// Post-synaptic columns, by how many signals they are made of.
const POST: [(&str, usize); 9] = [
    ("y", 1),
    ("e", 1),
    ("z", 1),
    ("ones", 1),
    ("y .* y", 2),
    ("y .* e", 2),
    ("e .* e", 2),
    ("z .* e", 2),
    ("W * e_pre", 2),
];

/// Pre-synaptic columns.
const PRE: [(&str, usize); 8] = [
    ("y_pre", 1),
    ("e_pre", 1),
    ("ones_pre", 1),
    ("y_pre .* y_pre", 2),
    ("y_pre .* e_pre", 2),
    ("W^T * y", 2),
    ("W^T * e", 2),
    ("W^T * z", 2),
];

/// Numbers that a layer shares.
const NUMBERS: [(&str, usize); 8] = [
    ("", 0),
    ("ones^T * y", 1),
    ("ones^T * e", 1),
    ("ones_pre^T * y_pre", 1),
    ("y^T * y", 2),
    ("y^T * e", 2),
    ("z^T * e", 2),
    ("y^T * W * e_pre", 3),
];

/// Every product of a post-synaptic and a pre-synaptic column, and decay, each times a number that the layer
/// shares or not: 584 terms, from those of the fewest signals on, called `c1`, `c2` and so on.
///
/// Columns are `y`, `e`, `z` and `1` of the layer, their products in pairs, and `W e_pre`; `y_pre`, `e_pre`
/// and `1` of the layer below, their products, and what the weights send back. No two terms of the list are
/// multiples of each other by their [normal form](Term::normal_form), and none is a sum. All terms of the
/// [pool](crate::pool()) are among them but for their signs, F9 as its two summands.
///
/// ```
/// use metaplast_plasticity::pool;
/// use metaplast_plasticity::terms::candidate_terms;
///
/// let candidates = candidate_terms();
/// assert_eq!(candidates.len(), 584);
/// assert_eq!(candidates[0].to_string(), "c1 = W");
/// let is_f5 = |term: &&_| pool()[5].is_multiple_of(term) == Some(true);
/// let f5 = candidates.iter().find(is_f5).unwrap();
/// assert_eq!(f5.expression().unwrap(), "ones^T * y * e * y_pre^T");
/// ```
#[must_use]
pub fn candidate_terms() -> Vec<Term> {
    let mut all: Vec<(usize, String)> = Vec::new();
    for (number, of_number) in NUMBERS {
        let scaled = |what: &str| match number {
            "" => what.to_owned(),
            number => format!("({number}) * {what}"),
        };
        all.push((of_number + 1, scaled("W")));
        for (post, of_post) in POST {
            for (pre, of_pre) in PRE {
                let what = format!("{} * {}", grouped(post), transposed(pre));
                all.push((of_number + of_post + of_pre, scaled(&what)));
            }
        }
    }
    sort_by_key(&mut all, |(signals, _)| *signals);
    let read = |(place, (_, text)): (usize, (usize, String))| {
        let term = Term::read(&format!("c{}", place + 1), &text);
        term.expect("the list is of terms")
            .with_source("listed candidate")
    };
    all.into_iter().enumerate().map(read).collect()
}

fn grouped(column: &str) -> String {
    match column.contains(' ') {
        true => format!("({column})"),
        false => column.to_owned(),
    }
}

fn transposed(column: &str) -> String {
    format!("{}^T", grouped(column))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::pool;

    #[test]
    fn no_candidate_is_another_times_a_number() {
        let forms = candidate_terms().into_iter().map(|term| term.normal_form());
        // Single products with coefficient 1: multiples would be equal.
        let forms: Vec<String> = forms.map(|form| form.unwrap()).collect();
        assert!(
            forms
                .iter()
                .all(|form| form.starts_with("1e0 ") && !form.contains('+'))
        );
        let distinct: BTreeSet<&String> = forms.iter().collect();
        assert_eq!(distinct.len(), forms.len());
    }

    #[test]
    fn the_pool_is_listed_but_for_ojas_sum() {
        let candidates = candidate_terms();
        for term in pool().iter().filter(|term| term.symbol() != "F9") {
            let mut multiples = candidates
                .iter()
                .map(|c| c.is_multiple_of(term) == Some(true));
            assert!(multiples.any(|is_multiple| is_multiple), "{term}");
        }
        for summand in ["y * y_pre^T", "y * (W^T * y)^T"] {
            let summand = Term::read("s", summand).unwrap();
            assert!(
                candidates
                    .iter()
                    .any(|c| c.normal_form() == summand.normal_form())
            );
        }
    }
}
