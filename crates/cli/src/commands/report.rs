//! `metaplast report`: a page about finished runs.

use std::path::{Path, PathBuf};

use clap::Args;
use metaplast_report::Page;
use metaplast_runs::directory::names::REPORT;

use crate::error::Error;
use crate::report::{has_results, program, read_experiment, read_run, write_figures, write_page};
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
  metaplast report runs/fa runs/bio --out comparison.html --svg figures
  metaplast reproduce pc-alignment --quick --out runs/alignment
  metaplast report runs/alignment --svg figures";

/// Write one page of figures and tables about finished runs, or about an experiment.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct ReportArguments {
    /// Directories that meta-train wrote, or one of an experiment
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
    check_directories(&arguments.runs)?;
    let page = match &arguments.runs[..] {
        [alone] if has_results(alone) => of_experiment(alone)?,
        runs => of_runs(runs)?,
    };
    let title = arguments.title.clone();
    let page = Page {
        title: title.unwrap_or(page.title),
        ..page
    };
    let in_first = || arguments.runs[0].join(REPORT);
    let out = arguments.out.clone().unwrap_or_else(in_first);
    let mut said = write_page(&page, &out)?;
    if let Some(directory) = &arguments.svg {
        let files = write_figures(&page.figures(), directory)?;
        said += &format!("{files} figures in {}\n", shown(directory));
    }
    if arguments.quiet {
        return Ok(());
    }
    output::print(&said)
}

/// Refuses what can have no page, or none together with the others.
fn check_directories(paths: &[PathBuf]) -> Result<(), Error> {
    for path in paths {
        let reason = if path.is_file() {
            "this is a file; name the directory of a run or of an experiment"
        } else if paths.len() > 1 && has_results(path) {
            "the results of an experiment have a page of their own; name this directory alone"
        } else {
            continue;
        };
        return Err(Error::setting(path.display().to_string(), reason));
    }
    Ok(())
}

fn of_runs(paths: &[PathBuf]) -> Result<Page, Error> {
    let names = names(paths);
    let runs = paths.iter().zip(&names);
    let runs = runs.map(|(path, name)| read_run(path, name));
    Ok(Page {
        title: names.join(", "),
        experiment: None,
        runs: runs.collect::<Result<_, _>>()?,
        program: program(),
    })
}

fn of_experiment(directory: &Path) -> Result<Page, Error> {
    let experiment = read_experiment(directory)?;
    let runs = experiment.results.runs.iter();
    let runs = runs.map(|run| read_run(&directory.join(&run.path), &run.name));
    let runs = runs.collect::<Result<_, _>>()?;
    Ok(Page {
        title: experiment.about.title.clone(),
        experiment: Some(experiment),
        runs,
        program: program(),
    })
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
