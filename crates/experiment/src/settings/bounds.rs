//! Settings that must lie within bounds.

use std::ops::RangeInclusive;

use metaplast_numbers::digits::shown;

use super::ExperimentSettings;
use crate::error::Error;

impl ExperimentSettings {
    /// A whole number that must lie within bounds.
    ///
    /// # Errors
    /// When it does not.
    ///
    /// # Panics
    /// When there is no such setting, or it is of another kind.
    #[track_caller]
    pub fn whole_within(&self, name: &str, bounds: RangeInclusive<u64>) -> Result<u64, Error> {
        let n = self.get_whole(name);
        match bounds.contains(&n) {
            true => Ok(n),
            false => {
                let reason = format!(
                    "{n} makes no sense; choose {} to {}",
                    bounds.start(),
                    bounds.end()
                );
                Err(Error::setting(name, reason))
            }
        }
    }

    /// A number that must be positive and at most `most`.
    ///
    /// # Errors
    /// When it is not.
    ///
    /// # Panics
    /// When there is no such setting, or it is of another kind.
    #[track_caller]
    pub fn positive(&self, name: &str, most: f64) -> Result<f64, Error> {
        let x = self.get_number(name);
        match x > 0.0 && x <= most {
            true => Ok(x),
            false => {
                let (x, most) = (shown(x), shown(most));
                let reason = format!("{x} makes no sense; choose a number above 0, at most {most}");
                Err(Error::setting(name, reason))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_refused_with_the_bounds() {
        let settings = || {
            ExperimentSettings::new()
                .trials_and_seed(3)
                .number("eta", 0.1, "a step")
        };
        let mut wrong = settings();
        wrong.choose("eta", "0").unwrap();
        assert!(wrong.positive("eta", 2.0).is_err());
        wrong.choose("eta", "1e300").unwrap();
        assert_eq!(
            wrong.positive("eta", 2.0).unwrap_err().to_string(),
            "eta: 1e300 makes no sense; choose a number above 0, at most 2"
        );
        assert_eq!(
            wrong.whole_within("trials", 4..=9).unwrap_err().to_string(),
            "trials: 3 makes no sense; choose 4 to 9"
        );
    }
}
