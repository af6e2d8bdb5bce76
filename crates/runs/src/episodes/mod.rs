//! Episodes of a run on disk: `episodes.csv`, one row for each.

mod checksum;
mod csv;
mod log;
mod reader;
mod row_file;
mod withdraw;

pub use csv::{Columns, row};
pub use log::EpisodeLog;
pub use reader::{EpisodeRow, LastRow, TrialRows, read_rows, read_trials};
pub(crate) use withdraw::withdraw;
