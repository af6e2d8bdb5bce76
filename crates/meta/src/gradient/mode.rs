//! Gradient modes: the ways to the meta-gradient, as settings.

use std::fmt;
use std::str::FromStr;

use metaplast_autodiff::Rewind;
use metaplast_autodiff::scan::Policy;
use thiserror::Error;

/// The way to the meta-gradient, or to an estimate of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GradientMode {
    /// A reverse sweep over the recorded steps: its time does not depend on the number of
    /// coefficients, its memory grows with what [`Unroll`] keeps.
    Reverse(Unroll),
    /// Tangents by all coefficients, carried along with the learning itself: no tape, so the memory
    /// is that of a few weight matrices whatever the number of steps, and the time grows with the
    /// number of coefficients.
    Forward,
    /// A reverse sweep over the recorded steps of an episode whose first layer is kept as what it makes of the
    /// episode's inputs, by their Gram matrix, and not as weights; see
    /// [`GramLayer`](metaplast_plasticity::GramLayer). The same gradient up to rounding, in less time where an image
    /// has more pixels than the episode has images. [`check`](super::gram::check) says for which models.
    Gram,
    /// A reverse sweep over the last so many steps, at least 1: what earlier steps did to the weights is
    /// taken as given. Not the gradient, but the part of it that flows through these steps; biased
    /// towards what pays off soon (Wu, Ren, Liao, Grosse 2018).
    Truncated(u64),
    /// An estimate from the losses of perturbed coefficients, without bias up to the square of their
    /// size, and noisy.
    Evolution(Evolution),
}

/// An evolution strategy's perturbations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evolution {
    /// Pairs of opposite perturbations for each episode, at least 1.
    pub pairs: u32,
    /// Their standard deviation, in units in which every term changes an update by as much as the first
    /// does; above 0.
    pub sigma: f64,
}

impl Default for Evolution {
    fn default() -> Self {
        Evolution {
            pairs: 16,
            sigma: 1e-4,
        }
    }
}

impl Default for GradientMode {
    fn default() -> Self {
        GradientMode::Reverse(Unroll::Tape)
    }
}

/// What is kept of an episode's steps for the reverse sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unroll {
    /// The vectors of every step; the sweep undoes the updates of the weights.
    #[default]
    Tape,
    /// The weights at some steps, from which segments are recorded again when the sweep gets there.
    Segments(Segments),
}

/// A checkpointed unroll; see [`metaplast_autodiff::scan`].
///
/// The same segments give the same bits on every machine, whatever its memory. Written as
/// `undo 300/50` or `stored 30/40`: steps of a segment and checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// Online steps of a segment, at least 1.
    pub steps: u64,
    /// Copies of the weights held at a time, that of the start included; at least 1.
    pub checkpoints: u64,
    /// How the sweep gets back to earlier weights within a segment.
    pub within: Within,
}

/// How the sweep of a segment gets back to earlier weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// It undoes the updates, exact to their rounding.
    Undo,
    /// It restores a copy made before each update: to the bit, whatever the segments, and for one
    /// weight matrix a step.
    Stored,
}

impl Segments {
    pub(crate) fn policy(self) -> Policy {
        let number = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        Policy::Planned {
            segment: number(self.steps),
            checkpoints: number(self.checkpoints),
            rewind: match self.within {
                Within::Undo => Rewind::Undo,
                Within::Stored => Rewind::Snapshot { every: 1 },
            },
        }
    }
}

impl fmt::Display for Unroll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unroll::Tape => f.pad("tape"),
            Unroll::Segments(Segments {
                steps,
                checkpoints,
                within,
            }) => {
                let within = match within {
                    Within::Undo => "undo",
                    Within::Stored => "stored",
                };
                f.pad(&format!("{within} {steps}/{checkpoints}"))
            }
        }
    }
}

/// A text that names no [`Unroll`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "unknown unroll `{0}`; choose tape, or like `undo 300/50` or `stored 30/40`: steps of a segment and checkpoints, each 1 or more"
)]
pub struct UnknownUnroll(pub String);

impl FromStr for Unroll {
    type Err = UnknownUnroll;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let segments = || {
            let (within, numbers) = text.split_once(' ')?;
            let within = match within {
                "undo" => Within::Undo,
                "stored" => Within::Stored,
                _ => return None,
            };
            let (steps, checkpoints) = numbers.trim().split_once('/')?;
            let number = |text: &str| text.parse().ok().filter(|&n: &u64| n > 0);
            Some(Segments {
                steps: number(steps)?,
                checkpoints: number(checkpoints)?,
                within,
            })
        };
        match text {
            "tape" => Ok(Unroll::Tape),
            _ => segments()
                .map(Unroll::Segments)
                .ok_or_else(|| UnknownUnroll(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unrolls_are_read_back() {
        let segments = |within| {
            Unroll::Segments(Segments {
                steps: 300,
                checkpoints: 50,
                within,
            })
        };
        for unroll in [
            Unroll::Tape,
            segments(Within::Undo),
            segments(Within::Stored),
        ] {
            assert_eq!(unroll.to_string().parse(), Ok(unroll));
        }
        for text in ["", "undo", "undo 0/3", "undo 3/0", "stored 3", "undo -3/4"] {
            assert_eq!(text.parse::<Unroll>(), Err(UnknownUnroll(text.into())));
        }
    }
}
