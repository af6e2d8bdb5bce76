//! One panel: its size, its axes, and what they hold.

use metaplast_experiment::{Across, Plot, Point, Scale, Size};

use crate::axis::Axis;

/// Characters that fit above the panel: of the title, and of the label below it.
pub(crate) fn characters(size: Size) -> (usize, usize) {
    match size {
        Size::Small => (38, 46),
        Size::Wide => (44, 52),
    }
}

/// Width and height of a panel.
pub(crate) fn extent(size: Size) -> (f64, f64) {
    match size {
        Size::Small => (340.0, 250.0),
        Size::Wide => (520.0, 330.0),
    }
}

/// What the horizontal axis is called.
pub(crate) fn across_label(plot: &Plot) -> &str {
    match &plot.across {
        Across::Steps { label, .. } | Across::Numbers { label, .. } | Across::Plane { label } => {
            label
        }
        _ => "episode",
    }
}

/// The axes of a panel whose curves have so much room, `width` by `height`.
pub(crate) fn axes(plot: &Plot, width: f64, height: f64) -> (Axis, Axis) {
    match &plot.across {
        Across::Plane { .. } => plane(plot, width, height),
        Across::Episodes(number) => (Axis::exact(0.0, (*number).max(1) as f64), up(plot)),
        Across::Steps { names, .. } => (Axis::steps(names), up(plot)),
        Across::Numbers { scale, .. } => {
            let (low, high) = reach_across(plot, *scale).unwrap_or((1.0, 10.0));
            let across = match scale {
                Scale::Linear if low < high => Axis::exact(low, high),
                _ => Axis::around(*scale, low, high),
            };
            (across, up(plot))
        }
        _ => (Axis::exact(0.0, 1.0), up(plot)),
    }
}

fn up(plot: &Plot) -> Axis {
    let scale = plot.up.scale;
    if let Some((low, high)) = plot.up.ends {
        return match scale {
            Scale::Linear => Axis::exact(low, high),
            Scale::Logarithmic => Axis::around(scale, low, high),
        };
    }
    let (low, high) = reach(plot).unwrap_or(match scale {
        Scale::Linear => (0.0, 1.0),
        Scale::Logarithmic => (1.0, 10.0),
    });
    Axis::around(scale, low, high)
}

/// Axes on which a unit is equally long.
fn plane(plot: &Plot, width: f64, height: f64) -> (Axis, Axis) {
    let (left, right) = reach_across(plot, Scale::Linear).unwrap_or((-1.0, 1.0));
    let (low, high) = reach(plot).unwrap_or((-1.0, 1.0));
    // Some room around the path.
    let unit = 1.1 * f64::max((right - left) / width, (high - low) / height).max(1e-9);
    let ends = |a: f64, b: f64, room: f64| {
        let (middle, half) = ((a + b) / 2.0, unit * room / 2.0);
        Axis::exact(middle - half, middle + half)
    };
    (ends(left, right, width), ends(low, high, height))
}

fn points(plot: &Plot) -> impl Iterator<Item = &Point> {
    plot.curves.iter().flat_map(|curve| &curve.points)
}

fn has_place(scale: Scale) -> impl Fn(&f64) -> bool {
    move |x| match scale {
        Scale::Linear => x.is_finite(),
        Scale::Logarithmic => x.is_finite() && *x > 0.0,
    }
}

fn least_and_greatest(numbers: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    numbers.fold(None, |reach, x| match reach {
        None => Some((x, x)),
        Some((low, high)) => Some((f64::min(low, x), f64::max(high, x))),
    })
}

fn reach_across(plot: &Plot, scale: Scale) -> Option<(f64, f64)> {
    let numbers = points(plot).map(|point| point.x);
    least_and_greatest(numbers.filter(has_place(scale)))
}

/// The least and greatest value that is drawn, bands and references included.
pub(crate) fn reach(plot: &Plot) -> Option<(f64, f64)> {
    let ends = points(plot).flat_map(|point| {
        let interval = point.y.interval;
        let (low, high) = interval.map_or((point.y.mean, point.y.mean), |i| (i.low, i.high));
        [low, point.y.mean, high]
    });
    let references = plot.references.iter().map(|reference| reference.y);
    least_and_greatest(ends.chain(references).filter(has_place(plot.up.scale)))
}

/// Gives panels of one row the same vertical axis, so that they can be compared.
pub(crate) fn share_up(plots: &mut [Plot]) {
    let reaches = plots.iter().filter_map(reach);
    let common = reaches.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)));
    for plot in plots {
        plot.up.ends = common;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_equally_long_on_both_axes_of_a_plane() {
        let across = Across::Plane { label: "x".into() };
        let points = [Point::exact(0.0, 0.0), Point::exact(4.0, 1.0)];
        let plot = Plot::new("P", across, "y").with_curve(0, points);
        let (across, up) = axes(&plot, 300.0, 150.0);
        let length = 300.0 * (across.place(1.0) - across.place(0.0));
        let height = 150.0 * (up.place(1.0) - up.place(0.0));
        assert!((length - height).abs() < 1e-9, "{length} {height}");
        assert!(across.place(0.0) > 0.0 && across.place(4.0) < 1.0);
    }

    #[test]
    fn numbers_reach_from_the_first_to_the_last() {
        let across = Across::Numbers {
            label: "n".into(),
            scale: Scale::Linear,
        };
        let points = [Point::exact(5.0, 1.0), Point::exact(400.0, 2.0)];
        let plot = Plot::new("P", across, "y").with_curve(0, points);
        let (across, _) = axes(&plot, 300.0, 150.0);
        assert_eq!((across.place(5.0), across.place(400.0)), (0.0, 1.0));
    }
}
