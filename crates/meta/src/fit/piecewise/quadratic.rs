//! The quadratic of a piecewise fit: inner products of all columns, and what any set of them leaves.

use metaplast_tensor::Tensor;

use super::AloneFit;
use crate::fit::matrices::solve;

/// Columns of unit length get so much more on the diagonal: what two of them explain together that are
/// multiples of each other is not counted twice.
const DAMPING: f64 = 1e-9;
/// Columns whose cosine is nearer to ±1 are multiples of each other.
const SAME: f64 = 1e-9;

/// Least squares over sampled elements: `‖s + J θ‖²`, with the columns of J scaled to length 1.
///
/// Columns are those of the kept terms and then of the candidates, for each term one or one for each layer.
pub(super) struct Quadratic {
    /// `JᵀJ`, `[p, p]`.
    products: Tensor<f64>,
    /// `−Jᵀs`, `[p]`.
    towards: Vec<f64>,
    /// `‖s‖²`
    nothing: f64,
    /// Length of each column before it was scaled; 0 where it is not finite.
    lengths: Vec<f64>,
    kept: usize,
    each: usize,
    /// Numbers that are fitted.
    pub(super) elements: usize,
    /// What rounding explains.
    rounding: f64,
}

impl Quadratic {
    /// From columns, `[p, elements]`, and what is to be explained by them.
    pub(super) fn new(
        mut columns: Tensor<f64>,
        s: &[f64],
        (kept, each): (usize, usize),
        rounding: f64,
    ) -> Self {
        let mut lengths = Vec::new();
        for column in columns.data_mut().chunks_mut(s.len().max(1)) {
            let squares: f64 = column.iter().map(|x| x * x).sum();
            let length = squares.sqrt();
            let usable = length.is_finite() && length > 0.0;
            for x in column.iter_mut() {
                *x = if usable { *x / length } else { 0.0 };
            }
            lengths.push(if usable { length } else { 0.0 });
        }
        let products = columns.matmul(&columns.transpose());
        let towards = columns.data().chunks(s.len().max(1));
        let towards = towards.map(|column| -column.iter().zip(s).map(|(x, s)| x * s).sum::<f64>());
        Quadratic {
            towards: towards.collect(),
            products,
            nothing: s.iter().map(|s| s * s).sum(),
            lengths,
            kept,
            each,
            elements: s.len(),
            rounding,
        }
    }

    /// Candidates.
    pub(super) fn candidates(&self) -> usize {
        self.lengths.len() / self.each - self.kept
    }

    /// Whether a candidate leaves a trace.
    pub(super) fn is_seen(&self, candidate: usize) -> bool {
        let columns = (self.kept + candidate) * self.each;
        self.lengths[columns..][..self.each]
            .iter()
            .any(|&length| length > 0.0)
    }

    /// What the kept terms and a set of candidates leave; infinite where two of these are the same, which
    /// would explain nothing but the damping.
    pub(super) fn loss(&self, set: &[usize]) -> f64 {
        let mut pairs = (0..set.len()).flat_map(|b| (0..b).map(move |a| (set[a], set[b])));
        if pairs.any(|(a, b)| self.are_same(a, b)) {
            return f64::INFINITY;
        }
        self.solution(set).map_or(f64::INFINITY, |(loss, _)| loss)
    }

    /// The same, and the coefficients, of the kept terms first.
    pub(super) fn minimum(&self, set: &[usize]) -> Option<(f64, Vec<f64>)> {
        let (loss, scaled) = self.solution(set)?;
        let theta = self
            .columns(set)
            .zip(scaled)
            .map(|(column, x)| match self.lengths[column] {
                0.0 => 0.0,
                length => x / length,
            });
        Some((loss, theta.collect()))
    }

    fn columns(&self, set: &[usize]) -> impl Iterator<Item = usize> {
        let each = self.each;
        let terms = (0..self.kept).chain(set.iter().map(|k| self.kept + k));
        terms.flat_map(move |term| term * each..(term + 1) * each)
    }

    fn solution(&self, set: &[usize]) -> Option<(f64, Vec<f64>)> {
        let columns: Vec<usize> = self.columns(set).collect();
        let (p, n) = (self.towards.len(), columns.len());
        let products = self.products.data();
        let mut matrix = Vec::with_capacity(n * n);
        for &i in &columns {
            matrix.extend(columns.iter().map(|&j| products[i * p + j]));
        }
        for k in 0..n {
            matrix[k * n + k] += DAMPING;
        }
        let towards: Vec<f64> = columns.iter().map(|&i| self.towards[i]).collect();
        let x = solve(&matrix, &towards)?;
        let explained: f64 = x.iter().zip(&towards).map(|(x, b)| x * b).sum();
        Some(((self.nothing - explained).max(0.0), x))
    }

    /// Whether the effects of two candidates are multiples of each other.
    pub(super) fn are_same(&self, a: usize, b: usize) -> bool {
        let p = self.towards.len();
        let first = |candidate: usize| (self.kept + candidate) * self.each;
        (0..self.each).all(|l| {
            let (i, j) = (first(a) + l, first(b) + l);
            let both_silent = self.lengths[i] == 0.0 && self.lengths[j] == 0.0;
            both_silent || self.products.data()[i * p + j].abs() > 1.0 - SAME
        })
    }

    /// The extended Bayesian information criterion of a loss that a set of so many candidates leaves: the less,
    /// the better.
    pub(super) fn criterion(&self, loss: f64, size: usize) -> f64 {
        self.elements as f64 * (loss + self.rounding).ln() + self.price(size)
    }

    /// What the criterion asks for a set of so many candidates.
    pub(super) fn price(&self, size: usize) -> f64 {
        let parameters = (size * self.each) as f64;
        let (p, k) = (self.candidates() as f64, size as f64);
        // ln of the number of sets of this size.
        let sets = (0..size).map(|i| ((p - i as f64) / (k - i as f64)).ln());
        parameters * (self.elements as f64).ln() + 2.0 * sets.sum::<f64>()
    }

    /// Each candidate beside the kept terms.
    pub(super) fn alone(&self) -> Vec<AloneFit> {
        let kept = self.kept * self.each;
        let of = |candidate: usize| match self.minimum(&[candidate]) {
            Some((loss, theta)) if self.is_seen(candidate) => AloneFit {
                theta: theta[kept..].to_vec(),
                r_squared: 1.0 - loss / self.nothing,
            },
            _ => AloneFit {
                theta: Vec::new(),
                r_squared: 0.0,
            },
        };
        (0..self.candidates()).map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns a, b, 2a and nothing; what is to be explained is 3a − b and a rest.
    fn quadratic() -> Quadratic {
        let columns = Tensor::new(
            [4, 4],
            vec![
                1.0, 0.0, 1.0, 0.0, //
                0.0, 1.0, 1.0, 0.0, //
                2.0, 0.0, 2.0, 0.0, //
                0.0, 0.0, 0.0, 0.0,
            ],
        );
        let s = [-3.0, 1.0, -2.0, 0.5];
        Quadratic::new(columns, &s, (0, 1), 0.0)
    }

    #[test]
    fn a_set_is_fitted_from_inner_products_alone() {
        let quadratic = quadratic();
        let (loss, theta) = quadratic.minimum(&[0, 1]).unwrap();
        assert!((loss - 0.25).abs() < 1e-7, "{loss}");
        assert!(
            (theta[0] - 3.0).abs() < 1e-7 && (theta[1] + 1.0).abs() < 1e-7,
            "{theta:?}"
        );
        // A column and its double explain no more than one of them.
        assert_eq!(quadratic.loss(&[0, 2]), f64::INFINITY);
        assert!(quadratic.are_same(0, 2) && !quadratic.are_same(0, 1));
        assert!(!quadratic.is_seen(3) && quadratic.alone()[3].theta.is_empty());
    }
}
