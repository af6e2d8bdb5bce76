//! Flags that name images.

use std::ffi::OsString;

use clap::Args;
use metaplast_runs::settings::{heading, whole};

/// Which images.
#[derive(Args, Debug)]
pub(crate) struct DataFlags {
    /// `glyphs`, drawn on the spot; `emnist`, `mnist` or `fashion`, once fetched; a directory with IDX
    /// files, or one of PNG files for each class (see docs/data.md) [default: those the rule was found
    /// on, or glyphs]
    #[arg(long, value_name = "DATA", help_heading = heading::DATA)]
    pub(crate) data: Option<OsString>,
    /// Glyphs drawn of each class [default: 400]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    pub(crate) glyphs_per_class: Option<u64>,
    /// Seed of the glyphs [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    pub(crate) data_seed: Option<u64>,
}

impl DataFlags {
    /// Whether any images were named.
    pub(crate) fn any(&self) -> bool {
        self.data.is_some() || self.glyphs_per_class.is_some() || self.data_seed.is_some()
    }
}
