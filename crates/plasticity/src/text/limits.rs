//! Limits of a term, so that reading one and taking its steps costs little, whatever the text.

/// Characters of the text.
pub(crate) const MOST_CHARACTERS: usize = 2000;

/// Levels of the tree, so that walking it needs little stack.
pub(crate) const MOST_LEVELS: u32 = 100;

/// The highest power.
pub(crate) const MOST_POWER: u32 = 9;

/// Summands of the term multiplied out.
pub(crate) const MOST_SUMMANDS: usize = 64;
