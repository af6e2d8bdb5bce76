//! `metaplast data`, and the flags that name images.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::settings::whole;

/// Which images.
#[derive(Args, Debug)]
pub(crate) struct DataFlags {
    /// `glyphs`, drawn on the spot, or a directory with IDX files [default: those the rule was
    /// found on, or glyphs]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<String>,
    /// Glyphs drawn of each class [default: 400]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) glyphs_per_class: Option<u64>,
    /// Seed of the glyphs [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) data_seed: Option<u64>,
}

/// The subcommands of `data`.
#[derive(Debug, Subcommand)]
pub(crate) enum Data {
    /// Count and measure the images
    Info(Info),
    /// Draw a contact sheet, one class in a row
    Preview(Preview),
}

/// Count and measure the images.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  metaplast data info --data glyphs")]
pub(crate) struct Info {
    #[command(flatten)]
    pub(crate) data: DataFlags,
}

/// Draw a contact sheet as a PNG: one class in a row, labelled with its number, upright.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  metaplast data preview --classes A,B,10,11 --out sheet.png")]
pub(crate) struct Preview {
    #[command(flatten)]
    pub(crate) data: DataFlags,
    /// Classes by name or number [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) classes: Option<Vec<String>>,
    /// Images of each class
    #[arg(long, value_name = "N", default_value = "10", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) per_class: u64,
    /// The PNG file to write
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
