//! Levels of pixels from numbers of any kind: whole numbers up to 255, or fractions of full ink.

/// Takes values one by one, and finds at their end whether they are fractions.
#[derive(Debug)]
pub(crate) struct Levels {
    /// As levels from 0 to 255,
    whole: Vec<u8>,
    /// and as fractions, as long as no value is above 1.
    fractions: Option<Vec<u8>>,
}

impl Levels {
    pub(crate) fn new() -> Self {
        Levels {
            whole: Vec::new(),
            fractions: Some(Vec::new()),
        }
    }

    /// Takes the next value; false when it is no level.
    pub(crate) fn push(&mut self, value: f64) -> bool {
        if !(0.0..=255.0).contains(&value) {
            return false;
        }
        self.whole.push(value.round() as u8);
        match &mut self.fractions {
            Some(fractions) if value <= 1.0 => fractions.push((255.0 * value).round() as u8),
            fractions => *fractions = None,
        }
        true
    }

    /// Number of values so far.
    pub(crate) fn len(&self) -> usize {
        self.whole.len()
    }

    /// Levels from 0 to 255. Where no value was above 1, 1 is full ink.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.fractions.unwrap_or(self.whole)
    }
}

/// What [`Levels`] are, for messages.
pub(crate) const WANTED: &str = "pixels are whole numbers from 0 to 255, or fractions from 0 to 1";

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(values: &[f64]) -> Vec<u8> {
        let mut levels = Levels::new();
        assert!(values.iter().all(|&value| levels.push(value)));
        levels.finish()
    }

    #[test]
    fn values_up_to_one_are_fractions() {
        assert_eq!(levels(&[0.0, 0.2, 1.0]), [0, 51, 255]);
        assert_eq!(levels(&[0.0, 1.0, 2.0]), [0, 1, 2]);
        assert_eq!(levels(&[0.4, 127.6, 255.0]), [0, 128, 255]);
        for wrong in [-0.1, 255.5, f64::NAN, f64::INFINITY] {
            assert!(!Levels::new().push(wrong), "{wrong}");
        }
    }
}
