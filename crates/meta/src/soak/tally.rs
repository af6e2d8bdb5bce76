//! Tally of the worst that was seen.

/// What the episodes so far were like.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Tally {
    /// Episodes that passed.
    pub episodes: u64,
    /// Those whose loss or gradient was not finite.
    pub diverged: u64,
    /// Those whose gradient has too few digits to be compared.
    pub ill_conditioned: u64,
    /// Largest error of weights that a sweep took back, in units of rounding of the largest weight on
    /// the way.
    pub undone: f64,
    /// Largest difference of reverse and forward mode, relative to the gradient,
    pub apart: f64,
    /// and in units of what rounding explains.
    pub explained: f64,
}
