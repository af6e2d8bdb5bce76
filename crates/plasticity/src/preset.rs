//! Presets: the rules of the paper by name.

use crate::feedback::Feedback;
use crate::names::names;
use crate::rule::Rule;

/// The rules that the paper studies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Feedback alignment: F0 with fixed feedback.
    Fa,
    /// Backpropagation: F0 with symmetric feedback.
    Bp,
    /// F0 and the error-based Hebbian term F2, fixed feedback.
    EHebb,
    /// F0 and Oja's rule F9, fixed feedback.
    Oja,
    /// F0, F2 and F9, fixed feedback: the rule that the paper finds.
    Bio,
    /// All ten terms, fixed feedback.
    Pool,
}

names!(Preset, "preset", Fa: "fa", Bp: "bp", EHebb: "ehebb", Oja: "oja", Bio: "bio", Pool: "pool");

impl Preset {
    /// Numbers of its terms in the [pool](crate::pool()).
    #[must_use]
    pub fn terms(self) -> &'static [usize] {
        match self {
            Preset::Fa | Preset::Bp => &[0],
            Preset::EHebb => &[0, 2],
            Preset::Oja => &[0, 9],
            Preset::Bio => &[0, 2, 9],
            Preset::Pool => &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        }
    }

    /// The feedback it is studied with.
    #[must_use]
    pub fn feedback(self) -> Feedback {
        match self {
            Preset::Bp => Feedback::symmetric(),
            _ => Feedback::fixed(),
        }
    }

    /// The preset that has these terms and this feedback, whatever the coefficients.
    #[must_use]
    pub fn of(rule: &Rule, feedback: &Feedback) -> Option<Preset> {
        let is = |preset: &Preset| {
            Rule::preset(*preset).terms() == rule.terms() && preset.feedback() == *feedback
        };
        Preset::ALL.into_iter().find(is)
    }
}

impl Rule {
    /// The terms of a preset, coefficients zero.
    #[must_use]
    pub fn preset(preset: Preset) -> Self {
        Rule::from_pool(preset.terms()).expect("presets name each of their terms once")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preset_names_are_read_back() {
        for preset in Preset::ALL {
            assert_eq!(preset.name().parse(), Ok(preset));
            let found = Preset::of(&Rule::preset(preset), &preset.feedback());
            assert_eq!(found, Some(preset));
        }
        let error = "x".parse::<Preset>().unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown preset `x`; choose fa, bp, ehebb, oja, bio or pool"
        );
    }
}
