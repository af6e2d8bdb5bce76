//! An episode in our code, in either precision.

use std::collections::BTreeMap;

use metaplast_autodiff::{Tape, Var};
use metaplast_plasticity::{Feedback, Network, Number, Pathway, Rule, diagnostics};
use metaplast_tensor::Tensor;

use crate::fixture::Episode;

/// Everything that a fixture may tell of an episode, widened to f64. Matrices are `[n_l, n_(l−1)]`.
pub(crate) struct Outcome {
    /// `y_0..y_L` of the first step.
    pub(crate) y: Vec<Vec<f64>>,
    /// `e_0..e_L` of the first step.
    pub(crate) e: Vec<Vec<f64>>,
    pub(crate) weights_after: BTreeMap<usize, Vec<Vec<f64>>>,
    /// One row per query sample.
    pub(crate) logits: Vec<f64>,
    pub(crate) cross_entropy: f64,
    /// With the L1 penalty.
    pub(crate) loss: f64,
    pub(crate) accuracy: f64,
    pub(crate) angles: Vec<f64>,
    pub(crate) orthonormality: Vec<f64>,
    /// Of the loss with its penalty, one entry per term.
    pub(crate) theta_gradient: Vec<f64>,
    pub(crate) weights_gradient: Vec<Vec<f64>>,
}

/// Learns the support set by `rule` and differentiates the query loss through all of it. Weights are
/// kept after the steps in `checkpoints`.
pub(crate) fn run<T: Number>(
    episode: &Episode,
    feedback: &Feedback,
    rule: &Rule,
    checkpoints: &[usize],
) -> Outcome {
    let sizes = episode.architecture.sizes();
    let weights = pathway::<T>(sizes, &episode.weights);
    let matrices = match &episode.feedback {
        Some(b) => pathway::<T>(sizes, b),
        None => Pathway::none(),
    };
    let tape = Tape::<T>::new();
    let network = Network::builder(&tape, &episode.architecture)
        .weights_with_gradient(&weights)
        .feedback(feedback, &matrices)
        .build();
    let (bound, theta) = rule.bind(&tape);

    let (y, e) = first_signals(&network, episode);
    let mut weights_after = BTreeMap::new();
    for (step, label) in episode.support.labels.iter().enumerate() {
        let x = tape.constant(&row(&episode.support.pixels[step]));
        network.step(&bound, x, *label);
        if checkpoints.contains(&(step + 1)) {
            weights_after.insert(step + 1, widened(&network.weights().matrices()));
        }
    }

    let labels = &episode.query.labels;
    let pixels: Vec<T> = episode
        .query
        .pixels
        .iter()
        .flat_map(|x| scaled(x))
        .collect();
    let x = tape.constant(&Tensor::new([labels.len(), sizes[0]], pixels));
    let angles = diagnostics::alignment_angles(&network, x, labels);
    let orthonormality = diagnostics::orthonormality_errors(&network, x);
    let logits = network.logits(x);
    let loss = logits.softmax_cross_entropy(labels);
    let cross_entropy = loss.item().to_f64();
    let rows = logits.value();
    let right = rows
        .rows()
        .zip(labels)
        .filter(|(z, label)| argmax(z) == **label);
    let accuracy = right.count() as f64 / labels.len() as f64;

    let gradients = loss.backward();
    let penalty: f64 = rule.theta().iter().map(|theta| theta.abs()).sum();
    let theta_gradient = theta.iter().zip(rule.theta()).map(|(&var, &value)| {
        // `signum` of 0 is 1, the penalty's subgradient there is 0.
        let slope = if value == 0.0 { 0.0 } else { value.signum() };
        gradients.wrt(var).item().to_f64() + episode.lambda * slope
    });
    let states = network.states().iter();
    let weights_gradient: Vec<Tensor<T>> = states
        .map(|&state| gradients.wrt_state(state).transpose())
        .collect();
    Outcome {
        y,
        e,
        weights_after,
        logits: widen(rows.data()),
        cross_entropy,
        loss: cross_entropy + episode.lambda * penalty,
        accuracy,
        angles,
        orthonormality,
        theta_gradient: theta_gradient.collect(),
        weights_gradient: widened(&weights_gradient),
    }
}

/// `y_0..y_L` and `e_0..e_L` for the first support sample, before anything is learned.
fn first_signals<T: Number>(
    network: &Network<'_, T>,
    episode: &Episode,
) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let (Some(pixels), Some(&label)) = (
        episode.support.pixels.first(),
        episode.support.labels.first(),
    ) else {
        return (Vec::new(), Vec::new());
    };
    let tape = network.tape();
    let mark = tape.mark();
    let values = |vars: &[Var<'_, T>]| vars.iter().map(|v| v.with(widen)).collect();
    let activations = network.forward(tape.constant(&row(pixels)));
    let mut errors = network.errors(&activations, label);
    errors.insert(0, network.input_error(&activations, &errors));
    let signals = (values(&activations.y), values(&errors));
    tape.cut(mark);
    signals
}

fn pathway<T: Number>(sizes: &[usize], matrices: &[Vec<f64>]) -> Pathway<T> {
    let matrices: Vec<Tensor<T>> = sizes
        .windows(2)
        .zip(matrices)
        .map(|(pair, matrix)| {
            let data = matrix.iter().map(|&w| T::from_f64(w)).collect();
            Tensor::new([pair[1], pair[0]], data)
        })
        .collect();
    Pathway::from_matrices(&matrices)
}

/// Pixels in [0, 1], divided in f32 as the fixtures' were.
fn scaled<T: Number>(pixels: &[u8]) -> impl Iterator<Item = T> {
    let scale = |&pixel: &u8| T::from_f64(f64::from(f32::from(pixel) / 255.0));
    pixels.iter().map(scale)
}

fn row<T: Number>(pixels: &[u8]) -> Tensor<T> {
    scaled(pixels).collect::<Vec<T>>().into()
}

fn argmax<T: Number>(z: &[T]) -> usize {
    (0..z.len()).fold(0, |best, i| if z[i] > z[best] { i } else { best })
}

fn widen<T: Number>(data: &[T]) -> Vec<f64> {
    data.iter().map(|x| x.to_f64()).collect()
}

fn widened<T: Number>(matrices: &[Tensor<T>]) -> Vec<Vec<f64>> {
    matrices.iter().map(|m| widen(m.data())).collect()
}
