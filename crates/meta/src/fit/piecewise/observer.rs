//! Observers of a piecewise fit: how far it is.

/// Follows a [piecewise fit](super::piecewise_watched). `()` does not.
pub trait PiecewiseObserver: Sync {
    /// Round `round`, counted from 1, begins: the derivatives by all candidates around a rule of so many
    /// terms, in so many pieces of work.
    fn begin(&self, round: usize, terms: usize, pieces: usize) {
        let _ = (round, terms, pieces);
    }

    /// One of these pieces is done; on any thread.
    fn tick(&self) {}

    /// The rule is chosen, and its coefficients and their intervals are fitted.
    fn join(&self, terms: usize) {
        let _ = terms;
    }
}

impl PiecewiseObserver for () {}
