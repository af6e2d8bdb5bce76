//! Images by name, for experiments that know no names.

use metaplast_data::Dataset;
use metaplast_experiment::Error;
use metaplast_runs::data::{DATA_SEED, DataSource, GLYPHS_PER_CLASS};

/// Opens images as `--data` names them.
pub(super) fn open(name: &str) -> Result<Dataset, Error> {
    let source = DataSource::new(name, GLYPHS_PER_CLASS, DATA_SEED).map_err(Error::other)?;
    source.open().map_err(Error::other)
}
