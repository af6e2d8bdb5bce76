//! `metaplast report`

use std::path::PathBuf;

use clap::Args;

const AFTER: &str = "\
The page holds the course of accuracy, loss, coefficients, alignment angles and orthonormality, as
means over the trials with 98% bootstrap intervals, a table of results, the rule as maths, the
settings, and the command that repeats the run. Several runs are laid over each other.

It is one file that needs no network and no script. A run that has not ended yet is shown as far as
it got.

Examples:
  metaplast meta-train --preset fa --episodes 30 --shots 10 --out runs/fa
  metaplast meta-train --preset bio --episodes 30 --shots 10 --out runs/bio
  metaplast report runs/fa runs/bio --out comparison.html --svg figures";

/// Write one page of figures and tables about finished runs.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Report {
    /// Directories that meta-train wrote
    #[arg(value_name = "RUN_DIR", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// The page [default: report.html in the first directory]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Also write each figure as an SVG file into this directory, for papers
    #[arg(long, value_name = "DIR")]
    pub(crate) svg: Option<PathBuf>,
    /// The page's title [default: the names of the runs]
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Do not say where the page is
    #[arg(long)]
    pub(crate) quiet: bool,
}
