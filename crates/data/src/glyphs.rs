//! Handwriting without any file: characters drawn from stroke skeletons.
//!
//! The 47 classes are those of EMNIST Balanced, and size, ink and blur of the
//! images match EMNIST's, so that what works on one works on the other. Every
//! class has several shapes, the ways in which people write it; every image
//! has its own slant, proportions, unsteadiness, pen and blur.
//!
//! Image `k` of class `c` depends on the seed, `c` and `k` alone: asking for
//! more images of a class adds to the ones there were.

mod curve;
mod hand;
mod raster;
mod skeletons;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

use crate::random::{scramble, uniform_index};
use crate::{ColorMode, Dataset, Orientation, Parts};
use hand::Hand;
use raster::Paper;
use skeletons::Class;

/// Pixels along each side of a glyph.
pub const SIDE: usize = 28;

/// Number of classes: digits, capitals, and the small letters that differ from their capitals.
pub const CLASSES: usize = 47;

impl Dataset {
    /// Draws `per_class` images of each of 47 characters; see [`glyphs`](crate::glyphs).
    ///
    /// Images are stored class by class, transposed as EMNIST's are.
    ///
    /// ```
    /// use metaplast_data::Dataset;
    ///
    /// let few = Dataset::glyphs(2, 1);
    /// let more = Dataset::glyphs(3, 1);
    /// assert_eq!((few.len(), few.classes(), few.class_name(10)), (94, 47, "A"));
    /// assert_eq!(few.image(0), more.image(0));
    /// ```
    ///
    /// # Panics
    ///
    /// If `per_class` is 0.
    pub fn glyphs(per_class: usize, seed: u64) -> Dataset {
        assert!(per_class > 0, "a data set has at least one image a class");
        let classes = skeletons::classes();
        let mut paper = Paper::new();
        let mut pixels = Vec::with_capacity(CLASSES * per_class * SIDE * SIDE);
        let mut labels = Vec::with_capacity(CLASSES * per_class);
        for (c, class) in classes.iter().enumerate() {
            for k in 0..per_class {
                let rng = stream(seed, c as u64, k as u64);
                draw(class, rng, &mut paper, &mut pixels);
                labels.push(c as u32);
            }
        }
        Dataset::from_parts(Parts {
            name: "glyphs".into(),
            rows: SIDE,
            cols: SIDE,
            color_mode: ColorMode::Gray,
            pixels,
            labels,
            class_names: classes.iter().map(|c| c.character.to_string()).collect(),
            orientation: Orientation::Transposed,
        })
        .expect("drawn parts fit together")
    }
}

fn stream(seed: u64, class: u64, index: u64) -> Xoshiro256PlusPlus {
    let key = scramble(scramble(scramble(seed) ^ class) ^ index);
    Xoshiro256PlusPlus::seed_from_u64(key)
}

fn draw(class: &Class, mut rng: Xoshiro256PlusPlus, paper: &mut Paper, pixels: &mut Vec<u8>) {
    let total = class.shapes.last().map_or(0, |&(weight, _)| weight);
    let pick = uniform_index(&mut rng, total as usize) as u32;
    let (_, shape) = class
        .shapes
        .iter()
        .find(|&&(up_to, _)| pick < up_to)
        .expect("the last weight is the total");
    let hand = Hand::new(class.width, &mut rng);
    let pieces = hand.write(shape, &mut rng);
    paper.render(&pieces, hand.sigma, pixels);
}
