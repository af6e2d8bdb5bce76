//! `metaplast data preview`: a contact sheet.

use std::path::PathBuf;

use clap::Args;
use metaplast_data::Dataset;
use metaplast_data::text::escaped;
use metaplast_runs::directory::file::write_whole;
use metaplast_runs::settings::{Choice, whole};

use super::contact_sheet::ContactSheet;
use crate::error::Error;
use crate::flags::{DataFlags, task_setup};
use crate::shell::shown;
use crate::terminal::output;

/// Draw a contact sheet as a PNG: one class in a row, labelled with its number, upright.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  metaplast data preview --classes A,B,10,11 --out sheet.png")]
pub(crate) struct Preview {
    #[command(flatten)]
    data: DataFlags,
    /// Classes by name or number [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    classes: Option<Vec<String>>,
    /// Images of each class
    #[arg(long, value_name = "N", default_value = "10", value_parser = whole, allow_negative_numbers = true)]
    per_class: u64,
    /// The PNG file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// More images in a row than this make no sheet.
const MOST: u64 = 1000;

/// Runs the command.
pub(crate) fn run(arguments: &Preview) -> Result<(), Error> {
    let per_class = Choice::new(arguments.per_class, "--per-class");
    if per_class.positive()? > MOST {
        return Err(per_class.wrong(format!("choose {MOST} or fewer")).into());
    }
    if arguments.out.is_dir() {
        let origin = format!("--out {}", arguments.out.display());
        return Err(Error::setting(
            origin,
            "this is a directory; name a PNG file",
        ));
    }
    let dataset = task_setup::open(&arguments.data)?;
    let classes = match &arguments.classes {
        Some(names) => names
            .iter()
            .map(|name| class(&dataset, name))
            .collect::<Result<Vec<_>, _>>()?,
        None => (0..dataset.classes()).collect(),
    };
    let sheet = ContactSheet::new(&dataset, &classes, per_class.value as usize);
    let png = sheet
        .to_png()
        .map_err(|cause| Error::Failed(format!("{}: {cause}", arguments.out.display())))?;
    write_whole(&arguments.out, &png)?;
    let rows = classes
        .iter()
        .map(|&c| format!("{c} = {}", escaped(dataset.class_name(c))));
    output::line(&format!(
        "{}: {} by {} pixels; rows: {}",
        shown(&arguments.out),
        sheet.width(),
        sheet.height(),
        rows.collect::<Vec<_>>().join(", ")
    ))
}

/// A class by its name, or else by its number.
fn class(dataset: &Dataset, name: &str) -> Result<usize, Error> {
    let name = name.trim();
    let named = (0..dataset.classes()).find(|&c| dataset.class_name(c) == name);
    let numbered = name.parse().ok().filter(|&c| c < dataset.classes());
    named.or(numbered).ok_or_else(|| {
        let last = dataset.classes() - 1;
        let reason = format!(
            "{:?} has no class `{name}`; choose names as `metaplast data info` lists them, or numbers from 0 to {last}",
            dataset.name()
        );
        Error::setting("--classes", reason)
    })
}
