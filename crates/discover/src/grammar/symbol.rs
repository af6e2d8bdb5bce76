//! Symbols of the grammar.

use super::MOST_SIGNALS;

/// A symbol: the size of a term, then what a part of it is, before its own parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Symbol {
    /// A term of one signal and weights.
    One,
    /// A term of two signals and weights.
    Two,
    /// A term of three signals and weights.
    Three,
    /// A term of four signals and weights.
    Four,
    /// A term of five signals and weights.
    Five,
    /// A term of six signals and weights.
    Six,
    /// `post preᵀ`
    Outer,
    /// `W`
    Weights,
    /// A number times a matrix.
    Scaled,
    /// The sum of two matrices.
    Plus,
    /// Their difference.
    Minus,
    /// `e`
    Error,
    /// `y`
    Activity,
    /// `z`
    PreActivation,
    /// The post-synaptic vector of ones.
    Ones,
    /// `W pre`
    Projected,
    /// `post ⊙ post`
    ProductPost,
    /// `y_pre`
    PreActivity,
    /// `e_pre`
    PreError,
    /// The pre-synaptic vector of ones.
    PreOnes,
    /// `Wᵀ post`
    ProjectedBack,
    /// `pre ⊙ pre`
    ProductPre,
    /// `postᵀ post`
    DotPost,
    /// `preᵀ pre`
    DotPre,
    /// No more terms.
    End,
}

impl Symbol {
    /// All, in order; the choice of a game is a place in this list.
    pub const ALL: [Symbol; 25] = [
        Symbol::One,
        Symbol::Two,
        Symbol::Three,
        Symbol::Four,
        Symbol::Five,
        Symbol::Six,
        Symbol::Outer,
        Symbol::Weights,
        Symbol::Scaled,
        Symbol::Plus,
        Symbol::Minus,
        Symbol::Error,
        Symbol::Activity,
        Symbol::PreActivation,
        Symbol::Ones,
        Symbol::Projected,
        Symbol::ProductPost,
        Symbol::PreActivity,
        Symbol::PreError,
        Symbol::PreOnes,
        Symbol::ProjectedBack,
        Symbol::ProductPre,
        Symbol::DotPost,
        Symbol::DotPre,
        Symbol::End,
    ];

    /// Its place in [`ALL`](Self::ALL).
    #[must_use]
    pub fn place(self) -> usize {
        self as usize
    }

    /// The symbol of a size, if terms can be so large.
    #[must_use]
    pub fn of_size(size: usize) -> Option<Symbol> {
        Symbol::ALL[..MOST_SIGNALS]
            .get(size.checked_sub(1)?)
            .copied()
    }

    /// How many parts follow it.
    #[must_use]
    pub fn parts(self) -> usize {
        match self {
            Symbol::Projected | Symbol::ProjectedBack => 1,
            Symbol::Outer
            | Symbol::Scaled
            | Symbol::Plus
            | Symbol::Minus
            | Symbol::ProductPost
            | Symbol::ProductPre
            | Symbol::DotPost
            | Symbol::DotPre => 2,
            _ => 0,
        }
    }

    /// In words, for records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Symbol::One => "size 1:",
            Symbol::Two => "size 2:",
            Symbol::Three => "size 3:",
            Symbol::Four => "size 4:",
            Symbol::Five => "size 5:",
            Symbol::Six => "size 6:",
            Symbol::Outer => "outer",
            Symbol::Weights => "W",
            Symbol::Scaled => "scaled",
            Symbol::Plus => "plus",
            Symbol::Minus => "minus",
            Symbol::Error => "e",
            Symbol::Activity => "y",
            Symbol::PreActivation => "z",
            Symbol::Ones => "ones",
            Symbol::Projected => "W·",
            Symbol::ProductPost => "post⊙",
            Symbol::PreActivity => "y_pre",
            Symbol::PreError => "e_pre",
            Symbol::PreOnes => "ones_pre",
            Symbol::ProjectedBack => "Wᵀ·",
            Symbol::ProductPre => "pre⊙",
            Symbol::DotPost => "dot",
            Symbol::DotPre => "dot_pre",
            Symbol::End => "end",
        }
    }
}
