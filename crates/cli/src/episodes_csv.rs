//! `episodes.csv`: one row per episode of meta-training.
//!
//! Numbers are printed so that they parse back to the same bits, and nothing depends on time or
//! threads: equal runs have equal bytes.

use std::fs::File;
use std::path::{Path, PathBuf};

use metaplast_meta::trainer::EpisodeRecord;

use crate::error::Error;

/// Writes rows, each of which reaches the file as a whole.
pub(crate) struct EpisodesCsv {
    path: PathBuf,
    writer: csv::Writer<File>,
}

impl EpisodesCsv {
    /// Creates the file with its header, for these terms and this many layers of weights.
    pub(crate) fn create(path: &Path, terms: &[usize], layers: usize) -> Result<Self, Error> {
        let file = File::create_new(path).map_err(|cause| Error::io(path, "create", cause))?;
        let mut csv = EpisodesCsv {
            path: path.into(),
            writer: csv::Writer::from_writer(file),
        };
        csv.row(&header(terms, layers))?;
        Ok(csv)
    }

    /// Adds one episode.
    pub(crate) fn write(&mut self, record: &EpisodeRecord) -> Result<(), Error> {
        self.row(&fields(record))
    }

    fn row(&mut self, fields: &[String]) -> Result<(), Error> {
        let written = self
            .writer
            .write_record(fields)
            .map_err(std::io::Error::from);
        written
            .and_then(|()| self.writer.flush())
            .map_err(|cause| Error::io(&self.path, "write", cause))
    }
}

fn header(terms: &[usize], layers: usize) -> Vec<String> {
    let fixed = [
        "trial",
        "episode",
        "meta_loss",
        "query_ce",
        "query_accuracy",
    ];
    let mut header: Vec<String> = fixed.map(str::to_owned).to_vec();
    header.extend(terms.iter().map(|r| format!("theta_{r}")));
    header.extend((1..layers).map(|l| format!("alpha_{l}")));
    header.extend((1..=layers).map(|l| format!("orthonormality_{l}")));
    header.extend((1..=layers).map(|l| format!("weight_norm_{l}")));
    header.push("diverged".into());
    header
}

fn fields(record: &EpisodeRecord) -> Vec<String> {
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
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_name_the_terms_in_use() {
        assert_eq!(
            header(&[0, 9], 2).join(","),
            "trial,episode,meta_loss,query_ce,query_accuracy,theta_0,theta_9,alpha_1,\
             orthonormality_1,orthonormality_2,weight_norm_1,weight_norm_2,diverged"
        );
    }

    #[test]
    fn numbers_parse_back_to_the_same_bits() {
        for x in [0.1 + 0.2, 3e7, 1e-300, f64::MIN_POSITIVE, -0.0, 1e22] {
            let back: f64 = format!("{x:?}").parse().unwrap();
            assert_eq!(back.to_bits(), x.to_bits());
        }
    }
}
