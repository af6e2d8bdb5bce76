//! Learning with direct, sign-symmetric, Kolen-Pollack, weight-mirror and information feedback in plain
//! loops, from the definitions of [`Feedback`].

use metaplast_plasticity::feedback::{MIRROR_RATE, random};
use metaplast_plasticity::{AlignmentInput, Feedback, InformationAlignment};
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
                "symmetric" | "attached" => w.transposed_times(&e[0]),
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
        self.batch(theta, t, std::slice::from_ref(sample));
    }

    /// One step by the mean of the samples' increments, the first of which is step `t`.
    pub(crate) fn batch(&mut self, theta: &[f64; 10], t: u64, samples: &[Sample]) {
        let all = |_: &[Matrix], after: &[Matrix]| after.to_vec();
        self.batch_moved(theta, t, samples, all, all);
    }

    /// The same, where what becomes of the weights, and of the feedback weights, follows from those
    /// before and after such a step.
    pub(crate) fn batch_moved(
        &mut self,
        theta: &[f64; 10],
        t: u64,
        samples: &[Sample],
        weights: impl FnOnce(&[Matrix], &[Matrix]) -> Vec<Matrix>,
        feedback: impl FnOnce(&[Matrix], &[Matrix]) -> Vec<Matrix>,
    ) {
        self.signs
            .extend(self.w.iter().flat_map(|w| w.data.iter().map(|w| *w < 0.0)));
        let passes: Vec<[Vec<Vec<f64>>; 2]> = samples
            .iter()
            .map(|sample| {
                let y = self.activity(&sample.x);
                let e = self.errors(&y, sample.label);
                [y, e]
            })
            .collect();
        let layers = 0..self.w.len();
        let updated = |l: usize| {
            let each = passes.iter().map(|[y, e]| {
                let layer = Layer {
                    w: &self.w[l],
                    y_pre: &y[l],
                    e_pre: &e[l],
                    y: &y[l + 1],
                    e: &e[l + 1],
                };
                layer.updated(theta)
            });
            mean(each)
        };
        let after: Vec<Matrix> = layers.clone().map(updated).collect();
        self.w = weights(&self.w, &after);
        let updated = |l: usize| {
            let passes = (t..).zip(&passes);
            mean(passes.map(|(t, pass)| self.feedback_after(theta, l, t, pass)))
        };
        let after: Vec<Matrix> = layers.map(updated).collect();
        self.b = feedback(&self.b, &after);
    }

    /// `B_l` after the step `t` that saw `y` and `e`; `l` counts from 0.
    fn feedback_after(
        &self,
        theta: &[f64; 10],
        l: usize,
        t: u64,
        [y, e]: &[Vec<Vec<f64>>; 2],
    ) -> Matrix {
        let b = &self.b[l];
        let of = |entry: &dyn Fn(usize, usize) -> f64| Matrix::from_fn(b.rows, b.cols, entry);
        if self.feedback == Feedback::kolen_pollack() {
            return of(&|i, j| {
                b.at(i, j) - theta[0] * e[l + 1][i] * y[l][j] - theta[3] * b.at(i, j)
            });
        }
        if self.feedback == Feedback::weight_mirror() {
            let xi = signs(t, l, b.cols);
            let answer = self.w[l].times(&xi);
            return of(&|i, j| (1.0 - MIRROR_RATE) * b.at(i, j) + MIRROR_RATE * answer[i] * xi[j]);
        }
        let Some(information) = information(&self.feedback) else {
            return b.clone();
        };
        let InformationAlignment {
            rate,
            alpha,
            beta,
            gamma,
            input,
        } = information;
        let x = match input {
            AlignmentInput::Activity => y[l].clone(),
            AlignmentInput::Noise => signs(t, l, b.cols),
        };
        let answer = self.w[l].times(&x);
        let returned = b.transposed_times(&answer);
        of(&|i, j| {
            let hebb = alpha * answer[i] * x[j];
            let decay = 2.0 * beta * answer[i] * returned[j] + 2.0 * gamma * b.at(i, j);
            b.at(i, j) + rate * (hebb - decay)
        })
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

fn mean(matrices: impl Iterator<Item = Matrix>) -> Matrix {
    let matrices: Vec<Matrix> = matrices.collect();
    let share = 1.0 / matrices.len() as f64;
    let sum = matrices.into_iter().reduce(|sum, m| sum.plus(1.0, &m));
    let sum = sum.expect("a batch has samples");
    Matrix::from_fn(sum.rows, sum.cols, |i, j| share * sum.at(i, j))
}

/// The parameters of information alignment, where the feedback is that.
fn information(feedback: &Feedback) -> Option<InformationAlignment> {
    let parameters = feedback.name().strip_prefix("information(")?;
    parameters.strip_suffix(')')?.parse().ok()
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
