//! What a rule is called.

use metaplast_plasticity::{Feedback, Preset, Rule};

/// The preset's name, or the terms and the feedback.
pub(crate) fn rule_name(rule: &Rule, feedback: Feedback) -> String {
    let known = |preset: &Preset| preset.terms() == rule.indices() && preset.feedback() == feedback;
    match Preset::ALL.into_iter().find(known) {
        Some(preset) => preset.name().to_owned(),
        None => {
            let symbols: Vec<&str> = rule.infos().map(|info| info.symbol).collect();
            format!("{}-{feedback}", symbols.join("-").to_lowercase())
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
        assert_eq!(rule_name(&bio, Feedback::Attached), "f0-f2-f9-attached");
        assert_eq!(
            rule_name(&Rule::preset(Preset::Bp), Feedback::Symmetric),
            "bp"
        );
    }
}
