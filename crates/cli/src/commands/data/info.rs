//! `metaplast data info`: the images in numbers.

use clap::Args;
use metaplast_data::{ColorMode, Orientation};
use metaplast_plasticity::digits::significant;
use metaplast_runs::data::fingerprint;

use crate::error::Error;
use crate::flags::{DataFlags, task_setup};
use crate::terminal::output;
use crate::terminal::table::table;

/// Count and measure the images.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  metaplast data info --data glyphs")]
pub(crate) struct Info {
    #[command(flatten)]
    data: DataFlags,
}

/// Runs the command.
pub(crate) fn run(arguments: &Info) -> Result<(), Error> {
    let dataset = task_setup::open(&arguments.data)?;
    let statistics = dataset.statistics();
    let inhabited = || statistics.per_class.iter().filter(|&&n| n > 0);
    let range = match (inhabited().min(), inhabited().max()) {
        (Some(fewest), Some(most)) if fewest < most => format!("{fewest} to {most}"),
        (_, most) => most.copied().unwrap_or(0).to_string(),
    };
    let empty = statistics.per_class.len() - inhabited().count();
    let names: Vec<&str> = (0..dataset.classes())
        .map(|c| dataset.class_name(c))
        .collect();
    let orientation = match dataset.orientation() {
        Orientation::Upright => "upright",
        Orientation::Transposed => "transposed, as EMNIST's",
    };
    let color = match dataset.color_mode() {
        ColorMode::Gray => "",
        ColorMode::Rgb => " of three colours",
    };
    let groups: Vec<&str> = (0..dataset.groups())
        .map(|g| dataset.group_name(g))
        .collect();
    let mut rows = vec![
        ("name", dataset.name().to_owned()),
        (
            "images",
            format!(
                "{} of {}x{} pixels{color}, {orientation}",
                dataset.len(),
                dataset.rows(),
                dataset.cols()
            ),
        ),
        (
            "classes",
            format!("{}: {}", dataset.classes(), names.join(" ")),
        ),
        (
            "images of a class",
            match empty {
                0 => range,
                1 => format!("{range}; one class has none"),
                n => format!("{range}; {n} classes have none"),
            },
        ),
        ("mean pixel", significant(statistics.mean, 3)),
        (
            "nonzero pixels",
            format!("{}%", significant(100.0 * statistics.nonzero, 3)),
        ),
        (
            "longer side",
            format!("{:.1} pixels", statistics.longer_side),
        ),
        (
            "peak",
            format!(
                "{}, at least {} in every image",
                statistics.peak, statistics.faintest_peak
            ),
        ),
        ("fingerprint", fingerprint(&dataset)),
    ];
    if !groups.is_empty() {
        let groups = format!("{}: {}", groups.len(), groups.join(" "));
        rows.insert(3, ("groups of classes", groups));
    }
    // Values are text, so both columns stand left.
    let width = rows.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(key, value)| vec![format!("{key:<width$}  {value}")])
        .collect();
    output::print(&table(&rows))
}
