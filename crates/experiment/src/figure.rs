//! Figures as data: panels of curves over a common axis.

use metaplast_numbers::Estimate;
use metaplast_numbers::statistics::Interval;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A figure of one or more panels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// A short name for links and files.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// What to see in it, for somebody who has not read the paper.
    pub explanation: String,
    /// Its panels.
    pub plots: Vec<Plot>,
    /// Names of the series, as the curves number them.
    pub series: Vec<String>,
    /// How lines and bands are made.
    pub method: String,
}

/// A panel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// How large a panel is, in units of about a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Size {
    /// One of many, to be compared with its neighbours.
    Small,
    /// One of two, or alone.
    Wide,
}

/// The horizontal axis of a panel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
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
    /// Numbers, from the least to the greatest that is drawn.
    Numbers {
        /// What it is, with its unit.
        label: String,
        /// How values map to places.
        scale: Scale,
    },
    /// Numbers on both axes in the same unit, as for a path in the plane.
    Plane {
        /// What it is, with its unit.
        label: String,
    },
}

/// The vertical axis of a panel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Up {
    /// What it is, with its unit.
    pub label: String,
    /// How values map to places.
    pub scale: Scale,
    /// Ends, instead of those that hold all points.
    pub ends: Option<(f64, f64)>,
}

/// How values map to places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Equal differences are equally far.
    Linear,
    /// Equal ratios are equally far; values at or below zero have no place.
    Logarithmic,
}

/// One line with its band.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Which entry of the legend it belongs to.
    pub series: usize,
    /// Its points, from left to right, or along the path in a plane.
    pub points: Vec<Point>,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where it is.
    pub x: f64,
    /// What is drawn there.
    pub y: Estimate,
}

/// A horizontal line to compare with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Where it is.
    pub y: f64,
    /// What it is.
    pub label: String,
}

impl Figure {
    /// Without panels and series.
    pub fn new(
        id: impl Into<String>,
        title: impl Into<String>,
        explanation: impl Into<String>,
    ) -> Self {
        Figure {
            id: id.into(),
            title: title.into(),
            explanation: explanation.into(),
            plots: Vec::new(),
            series: Vec::new(),
            method: String::new(),
        }
    }

    /// With the names of its series.
    #[must_use]
    pub fn with_series<S: Into<String>>(self, series: impl IntoIterator<Item = S>) -> Self {
        Figure {
            series: series.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// With one more panel.
    #[must_use]
    pub fn with_plot(mut self, plot: Plot) -> Self {
        self.plots.push(plot);
        self
    }

    /// With words on how lines and bands are made.
    #[must_use]
    pub fn with_method(self, method: impl Into<String>) -> Self {
        Figure {
            method: method.into(),
            ..self
        }
    }
}

impl Plot {
    /// A small panel without curves, over a linear vertical axis.
    pub fn new(title: impl Into<String>, across: Across, up: impl Into<String>) -> Self {
        Plot {
            size: Size::Small,
            title: title.into(),
            across,
            up: Up {
                label: up.into(),
                scale: Scale::Linear,
                ends: None,
            },
            curves: Vec::new(),
            references: Vec::new(),
        }
    }

    /// Large.
    #[must_use]
    pub fn wide(self) -> Self {
        Plot {
            size: Size::Wide,
            ..self
        }
    }

    /// With a logarithmic vertical axis.
    #[must_use]
    pub fn logarithmic(mut self) -> Self {
        self.up.scale = Scale::Logarithmic;
        self
    }

    /// With the ends of the vertical axis.
    #[must_use]
    pub fn between(mut self, low: f64, high: f64) -> Self {
        self.up.ends = Some((low, high));
        self
    }

    /// With one more curve; points that are not finite are left out.
    #[must_use]
    pub fn with_curve(mut self, series: usize, points: impl IntoIterator<Item = Point>) -> Self {
        let finite = |point: &Point| point.x.is_finite() && point.y.mean.is_finite();
        let points = points.into_iter().filter(finite).collect();
        self.curves.push(Curve { series, points });
        self
    }

    /// With one more line to compare with.
    #[must_use]
    pub fn with_reference(mut self, y: f64, label: impl Into<String>) -> Self {
        let label = label.into();
        self.references.push(Reference { y, label });
        self
    }
}

impl Point {
    /// Without an interval.
    #[must_use]
    pub fn exact(x: f64, y: f64) -> Self {
        Point {
            x,
            y: Estimate::exact(y),
        }
    }

    /// The mean of values with its interval; `None` when none is finite.
    #[must_use]
    pub fn of(x: f64, values: &[f64]) -> Option<Self> {
        Estimate::of(values, x.to_bits()).map(|y| Point { x, y })
    }
}

/// `[x, mean]`, or `[x, mean, low, high]`.
impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut numbers = vec![self.x, self.y.mean];
        numbers.extend(self.y.interval.into_iter().flat_map(|i| [i.low, i.high]));
        numbers.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Point {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let numbers = Vec::<f64>::deserialize(deserializer)?;
        let (x, mean, interval) = match numbers[..] {
            [x, mean] => (x, mean, None),
            [x, mean, low, high] => (x, mean, Some(Interval { low, high })),
            _ => {
                return Err(serde::de::Error::invalid_length(
                    numbers.len(),
                    &"2 or 4 numbers",
                ));
            }
        };
        Ok(Point {
            x,
            y: Estimate { mean, interval },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_comes_back_from_its_json() {
        let across = Across::Numbers {
            label: "step".into(),
            scale: Scale::Logarithmic,
        };
        let points = [Point::of(1.0, &[1.0, 2.0]), Point::of(2.0, &[3.0])];
        let plot = Plot::new("P", across, "loss, in nats")
            .logarithmic()
            .with_curve(
                0,
                points
                    .into_iter()
                    .flatten()
                    .chain([Point::exact(3.0, f64::NAN)]),
            )
            .with_reference(1.0, "one");
        let figure = Figure::new("f", "F", "").with_series(["a"]).with_plot(plot);
        assert_eq!(figure.plots[0].curves[0].points.len(), 2);
        let text = serde_json::to_string(&figure).unwrap();
        assert_eq!(serde_json::from_str::<Figure>(&text).unwrap(), figure);
    }
}
