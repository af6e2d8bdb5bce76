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
    /// Probes in which activity is seen; all where there is no number. Weights are the same in any.
    pub probes: Option<usize>,
}

pub(crate) const UNITS: [Option<usize>; 5] = [None, Some(40), Some(20), Some(10), Some(5)];
pub(crate) const NOISE: [f64; 3] = [0.0, 0.3, 1.0];
pub(crate) const PROBE_COUNTS: [Option<usize>; 3] = [None, Some(32), Some(8)];

impl Condition {
    /// Everything, without noise.
    pub const FULL: Condition = Condition {
        units: None,
        noise: 0.0,
        probes: None,
    };
}

/// All conditions under which networks are observed; the first is the full sight. Numbers of probes are
/// next to each other, of the same units and noise.
pub const CONDITIONS: [Condition; UNITS.len() * NOISE.len() * PROBE_COUNTS.len()] = {
    let mut all = [Condition::FULL; UNITS.len() * NOISE.len() * PROBE_COUNTS.len()];
    let mut k = 0;
    while k < all.len() {
        let without_probes = k / PROBE_COUNTS.len();
        all[k] = Condition {
            units: UNITS[without_probes / NOISE.len()],
            noise: NOISE[without_probes % NOISE.len()],
            probes: PROBE_COUNTS[k % PROBE_COUNTS.len()],
        };
        k += 1;
    }
    all
};

impl Condition {
    /// The number in [`CONDITIONS`] of the one that is nearest to this: in units on a logarithmic scale and
    /// in noise together, and in probes on a logarithmic scale.
    #[must_use]
    pub fn nearest(&self) -> usize {
        let distance = |other: &Condition| {
            // All units are here 60 to 160, for this purpose 80.
            let units = ratio(self.units, other.units, 80);
            // Levels of noise are compared by what they add to a variance.
            let variance = |condition: &Condition| 1.0 + condition.noise * condition.noise;
            let noise = libm::log(variance(self) / variance(other)).abs();
            units + noise + ratio(self.probes, other.probes, super::PROBES)
        };
        let nearer =
            |best: usize, k: usize| match distance(&CONDITIONS[k]) < distance(&CONDITIONS[best]) {
                true => k,
                false => best,
            };
        (1..CONDITIONS.len()).fold(0, nearer)
    }
}

/// The logarithm of the ratio of two numbers up to `all`, which stands for those that are missing; without
/// its sign.
fn ratio(a: Option<usize>, b: Option<usize>, all: usize) -> f64 {
    let size = |n: Option<usize>| n.map_or(all, |n| n.clamp(1, all)) as f64;
    libm::log(size(a) / size(b)).abs()
}

/// `10 units, noise of 1 sd`
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.units {
            None => f.write_str("all units")?,
            Some(units) => write!(f, "{units} units")?,
        }
        if self.noise != 0.0 {
            write!(f, ", noise of {} sd", self.noise)?;
        }
        match self.probes {
            None => Ok(()),
            Some(probes) => write!(f, ", {probes} probes"),
        }
    }
}
