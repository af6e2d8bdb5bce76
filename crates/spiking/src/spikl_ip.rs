//! SpiKL-IP: intrinsic plasticity from a neuron's own activity alone.

use metaplast_tensor::Scalar;

/// The local rule by which neurons adapt their resistance R and time constant τ so that their firing
/// rates become exponentially distributed, with mean 1/β (Zhang & Li, *Information-theoretic intrinsic
/// plasticity for online unsupervised learning in spiking neural networks*, Frontiers in Neuroscience
/// 13:31, 2019). With y the firing trace, ρ the refractory time and η the rate,
///
/// ```text
/// X  = ϑ/(exp((1/y − ρ)/τ) − 1)
/// ΔR = η (2 y τ ϑ − X − ϑ − β τ ϑ y²)/(R X)      Δτ = η (2 ρ y − 1 − β (ρ y² − y))/τ
/// ```
///
/// and ΔR = 0.1 η, Δτ = −0.1 η where y is at most [`quiet`](Self::quiet). X + ϑ is the drive that makes
/// the neuron fire at y. Whatever the unit of time, y is per that unit, and τ, ρ and β are in it.
///
/// ```
/// use metaplast_spiking::SpiklIp;
///
/// let rule = SpiklIp::RELEASED;
/// let silent = rule.update(0.0, [100.0, 100.0]);
/// assert_eq!(silent, [100.5, 99.5]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpiklIp {
    /// Threshold ϑ.
    pub threshold: f64,
    /// Refractory time ρ.
    pub refractory: f64,
    /// Rate η.
    pub rate: f64,
    /// Inverse mean β of the firing rate that is wanted.
    pub inverse_mean: f64,
    /// The trace at and below which a neuron counts as silent.
    pub quiet: f64,
    /// Least and greatest R.
    pub resistance: [f64; 2],
    /// Least and greatest τ.
    pub time_constant: [f64; 2],
}

impl SpiklIp {
    /// The constants of the authors' release, in millivolts and milliseconds.
    pub const RELEASED: Self = SpiklIp {
        threshold: 20.0,
        refractory: 2.0,
        rate: 5.0,
        inverse_mean: 5.0,
        quiet: 0.01,
        resistance: [32.0, 512.0],
        time_constant: [32.0, 512.0],
    };

    /// ΔR and Δτ, before R and τ are kept within their bounds.
    #[must_use]
    pub fn increments(&self, y: f64, [resistance, time]: [f64; 2]) -> [f64; 2] {
        if y <= self.quiet {
            return [0.1 * self.rate, -0.1 * self.rate];
        }
        let (threshold, beta, rho) = (self.threshold, self.inverse_mean, self.refractory);
        let x = threshold / Scalar::exp_m1((1.0 / y - rho) / time);
        let towards = 2.0 * y * time * threshold - x - threshold - beta * time * threshold * y * y;
        [
            self.rate * towards / (resistance * x),
            self.rate * (2.0 * rho * y - 1.0 - beta * (rho * y * y - y)) / time,
        ]
    }

    /// R and τ after one update, within their bounds.
    #[must_use]
    pub fn update(&self, y: f64, now: [f64; 2]) -> [f64; 2] {
        let [by, by_time] = self.increments(y, now);
        // A neuron that fires as fast as it can has X infinite or negative: R then stays.
        let moved = |now: f64, by: f64, [least, most]: [f64; 2]| match by.is_finite() {
            true => (now + by).clamp(least, most),
            false => now.clamp(least, most),
        };
        [
            moved(now[0], by, self.resistance),
            moved(now[1], by_time, self.time_constant),
        ]
    }
}
