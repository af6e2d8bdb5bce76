//! Random small episodes, in our code and for the oracle.

use metaplast_autodiff::{Dual, Gradients, Tape, Var};
use metaplast_plasticity::{Architecture, Feedback, Network, Number, Pathway, Rule, TANGENTS};
use metaplast_tensor::{Scalar, Tensor};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::oracle::{self, Matrix, Sample};

/// Sizes of θ at which the terms are of one order.
const THETA: [f64; 10] = [0.3, 0.3, 0.3, 0.1, 0.2, 0.1, 0.3, 0.3, 0.3, 0.1];

/// The kinds of feedback that random cases have; the others are tested in `pathways`.
fn kinds() -> Vec<Feedback> {
    vec![
        Feedback::fixed(),
        Feedback::symmetric(),
        Feedback::attached(),
    ]
}

/// For the noise of weight mirrors.
pub(crate) const SEED: u64 = 11;

/// An episode and how its errors travel back.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) sizes: Vec<usize>,
    pub(crate) beta: f64,
    pub(crate) terms: Vec<usize>,
    /// Zero for terms that are not in the rule.
    pub(crate) theta: [f64; 10],
    pub(crate) feedback: Feedback,
    pub(crate) w: Vec<Matrix>,
    pub(crate) b: Vec<Matrix>,
    pub(crate) support: Vec<Sample>,
    pub(crate) query: Vec<Sample>,
}

/// Depths 1 to 4, widths 1 to 6, 1 to 8 steps, any terms, fixed, symmetric or attached feedback.
pub(crate) fn cases() -> impl Strategy<Value = Case> {
    (
        vec(1..7usize, 2..6),
        1..9usize,
        subsequence((0..10).collect::<Vec<_>>(), 1..11),
        select(kinds()),
        select(vec![10.0, 10.0, 4.0, 1.0]),
        any::<u64>(),
    )
        .prop_map(|(sizes, steps, terms, feedback, beta, seed)| {
            Case::new(sizes, steps, terms, feedback, beta, seed)
        })
}

impl Case {
    pub(crate) fn new(
        sizes: Vec<usize>,
        steps: usize,
        terms: Vec<usize>,
        feedback: Feedback,
        beta: f64,
        seed: u64,
    ) -> Self {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
        let matrices = |rng: &mut Xoshiro256PlusPlus| -> Vec<Matrix> {
            let matrix = |pair: &[usize]| {
                let limit = (6.0 / (pair[0] + pair[1]) as f64).sqrt();
                Matrix::from_fn(pair[1], pair[0], |_, _| rng.random_range(-limit..limit))
            };
            sizes.windows(2).map(matrix).collect()
        };
        let (w, b) = (matrices(&mut rng), matrices(&mut rng));
        let mut theta = [0.0; 10];
        for &term in &terms {
            theta[term] = THETA[term] * rng.random_range(-1.0..1.0);
        }
        let outputs = sizes[sizes.len() - 1];
        let mut samples = |count: usize| -> Vec<Sample> {
            let pixel = |rng: &mut Xoshiro256PlusPlus| {
                let dark: bool = rng.random_bool(0.4);
                if dark {
                    0.0
                } else {
                    rng.random_range(0.0..1.0)
                }
            };
            (0..count)
                .map(|_| Sample {
                    x: (0..sizes[0]).map(|_| pixel(&mut rng)).collect(),
                    label: rng.random_range(0..outputs),
                })
                .collect()
        };
        let support = samples(steps);
        let query = samples(3);
        Case {
            sizes,
            beta,
            terms,
            theta,
            feedback,
            w,
            b,
            support,
            query,
        }
    }

    pub(crate) fn architecture(&self) -> Architecture {
        let architecture = Architecture::new(self.sizes.clone()).expect("sizes");
        architecture.with_beta(self.beta).expect("a sharpness")
    }

    pub(crate) fn rule(&self) -> Rule {
        let theta: Vec<f64> = self.terms.iter().map(|&term| self.theta[term]).collect();
        Rule::from_pool(&self.terms)
            .expect("terms")
            .with_theta(&theta)
    }

    /// The weights in `T`, `[n_l, n_(l−1)]` each.
    pub(crate) fn pathway<T: Scalar>(matrices: &[Matrix]) -> Pathway<T> {
        let tensor = |m: &Matrix| Tensor::new([m.rows, m.cols], m.data.clone()).cast();
        Pathway::from_matrices(&matrices.iter().map(tensor).collect::<Vec<Tensor<T>>>())
    }

    /// A network with gradients by its first weights.
    pub(crate) fn network<'t, T: Number>(&self, tape: &'t Tape<T>) -> Network<'t, T> {
        let architecture = self.architecture();
        let matrices = match self.feedback.shapes(&architecture).is_empty() {
            true => Pathway::none(),
            false => Self::pathway(&self.b),
        };
        Network::builder(tape, &architecture)
            .weights_with_gradient(&Self::pathway(&self.w))
            .feedback(&self.feedback, &matrices)
            .seed(SEED)
            .build()
    }

    /// Learns all support samples with these coefficients and returns the loss on the queries.
    pub(crate) fn learn<'t, T: Number>(
        &self,
        network: &Network<'t, T>,
        theta: &[Var<'t, T>],
    ) -> Var<'t, T> {
        let tape = network.tape();
        let rule = self.rule().bind_to(theta);
        for sample in &self.support {
            network.step(&rule, tape.constant(&vector(&sample.x)), sample.label);
        }
        let labels: Vec<usize> = self.query.iter().map(|sample| sample.label).collect();
        let x = tape.constant(&rows(&self.query));
        network.logits(x).softmax_cross_entropy(&labels)
    }

    /// The oracle's feedback of this kind, with `frozen` as the trajectory to be held.
    pub(crate) fn oracle_feedback<'a>(&'a self, frozen: &'a [Vec<Matrix>]) -> oracle::Feedback<'a> {
        match self.feedback.name() {
            "fixed" => oracle::Feedback::Fixed(&self.b),
            "symmetric" => oracle::Feedback::Frozen(frozen),
            "attached" => oracle::Feedback::Weights,
            other => unreachable!("no random case has {other} feedback"),
        }
    }

    /// The oracle's episode, from other weights and with other coefficients.
    pub(crate) fn replay(
        &self,
        w: &[Matrix],
        theta: &[f64; 10],
        feedback: oracle::Feedback<'_>,
    ) -> oracle::Outcome {
        oracle::episode(w, feedback, self.beta, theta, &self.support, &self.query)
    }

    /// The oracle's episode as it is.
    pub(crate) fn base(&self) -> oracle::Outcome {
        let feedback = match self.feedback.name() {
            "fixed" => oracle::Feedback::Fixed(&self.b),
            "symmetric" | "attached" => oracle::Feedback::Weights,
            other => unreachable!("no random case has {other} feedback"),
        };
        self.replay(&self.w, &self.theta, feedback)
    }

    /// Loss, last weights and gradients by θ and by the first weights, `[n_l, n_(l−1)]`, in f64.
    pub(crate) fn reverse<T: Number>(&self) -> Reverse {
        let tape = Tape::<T>::new();
        let network = self.network(&tape);
        let theta: Vec<Var<'_, T>> = self
            .terms
            .iter()
            .map(|&term| tape.scalar(T::from_f64(self.theta[term])))
            .collect();
        let loss = self.learn(&network, &theta);
        let weights = network.weights().matrices().iter().map(widen).collect();
        let gradients: Gradients<'_, T> = loss.backward();
        let by_first = network.states().iter();
        Reverse {
            loss: loss.item().to_f64(),
            weights,
            theta: theta
                .iter()
                .map(|&t| gradients.wrt(t).item().to_f64())
                .collect(),
            by_first: by_first
                .map(|&w| widen(&gradients.wrt_state(w).transpose()))
                .collect(),
        }
    }
}

/// A number that differentiates forward.
pub(crate) type Tangents = Dual<f64, TANGENTS>;

/// A loss and its derivatives by the case's coefficients in forward mode, as many at a time as a number
/// has tangents; `learn` gives the loss for coefficients on a tape.
pub(crate) fn forward(
    case: &Case,
    learn: impl for<'t> Fn(&'t Tape<Tangents>, &[Var<'t, Tangents>]) -> Tangents,
) -> (f64, Vec<f64>) {
    let mut derivatives = Vec::new();
    let mut value = f64::NAN;
    for first in (0..case.terms.len()).step_by(TANGENTS) {
        let tape = Tape::new();
        let coefficient = |(place, &term): (usize, &usize)| {
            let theta = case.theta[term];
            match place.checked_sub(first) {
                Some(k) if k < TANGENTS => tape.scalar(Dual::seeded(theta, k)),
                _ => tape.scalar(Dual::constant(theta)),
            }
        };
        let theta: Vec<_> = case.terms.iter().enumerate().map(coefficient).collect();
        let loss = learn(&tape, &theta);
        let count = TANGENTS.min(case.terms.len() - first);
        derivatives.extend(&loss.tangent()[..count]);
        value = loss.value();
    }
    (value, derivatives)
}

/// What a recorded episode and its sweep give.
pub(crate) struct Reverse {
    pub(crate) loss: f64,
    pub(crate) weights: Vec<Vec<f64>>,
    pub(crate) theta: Vec<f64>,
    pub(crate) by_first: Vec<Vec<f64>>,
}

pub(crate) fn vector<T: Scalar>(x: &[f64]) -> Tensor<T> {
    Tensor::from(x).cast()
}

pub(crate) fn rows<T: Scalar>(samples: &[Sample]) -> Tensor<T> {
    let data: Vec<f64> = samples.iter().flat_map(|sample| sample.x.clone()).collect();
    Tensor::new([samples.len(), samples[0].x.len()], data).cast()
}

fn widen<T: Scalar>(tensor: &Tensor<T>) -> Vec<f64> {
    tensor.data().iter().map(|x| x.to_f64()).collect()
}

/// ‖a − b‖ / ‖b‖, with norms below `floor` counted as `floor`.
pub(crate) fn relative_error(a: &[f64], b: &[f64], floor: f64) -> f64 {
    assert_eq!(a.len(), b.len());
    let norm = b.iter().map(|b| b * b).sum::<f64>().sqrt();
    let distance = a
        .iter()
        .zip(b)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt();
    distance / norm.max(floor)
}
