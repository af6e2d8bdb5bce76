//! From pen lines to gray pixels.

use super::SIDE;
use super::curve::Place;

/// A straight piece of a pen line, in pixels, with the pen's radius at both ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) from: Place,
    pub(super) to: Place,
    pub(super) radius: (f32, f32),
}

/// Ink is put on a grid of half pixels before it is blurred down to pixels.
const FINE: usize = 2 * SIDE;
/// Room around the grid for the blur, in half pixels.
const MARGIN: usize = 8;
const WIDE: usize = FINE + 2 * MARGIN;
const TAPS: usize = 2 * MARGIN;

/// Paper for one character, reused from one to the next.
pub(super) struct Paper {
    ink: Vec<f32>,
    half: Vec<f32>,
    turned: Vec<f32>,
    gray: Vec<f32>,
}

impl Paper {
    pub(super) fn new() -> Self {
        Paper {
            ink: vec![0.0; WIDE * WIDE],
            half: vec![0.0; SIDE * WIDE],
            turned: vec![0.0; WIDE * SIDE],
            gray: vec![0.0; SIDE * SIDE],
        }
    }

    /// Draws the pieces, blurs by a Gaussian of `sigma` pixels and appends the
    /// image to `pixels`: transposed as EMNIST's are, brightest pixel 255.
    pub(super) fn render(&mut self, pieces: &[Piece], sigma: f32, pixels: &mut Vec<u8>) {
        self.ink.fill(0.0);
        for piece in pieces {
            self.draw(piece);
        }
        let kernel = kernel(2.0 * sigma);
        blur_down(&self.ink, WIDE, &kernel, &mut self.half);
        for (y, line) in self.half.chunks_exact(WIDE).enumerate() {
            for (x, &value) in line.iter().enumerate() {
                self.turned[x * SIDE + y] = value;
            }
        }
        blur_down(&self.turned, SIDE, &kernel, &mut self.gray);

        let peak = self.gray.iter().fold(0.0f32, |a, &b| a.max(b));
        let scale = if peak > 0.0 { 255.0 / peak } else { 0.0 };
        pixels.extend(self.gray.iter().map(|&v| (v * scale + 0.5) as u8));
    }

    /// Inks the fine pixels within the pen's radius, wholly or not at all, as a
    /// black-and-white scan does; the blur makes the grays.
    fn draw(&mut self, piece: &Piece) {
        let fine = |v: f32| 2.0 * v + MARGIN as f32;
        let (ax, ay) = (fine(piece.from.x), fine(piece.from.y));
        let (bx, by) = (fine(piece.to.x), fine(piece.to.y));
        let (ra, rb) = (2.0 * piece.radius.0, 2.0 * piece.radius.1);
        let (dx, dy) = (bx - ax, by - ay);
        let length2 = dx * dx + dy * dy;
        let inverse = if length2 > 0.0 { 1.0 / length2 } else { 0.0 };

        let reach = ra.max(rb);
        let low = |v: f32| (v - reach).max(0.0) as usize;
        let high = |v: f32| ((v + reach).max(0.0) as usize + 1).min(WIDE);
        let columns = low(ax.min(bx))..high(ax.max(bx));
        for row in low(ay.min(by))..high(ay.max(by)) {
            let py = row as f32 + 0.5 - ay;
            let line = &mut self.ink[row * WIDE..(row + 1) * WIDE];
            for (ink, column) in line[columns.clone()].iter_mut().zip(columns.clone()) {
                let px = column as f32 + 0.5 - ax;
                let t = ((px * dx + py * dy) * inverse).clamp(0.0, 1.0);
                let (ex, ey) = (px - t * dx, py - t * dy);
                let radius = ra + t * (rb - ra);
                if ex * ex + ey * ey <= radius * radius {
                    *ink = 1.0;
                }
            }
        }
    }
}

/// Gaussian weights for the `TAPS` fine pixels around a boundary between two.
fn kernel(sigma: f32) -> [f32; TAPS] {
    let mut weights = [0.0; TAPS];
    for (i, w) in weights.iter_mut().enumerate() {
        let x = (i as f32 + 0.5 - MARGIN as f32) / sigma;
        *w = libm::expf(-0.5 * x * x);
    }
    let sum: f32 = weights.iter().sum();
    weights.map(|w| w / sum)
}

/// Blurs along columns and keeps one line per pixel: `WIDE` lines become `SIDE`.
fn blur_down(lines: &[f32], width: usize, kernel: &[f32; TAPS], out: &mut [f32]) {
    out.fill(0.0);
    for (y, line) in out.chunks_exact_mut(width).enumerate() {
        // The middle of pixel y lies between fine lines 2y and 2y + 1.
        let first = 2 * y + 1;
        for (tap, &weight) in kernel.iter().enumerate().filter(|&(_, &w)| w > 1e-6) {
            let from = &lines[(first + tap) * width..(first + tap + 1) * width];
            for (o, v) in line.iter_mut().zip(from) {
                *o += weight * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(x: f32, radius: f32) -> Vec<u8> {
        let piece = Piece {
            from: Place { x, y: 5.0 },
            to: Place { x, y: 23.0 },
            radius: (radius, radius),
        };
        let mut pixels = Vec::new();
        Paper::new().render(&[piece], 1.0, &mut pixels);
        pixels
    }

    #[test]
    fn a_bar_lies_where_it_was_drawn_and_is_transposed() {
        let pixels = bar(14.0, 2.0);
        assert_eq!(pixels.len(), SIDE * SIDE);
        assert_eq!(pixels.iter().max(), Some(&255));
        for y in 0..SIDE {
            for x in 0..SIDE {
                let (q, mirrored) = (pixels[x * SIDE + y], pixels[(27 - x) * SIDE + y]);
                assert!(q.abs_diff(mirrored) <= 1, "{x} {y}");
            }
        }
        // A line of the stored image is a column of the character.
        assert!(pixels[14 * SIDE + 10] > 240 && pixels[10 * SIDE + 14] < 20);
    }

    #[test]
    fn the_edge_is_that_of_a_gaussian() {
        let pixels = bar(14.0, 4.0);
        let at = |x: usize| f32::from(pixels[x * SIDE + 14]) / 255.0;
        // The edge is at x = 18; middles of pixels 17, 18, 19 at -0.5, 0.5, 1.5 sigma.
        for (x, expected) in [(17, 0.691), (18, 0.309), (19, 0.067)] {
            assert!((at(x) - expected).abs() < 0.02, "{x}: {}", at(x));
        }
    }

    #[test]
    fn ink_off_the_paper_is_cut() {
        let far = |v| Place { x: v, y: v };
        let piece = Piece {
            from: far(-50.0),
            to: far(80.0),
            radius: (1.0, 1.5),
        };
        let mut pixels = Vec::new();
        Paper::new().render(&[piece], 1.0, &mut pixels);
        assert!(pixels[0] > 100 && pixels[SIDE * SIDE - 1] > 100);
    }
}
