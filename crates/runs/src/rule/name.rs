//! What a rule is called.

use metaplast_plasticity::{Feedback, Preset, Rule};

/// The preset's name, or the terms and the feedback.
pub fn rule_name(rule: &Rule, feedback: Feedback) -> String {
    let own = rule.own_terms().len();
    let scope = rule.layers().map_or("", |_| "-per-layer");
    let known = |preset: &Preset| {
        own == 0 && preset.terms() == rule.indices() && preset.feedback() == feedback
    };
    match Preset::ALL.into_iter().find(known) {
        Some(preset) => format!("{preset}{scope}"),
        None => {
            let mut symbols: Vec<String> = rule
                .infos()
                .map(|info| info.symbol.to_lowercase())
                .collect();
            // The name of a directory must stay short.
            if own > 2 {
                symbols.truncate(rule.indices().len());
                symbols.push(format!("{own}-own-terms"));
            }
            format!("{}-{feedback}{scope}", symbols.join("-"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_and_other_rules_have_names() {
        let bio = Rule::preset(Preset::Bio);
        assert_eq!(rule_name(&bio, Feedback::Fixed), "bio");
        let layers = bio.clone().per_layer(3);
        assert_eq!(rule_name(&layers, Feedback::Fixed), "bio-per-layer");
        assert_eq!(rule_name(&bio, Feedback::Attached), "f0-f2-f9-attached");
        assert_eq!(
            rule_name(&Rule::preset(Preset::Bp), Feedback::Symmetric),
            "bp"
        );
    }
}
