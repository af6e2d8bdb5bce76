//! `metaplast report`: a page about finished runs.

use std::fs;
use std::path::{Path, PathBuf};

use metaplast_report::{Figure, Page, figures, standalone};

use crate::arguments::Report;
use crate::error::Error;
use crate::file::write_whole;
use crate::output;
use crate::run_reader::read_run;

/// Runs the command.
pub(crate) fn run(arguments: &Report) -> Result<(), Error> {
    let names = names(&arguments.runs);
    let runs = arguments.runs.iter().zip(&names);
    let runs = runs.map(|(path, name)| read_run(path, name));
    let page = Page {
        title: arguments.title.clone().unwrap_or_else(|| names.join(", ")),
        study: None,
        first: Vec::new(),
        runs: runs.collect::<Result<_, Error>>()?,
        program: program(),
    };
    let in_first = || arguments.runs[0].join("report.html");
    let out = arguments.out.clone().unwrap_or_else(in_first);
    let mut said = write_page(&page, &out)?;
    if let Some(directory) = &arguments.svg {
        let files = write_figures(&figures(&page.runs), directory)?;
        said += &format!("{files} figures in {}\n", directory.display());
    }
    if arguments.quiet {
        return Ok(());
    }
    output::print(&said)
}

/// Writes a page and says where it is.
pub(crate) fn write_page(page: &Page, path: &Path) -> Result<String, Error> {
    if path.is_dir() {
        let origin = format!("--out {}", path.display());
        let reason = "this is a directory; name a file, such as report.html";
        return Err(Error::setting(origin, reason));
    }
    write_whole(path, page.to_html().as_bytes())?;
    Ok(format!("report: {}\n", path.display()))
}

/// Writes each figure into a file of its own and returns their number.
pub(crate) fn write_figures(figures: &[Figure], directory: &Path) -> Result<usize, Error> {
    fs::create_dir_all(directory).map_err(|cause| Error::io(directory, "create", cause))?;
    for figure in figures {
        let path = directory.join(format!("{}.svg", figure.id));
        write_whole(&path, standalone(figure).as_bytes())?;
    }
    Ok(figures.len())
}

/// What the page says wrote it.
pub(crate) fn program() -> String {
    format!("metaplast {}", env!("CARGO_PKG_VERSION"))
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
