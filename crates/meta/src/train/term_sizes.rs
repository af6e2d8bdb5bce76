//! How large each term's update is, relative to the pseudo-gradient's.

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, Task};
use metaplast_plasticity::{Network, Pathway, Rule};
use metaplast_tensor::Scalar;

use crate::images::constant_image;
use crate::learner::{Model, Start};

/// Number of support images over which sizes are averaged.
const IMAGES: usize = 10;

/// For each coefficient of the model's rule the root-mean-square of its `F_r` over all synapses of the
/// fresh network, or over its layer's when it is one layer's own, divided by that of the
/// pseudo-gradient F_0 over the same; 1 where the images give F_0 no signal, and the largest number
/// where the update is not finite.
pub fn term_sizes<T: Scalar>(
    model: &Model,
    start: &Start<T>,
    dataset: &Dataset,
    task: &Task,
) -> Vec<f64> {
    let tape = Tape::<T>::new();
    let size = |rule: &Rule, layer: Option<usize>| -> f64 {
        let samples = &task.support[..task.support.len().min(IMAGES)];
        let squares = samples.iter().map(|sample| {
            tape.reset();
            let network = Network::new(
                &tape,
                &model.architecture,
                &start.weights,
                model.feedback,
                start.feedback.as_ref(),
            );
            let x = constant_image(&tape, dataset, *sample);
            network.step(&rule.bind_constant(&tape), x, sample.label);
            squared_distance(&network.weights(), &start.weights, layer)
        });
        squares.sum::<f64>().sqrt()
    };
    let pseudo_gradient = Rule::new(&[0]).expect("a term of the pool");
    let pseudo_gradient = pseudo_gradient.with_theta(&[1.0]);
    let references: Vec<f64> = match model.rule.layers() {
        None => vec![size(&pseudo_gradient, None)],
        Some(layers) => (1..=layers)
            .map(|layer| size(&pseudo_gradient, Some(layer)))
            .collect(),
    };
    model
        .rule
        .coefficients()
        .map(|coefficient| {
            let reference = references[coefficient.layer.map_or(0, |layer| layer - 1)];
            match model.rule.alone(coefficient.place) {
                term if term == pseudo_gradient => 1.0,
                term => match size(&term, coefficient.layer) / reference {
                    ratio if ratio.is_finite() => ratio,
                    _ if reference == 0.0 => 1.0,
                    // An update that explodes at once.
                    _ => f64::MAX,
                },
            }
        })
        .collect()
}

/// Over all layers, or over one, counted from 1.
fn squared_distance<T: Scalar>(a: &Pathway<T>, b: &Pathway<T>, layer: Option<usize>) -> f64 {
    let pairs = (1..).zip(a.transposed().iter().zip(b.transposed()));
    let pairs = pairs.filter(|(l, _)| layer.is_none_or(|layer| layer == *l));
    let squares = pairs.flat_map(|(_, (a, b))| a.data().iter().zip(b.data()));
    squares
        .map(|(a, b)| {
            let d = a.to_f64() - b.to_f64();
            d * d
        })
        .sum()
}
