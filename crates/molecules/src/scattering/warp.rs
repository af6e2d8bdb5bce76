//! A warp of graph spectra that spreads their eigenvalues evenly.

use metaplast_numbers::sorting::sort_numbers;

/// Pieces of the warp.
const PIECES: usize = 5;
/// Eigenvalues no further apart than this count as equal.
const EQUAL: f64 = 1e-9;

/// The warp ω: a piecewise linear distribution function of eigenvalues.
///
/// Its knots are every `⌊N/5⌋ − 1`-th of the N eigenvalues of the training graphs in ascending order,
/// against their rank in [0, 1]; beyond its ends it goes on as it ended (Shuman et al., *Spectrum-adapted
/// tight graph wavelet and vertex-frequency frames*, 2015; the GSVAE release's choice of knots).
///
/// Where eigenvalues repeat, as the zeros of ghosts do, knots can coincide, and rounding would decide
/// what the warp is there. So equal eigenvalues are made one first, and of knots that coincide the first
/// is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct SpectrumWarp {
    knots: Vec<f64>,
    ranks: Vec<f64>,
    largest: f64,
}

impl SpectrumWarp {
    /// The warp of the eigenvalues of training graphs, in any order.
    ///
    /// # Panics
    /// When they are fewer than 6, one of them is not finite, or all knots coincide.
    #[must_use]
    #[track_caller]
    pub fn of(eigenvalues: &[f64]) -> Self {
        let count = eigenvalues.len();
        assert!(
            count > PIECES && eigenvalues.iter().all(|x| x.is_finite()),
            "spectrum warp: {count} eigenvalues, of which all must be finite and {} are needed",
            PIECES + 1
        );
        let mut sorted = eigenvalues.to_vec();
        sort_numbers(&mut sorted);
        for k in 1..count {
            if sorted[k] - sorted[k - 1] <= EQUAL {
                sorted[k] = sorted[k - 1];
            }
        }
        let step = (count / PIECES).saturating_sub(1).max(1);
        let (mut knots, mut ranks): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
        for place in (0..=PIECES).map(|k| k * step) {
            if knots.last() != Some(&sorted[place]) {
                knots.push(sorted[place]);
                ranks.push(place as f64 / (count - 1) as f64);
            }
        }
        assert!(knots.len() > 1, "spectrum warp: all knots at {}", knots[0]);
        SpectrumWarp {
            knots,
            ranks,
            largest: sorted[count - 1],
        }
    }

    /// The eigenvalues at which it bends, ascending, and those at its ends.
    #[must_use]
    pub fn knots(&self) -> &[f64] {
        &self.knots
    }

    /// Its values at the knots.
    #[must_use]
    pub fn ranks(&self) -> &[f64] {
        &self.ranks
    }

    /// The largest eigenvalue of the training graphs.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.largest
    }

    /// ω(λ)
    #[must_use]
    pub fn at(&self, eigenvalue: f64) -> f64 {
        let last = self.knots.len() - 2;
        let above = self.knots[1..=last]
            .iter()
            .take_while(|&&knot| knot <= eigenvalue);
        let piece = above.count();
        let (from, to) = (self.knots[piece], self.knots[piece + 1]);
        let (low, high) = (self.ranks[piece], self.ranks[piece + 1]);
        low + (high - low) * (eigenvalue - from) / (to - from)
    }
}
