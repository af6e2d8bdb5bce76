//! Images by name, for experiments that know no names.

use metaplast_data::Dataset;
use metaplast_experiment::Error;
use metaplast_runs::Error as RunError;
use metaplast_runs::data::{DATA_SEED, DataSource, GLYPHS_PER_CLASS};

/// Opens images as `--data` names them.
pub(super) fn open(name: &str) -> Result<Dataset, Error> {
    let wrong = |error: RunError| match error {
        RunError::Setting { reason, .. } => Error::setting("data", reason),
        error => Error::setting("data", error.to_string()),
    };
    let source = DataSource::new(name, GLYPHS_PER_CLASS, DATA_SEED).map_err(wrong)?;
    source.open().map_err(wrong)
}
