//! Panels as SVG.
//!
//! Colours, fonts and line styles come from classes, so that the page's style sheet can give dark,
//! light and printed pages their own, and a file for a paper carries literal ones.

use std::fmt::Write;

use metaplast_experiment::{Across, Curve, Plot, Reference, Size};

use crate::axis::Axis;
use crate::panel::{across_label, axes, characters, extent};

/// Space around the curves. A phone writes wide panels in larger letters, so they have more of it.
struct Margins {
    top: f64,
    right: f64,
    bottom: f64,
    /// Width of a character of a tick label.
    character: f64,
    /// From one line of text to the next.
    line: f64,
}

fn margins(size: Size) -> Margins {
    match size {
        Size::Small => Margins {
            top: 46.0,
            right: 14.0,
            bottom: 42.0,
            character: 7.4,
            line: 17.0,
        },
        Size::Wide => Margins {
            top: 56.0,
            right: 20.0,
            bottom: 50.0,
            character: 10.0,
            line: 21.0,
        },
    }
}

/// Markers on a curve, so that it can be told without its colour.
const MARKERS: usize = 5;
/// Colours and markers before they repeat.
const STYLES: usize = 8;

/// The inside of a panel's `svg` element, as large as its size says.
pub(crate) fn panel(plot: &Plot, names: &[String]) -> String {
    let margins = margins(plot.size);
    let (width, height) = extent(plot.size);
    let (right, bottom) = (width - margins.right, height - margins.bottom);
    let left_of = |up: &Axis| {
        let widest = up.ticks.iter().map(|(_, label)| label.chars().count());
        12.0 + margins.character * widest.max().unwrap_or(1).max(3) as f64
    };
    // How much room labels take is known from axes, and in a plane axes follow from the room.
    let room = |left: f64| axes(plot, right - left, bottom - margins.top);
    let left = left_of(&room(0.0).1);
    let (across, up) = room(left);
    let frame = Frame {
        left,
        top: margins.top,
        right,
        bottom,
        end: height,
        line: margins.line,
        across,
        up,
    };
    let mut svg = String::new();
    let (title, unit) = characters(plot.size);
    text(
        &mut svg,
        "title",
        2.0,
        14.0,
        "start",
        &cut(&plot.title, title),
    );
    let second = 14.0 + frame.line;
    text(
        &mut svg,
        "unit",
        2.0,
        second,
        "start",
        &cut(&plot.up.label, unit),
    );
    frame.axes(&mut svg, across_label(plot));
    for reference in &plot.references {
        let y = frame.y(reference.y);
        if (frame.top - 0.5..=frame.bottom + 0.5).contains(&y) {
            let (left, right) = (frame.left, frame.right);
            let _ = write!(
                svg,
                r#"<path class="reference" d="M{left:.1} {y:.1}H{right}"/>"#
            );
        }
    }
    let joined = !matches!(plot.across, Across::Steps { .. });
    for curve in &plot.curves {
        frame.band(&mut svg, curve, joined);
    }
    for (place, curve) in plot.curves.iter().enumerate() {
        let name = names.get(curve.series).map_or("", String::as_str);
        frame.line(
            &mut svg,
            curve,
            name,
            joined.then_some(place),
            names.len() == 1,
        );
    }
    for reference in &plot.references {
        frame.note(&mut svg, plot, reference);
    }
    svg
}

/// The sample of a series in a legend, 34 by 14.
pub(crate) fn sample(series: usize) -> String {
    let class = classes(series);
    let mut svg = format!(r#"<g class="{class}"><path class="line" d="M1 7H33"/>"#);
    marker(&mut svg, series, 17.0, 7.0);
    svg + "</g>"
}

/// The words of an SVG element.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            // Not allowed in XML, even escaped.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// At most so many characters, with an ellipsis where some are left out.
fn cut(words: &str, most: usize) -> String {
    match words.chars().count() > most {
        true => words.chars().take(most - 1).chain(['…']).collect(),
        false => words.to_owned(),
    }
}

pub(crate) fn text(svg: &mut String, class: &str, x: f64, y: f64, anchor: &str, words: &str) {
    let words = escaped(words);
    let _ = write!(
        svg,
        r#"<text class="{class}" x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{words}</text>"#
    );
}

fn classes(series: usize) -> String {
    // Every fourth has the same dashes but another colour; after eight, another combination.
    format!("s{} d{}", series % STYLES, (series + series / STYLES) % 4)
}

struct Frame {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    /// Below everything.
    end: f64,
    line: f64,
    across: Axis,
    up: Axis,
}

impl Frame {
    fn x(&self, value: f64) -> f64 {
        self.left + self.across.place(value) * (self.right - self.left)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom - self.up.place(value) * (self.bottom - self.top)
    }

    /// The same, but no further out than just beyond the frame.
    fn y_within(&self, value: f64) -> f64 {
        let y = self.y(value);
        if y.is_nan() {
            return self.bottom;
        }
        y.clamp(self.top - 2.0, self.bottom + 2.0)
    }

    /// The name of a reference, on that side of it on which fewer points lie.
    fn note(&self, svg: &mut String, plot: &Plot, reference: &Reference) {
        let y = self.y(reference.y);
        if !(self.top - 0.5..=self.bottom + 0.5).contains(&y) {
            return;
        }
        let points = plot.curves.iter().flat_map(|curve| &curve.points);
        let right = points.filter(|point| self.across.place(point.x) > 0.4);
        let distances: Vec<f64> = right.map(|point| self.y(point.y.mean) - y).collect();
        let near = |side: f64| {
            let distances = distances
                .iter()
                .filter(|d| (0.0..20.0).contains(&(*d * side)));
            distances.count()
        };
        let below = y < self.top + 14.0 || (y < self.bottom - 18.0 && near(1.0) < near(-1.0));
        let y = if below { y + 14.0 } else { y - 5.0 };
        text(svg, "note", self.right - 2.0, y, "end", &reference.label);
    }

    fn axes(&self, svg: &mut String, across: &str) {
        let (left, right, bottom) = (self.left, self.right, self.bottom);
        for (value, label) in &self.up.ticks {
            let y = self.y(*value);
            let _ = write!(svg, r#"<path class="grid" d="M{left:.1} {y:.1}H{right}"/>"#);
            text(svg, "tick", left - 6.0, y + 4.0, "end", label);
        }
        for (value, label) in &self.across.ticks {
            let x = self.x(*value);
            let _ = write!(svg, r#"<path class="axis" d="M{x:.1} {bottom}v4"/>"#);
            text(svg, "tick", x, bottom + self.line, "middle", label);
        }
        let _ = write!(
            svg,
            r#"<path class="axis" d="M{left:.1} {bottom}H{right}"/>"#
        );
        let middle = (left + right) / 2.0;
        text(svg, "across", middle, self.end - 6.0, "middle", across);
    }

    fn band(&self, svg: &mut String, curve: &Curve, joined: bool) {
        let with_band = curve.points.iter().filter_map(|point| {
            let interval = point.y.interval?;
            let (low, high) = (self.y_within(interval.low), self.y_within(interval.high));
            Some((self.x(point.x), low, high))
        });
        let with_band: Vec<(f64, f64, f64)> = with_band.collect();
        if with_band.is_empty() {
            return;
        }
        let class = classes(curve.series);
        if !joined {
            let _ = write!(svg, r#"<path class="bar {class}" d=""#);
            for (x, low, high) in with_band {
                let x = x + aside(curve.series);
                let _ = write!(svg, "M{x:.1} {low:.1}V{high:.1}");
            }
            *svg += r#""/>"#;
            return;
        }
        let _ = write!(svg, r#"<path class="band {class}" d=""#);
        for (place, (x, low, _)) in with_band.iter().enumerate() {
            let _ = write!(svg, "{}{x:.1} {low:.1}", if place == 0 { "M" } else { "L" });
        }
        for (x, _, high) in with_band.iter().rev() {
            let _ = write!(svg, "L{x:.1} {high:.1}");
        }
        *svg += r#"Z"/>"#;
    }

    /// A curve with few markers when it is the `sparse`th of its panel, with all otherwise.
    fn line(
        &self,
        svg: &mut String,
        curve: &Curve,
        name: &str,
        sparse: Option<usize>,
        alone: bool,
    ) {
        let class = classes(curve.series);
        let shift = if sparse.is_some() {
            0.0
        } else {
            aside(curve.series)
        };
        let place = |k: usize| {
            let point = &curve.points[k];
            (self.x(point.x) + shift, self.y_within(point.y.mean))
        };
        let _ = write!(
            svg,
            r#"<g class="{class}"><title>{}</title>"#,
            escaped(name)
        );
        *svg += r#"<path class="line" d=""#;
        for k in 0..curve.points.len() {
            let (x, y) = place(k);
            let _ = write!(svg, "{}{x:.1} {y:.1}", if k == 0 { "M" } else { "L" });
        }
        *svg += r#""/>"#;
        let n = curve.points.len();
        let marked: Vec<usize> = match sparse {
            // Alone it cannot be mistaken for another.
            Some(_) if alone && n > 1 => Vec::new(),
            Some(nth) if n > 2 * MARKERS => (0..MARKERS)
                .map(|k| (n * (2 * k + 1) / (2 * MARKERS) + nth * n / 40) % n)
                .collect(),
            _ => (0..n).collect(),
        };
        for k in marked {
            let (x, y) = place(k);
            marker(svg, curve.series, x, y);
        }
        *svg += "</g>";
    }
}

/// Points at the same value of a setting stand beside each other.
fn aside(series: usize) -> f64 {
    [0.0, 3.0, -3.0, 6.0][series % 4]
}

fn marker(svg: &mut String, series: usize, x: f64, y: f64) {
    let path = match series % 5 {
        0 => format!(
            "M{:.1} {y:.1}a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0Z",
            x - 3.2
        ),
        1 => format!("M{:.1} {:.1}h6v6h-6Z", x - 3.0, y - 3.0),
        2 => format!("M{x:.1} {:.1}l4 7h-8Z", y - 4.5),
        3 => format!("M{x:.1} {:.1}l4.2 4.2l-4.2 4.2l-4.2 -4.2Z", y - 4.2),
        _ => format!("M{x:.1} {:.1}l4 -7h-8Z", y + 4.5),
    };
    let _ = write!(svg, r#"<path class="marker" d="{path}"/>"#);
}
