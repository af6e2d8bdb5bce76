//! Landscapes: games of which every candidate was measured.

use serde_json::{Value, json};

use crate::error::SearchError;
use crate::game::{CandidateReward, Game};
use crate::space::SearchSpace;

/// Every candidate of a [`SearchSpace`] with its reward, by which searchers are judged against the truth.
///
/// ```
/// use metaplast_search::{Landscape, CandidateReward, SearchSpace};
///
/// let space = SearchSpace::new([("a", vec!["x", "y"]), ("b", vec!["x", "y"])]);
/// let rewards = [1.0, 4.0, 3.0, 2.0];
/// let landscape = Landscape::new(space, Vec::new(), rewards.map(CandidateReward::new).to_vec());
/// assert_eq!((landscape.rank(4.0), landscape.rank(3.0)), (0, 1));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Landscape {
    space: SearchSpace,
    further: Vec<String>,
    measured: Vec<CandidateReward>,
}

impl Landscape {
    /// Of a space, the names of further numbers, and what each candidate is worth, in the order of their
    /// [places](SearchSpace::place).
    ///
    /// # Panics
    /// When there are not as many numbers as candidates.
    #[must_use]
    #[track_caller]
    pub fn new(space: SearchSpace, further: Vec<String>, measured: Vec<CandidateReward>) -> Self {
        let (candidates, numbers) = (space.candidates(), measured.len());
        assert_eq!(candidates, numbers, "landscape: candidates, measured");
        Landscape {
            space,
            further,
            measured,
        }
    }

    /// What is chosen.
    #[must_use]
    pub fn space(&self) -> &SearchSpace {
        &self.space
    }

    /// What each candidate is worth, in the order of their places.
    #[must_use]
    pub fn measured(&self) -> &[CandidateReward] {
        &self.measured
    }

    /// How many candidates are better than a reward: 0 is the best there is.
    #[must_use]
    pub fn rank(&self, reward: f64) -> usize {
        let better = self.measured.iter().filter(|other| other.reward > reward);
        better.count()
    }

    /// From JSON with `order`, names of decisions; `options`, a list for each name; `columns`, names of the
    /// numbers in each row; and `rows`: the place of the option for each decision, then errors on training,
    /// validation and test points. The reward is −ln of the error on validation points, the column `val`.
    ///
    /// # Errors
    /// [`SearchError::Content`] when it is not of this form, or a candidate is missing or there twice.
    pub fn from_errors(text: &str) -> Result<Self, SearchError> {
        let wrong = |reason: String| SearchError::Content { reason };
        let content: Value =
            serde_json::from_str(text).map_err(|error| wrong(format!("it is no JSON: {error}")))?;
        let list = |key: &str| {
            let found = content[key].as_array();
            found.ok_or_else(|| wrong(format!("{key} is no list")))
        };
        let word = |value: &Value| match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let mut decisions = Vec::new();
        for name in list("order")?.iter().map(word) {
            let options = content["options"][&name].as_array();
            let options = options.ok_or_else(|| wrong(format!("options of {name} are no list")))?;
            if options.is_empty() {
                return Err(wrong(format!("{name} has no options")));
            }
            decisions.push((name, options.iter().map(word).collect::<Vec<_>>()));
        }
        let n = decisions.len();
        let space = SearchSpace::new(decisions);
        let columns: Vec<String> = list("columns")?.iter().map(word).collect();
        let further = columns.get(n..).unwrap_or(&[]).to_vec();
        let validation = further.iter().position(|name| name == "val");
        let validation =
            validation.ok_or_else(|| wrong("no column val after the choices".into()))?;
        let mut measured = vec![None; space.candidates()];
        for (number, row) in list("rows")?.iter().enumerate() {
            let row_is = |reason: &str| wrong(format!("row {number} {reason}"));
            let row = row.as_array().filter(|row| row.len() == columns.len());
            let row = row.ok_or_else(|| row_is("does not have a number for each column"))?;
            let mut choices = Vec::new();
            for (decision, value) in space.decisions().iter().zip(row) {
                let choice = value.as_u64().map(|choice| choice as usize);
                let choice = choice.filter(|&choice| choice < decision.options.len());
                choices.push(choice.ok_or_else(|| row_is("names an option that is not there"))?);
            }
            let numbers = row[n..].iter().map(Value::as_f64);
            let numbers: Option<Vec<f64>> = numbers.collect();
            let numbers = numbers.ok_or_else(|| row_is("has an error that is no number"))?;
            let place = &mut measured[space.place(&choices)];
            if place.is_some() {
                return Err(row_is("is a candidate that was there before"));
            }
            *place = Some(CandidateReward {
                reward: reward(numbers[validation]),
                further: numbers,
            });
        }
        let missing = measured.iter().filter(|place| place.is_none()).count();
        let all: Option<Vec<CandidateReward>> = measured.into_iter().collect();
        let all = all.ok_or_else(|| wrong(format!("{missing} candidates are missing")))?;
        Ok(Landscape::new(space, further, all))
    }

    /// As JSON that [`from_errors`](Self::from_errors) reads, a row on each line, errors with five digits after
    /// the point; `what` says what was measured.
    #[must_use]
    pub fn to_errors(&self, what: &str) -> String {
        let names: Vec<&str> = self.decisions().map(|(name, _)| name).collect();
        let options: serde_json::Map<String, Value> = self
            .decisions()
            .map(|(name, options)| (name.to_owned(), json!(options)))
            .collect();
        let columns: Vec<&str> = names
            .iter()
            .copied()
            .chain(self.further.iter().map(String::as_str))
            .collect();
        let rows = self.measured.iter().enumerate().map(|(place, measured)| {
            let choices = self.space.candidate(place).into_iter();
            let choices = choices.map(|choice| choice.to_string());
            let errors = measured.further.iter().map(|error| format!("{error:.5}"));
            format!("[{}]", choices.chain(errors).collect::<Vec<_>>().join(","))
        });
        format!(
            "{{\"what\":{},\n\"columns\":{},\n\"order\":{},\n\"options\":{},\n\"rows\":[\n{}\n]}}\n",
            json!(what),
            json!(columns),
            json!(names),
            Value::Object(options),
            rows.collect::<Vec<_>>().join(",\n")
        )
    }

    fn decisions(&self) -> impl Iterator<Item = (&str, &Vec<String>)> {
        let decisions = self.space.decisions().iter();
        decisions.map(|decision| (decision.name.as_str(), &decision.options))
    }
}

/// −ln of an error: how a game of settings rewards them.
pub(crate) fn reward(error: f64) -> f64 {
    -metaplast_tensor::Scalar::ln(error)
}

impl Game for Landscape {
    fn options(&self, prefix: &[usize]) -> Vec<usize> {
        self.space.options(prefix)
    }

    fn measure(&self, end: &[usize]) -> CandidateReward {
        self.measured[self.space.place(end)].clone()
    }

    fn measure_all(&self, ends: &[Vec<usize>]) -> Option<Vec<CandidateReward>> {
        // There is nothing to be computed.
        Some(ends.iter().map(|end| self.measure(end)).collect())
    }

    fn features(&self, prefix: &[usize]) -> Vec<f64> {
        self.space.features(prefix)
    }

    fn describe(&self, prefix: &[usize]) -> String {
        self.space.describe(prefix)
    }

    fn further(&self) -> Vec<String> {
        self.further.clone()
    }
}
