//! Settings of Strict inference.

use std::fmt;

use super::{check, check_eta};
use crate::error::PredictiveError;
use crate::inference::{ErrorsAt, InputsAt};

/// How beliefs move towards rest.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[non_exhaustive]
pub enum Solver {
    /// Gradient descent, all layers together.
    #[default]
    Plain,
    /// Gradient descent with a velocity, of which this share, at least 0 and below 1, is kept.
    Momentum(f64),
    /// From the last layer down, each belief seeing its upper neighbour already moved.
    Sweep,
    /// Descent in the errors e_l that are added to the forward pass, `v_l = f_l(v_(l−1)) + e_l`
    /// ("ePC"): every error reaches every layer at once. The equilibrium is the same.
    ErrorCoordinates,
}

/// When inference may stop before its last iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Stop {
    /// The norm of the energy's gradient, by beliefs or by error coordinates, is at most this.
    Gradient(f64),
    /// That norm is at most this share of ‖ε_L‖.
    Relative(f64),
}

/// How the target acts on the outputs: the loss is multiplied by a strength s, and errors and
/// gradients are divided by it again.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Nudge {
    /// Towards the target, +s. With s = 1 nothing is changed; as s → 0 the gradient becomes
    /// backpropagation's, with an error of order s.
    Positive(f64),
    /// Away from the target, −s.
    Negative(f64),
    /// The mean of both, whose error is of order s². It takes two inferences; beliefs and energies
    /// are those of the positive one.
    Centred(f64),
}

/// Gradient descent on the energy (predictive coding proper; the Strict of Rosenbaum 2022):
///
/// ```text
/// F = s 𝓛(f_L(v_(L−1))) + ½ Σ_(l<L) ‖f_l(v_(l−1)) − v_l‖²      v_0 = x
/// ε_l = f_l(v_(l−1)) − v_l      ε_L = s ∂𝓛/∂ŷ
/// v_l += η (ε_l − J_(l+1)(v_l)ᵀ ε_(l+1))      l = 1..L−1
/// ```
///
/// [`new`](Self::new) is for new work; [`as_released`](Self::as_released) and
/// [`as_published`](Self::as_published) reproduce what others have computed. Descent is stable up to
/// η = 2/λ_max(∇²F), see [`stable_eta`](crate::stable_eta).
///
/// Offsets u = v − v̂ are kept beside the beliefs, so that small updates keep their digits in
/// single precision.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Strict {
    /// The step size η at the beginning.
    pub eta: f64,
    /// At most so many updates n.
    pub iterations: usize,
    /// How beliefs move.
    pub solver: Solver,
    /// How the target acts.
    pub nudge: Nudge,
    /// Of which beliefs the gradient's errors are: [`Final`](ErrorsAt::Final) or
    /// [`BeforeLastUpdate`](ErrorsAt::BeforeLastUpdate).
    pub errors: ErrorsAt,
    /// At which inputs layers are differentiated.
    pub inputs: InputsAt,
    /// When to stop early.
    pub stop: Option<Stop>,
    /// Whether an update that raises the energy is undone and η halved. An undone update counts as an
    /// iteration.
    pub halving: bool,
    /// Inference that is this many times the energy it began with has diverged. Whatever is set,
    /// it has when the energy is not finite.
    pub growth_limit: Option<f64>,
    /// Whether energies are kept for every step; memory is flat in n only if not.
    pub keep_energies: bool,
    /// Whether the weights move at every inference step, from the same ε ("iPC"). Such an inference
    /// needs an optimiser: [`train_step`](crate::train_step).
    pub incremental: bool,
}

impl Default for Strict {
    /// η = 0.1, n = 20, the paper's.
    fn default() -> Self {
        Self::new(0.1, 20)
    }
}

impl Strict {
    /// Plain descent whose gradient is consistent: that of F at the final beliefs.
    #[must_use]
    pub fn new(eta: f64, iterations: usize) -> Self {
        Strict {
            eta,
            iterations,
            solver: Solver::Plain,
            nudge: Nudge::Positive(1.0),
            errors: ErrorsAt::Final,
            inputs: InputsAt::Beliefs,
            stop: None,
            halving: false,
            growth_limit: Some(1e6),
            keep_energies: false,
            incremental: false,
        }
    }

    /// What the authors' code has returned since 2024: errors of before the last update, inputs of
    /// after it.
    #[must_use]
    pub fn as_released(eta: f64, iterations: usize) -> Self {
        Strict {
            errors: ErrorsAt::BeforeLastUpdate,
            ..Self::new(eta, iterations)
        }
    }

    /// What the article's formulas and code of 2021 and 2022 give: the wrong sign, by which beliefs
    /// climb the loss, and derivatives by the weights at the forward pass. The published figures of
    /// Strict are of this kind. It is negative nudging of strength 1.
    #[must_use]
    pub fn as_published(eta: f64, iterations: usize) -> Self {
        Strict {
            nudge: Nudge::Negative(1.0),
            inputs: InputsAt::Predictions,
            ..Self::as_released(eta, iterations)
        }
    }

    /// The same with another solver.
    #[must_use]
    pub fn solver(mut self, solver: Solver) -> Self {
        self.solver = solver;
        self
    }

    /// The same with another nudge.
    #[must_use]
    pub fn nudge(mut self, nudge: Nudge) -> Self {
        self.nudge = nudge;
        self
    }

    /// The same with layers differentiated at these inputs.
    #[must_use]
    pub fn inputs(mut self, inputs: InputsAt) -> Self {
        self.inputs = inputs;
        self
    }

    /// The same that stops early.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = Some(stop);
        self
    }

    /// The same that halves η where the energy rises.
    #[must_use]
    pub fn halving(mut self) -> Self {
        self.halving = true;
        self
    }

    /// The same with another limit to the energy's growth, or none.
    #[must_use]
    pub fn growth_limit(mut self, limit: Option<f64>) -> Self {
        self.growth_limit = limit;
        self
    }

    /// The same that keeps the energies of every step.
    #[must_use]
    pub fn keep_energies(mut self) -> Self {
        self.keep_energies = true;
        self
    }

    /// The same with weights that move at every step.
    #[must_use]
    pub fn incremental(mut self) -> Self {
        self.incremental = true;
        self
    }

    /// The strength with its sign, that of the positive side for centred nudging.
    pub(super) fn strength(&self) -> f64 {
        match self.nudge {
            Nudge::Positive(s) | Nudge::Centred(s) => s,
            Nudge::Negative(s) => -s,
        }
    }

    pub(super) fn check(&self) -> Result<(), PredictiveError> {
        check_eta(self.eta)?;
        if self.iterations == 0 {
            return Err(PredictiveError::NoIterations {
                method: "strict inference",
            });
        }
        if let Solver::Momentum(mu) = self.solver {
            let holds = (0.0..1.0).contains(&mu);
            check("momentum", mu, holds, "at least 0 and below 1")?;
        }
        if self.errors == ErrorsAt::Front {
            return Err(PredictiveError::Unsupported {
                what: "errors at the front are those of `Method::ZeroDivergence`",
            });
        }
        let (Nudge::Positive(s) | Nudge::Negative(s) | Nudge::Centred(s)) = self.nudge;
        let holds = s > 0.0 && s.is_finite();
        check("the nudging strength", s, holds, "positive and finite")?;
        if let Some(Stop::Gradient(tolerance) | Stop::Relative(tolerance)) = self.stop {
            check("the tolerance", tolerance, tolerance >= 0.0, "at least 0")?;
        }
        if let Some(limit) = self.growth_limit {
            check("the growth limit", limit, limit >= 1.0, "at least 1")?;
        }
        Ok(())
    }
}

/// With every setting that changes the result, for captions.
impl fmt::Display for Strict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "strict, η {}, n {}", self.eta, self.iterations)?;
        match self.solver {
            Solver::Plain => f.write_str(", plain")?,
            Solver::Momentum(mu) => write!(f, ", momentum {mu}")?,
            Solver::Sweep => f.write_str(", sweep")?,
            Solver::ErrorCoordinates => f.write_str(", error coordinates")?,
        }
        match self.nudge {
            Nudge::Positive(s) => write!(f, ", s {s}")?,
            Nudge::Negative(s) => write!(f, ", s −{s}")?,
            Nudge::Centred(s) => write!(f, ", s ±{s}")?,
        }
        f.write_str(match self.errors {
            ErrorsAt::Final => ", ε at the final beliefs",
            ErrorsAt::BeforeLastUpdate => ", ε before the last update",
            ErrorsAt::Front => ", ε at the front",
        })?;
        f.write_str(match self.inputs {
            InputsAt::Beliefs => ", u = v",
            InputsAt::Predictions => ", u = v̂",
        })?;
        if let Some(Stop::Gradient(tolerance)) = self.stop {
            write!(f, ", to ‖∇F‖ {tolerance:e}")?;
        }
        if let Some(Stop::Relative(tolerance)) = self.stop {
            write!(f, ", to ‖∇F‖/‖ε_L‖ {tolerance:e}")?;
        }
        f.write_str(if self.halving { ", halving" } else { "" })?;
        f.write_str(if self.incremental {
            ", incremental"
        } else {
            ""
        })
    }
}
