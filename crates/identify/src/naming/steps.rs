//! What a recorded network learned from, step by step.

use std::collections::BTreeMap;

use metaplast_meta::fit::Teaching;
use metaplast_tensor::Tensor;

use super::recording::{RecordingError, wrong};

/// What a network learned from in each of S steps, of the same number of examples each; with that its rule
/// can be [checked](super::check_rules). The arrays have the names that `metaplast fit` gives them.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedSteps {
    /// The inputs of all examples in turn, `[S · batch, n_0]`.
    pub inputs: Tensor<f64>,
    /// Examples of a step.
    pub batch: usize,
    /// Labels or targets of all examples in turn; linear outputs where there are targets, otherwise
    /// softmax.
    pub teaching: Teaching,
    /// Weights before the first step, `W0.l`, by the number of the area; those that are missing are the
    /// recorded ones of time 0.
    pub first_weights: BTreeMap<usize, Tensor<f64>>,
    /// Feedback weights before the first step, `B.l`, as far as they are known.
    pub feedback: BTreeMap<usize, Tensor<f64>>,
    /// The activity of all units of an area in each example, before the step: `y.l`, `[S · batch, n_l]`.
    pub activity: BTreeMap<usize, Tensor<f64>>,
}

/// The name of the array of inputs, without which there are no steps.
const INPUTS: &str = "inputs";
const ALONE: [&str; 3] = [INPUTS, "labels", "targets"];
const NUMBERED: [&str; 3] = ["W0", "B", "y"];

impl RecordedSteps {
    /// Whether an array of this name says something of the steps.
    pub(super) fn knows(name: &str) -> bool {
        let kind = name.split_once('.').map(|(kind, _)| kind);
        ALONE.contains(&name) || kind.is_some_and(|kind| NUMBERED.contains(&kind))
    }

    /// From those arrays that are [known](Self::knows): `inputs` `[S, batch, n_0]`, or `[S, n_0]` of
    /// steps of one example, and so `labels` `[S, batch]` or `targets` `[S, batch, n_L]`; `y.l`
    /// `[S, batch, n_l]`; `W0.l` and `B.l`.
    ///
    /// # Errors
    /// When inputs are missing, there are not either labels or targets, or a shape does not fit.
    pub(super) fn of_arrays(
        mut arrays: BTreeMap<String, Tensor<f64>>,
    ) -> Result<Self, RecordingError> {
        let missing = "missing, and other arrays say what the network learned from; give the inputs of each step";
        let inputs = arrays
            .remove(INPUTS)
            .ok_or_else(|| wrong(INPUTS, missing))?;
        let lead = match *inputs.dims() {
            [steps, units] if steps * units > 0 => vec![steps],
            [steps, batch, units] if steps * batch * units > 0 => vec![steps, batch],
            _ => {
                let reason = format!(
                    "has shape {}; it needs [steps, units], or [steps, batch, units], at least 1 of each",
                    inputs.shape()
                );
                return Err(wrong(INPUTS, reason));
            }
        };
        let teaching = match (arrays.remove("labels"), arrays.remove("targets")) {
            (Some(labels), None) => Teaching::Labels(whole_labels(&labels, &lead)?),
            (None, Some(targets)) => Teaching::Targets(by_example("targets", &targets, &lead)?),
            _ => {
                return Err(wrong(
                    "labels",
                    "give either labels or targets of each example, as docs/fit.md has them",
                ));
            }
        };
        let mut steps = RecordedSteps {
            inputs: by_example(INPUTS, &inputs, &lead)?,
            batch: lead.get(1).copied().unwrap_or(1),
            teaching,
            first_weights: BTreeMap::new(),
            feedback: BTreeMap::new(),
            activity: BTreeMap::new(),
        };
        for (name, array) in arrays {
            let (kind, number) = name.split_once('.').unwrap_or((&name, ""));
            let number = number.parse::<usize>();
            let number = number.map_err(|_| {
                wrong(
                    &name,
                    "give the number of the area after the point, such as 1",
                )
            })?;
            if kind != "y" && array.rank() != 2 {
                let reason = format!(
                    "has shape {}; it needs [units, units before]",
                    array.shape()
                );
                return Err(wrong(&name, reason));
            }
            match kind {
                "W0" => steps.first_weights.insert(number, array),
                "B" => steps.feedback.insert(number, array),
                _ => steps
                    .activity
                    .insert(number, by_example(&name, &array, &lead)?),
            };
        }
        Ok(steps)
    }

    /// S.
    #[must_use]
    pub fn count(&self) -> usize {
        self.inputs.dims()[0] / self.batch
    }

    /// As arrays by name.
    pub(super) fn to_arrays(&self) -> BTreeMap<String, Tensor<f64>> {
        let by_step = |array: &Tensor<f64>| {
            let dims = [&[self.count(), self.batch], &array.dims()[1..]].concat();
            Tensor::new(&dims[..], array.data().to_vec())
        };
        let teaching = match &self.teaching {
            Teaching::Targets(targets) => Some(("targets", by_step(targets))),
            Teaching::Labels(labels) => {
                let labels = labels.iter().map(|&label| label as f64).collect();
                let labels = Tensor::new([self.count(), self.batch], labels);
                Some(("labels", labels))
            }
            Teaching::None | Teaching::Signals { .. } => None,
        };
        let mut arrays: BTreeMap<String, Tensor<f64>> =
            [(INPUTS.to_owned(), by_step(&self.inputs))].into();
        arrays.extend(teaching.map(|(name, array)| (name.to_owned(), array)));
        for (kind, all) in [("W0", &self.first_weights), ("B", &self.feedback)] {
            let named = all
                .iter()
                .map(|(l, array)| (format!("{kind}.{l}"), array.clone()));
            arrays.extend(named);
        }
        let activity = self.activity.iter();
        arrays.extend(activity.map(|(l, array)| (format!("y.{l}"), by_step(array))));
        arrays
    }
}

/// `[S, batch, n]` or `[S, n]` as `[S · batch, n]`.
fn by_example(
    name: &str,
    array: &Tensor<f64>,
    lead: &[usize],
) -> Result<Tensor<f64>, RecordingError> {
    match array.dims() {
        [first @ .., units] if first == lead => {
            let rows = lead.iter().product();
            Ok(Tensor::new([rows, *units], array.data().to_vec()))
        }
        _ => {
            let reason = format!(
                "has shape {}; of as many steps and examples as `{INPUTS}` it needs {lead:?} and its units",
                array.shape()
            );
            Err(wrong(name, reason))
        }
    }
}

fn whole_labels(labels: &Tensor<f64>, lead: &[usize]) -> Result<Vec<usize>, RecordingError> {
    if labels.dims() != lead {
        let reason = format!("has shape {}; it needs {lead:?}", labels.shape());
        return Err(wrong("labels", reason));
    }
    let whole = |&x: &f64| {
        let is_whole = (0.0..1e6).contains(&x) && x.fract() == 0.0;
        is_whole.then_some(x as usize)
    };
    let labels: Option<Vec<usize>> = labels.data().iter().map(whole).collect();
    labels.ok_or_else(|| {
        wrong(
            "labels",
            "holds something that is no class; give whole numbers from 0",
        )
    })
}
