//! Contenders: rules with their teaching signals.

use metaplast_plasticity::TeachingThroughTime;

/// A rule and the teaching signals with which it learns.
pub(super) struct Contender {
    pub(super) name: &'static str,
    /// Numbers of its terms in the pool; F0 comes first.
    pub(super) terms: &'static [usize],
    pub(super) teaching: TeachingThroughTime,
}

/// Place of F0 with random feedback through time, to which others are compared.
pub(super) const REFERENCE: usize = 0;

/// All, in the order of the table.
pub(super) const CONTENDERS: [Contender; 6] = [
    Contender {
        name: "FA through time",
        terms: &[0],
        teaching: TeachingThroughTime::RandomFeedback,
    },
    Contender {
        name: "bio",
        terms: &[0, 2, 9],
        teaching: TeachingThroughTime::RandomFeedback,
    },
    Contender {
        name: "e-prop",
        terms: &[0],
        teaching: TeachingThroughTime::Eprop,
    },
    Contender {
        name: "e-prop + F2 F9",
        terms: &[0, 2, 9],
        teaching: TeachingThroughTime::Eprop,
    },
    Contender {
        name: "BPTT",
        terms: &[0],
        teaching: TeachingThroughTime::Backpropagation,
    },
    Contender {
        name: "BPTT + F2 F9",
        terms: &[0, 2, 9],
        teaching: TeachingThroughTime::Backpropagation,
    },
];
