//! The front end: sound to band energies, and band energies to spikes.

use std::f64::consts::TAU;

use metaplast_tensor::Scalar;
use realfft::RealFftPlanner;

/// Bands that are equally wide on the mel scale, and an integrator for each that spikes.
///
/// 1. Windows of [`window`](Self::window) samples every [`hop`](Self::hop), as many as fit, times a
///    periodic Hann window, ½ (1 − cos(2πk/window)); no pre-emphasis.
/// 2. Power spectrum |X|² of the window with zeros behind it, by a Fourier transform of
///    [`transform`](Self::transform) points.
/// 3. Triangles with linear sides in hertz, whose corners are equally far apart in
///    mel = 1127 ln(1 + f/700); ln(energy + floor).
/// 4. Scaled to (ln energy − loudest + range)/range between 0 and 1, "loudest" being the loudest cell of
///    the clip; windows beyond [`steps`](Self::steps) are dropped, those that lack are silent.
/// 5. Each band adds its value to an integrator, which spikes at 1 and keeps the rest.
///
/// ```
/// use metaplast_spiking::MelFrontEnd;
///
/// let front_end = MelFrontEnd::new(8000).unwrap();
/// assert_eq!((front_end.window, front_end.hop, front_end.transform), (200, 80, 256));
/// let tone: Vec<f64> = (0..4000).map(|t| (0.3 * t as f64).sin()).collect();
/// let spikes = front_end.spikes(&front_end.scaled(&front_end.log_energies(&tone)));
/// assert_eq!(spikes.len(), 64 * 40);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MelFrontEnd {
    /// Samples per second.
    pub rate: f64,
    /// Samples of a window.
    pub window: usize,
    /// Samples from one window to the next.
    pub hop: usize,
    /// Points of the Fourier transform, at least those of a window.
    pub transform: usize,
    /// Bands.
    pub bands: usize,
    /// Lower corner of the first band, in hertz.
    pub low: f64,
    /// Upper corner of the last band, in hertz.
    pub high: f64,
    /// What is added to energies before the logarithm.
    pub floor: f64,
    /// How far below the loudest cell a cell is silent, in nats.
    pub range: f64,
    /// Steps of a clip.
    pub steps: usize,
}

impl MelFrontEnd {
    /// The front end of spoken digits, for this many samples a second: windows of 25 ms every 10 ms, 40
    /// bands from 60 to 3800 Hz, a range of 9 nats, 64 steps.
    ///
    /// # Errors
    /// In words, when the rate is too low for the bands.
    pub fn new(rate: u32) -> Result<Self, String> {
        let samples = |seconds: f64| (f64::from(rate) * seconds).round() as usize;
        let window = samples(0.025);
        let high = 3800.0;
        if f64::from(rate) < 2.0 * high {
            return Err(format!(
                "{rate} samples a second; {high} Hz is heard from {} on",
                2.0 * high
            ));
        }
        Ok(MelFrontEnd {
            rate: f64::from(rate),
            window,
            hop: samples(0.01),
            transform: window.next_power_of_two(),
            bands: 40,
            low: 60.0,
            high,
            floor: 1e-6,
            range: 9.0,
            steps: 64,
        })
    }

    /// Corners of the triangles, in hertz: band b rises from corner b to b + 1 and falls to b + 2.
    #[must_use]
    pub fn corners(&self) -> Vec<f64> {
        let (low, high) = (mel(self.low), mel(self.high));
        let step = (high - low) / (self.bands + 1) as f64;
        let corners = (0..self.bands + 2).map(|k| low + step * k as f64);
        corners
            .map(|mel| 700.0 * Scalar::exp_m1(mel / 1127.0))
            .collect()
    }

    /// Logarithms of the band energies, `[windows, bands]`, of all windows that fit.
    #[must_use]
    pub fn log_energies(&self, samples: &[f64]) -> Vec<f64> {
        let transform = RealFftPlanner::<f64>::new().plan_fft_forward(self.transform);
        let mut padded = transform.make_input_vec();
        let mut spectrum = transform.make_output_vec();
        let mut scratch = transform.make_scratch_vec();
        let hann: Vec<f64> = (0..self.window)
            .map(|k| 0.5 - 0.5 * Scalar::cos(TAU * k as f64 / self.window as f64))
            .collect();
        let triangles = self.triangles();
        let mut energies = Vec::new();
        for window in samples.windows(self.window).step_by(self.hop) {
            padded.fill(0.0);
            for ((into, sample), weight) in padded.iter_mut().zip(window).zip(&hann) {
                *into = sample * weight;
            }
            transform
                .process_with_scratch(&mut padded, &mut spectrum, &mut scratch)
                .expect("the buffers are the planner's own");
            for (first, weights) in &triangles {
                let bins = spectrum[*first..].iter().zip(weights);
                let energy: f64 = bins.map(|(bin, weight)| weight * bin.norm_sqr()).sum();
                energies.push(Scalar::ln(energy + self.floor));
            }
        }
        energies
    }

    /// Of each band the first frequency with a weight, and the weights from there on.
    fn triangles(&self) -> Vec<(usize, Vec<f64>)> {
        let corners = self.corners();
        let bins = self.transform / 2 + 1;
        let triangle = |corner: &[f64]| {
            let weight = |bin: usize| {
                let hertz = bin as f64 * self.rate / self.transform as f64;
                let rising = (hertz - corner[0]) / (corner[1] - corner[0]);
                let falling = (corner[2] - hertz) / (corner[2] - corner[1]);
                rising.min(falling).max(0.0)
            };
            let first = (0..bins).find(|&bin| weight(bin) > 0.0).unwrap_or(bins);
            let weights = (first..bins).map(weight);
            (first, weights.take_while(|&weight| weight > 0.0).collect())
        };
        corners.windows(3).map(triangle).collect()
    }

    /// From logarithms of energies to numbers from 0 to 1, `[steps, bands]`.
    #[must_use]
    pub fn scaled(&self, log_energies: &[f64]) -> Vec<f64> {
        let size = self.steps * self.bands;
        let kept = &log_energies[..log_energies.len().min(size)];
        let loudest = kept.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let scale = |energy: &f64| ((energy - loudest + self.range) / self.range).clamp(0.0, 1.0);
        let mut scaled: Vec<f64> = kept.iter().map(scale).collect();
        scaled.resize(size, 0.0);
        scaled
    }

    /// From numbers that are not negative to spikes, `[steps, bands]`.
    #[must_use]
    pub fn spikes(&self, scaled: &[f64]) -> Vec<u8> {
        let mut held = vec![0.0; self.bands];
        let mut spikes = Vec::with_capacity(scaled.len());
        for step in scaled.chunks(self.bands) {
            for (held, value) in held.iter_mut().zip(step) {
                *held += value;
                let spikes_now = *held >= 1.0;
                if spikes_now {
                    *held -= 1.0;
                }
                spikes.push(u8::from(spikes_now));
            }
        }
        spikes
    }
}

/// A frequency on the mel scale, `1127 ln(1 + f/700)`.
pub(super) fn mel(hertz: f64) -> f64 {
    1127.0 * Scalar::ln_1p(hertz / 700.0)
}
