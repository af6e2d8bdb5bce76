//! Flags that name images.

use clap::Args;
use metaplast_runs::settings::whole;

/// Which images.
#[derive(Args, Debug)]
pub(crate) struct DataFlags {
    /// `glyphs`, drawn on the spot; `emnist`, `mnist` or `fashion`, once fetched; a directory with IDX
    /// files, or one of PNG files for each class (see docs/data.md) [default: those the rule was found
    /// on, or glyphs]
    #[arg(long, value_name = "DATA")]
    pub(crate) data: Option<String>,
    /// Glyphs drawn of each class [default: 400]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) glyphs_per_class: Option<u64>,
    /// Seed of the glyphs [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) data_seed: Option<u64>,
}
