//! `metaplast reproduce`

use std::path::PathBuf;

use clap::Args;

use crate::settings::whole;

const AFTER: &str = "\
Without a name it lists the experiments. Each is a small sweep, and --show prints it, as a file for
`metaplast sweep` to change and run. Its runs are ordinary run directories below --out, and its result
is a page, report.html, with the experiment's question, what is published about it, and what was found.
The same command goes on where it was stopped.

Examples:
  metaplast reproduce
  metaplast reproduce fig3 --quick --episodes 20 --trials 2 --out runs/try
  metaplast reproduce lambda-sweep --show
  metaplast reproduce transfer --quick --episodes 20 --out runs/carried";

/// Repeat the paper's experiments, and some that it leaves open.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Reproduce {
    /// Which experiment
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A size that ends within minutes, to see how it goes
    #[arg(long)]
    pub(crate) quick: bool,
    /// Whole meta-trainings with different random streams [default: the experiment's]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) trials: Option<u64>,
    /// Episodes of each trial [default: the experiment's]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) episodes: Option<u64>,
    /// From which everything random but the glyphs follows [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// `glyphs`, drawn on the spot; `emnist`, `mnist` or `fashion`, once fetched; a directory with IDX
    /// files, or one of PNG files for each class [default: glyphs]
    #[arg(long, value_name = "DATA")]
    pub(crate) data: Option<String>,
    /// Try the rules that were found on these images too, as --data names them; again for more
    #[arg(long, value_name = "DATA")]
    pub(crate) transfer_to: Vec<String>,
    /// Directory for the runs [default: runs/NAME, or runs/NAME-quick]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) threads: Option<u64>,
    /// Print the experiment as a sweep file and do nothing
    #[arg(long, requires = "name")]
    pub(crate) show: bool,
    /// No progress, only the table
    #[arg(long)]
    pub(crate) quiet: bool,
    /// One JSON object for each run instead of the table, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
