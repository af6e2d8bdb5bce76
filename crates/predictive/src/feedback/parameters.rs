//! Parameters of predictive feedback, and how a name holds them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Most iterations of an inference: each is a part of the tape.
const MOST_ITERATIONS: usize = 10_000;

/// Predictive feedback: which inference gives the teaching signals, and how far it goes.
///
/// [`feedback`](Self::feedback) makes it a pathway. As text it is the parameters of the pathway's name,
/// `strict,eta=0.1,n=20,cut=y,back=W,y=activation`; those that are left out have their defaults.
///
/// ```
/// use metaplast_predictive::feedback::{Cut, PredictiveFeedback};
///
/// let read: PredictiveFeedback = "strict, eta=0.2, cut=z".parse()?;
/// let made = PredictiveFeedback {
///     rate: 0.2,
///     cut: Cut::PreActivation,
///     ..PredictiveFeedback::default()
/// };
/// assert_eq!(read, made);
/// assert_eq!(made.to_string(), "strict,eta=0.2,n=20,cut=z,back=W,y=activation");
/// # Ok::<(), metaplast_predictive::feedback::ParameterError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictiveFeedback {
    /// What moves, and which errors count.
    pub scheme: InferenceScheme,
    /// The rate η at which beliefs move, above 0.
    pub rate: f64,
    /// The number of iterations n, 1 to 10,000.
    pub iterations: usize,
    /// Where beliefs live.
    pub cut: Cut,
    /// Through which weights errors come back.
    pub backward: BackwardWeights,
    /// Which activity the rule sees.
    pub activity: SeenActivity,
    /// The share μ of a belief's last change that is added to its next one, 0 up to but not including 1
    /// (the heavy ball of Polyak 1964); 0 is plain gradient descent. Not for
    /// [fixed prediction](InferenceScheme::FixedPrediction).
    pub momentum: f64,
    /// How the meta-gradient passes through the inference.
    pub gradient: InferenceGradient,
}

/// η 0.1, 20 iterations, strict, beliefs on activities, errors back through W, the rule sees the
/// network's own activity.
impl Default for PredictiveFeedback {
    fn default() -> Self {
        PredictiveFeedback {
            scheme: InferenceScheme::Strict,
            rate: 0.1,
            iterations: 20,
            cut: Cut::Activity,
            backward: BackwardWeights::Forward,
            activity: SeenActivity::Activation,
            momentum: 0.0,
            gradient: InferenceGradient::Unrolled,
        }
    }
}

/// Gives an enum the words that stand for its values.
macro_rules! words {
    ($(#[$meta:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident: $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $type {
            $($(#[$doc])* $variant,)*
        }

        impl $type {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self {
                    $(Self::$variant => $word),*
                })
            }
        }
    };
}

words! {
    /// Which inference: what moves, and which errors count.
    InferenceScheme {
        /// Gradient descent on the energy; the errors are those of the last beliefs.
        Strict: "strict",
        /// The same with the errors from before the last change of beliefs, as the published program
        /// returns them (Rosenbaum's Torch2PC): after one iteration only the last layer learns.
        StrictReleased: "strict-released",
        /// Predictions and their slopes stay at those of the forward pass: backpropagation, times a
        /// known factor for each layer.
        FixedPrediction: "fixed-pred",
    }
}

words! {
    /// Where beliefs live.
    Cut {
        /// On pre-activations z: a layer is an activation function, then weights.
        PreActivation: "z",
        /// On activities y: a layer is weights, then an activation function.
        Activity: "y",
    }
}

words! {
    /// Through which weights errors come back.
    BackwardWeights {
        /// Through the forward weights W.
        Forward: "W",
        /// Through fixed random weights B. Strict inference then descends no energy.
        Fixed: "fixed",
    }
}

words! {
    /// Which activity the rule's terms see.
    SeenActivity {
        /// That of the forward pass.
        Activation: "activation",
        /// The relaxed beliefs.
        Belief: "belief",
    }
}

words! {
    /// How the meta-gradient passes through the inference.
    InferenceGradient {
        /// Through every iteration, exactly.
        Unrolled: "unrolled",
        /// As if the inference had come to its equilibrium: by one linear solve with the Hessian of
        /// the energy.
        Equilibrium: "equilibrium",
    }
}

/// What is wrong with the parameters of [`PredictiveFeedback`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// A word or key that there is not.
    #[error(
        "`{0}` is no parameter; choose strict, strict-released or fixed-pred, and of eta=, n=, cut=, back=, y=, momentum=, gradient="
    )]
    Unknown(String),
    /// A value that a parameter cannot have.
    #[error("`{0}`: give {1}")]
    Value(String, String),
    /// A parameter that stands there twice.
    #[error("`{0}` is given twice; keep one")]
    Twice(String),
    /// Two inferences at once.
    #[error("`{0}` and `{1}` are two kinds of inference; keep one")]
    Schemes(String, String),
    /// Nothing between two commas, or before the first or after the last.
    #[error("a parameter is missing beside a comma; take the comma away")]
    Missing,
    /// Parameters that exclude each other.
    #[error("{0}")]
    Together(&'static str),
}

impl PredictiveFeedback {
    /// Whether the parameters can be.
    ///
    /// # Errors
    /// With the first that cannot.
    pub fn check(&self) -> Result<(), ParameterError> {
        let value = |given: String, wanted: &str| ParameterError::Value(given, wanted.to_owned());
        if !(self.rate > 0.0 && self.rate.is_finite()) {
            let given = format!("eta={}", self.rate);
            return Err(value(given, "a rate above 0, like 0.1"));
        }
        if !(1..=MOST_ITERATIONS).contains(&self.iterations) {
            let given = format!("n={}", self.iterations);
            return Err(value(given, "1 to 10000 iterations"));
        }
        if !(0.0..1.0).contains(&self.momentum) {
            let given = format!("momentum={}", self.momentum);
            return Err(value(given, "0 or more and less than 1, like 0.8"));
        }
        let fixed = self.scheme == InferenceScheme::FixedPrediction;
        if fixed && self.momentum != 0.0 {
            return Err(ParameterError::Together(
                "momentum is for strict inference; leave it out with fixed-pred",
            ));
        }
        let strict = self.scheme == InferenceScheme::Strict;
        let settles = strict && self.backward == BackwardWeights::Forward;
        if self.gradient == InferenceGradient::Equilibrium && !settles {
            return Err(ParameterError::Together(
                "gradient=equilibrium needs an energy that comes to rest; give strict and back=W with it",
            ));
        }
        Ok(())
    }
}

impl fmt::Display for PredictiveFeedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{},eta={},n={},cut={},back={},y={}",
            self.scheme, self.rate, self.iterations, self.cut, self.backward, self.activity
        )?;
        if self.momentum != 0.0 {
            write!(f, ",momentum={}", self.momentum)?;
        }
        if self.gradient != InferenceGradient::Unrolled {
            write!(f, ",gradient={}", self.gradient)?;
        }
        Ok(())
    }
}

impl FromStr for PredictiveFeedback {
    type Err = ParameterError;

    /// Reads parameters with commas between them, in any order.
    fn from_str(text: &str) -> Result<Self, ParameterError> {
        let mut read = PredictiveFeedback::default();
        let mut given: Vec<&str> = Vec::new();
        if text.trim().is_empty() {
            return Ok(read);
        }
        for part in text.split(',').map(str::trim) {
            if part.is_empty() {
                return Err(ParameterError::Missing);
            }
            let (key, value) = part.split_once('=').unwrap_or(("", part));
            let (key, value) = (key.trim_end(), value.trim_start());
            if given.contains(&key) {
                let first = read.scheme.to_string();
                if key.is_empty() && first != part && scheme(part).is_ok() {
                    return Err(ParameterError::Schemes(first, part.to_owned()));
                }
                return Err(ParameterError::Twice(part.to_owned()));
            }
            given.push(key);
            match key {
                "" => read.scheme = scheme(part)?,
                "eta" => read.rate = number(part, value, "a rate above 0, like 0.1")?,
                "n" => read.iterations = number(part, value, "1 to 10000 iterations")?,
                "cut" => read.cut = word(part, value, Cut::WORDS)?,
                "back" => read.backward = word(part, value, BackwardWeights::WORDS)?,
                "y" => read.activity = word(part, value, SeenActivity::WORDS)?,
                "momentum" => {
                    read.momentum = number(part, value, "0 or more and less than 1, like 0.8")?;
                }
                "gradient" => read.gradient = word(part, value, InferenceGradient::WORDS)?,
                _ => return Err(ParameterError::Unknown(part.to_owned())),
            }
        }
        read.check()?;
        Ok(read)
    }
}

fn scheme(part: &str) -> Result<InferenceScheme, ParameterError> {
    let known = InferenceScheme::WORDS.iter();
    let found = known.copied().find(|(word, _)| *word == part);
    let found = found.map(|(_, scheme)| scheme);
    found.ok_or_else(|| ParameterError::Unknown(part.to_owned()))
}

fn number<N: FromStr>(part: &str, value: &str, wanted: &str) -> Result<N, ParameterError> {
    let wrong = |_| ParameterError::Value(part.to_owned(), wanted.to_owned());
    value.parse().map_err(wrong)
}

fn word<V: Copy>(part: &str, value: &str, words: &[(&str, V)]) -> Result<V, ParameterError> {
    let found = words.iter().find(|(word, _)| *word == value);
    found.map(|(_, found)| *found).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        ParameterError::Value(part.to_owned(), words.join(" or "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for text in [
            "strict,eta=0.1,n=20,cut=y,back=W,y=activation",
            "strict-released,eta=0.5,n=3,cut=z,back=fixed,y=belief,momentum=0.8",
            "fixed-pred,eta=1.5,n=9,cut=y,back=fixed,y=activation",
            "strict,eta=0.001,n=2000,cut=z,back=W,y=belief,gradient=equilibrium",
        ] {
            let read: PredictiveFeedback = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
        }
        assert_eq!("".parse(), Ok(PredictiveFeedback::default()));
        let spaced = " n = 20 , strict ".parse();
        assert_eq!(spaced, Ok(PredictiveFeedback::default()));
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        for (text, message) in [
            ("eta=0", "`eta=0`: give a rate above 0, like 0.1"),
            ("eta=inf", "`eta=inf`: give a rate above 0, like 0.1"),
            ("n=0", "`n=0`: give 1 to 10000 iterations"),
            ("n=1.5", "`n=1.5`: give 1 to 10000 iterations"),
            ("cut=x", "`cut=x`: give z or y"),
            ("back=B", "`back=B`: give W or fixed"),
            (
                "momentum=1",
                "`momentum=1`: give 0 or more and less than 1, like 0.8",
            ),
            ("n=3,n=4", "`n=4` is given twice; keep one"),
            ("strict,strict", "`strict` is given twice; keep one"),
            (
                "strict,fixed-pred",
                "`strict` and `fixed-pred` are two kinds of inference; keep one",
            ),
            (
                ",",
                "a parameter is missing beside a comma; take the comma away",
            ),
            (
                "n=3,",
                "a parameter is missing beside a comma; take the comma away",
            ),
            (
                "fixed-pred,momentum=0.5",
                "momentum is for strict inference; leave it out with fixed-pred",
            ),
            (
                "back=fixed,gradient=equilibrium",
                "gradient=equilibrium needs an energy that comes to rest; give strict and back=W with it",
            ),
            (
                "exact",
                "`exact` is no parameter; choose strict, strict-released or fixed-pred, and of eta=, n=, cut=, back=, y=, momentum=, gradient=",
            ),
        ] {
            let error = text.parse::<PredictiveFeedback>().unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
