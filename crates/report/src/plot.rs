//! One panel: curves over a common axis.

use crate::axis::{Axis, Scale};
use crate::estimate::Point;

/// The horizontal axis of a panel.
#[derive(Clone, Debug, PartialEq)]
pub enum Across {
    /// This many episodes, from 0.
    Episodes(usize),
    /// The values of a setting, at equal distances; points are joined by lines and marked.
    Steps {
        /// What it is, with its unit.
        label: String,
        /// Its values; the point of value `k` is at `x = k`.
        names: Vec<String>,
    },
}

/// The vertical axis of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Up {
    /// What it is, with its unit.
    pub label: String,
    /// How values map to places.
    pub scale: Scale,
    /// Ends, instead of those that hold all points.
    pub ends: Option<(f64, f64)>,
}

/// One line with its band.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Which entry of the legend it belongs to.
    pub series: usize,
    /// Its points, from left to right.
    pub points: Vec<Point>,
}

/// A horizontal line to compare with.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Where it is.
    pub y: f64,
    /// What it is.
    pub label: String,
}

/// How large a panel is, in units of about a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// One of many, to be compared with its neighbours.
    Small,
    /// One of two, or alone.
    Wide,
}

impl Size {
    /// Characters that fit above the panel: of the title, and of the label below it.
    pub(crate) fn characters(self) -> (usize, usize) {
        match self {
            Size::Small => (38, 46),
            Size::Wide => (44, 52),
        }
    }

    pub(crate) fn width(self) -> f64 {
        match self {
            Size::Small => 340.0,
            Size::Wide => 520.0,
        }
    }

    pub(crate) fn height(self) -> f64 {
        match self {
            Size::Small => 250.0,
            Size::Wide => 330.0,
        }
    }
}

/// A panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// How large it is.
    pub size: Size,
    /// What it shows.
    pub title: String,
    /// From left to right.
    pub across: Across,
    /// From bottom to top.
    pub up: Up,
    /// Its lines.
    pub curves: Vec<Curve>,
    /// Lines to compare with.
    pub references: Vec<Reference>,
}

impl Plot {
    /// What the horizontal axis is called.
    pub(crate) fn across_label(&self) -> &str {
        match &self.across {
            Across::Episodes(_) => "episode",
            Across::Steps { label, .. } => label,
        }
    }

    pub(crate) fn across_axis(&self) -> Axis {
        match &self.across {
            Across::Episodes(number) => Axis::exact(0.0, (*number).max(1) as f64),
            Across::Steps { names, .. } => Axis::steps(names),
        }
    }

    pub(crate) fn up_axis(&self) -> Axis {
        let scale = self.up.scale;
        if let Some((low, high)) = self.up.ends {
            return match scale {
                Scale::Linear => Axis::exact(low, high),
                Scale::Logarithmic => Axis::around(scale, low, high),
            };
        }
        let (low, high) = self.reach().unwrap_or(match scale {
            Scale::Linear => (0.0, 1.0),
            Scale::Logarithmic => (1.0, 10.0),
        });
        Axis::around(scale, low, high)
    }

    /// The least and greatest value that is drawn, bands and references included.
    pub(crate) fn reach(&self) -> Option<(f64, f64)> {
        let points = self.curves.iter().flat_map(|curve| &curve.points);
        let ends = points.flat_map(|point| {
            let interval = point.y.interval;
            let (low, high) = interval.map_or((point.y.mean, point.y.mean), |i| (i.low, i.high));
            [low, point.y.mean, high]
        });
        let references = self.references.iter().map(|reference| reference.y);
        let has_place = |y: &f64| match self.up.scale {
            Scale::Linear => y.is_finite(),
            Scale::Logarithmic => y.is_finite() && *y > 0.0,
        };
        ends.chain(references)
            .filter(has_place)
            .fold(None, |reach, y| match reach {
                None => Some((y, y)),
                Some((low, high)) => Some((f64::min(low, y), f64::max(high, y))),
            })
    }
}

/// Gives panels of one row the same vertical axis, so that they can be compared.
pub(crate) fn share_up(plots: &mut [Plot]) {
    let reaches = plots.iter().filter_map(Plot::reach);
    let common = reaches.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)));
    for plot in plots {
        plot.up.ends = common;
    }
}
