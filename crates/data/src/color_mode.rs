//! Colour mode: whether a pixel is gray or in colour.

use std::fmt;
use std::str::FromStr;

use crate::DataError;

/// Whether a pixel is one gray value, or three of red, green and blue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ColorMode {
    /// One value.
    #[default]
    Gray,
    /// Three values, one after the other.
    Rgb,
}

impl ColorMode {
    /// Both.
    pub const ALL: [ColorMode; 2] = [ColorMode::Gray, ColorMode::Rgb];

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ColorMode::Gray => "gray",
            ColorMode::Rgb => "rgb",
        }
    }

    /// Values of a pixel.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            ColorMode::Gray => 1,
            ColorMode::Rgb => 3,
        }
    }

    /// What a number of values counts.
    pub(crate) fn values(self) -> &'static str {
        match self {
            ColorMode::Gray => "pixels",
            ColorMode::Rgb => "values of colour pixels",
        }
    }
}

impl fmt::Display for ColorMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ColorMode {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let known = ColorMode::ALL.into_iter().find(|way| way.name() == text);
        known.ok_or_else(|| DataError::UnknownColorMode(text.into()))
    }
}
