//! Functions that terms may apply to signals.

/// A function of every element, or of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// `eˣ`
    Exp,
    /// The hyperbolic tangent.
    Tanh,
    /// `max(x, 0)`
    Relu,
    /// `|x|`
    Abs,
}

impl Function {
    /// Every function.
    pub(crate) const ALL: [Function; 4] =
        [Function::Exp, Function::Tanh, Function::Relu, Function::Abs];

    /// As one types it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Function::Exp => "exp",
            Function::Tanh => "tanh",
            Function::Relu => "relu",
            Function::Abs => "abs",
        }
    }
}
