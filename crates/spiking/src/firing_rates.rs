//! Firing rates of layers, and which layers are silent or saturated.

use std::fmt;

/// Rates between which a layer carries something, in spikes per neuron and step.
pub const USEFUL_RATES: [f64; 2] = [0.02, 0.35];

/// A layer that hardly spikes, or that spikes nearly always.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnusualRate {
    /// The layer, counted from 0.
    pub layer: usize,
    /// Its mean rate, in spikes per neuron and step.
    pub rate: f64,
}

impl UnusualRate {
    /// Those of layers whose mean rate is outside [`USEFUL_RATES`], or no number.
    ///
    /// ```
    /// use metaplast_spiking::UnusualRate;
    ///
    /// let unusual = UnusualRate::among(&[0.1, 0.004]);
    /// assert_eq!(
    ///     unusual[0].to_string(),
    ///     "layer 2 is silent: 0.0040 spikes per neuron and step, where 0.02 to 0.35 are useful"
    /// );
    /// ```
    #[must_use]
    pub fn among(rates: &[f64]) -> Vec<Self> {
        let [least, most] = USEFUL_RATES;
        let all = rates.iter().enumerate();
        let unusual = all.filter(|(_, rate)| !(least..=most).contains(*rate));
        unusual
            .map(|(layer, &rate)| UnusualRate { layer, rate })
            .collect()
    }
}

impl fmt::Display for UnusualRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [least, most] = USEFUL_RATES;
        let what = if self.rate > most {
            "saturated"
        } else {
            "silent"
        };
        write!(
            f,
            "layer {} is {what}: {} spikes per neuron and step, where {least} to {most} are useful",
            self.layer + 1,
            metaplast_numbers::digits::significant(self.rate, 2),
        )
    }
}
