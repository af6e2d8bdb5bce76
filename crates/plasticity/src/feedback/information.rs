//! Information-alignment feedback: feedback weights that learn from the answers of the forward weights,
//! by Hebb's rule with a decay along those answers (Kunin et al. 2020).

use std::fmt;
use std::str::FromStr;

use metaplast_autodiff::Var;
use metaplast_tensor::{Scalar, Tensor};
use thiserror::Error;

use super::alignment::AlignmentRegulariser;
use super::noise::fill_with_signs;
use super::online_step::OnlineStep;
use super::pathway::{BackwardPass, FeedbackPathway, Storage};
use crate::feedback::handle::Feedback;
use crate::number::Number;

/// The name without parameters.
const NAME: &str = "information";

/// Information alignment: by what its feedback weights learn, and how fast.
///
/// After each online step, with x the layer's input in that step or noise, and W the weights after it,
///
/// ```text
/// B_l ← B_l + ρ (α (W_l x) xᵀ − 2β (W_l x) (W_l x)ᵀ B_l − 2γ B_l)
/// ```
///
/// which descends [`AlignmentRegulariser::Information`] by B (Kunin et al., *Two routes to scalable credit
/// assignment without weight symmetry*, ICML 2020). Inputs with `E[x xᵀ] = 1` draw B to
/// `α (2β W Wᵀ + 2γ)⁻¹ W`. With noise, β = 0 and ρα = 2ργ it is a
/// [weight mirror](Feedback::weight_mirror).
///
/// [`feedback`](Self::feedback) makes it a pathway. As text it is the parameters of the pathway's name;
/// those that are left out have their defaults.
///
/// ```
/// use metaplast_plasticity::{AlignmentInput, InformationAlignment};
///
/// let read: InformationAlignment = "rho=5, input=noise".parse()?;
/// let made = InformationAlignment {
///     rate: 5.0,
///     input: AlignmentInput::Noise,
///     ..InformationAlignment::default()
/// };
/// assert_eq!(read, made);
/// assert_eq!(made.to_string(), "rho=5,alpha=0.002,beta=0.001,gamma=0.001,input=noise");
/// # Ok::<(), metaplast_plasticity::InformationError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InformationAlignment {
    /// The rate ρ, above 0.
    pub rate: f64,
    /// α of Hebb's term, 0 or more.
    pub alpha: f64,
    /// β of the decay along the answers, 0 or more.
    pub beta: f64,
    /// γ of the decay, 0 or more.
    pub gamma: f64,
    /// What x is.
    pub input: AlignmentInput,
}

/// What feedback weights that [align](InformationAlignment) learn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlignmentInput {
    /// The activity before the layer, `y_(l−1)`, in the online step.
    Activity,
    /// Noise, ±1 with probability one half each, as [weight mirrors](Feedback::weight_mirror) have it.
    Noise,
}

/// The released coefficients α 0.002, β 0.001, γ 0.001, the layer's input, and ρ 1; the rates that the
/// paper's networks learned at are not among what is released.
impl Default for InformationAlignment {
    fn default() -> Self {
        InformationAlignment {
            rate: 1.0,
            alpha: 2e-3,
            beta: 1e-3,
            gamma: 1e-3,
            input: AlignmentInput::Activity,
        }
    }
}

/// What is wrong with the parameters of [`InformationAlignment`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InformationError {
    /// A key that there is not.
    #[error("`{0}` is no parameter; choose of rho=, alpha=, beta=, gamma=, input=")]
    Unknown(String),
    /// A value that a parameter cannot have.
    #[error("`{0}`: give {1}")]
    Value(String, &'static str),
    /// A parameter that stands there twice.
    #[error("`{0}` is given twice; keep one")]
    Twice(String),
}

const A_RATE: &str = "a rate above 0, like 1";
const A_COEFFICIENT: &str = "0 or more, like 0.001";
const AN_INPUT: &str = "activity or noise";

impl InformationAlignment {
    /// Whether the parameters can be.
    ///
    /// # Errors
    /// With the first that cannot.
    pub fn check(&self) -> Result<(), InformationError> {
        if !(self.rate > 0.0 && self.rate.is_finite()) {
            let given = format!("rho={}", self.rate);
            return Err(InformationError::Value(given, A_RATE));
        }
        let coefficients = [
            ("alpha", self.alpha),
            ("beta", self.beta),
            ("gamma", self.gamma),
        ];
        for (key, value) in coefficients {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(InformationError::Value(
                    format!("{key}={value}"),
                    A_COEFFICIENT,
                ));
            }
        }
        Ok(())
    }

    /// The pathway.
    ///
    /// # Errors
    /// When the parameters [cannot be](Self::check).
    pub fn feedback(&self) -> Result<Feedback, InformationError> {
        self.check()?;
        Ok(Feedback::new(Information::of(*self)))
    }

    /// What the feedback weights descend.
    #[must_use]
    pub fn regulariser(&self) -> AlignmentRegulariser {
        AlignmentRegulariser::Information {
            alpha: self.alpha,
            beta: self.beta,
            gamma: self.gamma,
        }
    }

    /// The feedback weights after one step, with means over a batch: W and B as the paper writes
    /// them, `[n_l, n_(l−1)]`, x `[batch, n_(l−1)]`.
    ///
    /// ```
    /// use metaplast_plasticity::InformationAlignment;
    /// use metaplast_tensor::tensor;
    ///
    /// let (w, b, x) = (tensor![[2.0]], tensor![[1.0]], tensor![[1.0]]);
    /// let coefficients = InformationAlignment {
    ///     alpha: 0.5,
    ///     beta: 0.125,
    ///     gamma: 0.25,
    ///     ..InformationAlignment::default()
    /// };
    /// // 1 + 0.5·2·1 − 2·0.125·2·2·1 − 2·0.25·1
    /// assert_eq!(coefficients.step(&w, &b, &x), tensor![[0.5]]);
    /// ```
    ///
    /// # Panics
    /// When shapes do not fit each other, or the batch is empty.
    #[track_caller]
    #[must_use]
    pub fn step<T: Scalar>(
        &self,
        weights: &Tensor<T>,
        feedback: &Tensor<T>,
        x: &Tensor<T>,
    ) -> Tensor<T> {
        let rate = T::from_f64(self.rate);
        let gradient = self
            .regulariser()
            .gradient_by_feedback(weights, feedback, x);
        feedback.zip_map(&gradient, |b, g| b - rate * g)
    }
}

impl fmt::Display for AlignmentInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            AlignmentInput::Activity => "activity",
            AlignmentInput::Noise => "noise",
        })
    }
}

impl fmt::Display for InformationAlignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "rho={},alpha={},beta={},gamma={},input={}",
            self.rate, self.alpha, self.beta, self.gamma, self.input
        )
    }
}

impl FromStr for InformationAlignment {
    type Err = InformationError;

    /// Reads parameters with commas between them, in any order.
    fn from_str(text: &str) -> Result<Self, InformationError> {
        let mut read = InformationAlignment::default();
        let mut given: Vec<&str> = Vec::new();
        let parts = text.split(',').map(str::trim).filter(|p| !p.is_empty());
        for part in parts {
            let unknown = || InformationError::Unknown(part.to_owned());
            let (key, value) = part.split_once('=').ok_or_else(unknown)?;
            let (key, value) = (key.trim_end(), value.trim_start());
            if given.contains(&key) {
                return Err(InformationError::Twice(part.to_owned()));
            }
            given.push(key);
            let number = |wanted| {
                let wrong = |_| InformationError::Value(part.to_owned(), wanted);
                value.parse::<f64>().map_err(wrong)
            };
            match key {
                "rho" => read.rate = number(A_RATE)?,
                "alpha" => read.alpha = number(A_COEFFICIENT)?,
                "beta" => read.beta = number(A_COEFFICIENT)?,
                "gamma" => read.gamma = number(A_COEFFICIENT)?,
                "input" => {
                    let known = [AlignmentInput::Activity, AlignmentInput::Noise];
                    let found = known.into_iter().find(|kind| kind.to_string() == value);
                    read.input =
                        found.ok_or_else(|| InformationError::Value(part.to_owned(), AN_INPUT))?;
                }
                _ => return Err(unknown()),
            }
        }
        read.check()?;
        Ok(read)
    }
}

/// The pathway with its name.
#[derive(Debug)]
pub(super) struct Information {
    parameters: InformationAlignment,
    name: String,
}

impl Information {
    pub(super) fn of(parameters: InformationAlignment) -> Self {
        Information {
            parameters,
            name: format!("{NAME}({parameters})"),
        }
    }
}

impl<T: Number> FeedbackPathway<T> for Information {
    fn name(&self) -> &str {
        &self.name
    }

    fn with_parameters(&self, parameters: &str) -> Result<Feedback, String> {
        let read: Result<InformationAlignment, _> = parameters.parse();
        let feedback = read.and_then(|parameters| parameters.feedback());
        feedback.map_err(|error| error.to_string())
    }

    fn storage(&self) -> Storage {
        Storage::Carried
    }

    fn draws_noise(&self) -> bool {
        self.parameters.input == AlignmentInput::Noise
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        pass.through(pass.matrix(), pass.error())
    }

    /// For one x the step is of rank one with decay, `ρ (W x) (α x − 2β Bᵀ W x)ᵀ − 2ργ B`.
    fn after_step<'t>(&self, step: &OnlineStep<'_, 't, T>) {
        let InformationAlignment {
            rate,
            alpha,
            beta,
            gamma,
            input,
        } = self.parameters;
        let (hebb, decay) = (
            step.constant(rate * alpha),
            step.constant(2.0 * rate * gamma),
        );
        let along_answers = step.constant(-2.0 * rate * beta);
        for layer in 0..step.layers() {
            let x = match input {
                AlignmentInput::Activity => step.pre(layer),
                AlignmentInput::Noise => {
                    let units = step.pre(layer).shape().len();
                    let noise = &mut step.random(layer);
                    let tape = step.tape();
                    tape.constant_with(units, |x| fill_with_signs(noise, x))
                }
            };
            let answer = step.project(layer, x);
            step.update(layer, |update| {
                update.outer(hebb, answer, x);
                update.projected(along_answers, answer, answer);
                update.decay(decay);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FeedbackLibrary;

    #[test]
    fn what_is_printed_is_read_back() {
        for text in [
            "rho=1,alpha=0.002,beta=0.001,gamma=0.001,input=activity",
            "rho=0.5,alpha=0,beta=0,gamma=0.25,input=noise",
        ] {
            let read: InformationAlignment = text.parse().unwrap();
            assert_eq!(read.to_string(), text);
            let found = FeedbackLibrary::default().find(&format!("information({text})"));
            assert_eq!(found, Ok(read.feedback().unwrap()));
        }
        assert_eq!("".parse(), Ok(InformationAlignment::default()));
        assert_eq!(
            FeedbackLibrary::default().find("information"),
            Ok(Feedback::information())
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_what_can() {
        for (text, message) in [
            ("rho=0", "`rho=0`: give a rate above 0, like 1"),
            ("rho=inf", "`rho=inf`: give a rate above 0, like 1"),
            ("beta=-1", "`beta=-1`: give 0 or more, like 0.001"),
            ("gamma=x", "`gamma=x`: give 0 or more, like 0.001"),
            ("alpha=NaN", "`alpha=NaN`: give 0 or more, like 0.001"),
            ("input=x", "`input=x`: give activity or noise"),
            ("rho=1,rho=2", "`rho=2` is given twice; keep one"),
            (
                "eta=1",
                "`eta=1` is no parameter; choose of rho=, alpha=, beta=, gamma=, input=",
            ),
            (
                "noise",
                "`noise` is no parameter; choose of rho=, alpha=, beta=, gamma=, input=",
            ),
        ] {
            let error = text.parse::<InformationAlignment>().unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
