//! Direct, sign-symmetric, Kolen-Pollack and weight-mirror feedback, and one's own, against plain loops,
//! differences and forward mode.

use metaplast_autodiff::{Dual, Tape, Var};
use metaplast_plasticity::diagnostics::alignment_angles;
use metaplast_plasticity::{Feedback, MIRROR_RATE, Network, OwnFeedback, Pathway};
use metaplast_tensor::{Scalar, Tensor};
use proptest::prelude::*;

use crate::case::{Case, NOISE, relative_error, rows, vector};
use crate::differences::derivative;
use crate::oracle::{Layer, Matrix, Sample};

const NEW: [Feedback; 4] = [
    Feedback::Direct,
    Feedback::SignSymmetric,
    Feedback::KolenPollack,
    Feedback::WeightMirror,
];

/// Learning and its loss in plain loops, from the definitions of [`Feedback`].
struct Plain<'a> {
    case: &'a Case,
    feedback: Feedback,
    w: Vec<Matrix>,
    b: Vec<Matrix>,
    /// The sign of every weight before every step.
    signs: Vec<bool>,
}

impl<'a> Plain<'a> {
    fn new(case: &'a Case, feedback: Feedback) -> Self {
        Plain {
            case,
            feedback,
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
            let back = match self.feedback {
                Feedback::Direct => b.transposed_times(&top),
                Feedback::SignSymmetric => {
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
        if self.feedback == Feedback::KolenPollack {
            for (l, b) in self.b.iter_mut().enumerate() {
                *b = Matrix::from_fn(b.rows, b.cols, |i, j| {
                    b.at(i, j) - theta[0] * e[l + 1][i] * y[l][j] - theta[3] * b.at(i, j)
                });
            }
        }
        self.w = w;
        if self.feedback == Feedback::WeightMirror {
            for (l, b) in self.b.iter_mut().enumerate() {
                let mut xi = vec![0.0; b.cols];
                NOISE.fill(t, l, &mut xi);
                let answer = self.w[l].times(&xi);
                *b = Matrix::from_fn(b.rows, b.cols, |i, j| {
                    (1.0 - MIRROR_RATE) * b.at(i, j) + MIRROR_RATE * answer[i] * xi[j]
                });
            }
        }
    }

    /// Learns everything with these coefficients.
    fn learned(mut self, theta: &[f64; 10]) -> Self {
        for (t, sample) in (0..).zip(&self.case.support) {
            self.step(theta, t, sample);
        }
        self
    }

    fn loss(&self) -> f64 {
        let of = |sample: &Sample| -self.activity(&sample.x)[self.w.len()][sample.label].ln();
        self.case.query.iter().map(of).sum::<f64>() / self.case.query.len() as f64
    }
}

/// As the paper writes them; direct ones are `[n_L, n_(l−1)]`, with numbers of the layers above.
fn feedback_matrices(case: &Case, feedback: Feedback) -> Vec<Matrix> {
    let outputs = case.sizes[case.w.len()];
    match feedback {
        Feedback::Direct => (0..case.w.len())
            .map(|l| {
                Matrix::from_fn(outputs, case.sizes[l], |i, j| {
                    case.b[l].at(i % case.b[l].rows, j)
                })
            })
            .collect(),
        _ => case.b.clone(),
    }
}

fn network<'t, T: Scalar>(case: &Case, feedback: Feedback, tape: &'t Tape<T>) -> Network<'t, T> {
    let tensor = |m: &Matrix| Tensor::new([m.rows, m.cols], m.data.clone()).cast();
    let matrices: Vec<Tensor<T>> = feedback_matrices(case, feedback)
        .iter()
        .map(tensor)
        .collect();
    let b = match feedback {
        Feedback::Direct => Pathway::from_direct_matrices(&matrices),
        _ => Pathway::from_matrices(&matrices),
    };
    Network::new(
        tape,
        &case.architecture(),
        &Case::pathway(&case.w),
        feedback,
        Some(&b),
    )
}

fn case(seed: u64, terms: &[usize], steps: usize) -> Case {
    Case::new(
        vec![4, 5, 6, 3],
        steps,
        terms.to_vec(),
        Feedback::Fixed,
        4.0,
        seed,
    )
}

fn theta_of<'t, T: Scalar>(case: &Case, tape: &'t Tape<T>) -> Vec<Var<'t, T>> {
    let theta = case.terms.iter().map(|&term| T::from_f64(case.theta[term]));
    theta.map(|theta| tape.scalar(theta)).collect()
}

fn flat(weights: &[Tensor<f64>]) -> Vec<f64> {
    weights.iter().flat_map(|w| w.data().to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 4096, ..ProptestConfig::with_cases(64) })]

    /// Weights, loss, and the meta-gradient against differences of the plain loops and forward mode.
    #[test]
    fn new_pathways_agree_with_plain_loops(
        seed in any::<u64>(),
        more in prop::sample::subsequence((1..10).collect::<Vec<usize>>(), 0..10),
        steps in 1..7usize,
    ) {
        let terms = [&[0][..], &more].concat();
        let case = case(seed, &terms, steps);
        for feedback in NEW {
            let plain = Plain::new(&case, feedback).learned(&case.theta);
            prop_assume!(plain.loss() < 10.0 && plain.w.iter().all(|w| w.largest() < 5.0));
            let tape = Tape::<f64>::new();
            let network = network(&case, feedback, &tape);
            let theta = theta_of(&case, &tape);
            let loss = case.learn(&network, &theta);
            let expected: Vec<f64> = plain.w.iter().flat_map(|w| w.data.clone()).collect();
            let error = relative_error(&flat(&network.weights().matrices()), &expected, 1.0);
            prop_assert!(error < 1e-12, "{feedback}: {error:e}");
            prop_assert!((loss.item() - plain.loss()).abs() < 1e-11);

            let gradients = loss.backward();
            let reverse: Vec<f64> = theta.iter().map(|&t| gradients.wrt(t).item()).collect();
            let dual = Tape::<Dual<f64, 10>>::new();
            let network = self::network(&case, feedback, &dual);
            let seeded: Vec<_> = terms
                .iter()
                .enumerate()
                .map(|(place, &term)| dual.scalar(Dual::seeded(case.theta[term], place)))
                .collect();
            let forward = case.learn(&network, &seeded).item().tangent();
            let error = relative_error(&reverse, &forward[..terms.len()], 1e-3);
            prop_assert!(error < 1e-9, "{feedback}: {error:e} from forward mode");

            for (&term, &slope) in terms.iter().zip(&reverse) {
                let loss = |h: f64| {
                    let mut theta = case.theta;
                    theta[term] += h;
                    let moved = Plain::new(&case, feedback).learned(&theta);
                    // Where a weight gets across 0, its sign jumps and so does the loss.
                    let smooth = feedback != Feedback::SignSymmetric || moved.signs == plain.signs;
                    (smooth && moved.loss() < 20.0).then(|| moved.loss())
                };
                if let Some((difference, doubt)) = derivative(0.01, loss) && doubt < 1e-8 {
                    prop_assert!((slope - difference).abs() < 1e-6 * difference.abs().max(1e-2),
                        "{feedback}, F{term}: {slope} instead of {difference}");
                }
            }
        }
    }
}

/// The pseudo-gradient and decay alone draw W and B together, by the factor 1 − θ_3 in each step.
#[test]
fn kolen_pollack_feedback_approaches_the_weights() {
    let mut case = case(3, &[0, 3], 200);
    (case.theta[0], case.theta[3]) = (0.5, 0.05);
    let apart = |w: &[Matrix], b: &[Matrix]| -> Vec<f64> {
        let pairs = w.iter().zip(b);
        pairs.flat_map(|(w, b)| w.plus(-1.0, b).data).collect()
    };
    let before = apart(&case.w, &case.b);
    let after = Plain::new(&case, Feedback::KolenPollack).learned(&case.theta);
    let expected: Vec<f64> = before.iter().map(|x| x * 0.95f64.powi(200)).collect();
    assert!(relative_error(&apart(&after.w, &after.b), &expected, 0.0) < 1e-6);

    let tape = Tape::<f64>::new();
    let network = network(&case, Feedback::KolenPollack, &tape);
    let x = tape.constant(&rows(&case.query));
    let labels: Vec<usize> = case.query.iter().map(|sample| sample.label).collect();
    let first = alignment_angles(&network, x, &labels);
    let rule = case.rule().bind_constant(&tape);
    for sample in &case.support {
        network.step(&rule, tape.constant(&vector(&sample.x)), sample.label);
    }
    let last = alignment_angles(&network, x, &labels);
    assert!(first[1] > 20.0 && last[1] < 2.0, "{first:?} {last:?}");
}

/// Noise alone brings the feedback to the weights, as near as a mean over 1/η noise vectors can be.
#[test]
fn a_weight_mirror_approaches_the_weights() {
    let case = case(4, &[0], 1);
    let tape = Tape::<f64>::new();
    let network = network(&case, Feedback::WeightMirror, &tape);
    let labels: Vec<usize> = case.query.iter().map(|sample| sample.label).collect();
    let x = tape.constant(&rows(&case.query));
    let first = alignment_angles(&network, x, &labels);
    for step in 0..1000 {
        network.mirror(&NOISE, step);
    }
    let last = alignment_angles(&network, x, &labels);
    for l in 0..3 {
        // The noise of the mean, sqrt(n η / 2) of the weights' size, is 17% for six units in each layer.
        assert!(last[l] < 30.0, "{first:?} {last:?}");
    }
    let before = case.w.iter().flat_map(|w| w.data.clone());
    assert_eq!(
        flat(&network.weights().matrices()),
        before.collect::<Vec<_>>()
    );
}

/// Signs of the weights keep the angle to backpropagation below a right one, magnitudes aside.
#[test]
fn sign_symmetric_feedback_is_nearly_aligned() {
    for seed in 0..20 {
        let case = case(seed, &[0], 1);
        let tape = Tape::<f64>::new();
        let network = network(&case, Feedback::SignSymmetric, &tape);
        let labels: Vec<usize> = case.query.iter().map(|sample| sample.label).collect();
        let angles = alignment_angles(&network, tape.constant(&rows(&case.query)), &labels);
        assert!(angles[2] < 90.0, "{angles:?}");
    }
}

/// Fixed feedback, as somebody's own.
struct Mine(Vec<Tensor<f64>>);

impl<T: Scalar> OwnFeedback<T> for Mine {
    fn back<'t>(
        &self,
        network: &Network<'t, T>,
        layer: usize,
        error: Var<'t, T>,
        _: Var<'t, T>,
    ) -> Var<'t, T> {
        network
            .tape()
            .constant(&self.0[layer].cast())
            .matvec_transposed(error)
    }
}

#[test]
fn a_pathway_of_ones_own_is_used() {
    let case = case(5, &[0, 2, 9], 5);
    let tape = Tape::<f64>::new();
    let fixed = case.network(&tape);
    let expected = case.learn(&fixed, &theta_of(&case, &tape)).item();

    let tape = Tape::<f64>::new();
    let tensor = |m: &Matrix| Tensor::new([m.rows, m.cols], m.data.clone());
    let mine = Mine(case.b.iter().map(tensor).collect());
    let w = Case::pathway(&case.w);
    let network = Network::with_own_feedback(&tape, &case.architecture(), &w, mine);
    let found = case.learn(&network, &theta_of(&case, &tape)).item();
    assert!((found - expected).abs() < 1e-14);
}

#[test]
#[should_panic(expected = "layer 1 needs shape [3, 4], got [5, 4]")]
fn direct_feedback_needs_its_own_shapes() {
    let case = case(1, &[0], 1);
    let tape = Tape::<f64>::new();
    let b = Case::pathway(&case.b);
    Network::new(
        &tape,
        &case.architecture(),
        &Case::pathway(&case.w),
        Feedback::Direct,
        Some(&b),
    );
}
