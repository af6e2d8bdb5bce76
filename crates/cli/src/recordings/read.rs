//! A file of recordings, checked and taken apart into trajectories.

use std::path::Path;

use metaplast_meta::Start;
use metaplast_meta::fit::{Recording, Teaching, Traces, WeightTrace};
use metaplast_plasticity::{Architecture, Feedback, Pathway, Rule};
use metaplast_runs::Error;
use metaplast_runs::settings::network;
use metaplast_tensor::Tensor;

use super::arrays::{Arrays, layer_number};

/// Upper bound on first weights of all trajectories together (2 GiB), against typing errors.
const MOST_WEIGHTS: usize = 1 << 28;

/// The trajectories of a file.
#[derive(Debug)]
#[non_exhaustive]
pub struct Recordings {
    /// Layer sizes, inputs first.
    pub sizes: Vec<usize>,
    /// Each with its first weights, inputs, teaching signals and what was recorded.
    pub all: Vec<Recording>,
}

/// Reads a file for a model of this rule and kind of feedback.
///
/// # Errors
/// When it cannot be read, says too little for this feedback, or its arrays do not fit each other.
pub fn read(path: &Path, rule: &Rule, feedback: &Feedback) -> Result<Recordings, Error> {
    if feedback.draws_noise() {
        let reason = "a recording does not hold the noise that these feedback weights learn from; give another --feedback";
        return Err(Error::setting(format!("--feedback {feedback}"), reason));
    }
    let arrays = Arrays::read(path)?;
    let inputs = arrays.needed("inputs", "")?.dims();
    let (steps, units) = (inputs[inputs.len() - 2], inputs[inputs.len() - 1]);
    if arrays.len() == 0 || steps == 0 || units == 0 {
        return Err(arrays.wrong("inputs", "is empty; give at least one step of one input"));
    }
    let layers = count_layers(&arrays)?;
    let sizes = layer_sizes(&arrays, units, layers)?;
    let of_file = OfFile {
        arrays: &arrays,
        sizes: &sizes,
        steps,
    };

    arrays.check_finite("inputs", false)?;
    let inputs = arrays.of_each("inputs", &[steps, units])?;
    let teaching = of_file.teaching()?;
    let weights = of_file.weight_traces()?;
    let activity = of_file.activity_traces()?;
    let first = of_file.first_weights(&weights)?;
    let untaught = teaching.first() == Some(&Teaching::None);
    let backward = match feedback {
        // Teaching signals that are all 0 stay so by any way back.
        _ if untaught => vec![of_file.no_feedback(feedback); arrays.len()],
        _ => of_file.feedback(rule, feedback)?,
    };
    let parts = inputs.into_iter().zip(teaching).zip(first).zip(backward);
    let parts = parts.zip(weights).zip(activity);
    let recording =
        |(((((inputs, teaching), weights), feedback), weight_traces), activity)| Recording {
            inputs,
            batch: 1,
            teaching,
            start: Start {
                weights,
                feedback,
                seed: 0,
            },
            traces: Traces {
                weights: weight_traces,
                activity,
            },
        };
    let all = parts.map(recording).collect();
    Ok(Recordings { sizes, all })
}

/// The largest layer that has weights.
fn count_layers(arrays: &Arrays<'_>) -> Result<usize, Error> {
    let layer = |name: &str| {
        let number = name.strip_prefix("W0.").or_else(|| name.strip_prefix("W."));
        number.and_then(layer_number)
    };
    let layers = arrays.names().filter_map(layer).max();
    let layers = layers.ok_or_else(|| {
        let way_out = "give the weights before the first step of layers 1 to L as W0.1 to W0.L";
        arrays.wrong("W0.1", format!("missing; {way_out}"))
    })?;
    let beyond = |name: &&str| {
        let kind = name.split_once('.').map_or("", |(kind, _)| kind);
        let number = name.split_once('.').and_then(|(_, l)| layer_number(l));
        ["B", "y", "e"].contains(&kind) && number.is_some_and(|number| number > layers)
    };
    match arrays.names().find(beyond) {
        Some(name) => {
            let reason = format!("there are weights of {layers} layers only; see W0.l and W.l");
            Err(arrays.wrong(name, reason))
        }
        None => Ok(layers),
    }
}

/// `n_0..n_L` from the shapes of weights.
fn layer_sizes(arrays: &Arrays<'_>, inputs: usize, layers: usize) -> Result<Vec<usize>, Error> {
    let mut sizes = vec![inputs];
    for l in 1..=layers {
        let (first, later) = (format!("W0.{l}"), format!("W.{l}"));
        let name = if arrays.has(&first) { first } else { later };
        let way_out = format!("give layer {l}'s weights before the first step");
        let named = if arrays.has(&name) {
            name
        } else {
            format!("W0.{l}")
        };
        let dims = arrays.needed(&named, &way_out)?.dims();
        let [.., rows, columns] = *dims else {
            let reason = format!("has shape {dims:?}; it needs [.., units, inputs]");
            return Err(arrays.wrong(&named, reason));
        };
        if columns != sizes[l - 1] {
            let reason = format!(
                "has shape {dims:?}; its last extent must be {}, the size of the layer below",
                sizes[l - 1]
            );
            return Err(arrays.wrong(&named, reason));
        }
        sizes.push(rows);
    }
    let given: Vec<u64> = sizes.iter().map(|&n| n as u64).collect();
    let network = network::from_sizes(&given);
    let network = network.map_err(|reason| arrays.wrong("W0.1", reason))?;
    // Weights that all trajectories share are kept for each of them.
    let weights = network.weights().saturating_mul(arrays.len());
    match weights <= MOST_WEIGHTS {
        true => Ok(sizes),
        false => {
            let reason = format!(
                "{} trajectories have {weights} first weights, more than {MOST_WEIGHTS}; fit fewer at a time",
                arrays.len()
            );
            Err(arrays.wrong("inputs", reason))
        }
    }
}

/// A file whose sizes are known.
struct OfFile<'a, 'p> {
    arrays: &'a Arrays<'p>,
    sizes: &'a [usize],
    steps: usize,
}

type WeightTraces = Vec<Option<WeightTrace>>;

impl OfFile<'_, '_> {
    fn layers(&self) -> usize {
        self.sizes.len() - 1
    }

    fn outputs(&self) -> usize {
        self.sizes[self.layers()]
    }

    fn teaching(&self) -> Result<Vec<Teaching>, Error> {
        let arrays = self.arrays;
        let signals = |name: &&str| name.starts_with("e.");
        let ways: Vec<&str> = ["labels", "targets"]
            .into_iter()
            .filter(|name| arrays.has(name))
            .chain(arrays.names().find(signals))
            .collect();
        match ways[..] {
            [] => Ok(vec![Teaching::None; arrays.len()]),
            ["labels"] => {
                let labels = arrays.of_each("labels", &[self.steps])?.into_iter();
                let whole = |l: Tensor<f64>| arrays.whole("labels", l.data(), self.outputs());
                labels.map(|l| Ok(Teaching::Labels(whole(l)?))).collect()
            }
            ["targets"] => {
                arrays.check_finite("targets", false)?;
                let targets = arrays.of_each("targets", &[self.steps, self.outputs()])?;
                Ok(targets.into_iter().map(Teaching::Targets).collect())
            }
            [_] => self.signals(),
            [first, second, ..] => {
                let reason = format!("teaching signals come from `{first}` as well; keep one");
                Err(arrays.wrong(second, reason))
            }
        }
    }

    /// `e.0`, which may be missing, and `e.1..e.L`.
    fn signals(&self) -> Result<Vec<Teaching>, Error> {
        let of_layer = |l: usize| {
            let name = format!("e.{l}");
            let way_out = "give the teaching signals of all layers, or labels or targets instead";
            self.arrays.needed(&name, way_out)?;
            self.arrays.check_finite(&name, false)?;
            self.arrays.of_each(&name, &[self.steps, self.sizes[l]])
        };
        let input = match self.arrays.has("e.0") {
            true => of_layer(0)?.into_iter().map(Some).collect(),
            false => vec![None; self.arrays.len()],
        };
        let layers = (1..=self.layers()).map(of_layer);
        let layers = layers.collect::<Result<Vec<_>, Error>>()?;
        let of_trajectory = |(k, input): (usize, Option<Tensor<f64>>)| Teaching::Signals {
            input,
            layers: layers.iter().map(|e| e[k].clone()).collect(),
        };
        Ok(input.into_iter().enumerate().map(of_trajectory).collect())
    }

    /// Recorded weights, for each trajectory by layer.
    fn weight_traces(&self) -> Result<Vec<WeightTraces>, Error> {
        let mut traces = vec![vec![None; self.layers()]; self.arrays.len()];
        for l in 1..=self.layers() {
            let name = format!("W.{l}");
            let Some(tensor) = self.arrays.get(&name) else {
                continue;
            };
            let axis = usize::from(self.arrays.trajectories.is_some());
            let count = tensor.dims().get(axis).copied().unwrap_or(0);
            let times = self.times(&name, count)?;
            self.arrays.check_finite(&name, true)?;
            let dims = [count, self.sizes[l], self.sizes[l - 1]];
            let values = self.arrays.of_each(&name, &dims)?;
            for (traces, values) in traces.iter_mut().zip(values) {
                let times = times.clone();
                traces[l - 1] = Some(WeightTrace { times, values });
            }
        }
        Ok(traces)
    }

    /// After how many steps weights were recorded.
    fn times(&self, name: &str, count: usize) -> Result<Vec<usize>, Error> {
        let Some(times) = self.arrays.get("times") else {
            return match count {
                n if n == self.steps + 1 => Ok((0..=self.steps).collect()),
                n if n == self.steps => Ok((1..=self.steps).collect()),
                n => {
                    let reason = format!(
                        "holds {n} times of {} steps; add the array `times`: after how many steps each was recorded",
                        self.steps
                    );
                    Err(self.arrays.wrong(name, reason))
                }
            };
        };
        if times.dims() != [count] {
            let reason = format!(
                "has shape {}; `{name}` holds {count} times, so it needs [{count}]",
                times.shape()
            );
            return Err(self.arrays.wrong("times", reason));
        }
        let times = self.arrays.whole("times", times.data(), self.steps + 1)?;
        match times.windows(2).all(|pair| pair[0] < pair[1]) {
            true => Ok(times),
            false => Err(self.arrays.wrong("times", "does not ascend; sort it")),
        }
    }

    /// Recorded activity, for each trajectory by layer.
    fn activity_traces(&self) -> Result<Vec<Vec<Option<Tensor<f64>>>>, Error> {
        let mut traces = vec![vec![None; self.layers()]; self.arrays.len()];
        for l in 1..=self.layers() {
            let name = format!("y.{l}");
            if !self.arrays.has(&name) {
                continue;
            }
            self.arrays.check_finite(&name, true)?;
            let values = self.arrays.of_each(&name, &[self.steps, self.sizes[l]])?;
            for (traces, values) in traces.iter_mut().zip(values) {
                traces[l - 1] = Some(values);
            }
        }
        Ok(traces)
    }

    /// Weights before the first step: `W0.l`, or what was recorded after 0 steps.
    fn first_weights(&self, traces: &[WeightTraces]) -> Result<Vec<Pathway<f64>>, Error> {
        let mut matrices = vec![Vec::new(); self.arrays.len()];
        for l in 1..=self.layers() {
            let (rows, columns) = (self.sizes[l], self.sizes[l - 1]);
            let name = format!("W0.{l}");
            let recorded = |traces: &WeightTraces| {
                let trace = traces[l - 1].as_ref();
                let trace = trace.filter(|trace| trace.times.first() == Some(&0))?;
                let first = trace.values.data()[..rows * columns].to_vec();
                let known = first.iter().all(|w| !w.is_nan());
                known.then(|| Tensor::new([rows, columns], first))
            };
            let of_layer = match self.arrays.has(&name) {
                true => {
                    self.arrays.check_finite(&name, false)?;
                    self.arrays.of_each_or_all(&name, &[rows, columns], "")?
                }
                false => {
                    let first: Option<Vec<_>> = traces.iter().map(recorded).collect();
                    let way_out = "missing, and `W` does not say all weights at time 0; give the weights before the first step";
                    first.ok_or_else(|| self.arrays.wrong(&name, way_out))?
                }
            };
            for (matrices, w) in matrices.iter_mut().zip(of_layer) {
                matrices.push(w);
            }
        }
        Ok(matrices.iter().map(|m| Pathway::from_matrices(m)).collect())
    }

    /// The matrices `B.l` that this kind of feedback has of its own.
    fn feedback(&self, rule: &Rule, kind: &Feedback) -> Result<Vec<Pathway<f64>>, Error> {
        let mut matrices = vec![Vec::new(); self.arrays.len()];
        // The first one brings the input's teaching signal, which few terms ask for.
        let reads_input = rule.reads_pre_error();
        for (l, dims) in (1..).zip(self.feedback_shapes(kind)) {
            let name = format!("B.{l}");
            if l == 1 && !reads_input && !self.arrays.has(&name) {
                matrices
                    .iter_mut()
                    .for_each(|matrices| matrices.push(Tensor::zeros(dims)));
                continue;
            }
            let way_out = format!(
                "{kind} feedback needs the feedback weights of all layers; give them, or another --feedback"
            );
            let of_layer = self.arrays.of_each_or_all(&name, &dims, &way_out)?;
            self.arrays.check_finite(&name, false)?;
            for (matrices, b) in matrices.iter_mut().zip(of_layer) {
                matrices.push(b);
            }
        }
        Ok(matrices.iter().map(|m| Pathway::from_matrices(m)).collect())
    }

    /// Feedback weights that carry nothing.
    fn no_feedback(&self, kind: &Feedback) -> Pathway<f64> {
        Pathway::zeros(&self.feedback_shapes(kind))
    }

    fn feedback_shapes(&self, kind: &Feedback) -> Vec<[usize; 2]> {
        // Sizes that a file has not made sense of are refused elsewhere.
        let architecture = Architecture::new(self.sizes.to_vec());
        architecture.map_or(Vec::new(), |architecture| kind.shapes(&architecture))
    }
}
