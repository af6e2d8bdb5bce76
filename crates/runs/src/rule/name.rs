//! What a rule is called.

use metaplast_plasticity::{Feedback, KnownRule, Preset, Rule, Term};

/// The preset's name, or the terms and the feedback; it can be the name of a directory.
#[must_use]
pub fn rule_name(rule: &Rule, feedback: &Feedback) -> String {
    let scope = rule.layers().map_or("", |_| "-per-layer");
    let preset = Preset::of(rule, feedback).map(Preset::name);
    let known = || {
        let known = KnownRule::of(rule).filter(|known| known.feedback() == *feedback);
        known.map(|known| known.name)
    };
    match preset.or_else(known) {
        Some(name) => format!("{name}{scope}"),
        None => {
            let is_own = |term: &&Term| term.own_expression().is_some();
            let own = rule.terms().iter().filter(is_own).count();
            // The name of a directory must stay short.
            let named = rule.terms().iter().filter(|term| own <= 2 || !is_own(term));
            let mut symbols: Vec<String> = named.map(|t| t.symbol().to_lowercase()).collect();
            if own > 2 {
                symbols.push(format!("{own}-own-terms"));
            }
            let feedback = without_brackets(feedback.name());
            format!("{}-{feedback}{scope}", symbols.join("-"))
        }
    }
}

/// A name with parameters in brackets in a form that no shell takes for anything else:
/// `mirror-eta=0.1` for `mirror(eta=0.1)`.
fn without_brackets(name: &str) -> String {
    name.replace(['(', ','], "-").replace(')', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_and_other_rules_have_names() {
        let bio = Rule::preset(Preset::Bio);
        assert_eq!(rule_name(&bio, &Feedback::fixed()), "bio");
        let layers = bio.clone().per_layer(3);
        assert_eq!(rule_name(&layers, &Feedback::fixed()), "bio-per-layer");
        let bcm = KnownRule::find("bcm").unwrap().rule();
        assert_eq!(rule_name(&bcm, &Feedback::fixed()), "bcm");
        assert_eq!(rule_name(&bio, &Feedback::attached()), "f0-f2-f9-attached");
        assert_eq!(
            without_brackets("mirror(eta=0.1,slow)"),
            "mirror-eta=0.1-slow"
        );
        assert_eq!(
            rule_name(&Rule::preset(Preset::Bp), &Feedback::symmetric()),
            "bp"
        );
    }
}
