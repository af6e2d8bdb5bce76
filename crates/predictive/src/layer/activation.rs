//! Activation functions of the layers that are provided.

use metaplast_autodiff::{SOFTPLUS_SWITCH, Var};
use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{self, Function};

/// An elementwise function between layers.
///
/// ```
/// use metaplast_predictive::Activation;
/// use metaplast_tensor::tensor;
///
/// let softplus = Activation::Softplus { beta: 10.0 };
/// assert_eq!(softplus.to_string(), "softplus 10");
/// assert_eq!("softplus 10".parse(), Ok(softplus));
/// assert_eq!(Activation::Relu.of(&tensor![-1.0, 2.0]), tensor![0.0, 2.0]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[non_exhaustive]
pub enum Activation {
    /// `x`
    #[default]
    Identity,
    /// `tanh x`
    Tanh,
    /// `1/(1 + e⁻ˣ)`
    Sigmoid,
    /// `max(x, 0)`, with slope 0 at 0
    Relu,
    /// `ln(1 + exp(βx))/β`; beyond βx = [`SOFTPLUS_SWITCH`] the identity, as in the usual frameworks
    Softplus {
        /// The sharpness β.
        beta: f64,
    },
}

/// A function as the elementwise kernels take it: its value, and its slope at `x` with value `y`.
macro_rules! function {
    ($name:ident $(($field:ident))?, |$x:ident, $y:ident| $value:expr, $slope:expr) => {
        #[derive(Clone, Copy)]
        struct $name $((#[allow(dead_code, reason = "the number is read by name")] $field))?;

        impl<T: Scalar> Function<T> for $name {
            #[inline(always)]
            fn value(self, $x: T) -> T {
                $value
            }
            #[inline(always)]
            #[allow(unused_variables, reason = "few slopes need both")]
            fn weighted(self, $x: T, $y: T, weight: T) -> T {
                weight * $slope
            }
        }
    };
}

function!(Tanh, |x, y| x.tanh(), T::ONE - y * y);
function!(Sigmoid, |x, y| logistic(x), y * (T::ONE - y));
function!(
    Relu,
    // What is no number stays none.
    |x, y| if x < T::ZERO { T::ZERO } else { x },
    if x > T::ZERO { T::ONE } else { T::ZERO }
);

/// With its sharpness β.
#[derive(Clone, Copy)]
struct Softplus(f64);

impl<T: Scalar> Function<T> for Softplus {
    #[inline(always)]
    fn value(self, x: T) -> T {
        let beta = T::from_f64(self.0);
        let scaled = beta * x;
        let curved = scaled.exp().ln_1p() / beta;
        if scaled > T::from_f64(SOFTPLUS_SWITCH) {
            x
        } else {
            curved
        }
    }

    #[inline(always)]
    fn weighted(self, x: T, _: T, weight: T) -> T {
        let scaled = T::from_f64(self.0) * x;
        let curved = weight / (T::ONE + (-scaled).exp());
        if scaled > T::from_f64(SOFTPLUS_SWITCH) {
            weight
        } else {
            curved
        }
    }
}

/// `1/(1 + e⁻ˣ)`, of a power that does not overflow.
#[inline(always)]
fn logistic<T: Scalar>(x: T) -> T {
    let small = (-x.abs()).exp();
    let part = if x < T::ZERO { small } else { T::ONE };
    part / (T::ONE + small)
}

impl Activation {
    /// Whether it is the identity.
    #[must_use]
    pub fn is_identity(self) -> bool {
        self == Activation::Identity
    }

    /// The function's values.
    #[must_use]
    pub fn of<T: Scalar>(self, x: &metaplast_tensor::Tensor<T>) -> metaplast_tensor::Tensor<T> {
        let mut y = x.clone();
        self.map(x.data(), y.data_mut());
        y
    }

    /// `y ← σ(x)`
    pub(crate) fn map<T: Scalar>(self, x: &[T], y: &mut [T]) {
        match self {
            Activation::Identity => y.copy_from_slice(x),
            Activation::Tanh => kernels::map(Tanh, x, y),
            Activation::Sigmoid => kernels::map(Sigmoid, x, y),
            Activation::Relu => kernels::map(Relu, x, y),
            Activation::Softplus { beta } => kernels::map(Softplus(beta), x, y),
        }
    }

    /// `into ← weight ⊙ σ'(x)`, where `y = σ(x)`.
    pub(crate) fn pull_back<T: Scalar>(self, x: &[T], y: &[T], weight: &[T], into: &mut [T]) {
        if self.is_identity() {
            return into.copy_from_slice(weight);
        }
        into.fill(T::ZERO);
        match self {
            Activation::Identity => {}
            Activation::Tanh => kernels::map_add(Tanh, x, y, weight, into),
            Activation::Sigmoid => kernels::map_add(Sigmoid, x, y, weight, into),
            Activation::Relu => kernels::map_add(Relu, x, y, weight, into),
            Activation::Softplus { beta } => kernels::map_add(Softplus(beta), x, y, weight, into),
        }
    }

    /// The function on a tape.
    #[must_use]
    pub fn record<T: Scalar>(self, x: Var<'_, T>) -> Var<'_, T> {
        match self {
            Activation::Identity => x,
            Activation::Tanh => x.tanh(),
            Activation::Sigmoid => x.sigmoid(),
            Activation::Relu => x.relu(),
            Activation::Softplus { beta } => x.softplus(beta),
        }
    }
}

impl std::fmt::Display for Activation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Activation::Identity => f.write_str("identity"),
            Activation::Tanh => f.write_str("tanh"),
            Activation::Sigmoid => f.write_str("sigmoid"),
            Activation::Relu => f.write_str("relu"),
            Activation::Softplus { beta } => write!(f, "softplus {beta}"),
        }
    }
}

impl std::str::FromStr for Activation {
    type Err = String;

    /// Reads what `Display` writes; softplus alone is that with β = 1.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let activation = match (words.next(), words.next()) {
            (Some("identity"), None) => Activation::Identity,
            (Some("tanh"), None) => Activation::Tanh,
            (Some("sigmoid"), None) => Activation::Sigmoid,
            (Some("relu"), None) => Activation::Relu,
            (Some("softplus"), None) => Activation::Softplus { beta: 1.0 },
            (Some("softplus"), Some(beta)) => match beta.parse() {
                Ok(beta) if beta > 0.0 && f64::is_finite(beta) => Activation::Softplus { beta },
                _ => return Err(format!("softplus needs a positive β, got `{beta}`")),
            },
            _ => {
                return Err(format!(
                    "unknown activation `{text}`; choose identity, tanh, sigmoid, relu or softplus β"
                ));
            }
        };
        match words.next() {
            None => Ok(activation),
            Some(word) => Err(format!("unexpected `{word}` after {activation}")),
        }
    }
}
