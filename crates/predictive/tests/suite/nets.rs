//! Random nets, batches and losses for property tests.

use metaplast_predictive::{
    Activation, Block, Chain, Dense, Inference, Loss, LossKind, Method, Part, Reduction, Target,
};
use metaplast_tensor::{Random, Scalar, Tensor};
use proptest::prelude::*;

/// What a net and its batch are drawn from.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) sizes: Vec<usize>,
    pub(crate) activations: Vec<Activation>,
    pub(crate) batch: usize,
    pub(crate) loss: Loss,
    /// How large weights are, in units of 1/√n.
    pub(crate) gain: f64,
}

pub(crate) fn activation() -> impl Strategy<Value = Activation> {
    prop_oneof![
        Just(Activation::Identity),
        Just(Activation::Tanh),
        Just(Activation::Sigmoid),
        Just(Activation::Softplus { beta: 3.0 }),
    ]
}

pub(crate) fn loss() -> impl Strategy<Value = Loss> {
    let kind = prop_oneof![
        Just(LossKind::CrossEntropy),
        Just(LossKind::MeanSquare),
        Just(LossKind::HalfSquare)
    ];
    let reduction = prop_oneof![Just(Reduction::Mean), Just(Reduction::Sum)];
    (kind, reduction).prop_map(|(kind, reduction)| Loss::new(kind, reduction))
}

pub(crate) fn case(layers: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Case> {
    layers.prop_flat_map(|layers| {
        let sizes = proptest::collection::vec(1usize..7, layers + 1);
        let activations = proptest::collection::vec(activation(), layers);
        (
            any::<u64>(),
            sizes,
            activations,
            1usize..5,
            loss(),
            0.3..1.5,
        )
            .prop_map(|(seed, sizes, activations, batch, loss, gain)| Case {
                seed,
                sizes,
                activations,
                batch,
                loss,
                gain,
            })
    })
}

/// A net with its batch.
pub(crate) struct Drawn<T: Scalar> {
    pub(crate) chain: Chain<T>,
    pub(crate) input: Tensor<T>,
    pub(crate) target: Target<T>,
    pub(crate) loss: Loss,
}

impl Case {
    pub(crate) fn layers(&self) -> usize {
        self.activations.len()
    }

    /// Every other layer is a block on a tape.
    pub(crate) fn draw<T: Scalar>(&self) -> Drawn<T> {
        let mut random = Random::new(self.seed);
        let mut normal = |dims: &[usize], std: f64| -> Tensor<T> {
            Tensor::<f64>::normal(dims, 0.0, std, &mut random).cast()
        };
        let mut chain = Chain::new();
        for (l, &activation) in self.activations.iter().enumerate() {
            let (from, to) = (self.sizes[l], self.sizes[l + 1]);
            let weights = normal(&[to, from], self.gain / (from as f64).sqrt());
            let bias = normal(&[to], 0.2);
            chain = match l % 2 {
                0 => chain.then(Dense::new(weights).bias(bias).then(activation)),
                _ => chain.then(Block::of([
                    Part::Linear {
                        weights,
                        bias: Some(bias),
                    },
                    activation.into(),
                ])),
            };
        }
        let outputs = *self.sizes.last().unwrap();
        let input = normal(&[self.batch, self.sizes[0]], 1.0);
        let target = match self.loss.kind {
            LossKind::CrossEntropy => {
                let labels = (0..self.batch).map(|_| random.below(outputs));
                Target::Classes(labels.collect())
            }
            _ => Target::Values(normal(&[self.batch, outputs], 1.0)),
        };
        Drawn {
            chain,
            input,
            target,
            loss: self.loss,
        }
    }
}

impl<T: Scalar> Drawn<T> {
    #[track_caller]
    pub(crate) fn infer(&mut self, method: impl Into<Method>) -> Inference<T> {
        let method = method.into();
        method
            .infer(&mut self.chain, &self.input, &self.target, self.loss)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }
}

/// The largest difference of two tensors' elements.
pub(crate) fn apart<T: Scalar>(a: &Tensor<T>, b: &Tensor<T>) -> f64 {
    assert_eq!(a.shape(), b.shape());
    let pairs = a.data().iter().zip(b.data());
    pairs.fold(0.0, |m, (&a, &b)| {
        let d = (a.to_f64() - b.to_f64()).abs();
        if d > m || d.is_nan() { d } else { m }
    })
}

/// The largest element's size.
pub(crate) fn size<T: Scalar>(a: &Tensor<T>) -> f64 {
    a.data().iter().fold(0.0, |m, x| x.to_f64().abs().max(m))
}

/// The largest difference of two gradients' elements, over the largest element of the second.
pub(crate) fn gradients_apart<T: Scalar>(a: &Inference<T>, b: &Inference<T>) -> f64 {
    let pairs = a.all_gradients().zip(b.all_gradients());
    let apart = pairs.map(|(a, b)| apart(a, b)).fold(0.0, f64::max);
    let scale = b
        .all_gradients()
        .map(size)
        .fold(f64::MIN_POSITIVE, f64::max);
    apart / scale
}
