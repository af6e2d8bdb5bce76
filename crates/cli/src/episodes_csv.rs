//! `episodes.csv`: one row per episode of meta-training.
//!
//! Numbers are printed so that they parse back to the same bits, and nothing depends on time or
//! threads: equal runs have equal bytes.

use metaplast_meta::query::{Diagnostics, QueryScore};
use metaplast_meta::train::{Cause, Divergence, EpisodeRecord, Location};
use metaplast_plasticity::{CoefficientInfo, Rule};

/// The last columns: whether the meta-batch of the episode diverged, how many of the trial did so far,
/// and of an episode that is to blame what was wrong and where it blew up.
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
pub(crate) struct Columns {
    /// Behind `theta_`, for each coefficient its term's index in the pool or own name, and its layer
    /// when it is one layer's own: `2`, or `2_l1`.
    pub(crate) terms: Vec<String>,
    /// Layers of weights.
    pub(crate) layers: usize,
}

impl Columns {
    /// For the terms of this rule and this many layers of weights.
    pub(crate) fn new(rule: &Rule, layers: usize) -> Self {
        let column = |coefficient: CoefficientInfo<'_>| {
            let index = rule.indices().get(coefficient.place);
            let term = index.map_or(coefficient.term.symbol.to_owned(), usize::to_string);
            match coefficient.layer {
                None => term,
                Some(layer) => format!("{term}_l{layer}"),
            }
        };
        Columns {
            terms: rule.coefficients().map(column).collect(),
            layers,
        }
    }

    /// The first line of the file.
    pub(crate) fn header(&self) -> String {
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

    /// Reads a line that [`row`] wrote; `None` when it is no such line.
    ///
    /// The outer angles, which are not in the file, are not a number.
    pub(crate) fn read(&self, line: &str) -> Option<EpisodeRecord> {
        let mut cells = line.split(',');
        let trial = cells.next()?.parse().ok()?;
        let episode = cells.next()?.parse().ok()?;
        let mut numbers =
            |n: usize| -> Option<Vec<f64>> { (0..n).map(|_| cells.next()?.parse().ok()).collect() };
        let scores = numbers(3)?;
        let theta = numbers(self.terms.len())?;
        let mut angles = vec![f64::NAN];
        angles.extend(numbers(self.layers - 1)?);
        angles.push(f64::NAN);
        let diagnostics = Diagnostics {
            angles,
            orthonormality: numbers(self.layers)?,
            weight_norms: numbers(self.layers)?,
        };
        let diverged = cells.next()?.parse().ok()?;
        let diverged_so_far = cells.next()?.parse().ok()?;
        let cells_of_divergence = [(); 5].map(|()| cells.next());
        let divergence = match cells_of_divergence {
            [Some(""), Some(""), Some(""), Some(""), Some("")] => None,
            [
                Some(cause),
                Some(step),
                Some(layer),
                Some(term),
                Some(relative_update),
            ] => {
                let location = Location {
                    step: step.parse().ok()?,
                    layer: layer.parse().ok()?,
                    term: term.to_owned(),
                    relative_update: relative_update.parse().ok()?,
                };
                let cause = Cause::ALL.into_iter().find(|c| c.name() == cause)?;
                Some(Divergence { cause, location })
            }
            _ => return None,
        };
        cells.next().is_none().then_some(EpisodeRecord {
            trial,
            episode,
            theta,
            meta_loss: scores[0],
            query: QueryScore {
                cross_entropy: scores[1],
                accuracy: scores[2],
            },
            diagnostics,
            diverged,
            diverged_so_far,
            divergence,
        })
    }
}

/// One episode as a line.
pub(crate) fn row(record: &EpisodeRecord) -> String {
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
    use metaplast_plasticity::text::TextTerm;

    use super::*;

    #[test]
    fn columns_name_the_terms_in_use() {
        let before = "trial,episode,meta_loss,query_ce,query_accuracy,theta_0,theta_9,";
        let behind = "alpha_1,orthonormality_1,orthonormality_2,weight_norm_1,weight_norm_2,";
        let last = DIVERGENCE.join(",") + "\n";
        let rule = Rule::new(&[0, 9]).unwrap();
        let header = Columns::new(&rule, 2).header();
        assert_eq!(header, format!("{before}{behind}{last}"));
        let hebb = TextTerm::parse("hebb = y * y_pre^T").unwrap();
        let rule = Rule::with_own(&[0, 9], vec![hebb]).unwrap();
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
        let columns = Columns::new(&Rule::new(&[0, 3]).unwrap(), 2);
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
            assert_eq!(columns.read(&line[..at]), None);
        }
        assert_eq!(columns.read(&format!("{},", line.trim_end())), None);
    }
}
