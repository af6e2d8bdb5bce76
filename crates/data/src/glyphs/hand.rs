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
    /// Where the middle of the box goes, in x and y: unequal halves.
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
    pub(super) fn new(rng: &mut Xoshiro256PlusPlus) -> Self {
        let unsteadiness = 0.035 * libm::expf(0.35 * bell(rng));
        let bend = [wave(rng), wave(rng)];
        let halves = (0.10 * bell(rng), 0.10 * bell(rng));
        let rotation = 0.10 * bell(rng);
        let slant = 0.15 + 0.20 * bell(rng);
        let aspect = libm::expf(0.18 * bell(rng));
        let (sin, cos) = (libm::sinf(rotation), libm::cosf(rotation));
        // Stretch, lean (up is negative y), then turn.
        let affine = [
            cos * aspect,
            -cos * slant - sin,
            sin * aspect,
            -sin * slant + cos,
        ];
        Hand {
            unsteadiness,
            bend,
            halves,
            affine,
            radius: 1.15 * libm::expf(0.25 * bell(rng)),
            sigma: 0.92 * libm::expf(0.10 * bell(rng)),
            size: if unit(rng) < 0.4 { 20.8 } else { 22.6 },
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
            let radius = |i: usize| {
                let t = i as f32 / n;
                self.radius * (pressure.0 + t * (pressure.1 - pressure.0))
            };
            line.iter_mut().for_each(|p| *p = self.bent(*p));
            let pairs = line.windows(2).enumerate();
            pieces.extend(pairs.map(|(i, pair)| Piece {
                from: pair[0],
                to: pair[1],
                radius: (radius(i), radius(i + 1)),
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

    fn bent(&self, p: Place) -> Place {
        let unequal = |v: f32, by: f32| v + by * 4.0 * v * (1.0 - v) * 0.5;
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
        let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
        for p in pieces.iter().flat_map(|piece| [piece.from, piece.to]) {
            low = [low[0].min(p.x), low[1].min(p.y)];
            high = [high[0].max(p.x), high[1].max(p.y)];
        }
        let longer = (high[0] - low[0]).max(high[1] - low[1]).max(1e-3);
        let scale = (self.size - 2.0 * self.radius) / longer;
        let middle = 0.5 * SIDE as f32;
        let place = |p: Place| Place {
            x: middle + scale * (p.x - 0.5 * (low[0] + high[0])),
            y: middle + scale * (p.y - 0.5 * (low[1] + high[1])),
        };
        for piece in pieces {
            piece.from = place(piece.from);
            piece.to = place(piece.to);
        }
    }
}

fn wave(rng: &mut Xoshiro256PlusPlus) -> Wave {
    Wave {
        direction: (2.5 * bell(rng), 2.5 * bell(rng)),
        phase: between(rng, 0.0, std::f32::consts::TAU),
        amplitude: (0.04 * bell(rng), 0.04 * bell(rng)),
    }
}
