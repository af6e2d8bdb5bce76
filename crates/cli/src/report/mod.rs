//! Pages about runs.

mod experiment;
mod reader;

use std::fs;
use std::path::Path;

use metaplast_experiment::Figure;
use metaplast_report::{Page, standalone};
use metaplast_runs::Error;
use metaplast_runs::directory::file::write_whole;

use crate::shell::shown;

pub(crate) use experiment::{has_results, read_experiment};
pub(crate) use reader::read_run;

/// Writes a page and says where it is.
pub(crate) fn write_page(page: &Page, path: &Path) -> Result<String, Error> {
    if path.is_dir() {
        let origin = format!("--out {}", path.display());
        let reason = "this is a directory; name a file, such as report.html";
        return Err(Error::setting(origin, reason));
    }
    write_whole(path, page.to_html().as_bytes())?;
    Ok(format!("report: {}\n", shown(path)))
}

/// Writes each figure into a file of its own and returns their number.
pub(crate) fn write_figures(figures: &[Figure], directory: &Path) -> Result<usize, Error> {
    fs::create_dir_all(directory).map_err(|cause| Error::io(directory, "create", cause))?;
    for figure in figures {
        // Names may come from a file that somebody wrote.
        let plain = |c: char| {
            if c.is_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        };
        let name: String = figure.id.chars().map(plain).collect();
        let path = directory.join(format!("{name}.svg"));
        write_whole(&path, standalone(figure).as_bytes())?;
    }
    Ok(figures.len())
}

/// What the page says wrote it.
pub(crate) fn program() -> String {
    format!("metaplast {}", env!("CARGO_PKG_VERSION"))
}
