//! A hand: everything that makes one writing of a shape differ from the next.

use rand::rngs::Xoshiro256PlusPlus;

use super::SIDE;
use super::curve::{Place, trace};
use super::raster::Piece;
use super::skeletons::{Point, Stroke};
use crate::random::{bell, between, unit};

/// One writing: how far points stray, how the paper is bent and tilted, how the pen presses.
pub(super) struct Hand {
    /// Standard deviation of the points' straying, in parts of the box.
    unsteadiness: f32,
    bend: [Wave; 2],
    /// Twice how far the middle of the box moves in x and y: unequal halves.
    halves: (f32, f32),
    /// x and y of the upright box after rotation, slant and stretching.
    affine: [f32; 4],
    /// Mean radius of the pen, in pixels.
    radius: f32,
    /// Blur in pixels.
    pub(super) sigma: f32,
    /// Longer side of the inked box before the blur, in pixels.
    size: f32,
}

/// A smooth displacement: one sine over the box for each axis.
struct Wave {
    direction: (f32, f32),
    phase: f32,
    amplitude: (f32, f32),
}

impl Hand {
    /// A hand for a class whose box has this width over height.
    ///
    /// The spreads are fitted to EMNIST: ink, box, slant, stretch, and how hard
    /// the classes are to tell apart (`tests/glyphs.rs`).
    pub(super) fn new(width: f32, rng: &mut Xoshiro256PlusPlus) -> Self {
        let unsteadiness = 0.040 * libm::expf(0.35 * bell(rng));
        let bend = [wave(rng), wave(rng)];
        let halves = (0.13 * bell(rng), 0.13 * bell(rng));
        let rotation = 0.08 * bell(rng);
        let slant = 0.15 + 0.25 * bell(rng);
        let aspect = width * libm::expf(0.22 * bell(rng));
        let (sin, cos) = (libm::sinf(rotation), libm::cosf(rotation));
        // Stretch, lean (up is negative y), then turn.
        let affine = [
            cos * aspect,
            -cos * slant - sin,
            sin * aspect,
            -sin * slant + cos,
        ];
        // Small originals were enlarged, which shows as a thicker line and a wider blur.
        let enlarged = unit(rng) < 0.06;
        let thickest = 2.3;
        let mut radius = (1.42 * libm::expf(0.23 * bell(rng))).min(thickest);
        let mut sigma = 0.44 * libm::expf(0.08 * bell(rng));
        if enlarged {
            radius = radius.max(1.5);
            sigma *= 1.5;
        }
        Hand {
            unsteadiness,
            bend,
            halves,
            affine,
            radius,
            sigma,
            size: if unit(rng) < 0.4 { 21.0 } else { 23.0 },
        }
    }

    /// Writes a shape: pieces in pixels, in the middle of the image.
    pub(super) fn write(&self, shape: &[Stroke], rng: &mut Xoshiro256PlusPlus) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut line = Vec::new();
        for stroke in shape {
            trace(&self.stray(stroke, rng), &mut line);
            let pressure = (between(rng, 0.85, 1.15), between(rng, 0.7, 1.2));
            let n = (line.len() - 1) as f32;
            let radii: Vec<f32> = (0..line.len())
                .map(|i| {
                    let t = i as f32 / n;
                    let ragged = 1.0 + 0.08 * bell(rng);
                    self.radius * ragged * (pressure.0 + t * (pressure.1 - pressure.0))
                })
                .collect();
            line.iter_mut().for_each(|p| *p = self.bent(*p));
            let pairs = line.windows(2).enumerate();
            pieces.extend(pairs.map(|(i, pair)| Piece {
                from: pair[0],
                to: pair[1],
                radius: (radii[i], radii[i + 1]),
            }));
        }
        self.fit(&mut pieces);
        pieces
    }

    /// Moves the stroke as a whole, each point by itself, and its ends along their direction.
    fn stray(&self, stroke: &[Point], rng: &mut Xoshiro256PlusPlus) -> Stroke {
        let s = self.unsteadiness;
        let shift = (0.7 * s * bell(rng), 0.7 * s * bell(rng));
        let mut strayed: Stroke = stroke
            .iter()
            .map(|p| Point {
                x: p.x + shift.0 + s * bell(rng),
                y: p.y + shift.1 + s * bell(rng),
                corner: p.corner,
            })
            .collect();
        let n = strayed.len();
        for (end, next) in [(0, 1), (n - 1, n - 2)] {
            let by = 1.2 * s * bell(rng);
            let (dx, dy) = (
                strayed[end].x - strayed[next].x,
                strayed[end].y - strayed[next].y,
            );
            let length = (dx * dx + dy * dy).sqrt().max(0.1);
            strayed[end].x += by * dx / length;
            strayed[end].y += by * dy / length;
        }
        strayed
    }

    /// Where a place of the unit box ends up on bent and tilted paper, still without a unit.
    fn bent(&self, p: Place) -> Place {
        let unequal = |v: f32, by: f32| v + 2.0 * by * v * (1.0 - v);
        let (mut x, mut y) = (unequal(p.x, self.halves.0), unequal(p.y, self.halves.1));
        for wave in &self.bend {
            let at = wave.direction.0 * p.x + wave.direction.1 * p.y + wave.phase;
            let s = libm::sinf(at);
            x += wave.amplitude.0 * s;
            y += wave.amplitude.1 * s;
        }
        let [xx, xy, yx, yy] = self.affine;
        Place {
            x: xx * x + xy * y,
            y: yx * x + yy * y,
        }
    }

    /// Scales and centres so that the longer side of the ink is `size` pixels.
    fn fit(&self, pieces: &mut [Piece]) {
        let mut scale = self.size;
        let mut ink = Extent::of(pieces, scale);
        // The pen does not grow with the character, so its share is found by iteration.
        for _ in 0..4 {
            let pen = Extent::of(pieces, 0.0).longer();
            let line = (ink.longer() - pen).max(1e-3);
            scale *= ((self.size - pen) / line).clamp(0.01, 100.0);
            ink = Extent::of(pieces, scale);
        }
        let middle = 0.5 * SIDE as f32;
        let place = |p: Place| Place {
            x: middle + scale * p.x - 0.5 * (ink.low.x + ink.high.x),
            y: middle + scale * p.y - 0.5 * (ink.low.y + ink.high.y),
        };
        for piece in pieces {
            piece.from = place(piece.from);
            piece.to = place(piece.to);
        }
    }
}

/// The box around the ink of some pieces.
struct Extent {
    low: Place,
    high: Place,
}

impl Extent {
    /// With the lines scaled, but not the pen.
    fn of(pieces: &[Piece], scale: f32) -> Extent {
        let mut low = Place {
            x: f32::MAX,
            y: f32::MAX,
        };
        let mut high = Place {
            x: f32::MIN,
            y: f32::MIN,
        };
        for piece in pieces {
            for (p, r) in [(piece.from, piece.radius.0), (piece.to, piece.radius.1)] {
                let (x, y) = (scale * p.x, scale * p.y);
                low = Place {
                    x: low.x.min(x - r),
                    y: low.y.min(y - r),
                };
                high = Place {
                    x: high.x.max(x + r),
                    y: high.y.max(y + r),
                };
            }
        }
        Extent { low, high }
    }

    fn longer(&self) -> f32 {
        (self.high.x - self.low.x).max(self.high.y - self.low.y)
    }
}

fn wave(rng: &mut Xoshiro256PlusPlus) -> Wave {
    Wave {
        direction: (2.5 * bell(rng), 2.5 * bell(rng)),
        phase: between(rng, 0.0, std::f32::consts::TAU),
        amplitude: (0.04 * bell(rng), 0.04 * bell(rng)),
    }
}
