//! `episodes.csv`: one row per episode of meta-training.
//!
//! Numbers are printed so that they parse back to the same bits, and nothing depends on time or
//! threads: equal runs have equal bytes.

use metaplast_meta::query::{Diagnostics, QueryScore};
use metaplast_meta::train::{Cause, Divergence, EpisodeRecord, Location};
use metaplast_plasticity::Rule;

/// The last columns: whether the meta-batch of the episode diverged, how many of the trial did so far,
/// and of an episode that is to blame what was wrong and where it diverged.
const DIVERGENCE: [&str; 7] = [
    "diverged",
    "diverged_so_far",
    "cause",
    "at_step",
    "at_layer",
    "at_term",
    "relative_update",
];

/// What columns there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Behind `theta_`, for each coefficient its term's index in the pool or own name, and its layer
    /// when it is one layer's own: `2`, or `2_l1`.
    pub terms: Vec<String>,
    /// Layers of weights.
    pub layers: usize,
}

impl Columns {
    /// For the terms of this rule and this many layers of weights.
    #[must_use]
    pub fn new(rule: &Rule, layers: usize) -> Self {
        Columns {
            terms: rule.coefficients().map(|c| c.column()).collect(),
            layers,
        }
    }

    /// The first line of the file.
    pub fn header(&self) -> String {
        let fixed = [
            "trial",
            "episode",
            "meta_loss",
            "query_ce",
            "query_accuracy",
        ];
        let mut header: Vec<String> = fixed.map(str::to_owned).to_vec();
        header.extend(self.terms.iter().map(|r| format!("theta_{r}")));
        header.extend((1..self.layers).map(|l| format!("alpha_{l}")));
        header.extend((1..=self.layers).map(|l| format!("orthonormality_{l}")));
        header.extend((1..=self.layers).map(|l| format!("weight_norm_{l}")));
        header.extend(DIVERGENCE.map(str::to_owned));
        header.join(",") + "\n"
    }

    /// The names of the columns.
    fn names(&self) -> Vec<String> {
        let header = self.header();
        header.trim_end().split(',').map(str::to_owned).collect()
    }

    /// Checks the first line of a file, without the end of the line.
    ///
    /// # Errors
    /// The first column that is not the expected one, in words.
    pub fn check_header(&self, line: &str) -> Result<(), String> {
        let names = self.names();
        let found: Vec<&str> = line.split(',').collect();
        let mut pairs = names.iter().enumerate();
        let wrong = pairs.find(|(place, name)| found.get(*place) != Some(&name.as_str()));
        let Some((place, name)) = wrong else {
            return match found.get(names.len()) {
                None => Ok(()),
                Some(more) => Err(format!(
                    "column {more:?} is not one of a run with the terms and layers in config.toml"
                )),
            };
        };
        let found = found.get(place).unwrap_or(&"");
        Err(format!(
            "column {} is {found:?} where the terms and layers in config.toml need {name:?}; name a directory that meta-train wrote",
            place + 1
        ))
    }

    /// Reads a line that [`row`] wrote, without the end of the line.
    ///
    /// The outer angles, which are not in the file, are not a number.
    ///
    /// # Errors
    /// What is wrong with the line, in words.
    pub fn read(&self, line: &str) -> Result<EpisodeRecord, String> {
        let cells: Vec<&str> = line.split(',').collect();
        let (terms, layers) = (self.terms.len(), self.layers);
        let theta = 5;
        let angles = theta + terms;
        let orthonormality = angles + layers - 1;
        let weight_norms = orthonormality + layers;
        let diverged = weight_norms + layers;
        let columns = diverged + DIVERGENCE.len();
        if cells.len() != columns {
            return Err(format!(
                "{} of {columns} fields; the row was cut off or damaged, go on with the run by meta-train --resume, or delete it and what follows",
                cells.len()
            ));
        }
        let wrong = |place: usize, what: &str| {
            format!("{}: {:?} is not {what}", self.names()[place], cells[place])
        };
        let whole = |place: usize| {
            let number = cells[place].parse::<u64>();
            number.map_err(|_| wrong(place, "a whole number"))
        };
        let number = |place: usize| {
            let number = cells[place].parse::<f64>();
            number.map_err(|_| wrong(place, "a number"))
        };
        let numbers = |from: usize, n: usize| -> Result<Vec<f64>, String> {
            (from..from + n).map(number).collect()
        };
        let inner_angles = numbers(angles, layers - 1)?;
        let is_diverged = cells[diverged].parse();
        let place_of_divergence = diverged + 2;
        let divergence = match cells[place_of_divergence..] {
            ["", "", "", "", ""] => None,
            _ => {
                let [cause, step, layer, term, relative_update] =
                    [0, 1, 2, 3, 4].map(|k| place_of_divergence + k);
                let known = Cause::ALL.into_iter().find(|c| c.name() == cells[cause]);
                Some(Divergence {
                    cause: known.ok_or_else(|| wrong(cause, "a cause"))?,
                    location: Location {
                        step: whole(step)?,
                        layer: whole(layer)? as usize,
                        term: cells[term].to_owned(),
                        relative_update: number(relative_update)?,
                    },
                })
            }
        };
        Ok(EpisodeRecord {
            trial: whole(0)?,
            episode: whole(1)?,
            theta: numbers(theta, terms)?,
            meta_loss: number(2)?,
            query: QueryScore {
                cross_entropy: number(3)?,
                accuracy: number(4)?,
            },
            diagnostics: Diagnostics {
                angles: [vec![f64::NAN], inner_angles, vec![f64::NAN]].concat(),
                orthonormality: numbers(orthonormality, layers)?,
                weight_norms: numbers(weight_norms, layers)?,
            },
            diverged: is_diverged.map_err(|_| wrong(diverged, "true or false"))?,
            diverged_so_far: whole(diverged + 1)?,
            divergence,
        })
    }
}

/// One episode as a line.
#[must_use]
pub fn row(record: &EpisodeRecord) -> String {
    let diagnostics = &record.diagnostics;
    let layers = diagnostics.weight_norms.len();
    let mut fields = vec![record.trial.to_string(), record.episode.to_string()];
    let scores = [
        record.meta_loss,
        record.query.cross_entropy,
        record.query.accuracy,
    ];
    // `{:?}` is the shortest text that parses back to the same bits.
    let numbers = scores
        .iter()
        .chain(&record.theta)
        // The outer angles say nothing: α_0 is the input's, α_L is 0.
        .chain(&diagnostics.angles[1..layers])
        .chain(&diagnostics.orthonormality)
        .chain(&diagnostics.weight_norms);
    fields.extend(numbers.map(|x| format!("{x:?}")));
    fields.push(record.diverged.to_string());
    fields.push(record.diverged_so_far.to_string());
    match &record.divergence {
        None => fields.extend([const { String::new() }; 5]),
        Some(Divergence { cause, location }) => fields.extend([
            cause.name().to_owned(),
            location.step.to_string(),
            location.layer.to_string(),
            location.term.clone(),
            format!("{:?}", location.relative_update),
        ]),
    }
    fields.join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use metaplast_plasticity::{Term, pool};

    use super::*;

    #[test]
    fn columns_name_the_terms_in_use() {
        let before = "trial,episode,meta_loss,query_ce,query_accuracy,theta_0,theta_9,";
        let behind = "alpha_1,orthonormality_1,orthonormality_2,weight_norm_1,weight_norm_2,";
        let last = DIVERGENCE.join(",") + "\n";
        let rule = Rule::from_pool(&[0, 9]).unwrap();
        let header = Columns::new(&rule, 2).header();
        assert_eq!(header, format!("{before}{behind}{last}"));
        let hebb = Term::parse("hebb = y * y_pre^T").unwrap();
        let rule = Rule::new([pool()[0].clone(), pool()[9].clone(), hebb]).unwrap();
        let header = Columns::new(&rule, 2).header();
        assert_eq!(header, format!("{before}theta_hebb,{behind}{last}"));
        let header = Columns::new(&rule.per_layer(2), 2).header();
        let layers = header.split(',').filter(|name| name.starts_with("theta"));
        assert_eq!(
            layers.collect::<Vec<_>>(),
            [
                "theta_0_l1",
                "theta_0_l2",
                "theta_9_l1",
                "theta_9_l2",
                "theta_hebb_l1",
                "theta_hebb_l2"
            ]
        );
    }

    #[test]
    fn numbers_parse_back_to_the_same_bits() {
        for x in [0.1 + 0.2, 3e7, 1e-300, f64::MIN_POSITIVE, -0.0, 1e22] {
            let back: f64 = format!("{x:?}").parse().unwrap();
            assert_eq!(back.to_bits(), x.to_bits());
        }
    }

    #[test]
    fn rows_are_read_as_they_were_written() {
        let columns = Columns::new(&Rule::from_pool(&[0, 3]).unwrap(), 2);
        let record = EpisodeRecord {
            trial: 3,
            episode: 1 << 40,
            theta: vec![0.1 + 0.2, -0.0],
            meta_loss: f64::INFINITY,
            query: QueryScore {
                cross_entropy: f64::NAN,
                accuracy: 1e-300,
            },
            diagnostics: Diagnostics {
                angles: vec![1.0, 2.0, 3.0],
                orthonormality: vec![f64::NEG_INFINITY, 3e7],
                weight_norms: vec![0.5, 0.25],
            },
            diverged: true,
            diverged_so_far: 4,
            divergence: Some(Divergence {
                cause: Cause::Loss,
                location: Location {
                    step: 17,
                    layer: 2,
                    term: "F9".into(),
                    relative_update: f64::NAN,
                },
            }),
        };
        let line = row(&record);
        let back = columns.read(line.trim_end()).unwrap();
        assert_eq!(row(&back), line);
        for (at, _) in line.trim_end().char_indices().filter(|&(_, c)| c == ',') {
            assert!(columns.read(&line[..at]).is_err());
        }
        assert!(columns.read(&format!("{},", line.trim_end())).is_err());
    }
}
