//! Residuals: how far simulated trajectories are from recorded ones, and how that changes with θ.

use metaplast_autodiff::{Dual, Tape};
use metaplast_plasticity::{
    Activations, BoundRule, IncrementOptimizer, Network, NetworkLearner, Number, TANGENTS,
};
use rayon::prelude::*;

use super::FitError;
use super::recording::Recording;
use super::signal::rounding;
use super::sums::Sums;
use crate::start::Model;

/// By how much more than by rounding an array in which nothing happens must change to count as much as
/// one in which something does.
const STILL: f64 = 1e6;

/// Recordings to be explained by a model, and what each recorded array counts.
///
/// Arrays are numbered: the weights of layers 1..L, then their activities.
pub(super) struct Residuals<'a> {
    model: &'a Model,
    recordings: &'a [Recording],
    /// What is around the rule's increments.
    increment: IncrementOptimizer,
    /// Of each array.
    weights: Vec<f64>,
    /// Of each array, what it shows that does not learn: `Σ r²` at θ = 0.
    unlearned: Vec<f64>,
    /// Whether learning changed the array by more than rounding.
    signal: Vec<bool>,
    /// Of each array, the squares that rounding explains.
    rounding: Vec<f64>,
}

/// What all tapes say of one recorded element.
pub(super) struct RecordedElement<'s> {
    /// After so many steps.
    pub(super) time: usize,
    /// The array that it is of.
    pub(super) array: usize,
    /// Simulated minus recorded.
    pub(super) residual: f64,
    /// Its derivatives by the coefficients that have tangents.
    pub(super) slopes: &'s [f64],
}

/// A network in the middle of a recording.
struct Lane<'n, 't, S: Number> {
    tape: &'t Tape<S>,
    network: &'n Network<'t, S>,
    rule: BoundRule<'t, S>,
    learner: Option<NetworkLearner<'n, 't, S>>,
}

impl<'a> Residuals<'a> {
    /// Every array with a signal counts alike: its squares relative to those that remain without any
    /// learning. An array in which nothing happens is to stay like that, and weighs so little that its
    /// rounding does not count.
    pub(super) fn new(
        model: &'a Model,
        recordings: &'a [Recording],
        increment: IncrementOptimizer,
    ) -> Self {
        let arrays = 2 * model.architecture.layers();
        let plain = Residuals {
            model,
            recordings,
            increment,
            weights: vec![1.0; arrays],
            unlearned: Vec::new(),
            signal: Vec::new(),
            rounding: Vec::new(),
        };
        let still = vec![0.0; model.rule.theta().len()];
        let (unlearned, counts) = (plain.squares(&still, usize::MAX), plain.counts());
        let rounding = rounding(recordings, arrays / 2);
        let signal = unlearned.iter().zip(&rounding).map(|(s, least)| s > least);
        let signal: Vec<bool> = signal.collect();
        let signals = signal.iter().filter(|&&signal| signal).count() as f64;
        let of_signals = unlearned.iter().zip(&signal).filter(|&(_, &signal)| signal);
        let largest = of_signals.fold(0.0, |most: f64, (&s, _)| most.max(s));
        let weigh = |array: usize| match (counts[array], signal[array]) {
            (0, _) => 0.0,
            (_, true) => 1.0 / unlearned[array] / signals,
            (_, false) => 1.0 / largest.max(STILL * rounding[array]) / signals,
        };
        Residuals {
            weights: (0..arrays).map(weigh).collect(),
            unlearned,
            signal,
            rounding,
            ..plain
        }
    }

    /// The same recordings, to be explained by another rule of the same network.
    pub(super) fn with_model<'m>(&self, model: &'m Model) -> Residuals<'m>
    where
        'a: 'm,
    {
        Residuals {
            model,
            recordings: self.recordings,
            increment: self.increment,
            weights: self.weights.clone(),
            unlearned: self.unlearned.clone(),
            signal: self.signal.clone(),
            rounding: self.rounding.clone(),
        }
    }

    /// What each element of an array counts in the loss.
    pub(super) fn weight(&self, array: usize) -> f64 {
        self.weights[array]
    }

    /// Of each array, the squares that rounding explains.
    pub(super) fn rounding(&self) -> &[f64] {
        &self.rounding
    }

    /// What is to be explained.
    pub(super) fn recordings(&self) -> &'a [Recording] {
        self.recordings
    }

    /// Whether there is anything to fit.
    pub(super) fn check(&self) -> Result<(), FitError> {
        if self.counts().iter().all(|&n| n == 0) {
            return Err(FitError::NothingRecorded);
        }
        if self.unlearned.iter().any(|s| !s.is_finite()) {
            return Err(FitError::Infinite);
        }
        match self.signal.contains(&true) {
            true => Ok(()),
            false => Err(FitError::NothingLearned),
        }
    }

    /// `Σ r²` of each array where nothing is learned.
    pub(super) fn unlearned(&self) -> &[f64] {
        &self.unlearned
    }

    /// Whether learning changed an array by more than rounding.
    pub(super) fn has_signal(&self, array: usize) -> bool {
        self.signal[array]
    }

    /// 1 − R² for such sums of squares, over the arrays with a signal.
    pub(super) fn unexplained(&self, squares: &[f64]) -> f64 {
        let terms = squares.iter().zip(&self.weights).zip(&self.signal);
        let counted = terms.filter(|&(_, &signal)| signal);
        counted.map(|((squares, weight), _)| squares * weight).sum()
    }

    /// Elements of each array that were measured.
    pub(super) fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.weights.len()];
        let layers = counts.len() / 2;
        let measured = |values: &[f64]| values.iter().filter(|x| !x.is_nan()).count();
        for recording in self.recordings {
            for (l, trace) in recording.traces.weights.iter().enumerate() {
                counts[l] += trace.as_ref().map_or(0, |t| measured(t.values.data()));
            }
            for (l, trace) in recording.traces.activity.iter().enumerate() {
                counts[layers + l] += trace.as_ref().map_or(0, |t| measured(t.data()));
            }
        }
        counts
    }

    /// Most steps of a recording.
    pub(super) fn steps(&self) -> usize {
        let steps = self.recordings.iter().map(Recording::steps);
        steps.max().unwrap_or(0)
    }

    /// The loss for such sums of squares.
    pub(super) fn loss(&self, squares: &[f64]) -> f64 {
        let terms = squares.iter().zip(&self.weights);
        terms
            .filter(|(_, weight)| **weight > 0.0)
            .map(|(squares, weight)| squares * weight)
            .sum()
    }

    /// `Σ r²` of each array over the first `horizon` steps.
    pub(super) fn squares(&self, theta: &[f64], horizon: usize) -> Vec<f64> {
        let of_each: Vec<Vec<f64>> = self
            .recordings
            .par_iter()
            .map(|recording| {
                let tapes = [Tape::<f64>::new()];
                let values = |_| theta.to_vec();
                let mut squares = vec![0.0; self.weights.len()];
                let mut add = |element: RecordedElement<'_>| {
                    squares[element.array] += element.residual * element.residual;
                };
                self.run(
                    recording,
                    &tapes,
                    (0, 1),
                    horizon,
                    values,
                    |_, _| {},
                    &mut add,
                );
                squares
            })
            .collect();
        let mut total = vec![0.0; self.weights.len()];
        for squares in of_each {
            for (sum, squares) in total.iter_mut().zip(squares) {
                *sum += squares;
            }
        }
        total
    }

    /// All sums over the first `horizon` steps: for each recording, for each of `parts` stretches of
    /// consecutive steps.
    pub(super) fn sums(&self, theta: &[f64], horizon: usize, parts: usize) -> Vec<Vec<Sums>> {
        let all: Vec<usize> = (0..theta.len()).collect();
        let of = |recording: &Recording| {
            let times = recording.steps().min(horizon) + 1;
            let mut sums = vec![Sums::new(self.weights.len(), theta.len()); parts];
            self.visit(recording, theta, &all, horizon, &mut |element| {
                let part = (element.time * parts / times).min(parts - 1);
                let weight = self.weights[element.array];
                sums[part].add(element.array, weight, element.residual, element.slopes);
            });
            for part in &mut sums {
                part.mirror();
            }
            sums
        };
        self.recordings.par_iter().map(of).collect()
    }

    /// Shows every measured element of a recording over the first `horizon` steps, in an order that is
    /// always the same, with its derivatives by the coefficients at these places in θ,
    /// which are tangents on each of as many tapes as it takes.
    pub(super) fn visit(
        &self,
        recording: &Recording,
        theta: &[f64],
        places: &[usize],
        horizon: usize,
        visitor: &mut dyn FnMut(RecordedElement<'_>),
    ) {
        const N: usize = TANGENTS;
        let p = places.len();
        let mut tapes = Vec::new();
        tapes.resize_with(p.div_ceil(N), Tape::<Dual<f64, N>>::new);
        let seeded = |tape: usize| {
            let mut values: Vec<Dual<f64, N>> =
                theta.iter().map(|&theta| Dual::constant(theta)).collect();
            for (k, &place) in places.iter().enumerate().skip(tape * N).take(N) {
                values[place] = Dual::seeded(theta[place], k % N);
            }
            values
        };
        let tangents = |x: Dual<f64, N>, slopes: &mut [f64]| {
            for (slope, tangent) in slopes.iter_mut().zip(x.tangent()) {
                *slope = tangent;
            }
        };
        self.run(
            recording,
            &tapes,
            (p, N),
            horizon,
            seeded,
            tangents,
            visitor,
        );
    }

    /// Learns along the recording on all tapes side by side, each of which carries the tangents by
    /// the next `room` of `p` coefficients.
    #[expect(clippy::too_many_arguments, reason = "one loop for all number types")]
    fn run<S: Number>(
        &self,
        recording: &Recording,
        tapes: &[Tape<S>],
        (p, room): (usize, usize),
        horizon: usize,
        theta: impl Fn(usize) -> Vec<S>,
        tangents: impl Fn(S, &mut [f64]),
        visitor: &mut dyn FnMut(RecordedElement<'_>),
    ) {
        let steps = recording.steps().min(horizon);
        let layers = self.model.architecture.layers();
        let networks: Vec<Network<'_, S>> = tapes
            .iter()
            .map(|tape| recording.network(tape, self.model))
            .collect();
        let lane = |k: usize| {
            let (tape, network) = (&tapes[k], &networks[k]);
            let theta: Vec<_> = theta(k).into_iter().map(|x| tape.scalar(x)).collect();
            Lane {
                tape,
                network,
                rule: self.model.rule.bind_to(&theta),
                learner: recording.learner(network, self.increment),
            }
        };
        let mut lanes: Vec<Lane<'_, '_, S>> = (0..tapes.len()).map(lane).collect();
        let mut slopes = vec![0.0; p];
        // What all tapes say of one element, which `element` finds on a tape.
        let mut compare =
            |time: usize, array: usize, measured: f64, element: &dyn Fn(usize) -> S| {
                if measured.is_nan() {
                    return;
                }
                for (k, slopes) in slopes.chunks_mut(room).enumerate() {
                    tangents(element(k), slopes);
                }
                let residual = element(0).to_f64() - measured;
                visitor(RecordedElement {
                    time,
                    array,
                    residual,
                    slopes: &slopes,
                });
            };
        for t in 0..=steps {
            for l in 0..layers {
                let Some(trace) = recording.traces.weights.get(l).and_then(Option::as_ref) else {
                    continue;
                };
                let Ok(place) = trace.times.binary_search(&t) else {
                    continue;
                };
                let states = lanes.iter().map(|lane| lane.network.states()[l].value());
                let states: Vec<_> = states.collect();
                // States are kept transposed.
                let &[inputs, outputs] = states[0].dims() else {
                    unreachable!("a state is a matrix")
                };
                let size = inputs * outputs;
                let measured = &trace.values.data()[place * size..(place + 1) * size];
                for (j, row) in measured.chunks(inputs).enumerate() {
                    for (i, &measured) in row.iter().enumerate() {
                        let element = |k: usize| states[k].data()[i * outputs + j];
                        compare(t, l, measured, &element);
                    }
                }
            }
            if t == steps {
                break;
            }
            // The activity of each tape's examples, where some is recorded: [example][layer].
            let activity = &recording.traces.activity;
            let looks = activity.iter().any(Option::is_some);
            let mut seen: Vec<Vec<Vec<Vec<S>>>> = Vec::new();
            for lane in &mut lanes {
                let mut examples = Vec::new();
                let look = |_, activations: &Activations<'_, S>| {
                    if looks {
                        let layers = activations.y[1..].iter();
                        examples.push(layers.map(|y| y.value().into_data()).collect());
                    }
                };
                lane.tape.unrecorded(|| {
                    let network = (lane.network, lane.learner.as_mut());
                    recording.step(network, &lane.rule, t, looks, look);
                    lane.network.keep_memory();
                });
                seen.push(examples);
            }
            for (l, trace) in activity.iter().enumerate() {
                let Some(trace) = trace else { continue };
                let rows = (0..recording.batch).map(|k| trace.row(t * recording.batch + k));
                for (k, measured) in rows.enumerate() {
                    for (i, &measured) in measured.iter().enumerate() {
                        compare(t, layers + l, measured, &|tape| seen[tape][k][l][i]);
                    }
                }
            }
        }
    }
}
