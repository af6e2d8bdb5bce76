//! Functions that terms may apply to signals.

/// A function of every element, or of a number; running sums see those before as well.
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
    /// `1 / (1 + e⁻ˣ)`
    Sigmoid,
    /// `√x`
    Sqrt,
    /// 1 where x is positive, else 0; its derivative is 0.
    Step,
    /// Running sums along the units, of a matrix along the post-synaptic ones.
    Cumsum,
    /// `1 / x`; what division is multiplied out to.
    Inverse,
}

impl Function {
    /// Every function with a name.
    pub(crate) const ALL: [Function; 8] = [
        Function::Exp,
        Function::Tanh,
        Function::Relu,
        Function::Abs,
        Function::Sigmoid,
        Function::Sqrt,
        Function::Step,
        Function::Cumsum,
    ];

    /// As one types it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Function::Exp => "exp",
            Function::Tanh => "tanh",
            Function::Relu => "relu",
            Function::Abs => "abs",
            Function::Sigmoid => "sigmoid",
            Function::Sqrt => "sqrt",
            Function::Step => "step",
            Function::Cumsum => "cumsum",
            Function::Inverse => "1 /",
        }
    }

    /// Whether no term may have its name; others came later, when terms had such names.
    pub(crate) fn is_reserved(self) -> bool {
        use Function::{Abs, Exp, Relu, Tanh};
        matches!(self, Exp | Tanh | Relu | Abs)
    }
}
