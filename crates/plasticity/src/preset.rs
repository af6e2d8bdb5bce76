//! Rules by name.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::feedback::Feedback;

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

impl Preset {
    /// Every preset, in the order shown to users.
    pub const ALL: [Preset; 6] = [
        Preset::Fa,
        Preset::Bp,
        Preset::EHebb,
        Preset::Oja,
        Preset::Bio,
        Preset::Pool,
    ];

    /// The name on the command line and in files.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Fa => "fa",
            Preset::Bp => "bp",
            Preset::EHebb => "ehebb",
            Preset::Oja => "oja",
            Preset::Bio => "bio",
            Preset::Pool => "pool",
        }
    }

    /// Indices of its terms.
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
    pub fn feedback(self) -> Feedback {
        match self {
            Preset::Bp => Feedback::Symmetric,
            _ => Feedback::Fixed,
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A preset name that stands for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown preset `{0}`; choose fa, bp, ehebb, oja, bio or pool")]
pub struct UnknownPreset(pub String);

impl FromStr for Preset {
    type Err = UnknownPreset;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Preset::ALL
            .into_iter()
            .find(|preset| preset.name() == name)
            .ok_or_else(|| UnknownPreset(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preset_names_are_read_back() {
        for preset in Preset::ALL {
            assert_eq!(preset.name().parse(), Ok(preset));
        }
    }
}
