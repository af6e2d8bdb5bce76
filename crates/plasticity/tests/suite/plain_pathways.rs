//! Learning with direct, sign-symmetric, Kolen-Pollack and weight-mirror feedback in plain loops, from
//! the definitions of [`Feedback`].

use metaplast_plasticity::Feedback;
use metaplast_plasticity::feedback::{MIRROR_RATE, random};
use rand::Rng;

use crate::case::{Case, SEED};
use crate::oracle::{Layer, Matrix, Sample};

/// A vector of signs from the bits of random numbers.
fn signs(step: u64, layer: usize, count: usize) -> Vec<f64> {
    let mut rng = random(SEED, step, layer);
    let bits: Vec<u64> = (0..count.div_ceil(64)).map(|_| rng.next_u64()).collect();
    let sign = |k: usize| 1.0 - 2.0 * (bits[k / 64] >> (k % 64) & 1) as f64;
    (0..count).map(sign).collect()
}

/// Learning and its loss in plain loops, from the definitions of [`Feedback`].
pub(crate) struct Plain<'a> {
    case: &'a Case,
    feedback: Feedback,
    pub(crate) w: Vec<Matrix>,
    pub(crate) b: Vec<Matrix>,
    /// The sign of every weight before every step.
    pub(crate) signs: Vec<bool>,
}

impl<'a> Plain<'a> {
    pub(crate) fn new(case: &'a Case, feedback: &Feedback) -> Self {
        Plain {
            case,
            feedback: feedback.clone(),
            w: case.w.clone(),
            b: feedback_matrices(case, feedback),
            signs: Vec::new(),
        }
    }

    fn softplus(&self, z: f64) -> f64 {
        let beta = self.case.beta;
        if beta * z > 20.0 {
            z
        } else {
            (beta * z).exp().ln_1p() / beta
        }
    }

    /// `y_0..y_L`
    fn activity(&self, x: &[f64]) -> Vec<Vec<f64>> {
        let mut y = vec![x.to_vec()];
        for (l, w) in self.w.iter().enumerate() {
            let z = w.times(&y[l]);
            y.push(if l + 1 < self.w.len() {
                z.iter().map(|&z| self.softplus(z)).collect()
            } else {
                let sum: f64 = z.iter().map(|z| z.exp()).sum();
                z.iter().map(|z| z.exp() / sum).collect()
            });
        }
        y
    }

    /// `e_0..e_L`
    fn errors(&self, y: &[Vec<f64>], label: usize) -> Vec<Vec<f64>> {
        let mut top = y[self.w.len()].clone();
        top[label] -= 1.0;
        let mut e = vec![top.clone()];
        for l in (0..self.w.len()).rev() {
            let (w, b) = (&self.w[l], &self.b[l]);
            let back = match self.feedback.name() {
                "dfa" => b.transposed_times(&top),
                "sign-symmetric" => {
                    let entry = |i, j| match w.at(i, j) < 0.0 {
                        true => -b.at(i, j).abs(),
                        false => b.at(i, j).abs(),
                    };
                    Matrix::from_fn(w.rows, w.cols, entry).transposed_times(&e[0])
                }
                _ => b.transposed_times(&e[0]),
            };
            let slope = y[l].iter().map(|y| 1.0 - (-self.case.beta * y).exp());
            e.insert(0, back.iter().zip(slope).map(|(b, s)| b * s).collect());
        }
        e
    }

    fn step(&mut self, theta: &[f64; 10], t: u64, sample: &Sample) {
        self.signs
            .extend(self.w.iter().flat_map(|w| w.data.iter().map(|w| *w < 0.0)));
        let y = self.activity(&sample.x);
        let e = self.errors(&y, sample.label);
        let updated = |l: usize| {
            let layer = Layer {
                w: &self.w[l],
                y_pre: &y[l],
                e_pre: &e[l],
                y: &y[l + 1],
                e: &e[l + 1],
            };
            layer.updated(theta)
        };
        let w = (0..self.w.len()).map(updated).collect();
        if self.feedback == Feedback::kolen_pollack() {
            for (l, b) in self.b.iter_mut().enumerate() {
                *b = Matrix::from_fn(b.rows, b.cols, |i, j| {
                    b.at(i, j) - theta[0] * e[l + 1][i] * y[l][j] - theta[3] * b.at(i, j)
                });
            }
        }
        self.w = w;
        if self.feedback == Feedback::weight_mirror() {
            for (l, b) in self.b.iter_mut().enumerate() {
                let xi = signs(t, l, b.cols);
                let answer = self.w[l].times(&xi);
                *b = Matrix::from_fn(b.rows, b.cols, |i, j| {
                    (1.0 - MIRROR_RATE) * b.at(i, j) + MIRROR_RATE * answer[i] * xi[j]
                });
            }
        }
    }

    /// Learns everything with these coefficients.
    pub(crate) fn learned(mut self, theta: &[f64; 10]) -> Self {
        for (t, sample) in (0..).zip(&self.case.support) {
            self.step(theta, t, sample);
        }
        self
    }

    pub(crate) fn loss(&self) -> f64 {
        let of = |sample: &Sample| -self.activity(&sample.x)[self.w.len()][sample.label].ln();
        self.case.query.iter().map(of).sum::<f64>() / self.case.query.len() as f64
    }
}

/// As the paper writes them; direct ones are `[n_L, n_(l−1)]`, with numbers of the layers above.
pub(crate) fn feedback_matrices(case: &Case, feedback: &Feedback) -> Vec<Matrix> {
    let outputs = case.sizes[case.w.len()];
    match feedback.name() {
        "dfa" => (0..case.w.len())
            .map(|l| {
                Matrix::from_fn(outputs, case.sizes[l], |i, j| {
                    case.b[l].at(i % case.b[l].rows, j)
                })
            })
            .collect(),
        _ => case.b.clone(),
    }
}
