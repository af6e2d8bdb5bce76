//! Term sizes: how large each term's update is, relative to the pseudo-gradient's.

use std::borrow::Cow;

use metaplast_autodiff::{State, Tape};
use metaplast_plasticity::{Number, Pathway, Rule};

use crate::episode::Episode;
use crate::precision::{Precision, in_precision};
use crate::start::Start;

/// Number of support images over which sizes are averaged.
const IMAGES: usize = 10;

/// For each coefficient of the model's rule the root-mean-square of its `F_r` over all synapses of the
/// fresh network, or over its layer's when it is one layer's own, divided by that of the
/// pseudo-gradient F_0 over the same; 1 where the images give F_0 no signal, and the largest number
/// where the update is not finite; 1 for constants of memories. The episode's own θ is not looked at, but
/// for these constants.
///
/// # Panics
/// As [`gradient::run`](crate::gradient::run).
#[must_use]
#[track_caller]
pub fn term_sizes(episode: &Episode<'_>, precision: Precision) -> Vec<f64> {
    in_precision!(precision, T => term_sizes_from(episode, &episode.start::<T>()))
}

/// The same from these first weights.
pub(crate) fn term_sizes_from<T: Number>(episode: &Episode<'_>, start: &Start<T>) -> Vec<f64> {
    let tape = Tape::<T>::new();
    let own_rule = &episode.model.rule;
    let size = |rule: &Rule, layer: Option<usize>| -> f64 {
        let images = episode.examples.support_len().min(IMAGES);
        let squares = (0..images).map(|t| {
            tape.reset();
            let live = episode.begin_from(&tape, Cow::Borrowed(start));
            live.step_unrecorded(&rule.bind_constant(&tape), t);
            squared_distance(live.network().states(), &start.weights, layer)
        });
        squares.sum::<f64>().sqrt()
    };
    let pseudo_gradient = Rule::from_pool(&[0]).expect("a term of the pool");
    let pseudo_gradient = pseudo_gradient.with_theta(&[1.0]);
    let references: Vec<f64> = match own_rule.layers() {
        None => vec![size(&pseudo_gradient, None)],
        Some(layers) => (1..=layers)
            .map(|layer| size(&pseudo_gradient, Some(layer)))
            .collect(),
    };
    own_rule
        .coefficients()
        .map(|coefficient| {
            if coefficient.term.is_none() {
                return 1.0;
            }
            let reference = references[coefficient.layer.map_or(0, |layer| layer - 1)];
            match own_rule.alone(coefficient.place) {
                term if term == pseudo_gradient => 1.0,
                term => match size(&term, coefficient.layer) / reference {
                    ratio if ratio.is_finite() => ratio,
                    _ if reference == 0.0 => 1.0,
                    // An update that diverges at once.
                    _ => f64::MAX,
                },
            }
        })
        .collect()
}

/// Over all layers, or over one, counted from 1.
pub(crate) fn squared_distance<T: Number>(
    states: &[State<'_, T>],
    first: &Pathway<T>,
    layer: Option<usize>,
) -> f64 {
    let mut sum = 0.0;
    for (l, (state, first)) in (1..).zip(states.iter().zip(first.transposed())) {
        if layer.is_none_or(|layer| layer == l) {
            // One sum over all layers, and no copy of the weights.
            state.with(|value| {
                for (a, b) in value.iter().zip(first.data()) {
                    let d = a.to_f64() - b.to_f64();
                    sum += d * d;
                }
            });
        }
    }
    sum
}
