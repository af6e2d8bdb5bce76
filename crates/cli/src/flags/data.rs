//! Flags that name images.

use std::ffi::OsString;

use clap::Args;
use metaplast_runs::settings::{OneOf, heading, names, whole};

/// Which images.
#[derive(Args, Debug)]
pub(crate) struct DataFlags {
    /// `glyphs`, drawn on the spot; `emnist`, `mnist` or `fashion`, once fetched; a directory with IDX
    /// files, or one of pictures for each class; a table of images, .csv or .npz (see docs/data.md)
    /// [default: those the rule was found on, or glyphs]
    #[arg(long, value_name = "DATA", help_heading = heading::DATA)]
    pub(crate) data: Option<OsString>,
    /// Glyphs drawn of each class [default: 400]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    pub(crate) glyphs_per_class: Option<u64>,
    /// Seed of the glyphs [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    pub(crate) data_seed: Option<u64>,
    /// Pixels to which images are brought: a side, or rows and columns like 32x24 [default: as the rule
    /// was found, or the files' own; 28 for pictures]
    #[arg(long, value_name = "SIZE", help_heading = heading::DATA)]
    pub(crate) image_size: Option<String>,
    /// Colour mode of images: gray, or three inputs for each pixel [default: as the rule was found, or gray]
    #[arg(long, value_name = "MODE", value_parser = OneOf(names::color_modes), help_heading = heading::DATA)]
    pub(crate) color_mode: Option<String>,
}

impl DataFlags {
    /// Whether any images were named.
    pub(crate) fn any(&self) -> bool {
        let text = self.image_size.is_some() || self.color_mode.is_some();
        let number = self.glyphs_per_class.is_some() || self.data_seed.is_some();
        self.data.is_some() || text || number
    }
}
