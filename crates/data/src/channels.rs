//! Channels: whether a pixel is gray or in colour.

use std::fmt;
use std::str::FromStr;

use crate::DataError;

/// Whether a pixel is one gray value, or three of red, green and blue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channels {
    /// One value.
    #[default]
    Gray,
    /// Three values, one after the other.
    Rgb,
}

impl Channels {
    /// Both.
    pub const ALL: [Channels; 2] = [Channels::Gray, Channels::Rgb];

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Channels::Gray => "gray",
            Channels::Rgb => "rgb",
        }
    }

    /// Values of a pixel.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Channels::Gray => 1,
            Channels::Rgb => 3,
        }
    }

    /// What a number of values counts.
    pub(crate) fn values(self) -> &'static str {
        match self {
            Channels::Gray => "pixels",
            Channels::Rgb => "values of colour pixels",
        }
    }
}

impl fmt::Display for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Channels {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let known = Channels::ALL.into_iter().find(|way| way.name() == text);
        known.ok_or_else(|| DataError::UnknownChannels(text.into()))
    }
}
