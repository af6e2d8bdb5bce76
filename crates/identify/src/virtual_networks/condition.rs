//! How well a network is seen.

use std::fmt;

/// How well a network is seen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Units of each layer that are seen, the inputs too; all where there is no number. Of k units there
    /// are k² synapses.
    pub units: Option<usize>,
    /// The standard deviation of Gaussian noise on each number, in standard deviations of the layer's
    /// weights, or of its activity over units and probes, at time 0.
    pub noise: f64,
}

const UNITS: [Option<usize>; 5] = [None, Some(40), Some(20), Some(10), Some(5)];
const NOISE: [f64; 3] = [0.0, 0.3, 1.0];

/// All conditions under which networks are observed; the first is the full sight.
pub const CONDITIONS: [Condition; UNITS.len() * NOISE.len()] = {
    let mut all = [Condition {
        units: None,
        noise: 0.0,
    }; UNITS.len() * NOISE.len()];
    let mut k = 0;
    while k < all.len() {
        all[k] = Condition {
            units: UNITS[k / NOISE.len()],
            noise: NOISE[k % NOISE.len()],
        };
        k += 1;
    }
    all
};

impl Condition {
    /// The number in [`CONDITIONS`] of the one that is nearest: in units on a logarithmic scale, then in
    /// noise.
    #[must_use]
    pub fn nearest(units: Option<usize>, noise: f64) -> usize {
        let distance = |condition: &Condition| {
            // All units are here 60 to 160, for this purpose 80.
            let size = |units: Option<usize>| units.map_or(80.0, |k| k.clamp(1, 80) as f64);
            let units = (size(units) / size(condition.units)).ln().abs();
            // Levels of noise are compared by what they add to a variance.
            let noise = ((1.0 + noise * noise) / (1.0 + condition.noise * condition.noise)).ln();
            units + noise.abs()
        };
        let nearer =
            |best: usize, k: usize| match distance(&CONDITIONS[k]) < distance(&CONDITIONS[best]) {
                true => k,
                false => best,
            };
        (1..CONDITIONS.len()).fold(0, nearer)
    }
}

/// `10 units, noise of 1 sd`
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.units {
            None => f.write_str("all units")?,
            Some(units) => write!(f, "{units} units")?,
        }
        match self.noise {
            0.0 => Ok(()),
            noise => write!(f, ", noise of {noise} sd"),
        }
    }
}
