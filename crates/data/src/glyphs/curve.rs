//! From the points of a stroke to a fine polyline.

use super::skeletons::Point;

/// A place on the paper.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) x: f32,
    pub(super) y: f32,
}

impl Place {
    pub(super) fn distance(self, other: Place) -> f32 {
        let (dx, dy) = (self.x - other.x, self.y - other.y);
        (dx * dx + dy * dy).sqrt()
    }
}

/// Straight pieces between two points of a stroke.
const PIECES: usize = 6;

/// The pen's way through the points: smooth between corners.
pub(super) fn trace(stroke: &[Point], into: &mut Vec<Place>) {
    into.clear();
    let place = |p: &Point| Place { x: p.x, y: p.y };
    into.push(place(&stroke[0]));
    let mut start = 0;
    for end in 1..stroke.len() {
        if stroke[end].corner || end + 1 == stroke.len() {
            let run: Vec<Place> = stroke[start..=end].iter().map(place).collect();
            trace_run(&run, into);
            start = end;
        }
    }
}

/// A centripetal Catmull-Rom spline: it passes every point and makes no loops of its own.
fn trace_run(run: &[Place], into: &mut Vec<Place>) {
    let last = run.len() - 1;
    for i in 0..last {
        let (p1, p2) = (run[i], run[i + 1]);
        // Beyond its ends a run goes on straight.
        let p0 = if i > 0 { run[i - 1] } else { mirror(p2, p1) };
        let p3 = if i + 2 <= last {
            run[i + 2]
        } else {
            mirror(p1, p2)
        };
        let knot = |a: Place, b: Place| a.distance(b).sqrt().max(1e-3);
        let (d01, d12, d23) = (knot(p0, p1), knot(p1, p2), knot(p2, p3));
        let slope = |a: f32, b: f32, c: f32, ab: f32, bc: f32| {
            d12 * ((b - a) / ab - (c - a) / (ab + bc) + (c - b) / bc)
        };
        let m1 = Place {
            x: slope(p0.x, p1.x, p2.x, d01, d12),
            y: slope(p0.y, p1.y, p2.y, d01, d12),
        };
        let m2 = Place {
            x: slope(p1.x, p2.x, p3.x, d12, d23),
            y: slope(p1.y, p2.y, p3.y, d12, d23),
        };
        for k in 1..=PIECES {
            let t = k as f32 / PIECES as f32;
            let hermite = |a: f32, b: f32, ma: f32, mb: f32| {
                let (c3, c2) = (2.0 * (a - b) + ma + mb, 3.0 * (b - a) - 2.0 * ma - mb);
                ((c3 * t + c2) * t + ma) * t + a
            };
            into.push(Place {
                x: hermite(p1.x, p2.x, m1.x, m2.x),
                y: hermite(p1.y, p2.y, m1.y, m2.y),
            });
        }
    }
}

fn mirror(p: Place, at: Place) -> Place {
    Place {
        x: 2.0 * at.x - p.x,
        y: 2.0 * at.y - p.y,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(x: f32, y: f32, corner: bool) -> Point {
        Point { x, y, corner }
    }

    #[test]
    fn the_pen_passes_every_point_and_keeps_corners() {
        let stroke = [
            point(0.0, 0.0, false),
            point(1.0, 0.2, false),
            point(1.0, 1.0, true),
            point(0.0, 1.0, false),
        ];
        let mut line = Vec::new();
        trace(&stroke, &mut line);
        assert_eq!(line.len(), 1 + 3 * PIECES);
        for (i, p) in stroke.iter().enumerate() {
            let at = line[i * PIECES];
            assert!((at.x - p.x).abs() + (at.y - p.y).abs() < 1e-6);
        }
        // After the corner comes a straight run.
        assert!(line[2 * PIECES..].iter().all(|p| (p.y - 1.0).abs() < 1e-6));
    }

    #[test]
    fn coinciding_points_stay_finite() {
        let p = point(0.5, 0.5, false);
        let mut line = Vec::new();
        trace(&[p, p, p], &mut line);
        assert!(line.iter().all(|p| p.x.is_finite() && p.y.is_finite()));
    }
}
