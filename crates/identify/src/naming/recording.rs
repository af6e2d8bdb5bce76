//! What an experimenter has recorded while a network learned.

use std::collections::BTreeMap;

use metaplast_tensor::Tensor;
use thiserror::Error;

use super::steps::RecordedSteps;

/// What was recorded of an area, a layer of units.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaRecording {
    /// Its place on the way from the input, by which areas are ordered.
    pub number: usize,
    /// `[times, probes, units]`; NaN is what was not recorded.
    pub activity: Option<Tensor<f64>>,
    /// The weights from the area before, `[times, …]`, in any order that is the same at all times; NaN
    /// is what was not recorded.
    pub weights: Option<Tensor<f64>>,
}

/// What was recorded while a network learned.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentRecording {
    /// When, in any unit; the first is from before learning.
    pub times: Vec<f64>,
    /// Performance at each time, larger when better; NaN where it was not recorded.
    pub behaviour: Option<Vec<f64>>,
    /// Areas by their numbers; none where only behaviour was recorded.
    pub areas: Vec<AreaRecording>,
    /// What the network learned from, where it is known; `times` then count steps.
    pub steps: Option<RecordedSteps>,
}

/// An array of a recording that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("array `{array}`: {reason}")]
#[non_exhaustive]
pub struct RecordingError {
    /// Its name.
    pub array: String,
    /// What is wrong, and what would be right.
    pub reason: String,
}

pub(super) fn wrong(array: &str, reason: impl Into<String>) -> RecordingError {
    RecordingError {
        array: array.to_owned(),
        reason: reason.into(),
    }
}

impl ExperimentRecording {
    /// From arrays by name: `activity.l` `[K, P, n_l]`, `weights.l` `[K, …]`, with the number of an area
    /// for l, `times` `[K]` and `behaviour` `[K]`, any of them; without `times` distances are equal. Arrays
    /// of what the network learned from in each step may stand beside them, see [`RecordedSteps`].
    ///
    /// ```
    /// use metaplast_identify::naming::ExperimentRecording;
    /// use metaplast_tensor::Tensor;
    ///
    /// let activity = Tensor::<f64>::ones([3, 2, 5]);
    /// let recording = ExperimentRecording::of_arrays([("activity.1".into(), activity)].into())?;
    /// assert_eq!(recording.times, [0.0, 1.0, 2.0]);
    /// # Ok::<(), metaplast_identify::naming::RecordingError>(())
    /// ```
    ///
    /// # Errors
    /// When an array is not known or has another shape, numbers of times differ or there is only one,
    /// times do not rise, or nothing was recorded.
    pub fn of_arrays(arrays: BTreeMap<String, Tensor<f64>>) -> Result<Self, RecordingError> {
        let mut areas: BTreeMap<usize, AreaRecording> = BTreeMap::new();
        let (mut times, mut behaviour) = (None, None);
        let mut first: Option<(String, usize)> = None;
        let (of_steps, arrays): (BTreeMap<_, _>, BTreeMap<_, _>) = arrays
            .into_iter()
            .partition(|(name, _)| RecordedSteps::knows(name));
        for (name, array) in &of_steps {
            let is_activity = name.starts_with("y.");
            let known = |x: &f64| x.is_finite() || (is_activity && x.is_nan());
            if let Some(x) = array.data().iter().find(|x| !known(x)) {
                return Err(wrong(
                    name,
                    format!("has the number {x}; all must be known"),
                ));
            }
        }
        for (name, array) in arrays {
            let count = *array.dims().first().unwrap_or(&0);
            match &first {
                Some((other, k)) if *k != count => {
                    let reason = format!(
                        "{count} times, but `{other}` has {k}; the first axis is time in all arrays"
                    );
                    return Err(wrong(&name, reason));
                }
                _ => first = Some((name.clone(), count)),
            }
            if let Some(x) = array.data().iter().find(|x| x.is_infinite()) {
                return Err(wrong(
                    &name,
                    format!("has the number {x}; NaN is what was not recorded"),
                ));
            }
            let (kind, number) = name.split_once('.').unwrap_or((&name, ""));
            let numbered = || {
                let reason = "give the number of the area after the point, such as 1";
                number.parse::<usize>().map_err(|_| wrong(&name, reason))
            };
            match (kind, array.rank()) {
                ("activity", 3) => area(&mut areas, numbered()?).activity = Some(array),
                ("activity", _) => {
                    let reason = format!(
                        "has shape {}; it needs [times, probes, units]",
                        array.shape()
                    );
                    return Err(wrong(&name, reason));
                }
                ("weights", 2..) => area(&mut areas, numbered()?).weights = Some(array),
                ("times", 1) => times = Some(array.into_data()),
                ("behaviour", 1) => behaviour = Some(array.into_data()),
                ("weights" | "times" | "behaviour", _) => {
                    let wanted = if kind == "weights" {
                        "[times, …]"
                    } else {
                        "[times]"
                    };
                    let reason = format!("has shape {}; it needs {wanted}", array.shape());
                    return Err(wrong(&name, reason));
                }
                _ => {
                    let reason = "unknown; the arrays are activity.l and weights.l, with the number of an area for l, times and behaviour, and inputs, labels, targets, W0.l, B.l and y.l of each step";
                    return Err(wrong(&name, reason));
                }
            }
        }
        let nothing = || {
            let reason = "missing; give activity or weights of at least one area, or behaviour";
            wrong("activity.1", reason)
        };
        let (name, count) = first.ok_or_else(nothing)?;
        if count < 2 {
            return Err(wrong(
                &name,
                "one time; what learning changed takes at least two",
            ));
        }
        let times = times.unwrap_or_else(|| (0..count).map(|k| k as f64).collect());
        if !times.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(wrong("times", "do not rise"));
        }
        if areas.is_empty() && behaviour.is_none() {
            return Err(nothing());
        }
        Ok(ExperimentRecording {
            times,
            behaviour,
            areas: areas.into_values().collect(),
            steps: match of_steps.is_empty() {
                true => None,
                false => Some(RecordedSteps::of_arrays(of_steps)?),
            },
        })
    }

    /// As arrays by name, see [`of_arrays`](Self::of_arrays).
    #[must_use]
    pub fn to_arrays(&self) -> BTreeMap<String, Tensor<f64>> {
        let vector = |values: &[f64]| Tensor::new([values.len()], values.to_vec());
        let mut arrays = BTreeMap::from([("times".to_owned(), vector(&self.times))]);
        if let Some(behaviour) = &self.behaviour {
            arrays.insert("behaviour".into(), vector(behaviour));
        }
        if let Some(steps) = &self.steps {
            arrays.extend(steps.to_arrays());
        }
        for area in &self.areas {
            let both = [("activity", &area.activity), ("weights", &area.weights)];
            for (kind, array) in both {
                if let Some(array) = array {
                    arrays.insert(format!("{kind}.{}", area.number), array.clone());
                }
            }
        }
        arrays
    }
}

/// The area of this number, empty at first.
fn area(areas: &mut BTreeMap<usize, AreaRecording>, number: usize) -> &mut AreaRecording {
    areas.entry(number).or_insert(AreaRecording {
        number,
        activity: None,
        weights: None,
    })
}
