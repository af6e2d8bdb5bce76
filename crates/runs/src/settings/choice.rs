//! A setting and its source, for error messages.

use std::fmt::Display;
use std::str::FromStr;

use metaplast_plasticity::digits::exact;

use super::name_table::NameTable;
use crate::error::Error;

/// A value and its origin: `--episodes`, or `FILE: episodes`.
#[derive(Clone, Debug)]
pub struct Choice<T> {
    /// The value.
    pub value: T,
    /// `--episodes`, or `FILE: episodes`.
    pub origin: String,
}

impl<T> Choice<T> {
    /// A value from `origin`.
    pub fn new(value: T, origin: impl Into<String>) -> Self {
        Choice {
            value,
            origin: origin.into(),
        }
    }

    /// An error about this value.
    pub fn wrong(&self, reason: impl Display) -> Error {
        Error::setting(&self.origin, reason.to_string())
    }
}

impl Choice<String> {
    /// Reads a name, such as that of a preset.
    ///
    /// # Errors
    /// When it is no such name.
    pub fn parse<N>(&self) -> Result<N, Error>
    where
        N: FromStr,
        N::Err: Display,
    {
        self.value.parse().map_err(|error| self.wrong(error))
    }

    /// Looks a name up in a table.
    ///
    /// # Errors
    /// When the table does not have it.
    pub fn named<T: Copy>(&self, table: &NameTable<T>) -> Result<T, Error> {
        table.find(&self.value).map_err(|reason| self.wrong(reason))
    }
}

impl Choice<u64> {
    /// A number that must not be 0, nor beyond what TOML can hold.
    ///
    /// # Errors
    /// When it is 0 or beyond `i64`.
    pub fn positive(&self) -> Result<u64, Error> {
        match self.value {
            0 => Err(self.wrong("0 makes no sense; choose 1 or more")),
            _ => self.storable(),
        }
    }

    /// A number from 1 to `most`.
    ///
    /// # Errors
    /// When it is out of that range.
    pub fn at_most(&self, most: u64) -> Result<u64, Error> {
        match self.positive()? {
            n if n > most => Err(self.wrong(format!("{n} is too many; choose {most} or less"))),
            n => Ok(n),
        }
    }

    /// A number that TOML can hold.
    ///
    /// # Errors
    /// When it is beyond `i64`.
    pub fn storable(&self) -> Result<u64, Error> {
        match self.value {
            n if n > i64::MAX as u64 => {
                Err(self.wrong(format!("{n} is too large; choose {} or less", i64::MAX)))
            }
            n => Ok(n),
        }
    }
}

impl Choice<f64> {
    /// A finite number above zero.
    ///
    /// # Errors
    /// When it is not.
    pub fn above_zero(&self) -> Result<f64, Error> {
        match self.value {
            x if x > 0.0 && x.is_finite() => Ok(x),
            x => Err(self.wrong(format!(
                "{} is not above 0; choose a positive, finite number",
                exact(x)
            ))),
        }
    }

    /// A finite number, zero or above.
    ///
    /// # Errors
    /// When it is not.
    pub fn not_negative(&self) -> Result<f64, Error> {
        match self.value {
            x if x >= 0.0 && x.is_finite() => Ok(x),
            x => Err(self.wrong(format!(
                "{} is not possible; choose 0 or a finite number above",
                exact(x)
            ))),
        }
    }
}
