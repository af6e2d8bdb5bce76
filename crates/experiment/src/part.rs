//! Parts of an experiment: all of it, one shard of several, or what shards have left.

use std::fmt;
use std::str::FromStr;

/// Which part of the work is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// Everything, and its results.
    #[default]
    Whole,
    /// One share of the measurements, without results.
    Shard(Shard),
    /// The results of measurements that are all there.
    Gather,
}

impl Part {
    /// Whether the measurement or run at this place, counted from 0, is to be made.
    #[must_use]
    pub fn has(self, place: usize) -> bool {
        match self {
            Part::Whole => true,
            Part::Shard(shard) => shard.has(place),
            Part::Gather => false,
        }
    }
}

/// One of several shares of work whose pieces are independent: of N shards, shard I has the pieces at
/// the places I, I + N, I + 2N …, counted from 1.
///
/// ```
/// use metaplast_experiment::Shard;
///
/// let shard: Shard = "2/3".parse()?;
/// let places: Vec<usize> = (0..8).filter(|&place| shard.has(place)).collect();
/// assert_eq!(places, [1, 4, 7]);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u64,
    of: u64,
}

impl Shard {
    /// Shard `number` of `of`, counted from 1.
    ///
    /// # Errors
    /// In words, when there is no such shard.
    pub fn new(number: u64, of: u64) -> Result<Self, String> {
        match number >= 1 && number <= of {
            true => Ok(Shard { number, of }),
            false => Err(format!(
                "there is no shard {number} of {of}; the first is 1, the last has the number of all"
            )),
        }
    }

    /// Whether the piece at this place, counted from 0, is its own.
    #[must_use]
    pub fn has(self, place: usize) -> bool {
        place as u64 % self.of == self.number - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/');
        let numbers =
            numbers.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((number, of)) => Shard::new(number, of),
            None => Err("write I/N, such as 1/4 for the first of four shards".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_have_every_place_once() {
        for of in 1..6 {
            for place in 0..20 {
                let shards = (1..=of).map(|number| Shard::new(number, of).unwrap());
                assert_eq!(shards.filter(|shard| shard.has(place)).count(), 1);
            }
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in [
            "", "1", "1/", "/2", "0/2", "3/2", "-1/2", "1/0", "1/2/3", "a/b",
        ] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!("3/4".parse::<Shard>().unwrap().to_string(), "3/4");
    }
}
