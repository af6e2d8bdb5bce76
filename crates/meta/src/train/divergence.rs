//! Divergence: what was wrong with an episode, which update was too large, and what follows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What follows an episode that the [guard](super::Guard) calls diverged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDivergence {
    /// No step of θ is taken from it, and θ goes back to where episodes went well.
    #[default]
    Skip,
    /// As long as its loss and gradient are finite it counts with its gradient, shortened to the
    /// median length of the latest good ones; otherwise, or when there is none yet, as
    /// [`Skip`](OnDivergence::Skip).
    Clip,
    /// The trial ends with an error.
    Stop,
}

impl OnDivergence {
    /// Every policy, in the order shown to users.
    pub const ALL: [OnDivergence; 3] = [OnDivergence::Skip, OnDivergence::Clip, OnDivergence::Stop];

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OnDivergence::Skip => "skip",
            OnDivergence::Clip => "clip",
            OnDivergence::Stop => "stop",
        }
    }
}

impl fmt::Display for OnDivergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no [`OnDivergence`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown policy `{0}`; choose skip, clip or stop")]
pub struct UnknownPolicy(pub String);

impl FromStr for OnDivergence {
    type Err = UnknownPolicy;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        OnDivergence::ALL
            .into_iter()
            .find(|policy| policy.name() == name)
            .ok_or_else(|| UnknownPolicy(name.to_owned()))
    }
}

/// What was wrong with an episode.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// Its query loss: not finite, or beyond the guard's limit.
    Loss,
    /// Its gradient: not finite, though the loss is in order.
    Gradient,
    /// θ after the step that it led to: not finite.
    Theta,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Cause; 3] = [Cause::Loss, Cause::Gradient, Cause::Theta];

    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Cause::Loss => "loss",
            Cause::Gradient => "gradient",
            Cause::Theta => "theta",
        }
    }
}

/// Where in an episode an update was too large for its weights.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// 0-based online step: the first whose update is larger than the weights that it changes, in
    /// the Frobenius norm, or not finite; when there is none, the one with the relatively largest.
    pub step: u64,
    /// Layer of weights, from 1.
    pub layer: usize,
    /// Name of the coefficient whose term has the largest part in that update: `F2`, or `F2_l1` when
    /// layers have their own.
    pub term: String,
    /// `‖ΔW‖ / ‖W‖` of the layer in that step; not finite when the update is not.
    pub relative_update: f64,
}

/// A diverged episode.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Divergence {
    /// What was wrong.
    pub cause: Cause,
    /// The update that was too large.
    #[serde(rename = "place")]
    pub location: Location,
}

impl fmt::Display for Divergence {
    /// `loss not finite or too high; step 17, layer 2: …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location {
            step,
            layer,
            term,
            relative_update,
        } = &self.location;
        write!(
            f,
            "{} out of bounds; in step {step} layer {layer} changed by {relative_update:.2e} of its size, most by {term}",
            self.cause.name()
        )
    }
}
