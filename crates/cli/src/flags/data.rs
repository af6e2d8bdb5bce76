//! `metaplast data`, and the flags that name images.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::settings::whole;

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

/// The subcommands of `data`.
#[derive(Debug, Subcommand)]
pub(crate) enum Data {
    /// Count and measure the images
    Info(Info),
    /// Draw a contact sheet, one class in a row
    Preview(Preview),
    /// Download a published data set into the cache
    Fetch(Fetch),
}

const AFTER_FETCH: &str = "\
Files are downloaded once, checked against their SHA-256, and kept in the user's cache directory, or in
that which METAPLAST_CACHE names. A download that was broken off goes on with the same command. The
addresses are those of crates/cli/sources.toml; --sources, or METAPLAST_SOURCES, names a file of the
same form with changes to it.

Examples:
  metaplast data fetch mnist
  metaplast data fetch fashion --from https://mirror.example.org/fashion/ --cache cache";

/// Download a published data set into the cache, for `--data NAME`.
#[derive(Args, Debug)]
#[command(after_help = AFTER_FETCH)]
pub(crate) struct Fetch {
    /// Which data set: emnist, mnist or fashion
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What stands before the names of the files, instead of the usual address
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<String>,
    /// A table with other addresses, checksums or limits
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) sources: Option<PathBuf>,
    /// Directory below which each data set gets its own [default: $METAPLAST_CACHE, or `metaplast` in
    /// the user's cache directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache: Option<PathBuf>,
    /// Attempts after one that failed, for each file
    #[arg(long, value_name = "N", default_value = "4", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) retries: u64,
    /// Seconds without a byte after which an attempt has failed
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) timeout: u64,
    /// No progress and no summary
    #[arg(long)]
    pub(crate) quiet: bool,
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
