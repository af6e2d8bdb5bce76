//! A figure as an SVG file of its own, for papers and slides.

use std::fmt::Write;

use metaplast_data::text::escaped_lines;
use metaplast_experiment::Figure;

use crate::panel::extent;
use crate::svg::{panel, sample, text};

/// Panels beside each other.
const COLUMNS: usize = 3;
/// Space between panels and around them.
const GAP: f64 = 16.0;
/// Height of a line of the legend.
const ROW: f64 = 20.0;
const STYLE: &str = include_str!("standalone.css");

/// The text of the file. It refers to no other and looks the same on every background.
pub fn standalone(figure: &Figure) -> String {
    let columns = figure.plots.len().clamp(1, COLUMNS);
    let rows = figure.plots.len().div_ceil(columns);
    let legend = if figure.series.len() > 1 {
        GAP + ROW * figure.series.len() as f64
    } else {
        0.0
    };
    let extents = figure.plots.iter().map(|plot| extent(plot.size));
    let (across, down) = extents.fold((GAP, GAP), |(across, down), (width, height)| {
        (across.max(width + GAP), down.max(height + GAP))
    });
    let width = GAP + columns as f64 * across;
    let height = GAP + rows as f64 * down + legend;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">"#
    );
    let _ = write!(svg, "<style>{STYLE}</style>");
    let _ = write!(
        svg,
        r#"<rect class="paper" width="{width}" height="{height}"/>"#
    );
    for (place, plot) in figure.plots.iter().enumerate() {
        let x = GAP + (place % columns) as f64 * across;
        let y = GAP + (place / columns) as f64 * down;
        let _ = write!(svg, r#"<g transform="translate({x} {y})">"#);
        svg += &panel(plot, &figure.series);
        svg += "</g>";
    }
    if figure.series.len() > 1 {
        for (series, name) in figure.series.iter().enumerate() {
            let y = height - legend + ROW * series as f64;
            let _ = write!(svg, r#"<g transform="translate({GAP} {y})">"#);
            svg += &sample(series);
            text(&mut svg, "name", 42.0, 11.0, "start", name);
            svg += "</g>";
        }
    }
    svg += "</svg>\n";
    // Names come from files and directories, and XML has no place for control characters.
    escaped_lines(&svg).into_owned()
}
