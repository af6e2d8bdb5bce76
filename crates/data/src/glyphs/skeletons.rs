//! The shapes of the characters: which points the pen passes, stroke by stroke.
//!
//! A shape is text. Points are `x,y` in a box from 0 to 100, y downwards; `;`
//! lifts the pen; between points the pen goes smoothly, except that a point
//! with `!` is a corner. Each class has the width of its box in percent of the
//! height, and several shapes, the ways in which people write it, with how often
//! each is taken.

mod capitals;
mod digits;
mod small;

/// Shapes of one class with their weights.
pub(super) type Shapes = &'static [(u32, &'static str)];

/// A point that the pen passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f32,
    pub(super) y: f32,
    /// Whether the pen turns sharply here.
    pub(super) corner: bool,
}

/// From pen down to pen up: at least two points.
pub(super) type Stroke = Vec<Point>;

/// One class, ready to be drawn.
pub(super) struct Class {
    pub(super) character: char,
    /// Width of the box over its height.
    pub(super) width: f32,
    /// Cumulative weight and strokes of each shape; the last weight is the total.
    pub(super) shapes: Vec<(u32, Vec<Stroke>)>,
}

/// All classes, in the order of EMNIST Balanced.
pub(super) fn classes() -> Vec<Class> {
    [digits::SHAPES, capitals::SHAPES, small::SHAPES]
        .concat()
        .into_iter()
        .map(|(character, width, shapes)| {
            let mut total = 0;
            let shapes = shapes.iter().map(|&(weight, text)| {
                total += weight;
                (total, parse(text))
            });
            Class {
                character,
                width: width as f32 / 100.0,
                shapes: shapes.collect(),
            }
        })
        .collect()
}

/// Panics on malformed text: the tables are part of the program.
fn parse(text: &str) -> Vec<Stroke> {
    let stroke = |text: &str| text.split_whitespace().map(point).collect::<Stroke>();
    let strokes: Vec<Stroke> = text.split(';').map(stroke).collect();
    assert!(
        strokes.iter().all(|s| s.len() >= 2),
        "a stroke has two points: {text}"
    );
    strokes
}

fn point(text: &str) -> Point {
    let (place, corner) = match text.strip_suffix('!') {
        Some(place) => (place, true),
        None => (text, false),
    };
    let number = |s: &str| s.parse::<u8>().ok().map(|n| f32::from(n) / 100.0);
    let both = place
        .split_once(',')
        .and_then(|(x, y)| Some((number(x)?, number(y)?)));
    let (x, y) = both.unwrap_or_else(|| panic!("{text:?} is no point like 20,95 or 20,95!"));
    Point { x, y, corner }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_spell_the_classes_of_emnist_balanced() {
        let classes = classes();
        let spelled: String = classes.iter().map(|c| c.character).collect();
        assert_eq!(spelled, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt");
        for class in &classes {
            assert!(class.shapes[0].0 > 0, "{}", class.character);
            let points = class
                .shapes
                .iter()
                .flat_map(|(_, strokes)| strokes)
                .flatten();
            assert!(points.into_iter().all(|p| p.x <= 1.0 && p.y <= 1.0));
        }
    }

    #[test]
    fn shapes_are_read() {
        let p = |x, y, corner| Point { x, y, corner };
        assert_eq!(
            parse("0,100 50,0! 100,100; 25,50 75,50"),
            [
                vec![p(0.0, 1.0, false), p(0.5, 0.0, true), p(1.0, 1.0, false)],
                vec![p(0.25, 0.5, false), p(0.75, 0.5, false)],
            ]
        );
    }
}
