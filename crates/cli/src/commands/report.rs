//! `metaplast report`: a page about finished runs.

use std::path::PathBuf;

use clap::Args;
use metaplast_report::{Page, figures};
use metaplast_runs::directory::names::REPORT;

use crate::error::Error;
use crate::report::{program, read_run, write_figures, write_page};
use crate::shell::{check_distinct, shown};
use crate::terminal::output;

const AFTER: &str = "\
The page holds the course of accuracy, loss, coefficients, alignment angles and orthonormality, as \
means over the trials with 98% bootstrap intervals, a table of results, the rule as maths, the \
settings, and the command that repeats the run. Several runs are laid over each other.

It is one file that needs no network and no script. A run that has not ended yet is shown as far as \
it got.

Examples:
  metaplast meta-train --preset fa --episodes 30 --shots 10 --out runs/fa
  metaplast meta-train --preset bio --episodes 30 --shots 10 --out runs/bio
  metaplast report runs/fa runs/bio --out comparison.html --svg figures";

/// Write one page of figures and tables about finished runs.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct ReportArguments {
    /// Directories that meta-train wrote
    #[arg(value_name = "RUN_DIR", required = true)]
    runs: Vec<PathBuf>,
    /// The page [default: report.html in the first directory]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Also write each figure as an SVG file into this directory, for papers
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// The page's title [default: the names of the runs]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Do not say where the page is
    #[arg(long)]
    quiet: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &ReportArguments) -> Result<(), Error> {
    check_distinct(&arguments.runs)?;
    let names = names(&arguments.runs);
    let runs = arguments.runs.iter().zip(&names);
    let runs = runs.map(|(path, name)| read_run(path, name));
    let page = Page {
        title: arguments.title.clone().unwrap_or_else(|| names.join(", ")),
        experiment: None,
        runs: runs.collect::<Result<_, _>>()?,
        program: program(),
    };
    let in_first = || arguments.runs[0].join(REPORT);
    let out = arguments.out.clone().unwrap_or_else(in_first);
    let mut said = write_page(&page, &out)?;
    if let Some(directory) = &arguments.svg {
        let files = write_figures(&figures(&page.runs), directory)?;
        said += &format!("{files} figures in {}\n", shown(directory));
    }
    if arguments.quiet {
        return Ok(());
    }
    output::print(&said)
}

/// The last part of each path, or the whole path where two have the same.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let last = |path: &PathBuf| {
        // `runs/bio/.` and `.` have no name of their own.
        let named = path.canonicalize().unwrap_or_else(|_| path.clone());
        let name = named
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        name.unwrap_or_else(|| path.display().to_string())
    };
    let names: Vec<String> = paths.iter().map(last).collect();
    let distinct = |place: usize| names.iter().filter(|name| **name == names[place]).count() == 1;
    let name = |place: usize| match distinct(place) {
        true => names[place].clone(),
        false => paths[place].display().to_string(),
    };
    (0..paths.len()).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_the_same_name_are_told_apart() {
        let paths = ["a/bio", "b/bio", "a/fa"].map(PathBuf::from);
        assert_eq!(names(&paths), ["a/bio", "b/bio", "fa"]);
    }
}
