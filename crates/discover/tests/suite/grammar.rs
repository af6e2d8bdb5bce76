//! Rules as sequences of choices.

use metaplast_discover::{RuleGrammar, Symbol, TermGrammar};
use metaplast_numbers::streams::stream;
use metaplast_numbers::uniform_index;
use proptest::prelude::*;

thread_local! {
    static GRAMMAR: RuleGrammar = RuleGrammar::new(TermGrammar::new(4), 3);
}

proptest! {
    #[test]
    fn whatever_is_chosen_leads_to_a_rule_that_is_written_in_one_way(seed: u64) {
        GRAMMAR.with(|grammar| {
            let mut rng = stream(&[seed]);
            let (mut choices, mut features) = (Vec::new(), grammar.features(&[]).len());
            loop {
                let options = grammar.options(&choices);
                if options.is_empty() {
                    break;
                }
                assert!(options.windows(2).all(|pair| {
                    pair[0] < pair[1] || pair[0] == Symbol::End.place()
                }));
                choices.push(options[uniform_index(&mut rng, options.len())]);
                let length = grammar.features(&choices).len();
                assert_eq!(std::mem::replace(&mut features, length), length);
            }
            let rule = grammar.rule(&choices);
            let places = rule.terms().iter().map(|term| grammar.terms().place(term).unwrap());
            assert_eq!(grammar.choices(places.collect()), choices);
            assert_eq!(grammar.describe(&choices).matches("; ").count() + 1, rule.terms().len());
        });
    }
}
