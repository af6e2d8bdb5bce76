//! The energy as a function of one atom.

use metaplast_numbers::sorting::sort_numbers;
use metaplast_tensor::Scalar;

use super::gauss;

/// The values that atoms may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TruthValues {
    /// All from 0 to 1.
    Soft,
    /// 0 and 1.
    Binary,
}

/// One line of a hinge along an atom v: `max(0, constant + slope v)²`, of a rule by its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct RuleHinge {
    pub(super) rule: usize,
    pub(super) constant: f64,
    pub(super) slope: f64,
}

/// E_r(v) of some rules as functions of one atom, the others held: quadratic between common break points.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ConditionalEnergies {
    /// From 0 over the break points to 1.
    ends: Vec<f64>,
    rules: usize,
    /// Of each piece, of each rule: the coefficients of 1, v and v².
    coefficients: Vec<[f64; 3]>,
}

/// ∫ v^j exp(−Σ w_r E_r) of each piece over the sum of all pieces, for j = 0..4, and the logarithm of that sum.
pub(super) struct PieceMoments {
    pub(super) log_mass: f64,
    all: Vec<[f64; 5]>,
}

/// Exponents below the largest by more than this add nothing to a sum in double precision.
const NEGLIGIBLE: f64 = 45.0;

impl ConditionalEnergies {
    pub(super) fn new(rules: usize, lines: &[RuleHinge]) -> Self {
        let mut ends = vec![0.0, 1.0];
        for line in lines {
            let at = -line.constant / line.slope;
            if at > 0.0 && at < 1.0 {
                ends.push(at);
            }
        }
        sort_numbers(&mut ends);
        ends.dedup();
        let mut coefficients = vec![[0.0; 3]; rules * (ends.len() - 1)];
        for (piece, of_piece) in ends.windows(2).zip(coefficients.chunks_mut(rules)) {
            let middle = 0.5 * (piece[0] + piece[1]);
            for &RuleHinge {
                rule,
                constant,
                slope,
            } in lines
            {
                if constant + slope * middle > 0.0 {
                    let [one, v, v2] = &mut of_piece[rule];
                    *one += constant * constant;
                    *v += 2.0 * constant * slope;
                    *v2 += slope * slope;
                }
            }
        }
        ConditionalEnergies {
            ends,
            rules,
            coefficients,
        }
    }

    /// The rules' energies at a value.
    pub(super) fn at(&self, v: f64, energies: &mut [f64]) {
        let inner = &self.ends[1..self.ends.len() - 1];
        let piece = inner.partition_point(|end| *end < v);
        let coefficients = &self.coefficients[piece * self.rules..][..self.rules];
        for (energy, &of_rule) in energies.iter_mut().zip(coefficients) {
            *energy = polynomial(of_rule, v);
        }
    }

    /// The moments of exp(−Σ w_r E_r).
    pub(super) fn moments(&self, weights: &[f64], values: TruthValues) -> PieceMoments {
        let pieces = self.ends.len() - 1;
        let total = |piece: usize| {
            let mut sum = [0.0; 3];
            for (of_rule, weight) in self.coefficients[piece * self.rules..].iter().zip(weights) {
                for (sum, c) in sum.iter_mut().zip(of_rule) {
                    *sum += weight * c;
                }
            }
            sum
        };
        let totals: Vec<[f64; 3]> = (0..pieces).map(total).collect();
        let mut all = vec![[0.0; 5]; pieces];
        let least;
        match values {
            TruthValues::Binary => {
                let ends = [
                    (0, totals[0][0]),
                    (pieces - 1, polynomial(totals[pieces - 1], 1.0)),
                ];
                least = ends[0].1.min(ends[1].1);
                let [at_zero, at_one] = ends.map(|(_, energy)| Scalar::exp(least - energy));
                all[0][0] += at_zero;
                all[pieces - 1]
                    .iter_mut()
                    .for_each(|moment| *moment += at_one);
            }
            TruthValues::Soft => {
                let bottoms = totals.iter().zip(self.ends.windows(2));
                let bottoms = bottoms.map(|(total, ends)| bottom(*total, ends[0], ends[1]));
                least = bottoms.fold(f64::INFINITY, f64::min);
                for ((moments, &total), ends) in
                    all.iter_mut().zip(&totals).zip(self.ends.windows(2))
                {
                    integrate(total, ends[0], ends[1], least, moments);
                }
            }
        }
        let mass: f64 = all.iter().map(|moments| moments[0]).sum();
        all.iter_mut().flatten().for_each(|moment| *moment /= mass);
        PieceMoments {
            log_mass: Scalar::ln(mass) - least,
            all,
        }
    }

    /// ⟨E_r⟩ of each rule.
    pub(super) fn means(&self, moments: &PieceMoments, means: &mut [f64]) {
        means.fill(0.0);
        for (piece, moments) in moments.all.iter().enumerate() {
            let coefficients = &self.coefficients[piece * self.rules..][..self.rules];
            for (mean, c) in means.iter_mut().zip(coefficients) {
                *mean += c[0] * moments[0] + c[1] * moments[1] + c[2] * moments[2];
            }
        }
    }

    /// ⟨E_r E_s⟩ − ⟨E_r⟩⟨E_s⟩.
    pub(super) fn covariance(
        &self,
        moments: &PieceMoments,
        means: &[f64],
        r: usize,
        s: usize,
    ) -> f64 {
        let mut sum = 0.0;
        for (piece, moments) in moments.all.iter().enumerate() {
            let of_piece = &self.coefficients[piece * self.rules..];
            // Around the means, so that little cancels.
            let centred = |rule: usize| {
                let [one, v, v2] = of_piece[rule];
                [one - means[rule], v, v2]
            };
            let (a, b) = (centred(r), centred(s));
            for (i, a) in a.iter().enumerate() {
                for (j, b) in b.iter().enumerate() {
                    sum += a * b * moments[i + j];
                }
            }
        }
        sum
    }
}

fn polynomial([one, v1, v2]: [f64; 3], v: f64) -> f64 {
    one + v * (v1 + v * v2)
}

/// The least value of a convex quadratic between two ends.
fn bottom(quadratic: [f64; 3], from: f64, to: f64) -> f64 {
    let at_ends = polynomial(quadratic, from).min(polynomial(quadratic, to));
    let at = -0.5 * quadratic[1] / quadratic[2];
    match at > from && at < to {
        true => at_ends.min(polynomial(quadratic, at)),
        false => at_ends,
    }
}

/// Adds the moments of exp(least − q(v)) between two ends, for a convex quadratic q ≥ least.
///
/// Where the exponent is negligible the interval is cut off. What is left is at most 13.4 standard deviations
/// wide, times √2; there the rule's error is below e⁻⁶⁰ (with the ellipse of sum of semi-axes 2 in the bound for
/// analytic functions), less than rounding.
fn integrate(q: [f64; 3], mut from: f64, mut to: f64, least: f64, moments: &mut [f64; 5]) {
    if q[2] > 0.0 {
        let middle = -0.5 * q[1] / q[2];
        let depth = polynomial(q, middle) - least;
        let reach = (NEGLIGIBLE - depth.max(0.0)) / q[2];
        if reach <= 0.0 {
            return;
        }
        from = from.max(middle - reach.sqrt());
        to = to.min(middle + reach.sqrt());
    }
    let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
    if half <= 0.0 {
        return;
    }
    for (node, weight) in gauss::nodes() {
        let v = middle + half * node;
        let mut moment = half * weight * Scalar::exp(least - polynomial(q, v));
        for sum in moments.iter_mut() {
            *sum += moment;
            moment *= v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(constant: f64, slope: f64) -> RuleHinge {
        RuleHinge {
            rule: 0,
            constant,
            slope,
        }
    }

    /// Against a sum of two million terms, for weights up to 10⁶.
    #[test]
    fn integrals_are_exact_for_any_weight() {
        let lines = [line(-0.3, 1.0), line(0.6, -1.0), line(0.1, 0.5)];
        let energies = ConditionalEnergies::new(1, &lines);
        let mut least = [0.0];
        energies.at(1.7 / 4.5, &mut least);
        for weight in [0.0, 0.1, 3.0, 200.0, 1e6] {
            let moments = energies.moments(&[weight], TruthValues::Soft);
            let mut sums = [0.0; 2];
            let (n, mut energy) = (2_000_000, [0.0]);
            for k in 0..n {
                energies.at((k as f64 + 0.5) / n as f64, &mut energy);
                let p = (-weight * (energy[0] - least[0])).exp() / n as f64;
                sums[0] += p;
                sums[1] += p * energy[0];
            }
            let log_mass = sums[0].ln() - least[0] * weight;
            assert!((moments.log_mass - log_mass).abs() < 1e-6, "{weight}");
            let mut mean = [0.0];
            energies.means(&moments, &mut mean);
            assert!((mean[0] - sums[1] / sums[0]).abs() < 1e-9, "{weight}");
        }
    }

    #[test]
    fn a_gaussian_has_its_closed_form() {
        // ∫₀¹ exp(−w v²) dv = √π erf(√w) / (2 √w), and erf(√w) is 1 here.
        let energies = ConditionalEnergies::new(1, &[line(0.0, 1.0)]);
        for weight in [40.0f64, 1e3, 1e9, 1e15] {
            let moments = energies.moments(&[weight], TruthValues::Soft);
            let exact = 0.5 * (std::f64::consts::PI / weight).ln() - 2f64.ln();
            assert!((moments.log_mass - exact).abs() < 1e-13, "{weight}");
            let mut mean = [0.0];
            energies.means(&moments, &mut mean);
            assert!((mean[0] * weight - 0.5).abs() < 1e-13, "{weight}");
            let variance = energies.covariance(&moments, &mean, 0, 0);
            assert!((variance * weight * weight - 0.5).abs() < 1e-12, "{weight}");
        }
    }
}
