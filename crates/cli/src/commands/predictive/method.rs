//! Flags that choose a method of inference and a loss.

use clap::Args;
use metaplast_numbers::digits::significant;
use metaplast_predictive::{
    FixedPrediction, Inference, Loss, LossKind, Method, Nudge, Reduction, Solver, Stop, Strict,
};
use metaplast_runs::settings::{Choice, number, whole};
use metaplast_tensor::Scalar;

use crate::error::Error;

const HEADING: &str = "Inference";

/// Which method, and which loss.
#[derive(Args, Debug)]
pub(super) struct MethodFlags {
    /// `strict`: beliefs descend the energy; `fixed-prediction`: predictions stay those of the forward
    /// pass; `zero-divergence`; `backprop`
    #[arg(long, value_name = "NAME", default_value = "strict", value_parser = ["strict", "fixed-prediction", "zero-divergence", "backprop"], help_heading = HEADING)]
    method: String,
    /// Step of the beliefs, η [default: 0.1]
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = number, help_heading = HEADING)]
    eta: Option<f64>,
    /// Inference iterations, n [default: 20]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = HEADING)]
    iterations: Option<u64>,
    /// How the beliefs of strict inference move: `plain`, `momentum:0.8`, `sweep` from the last layer
    /// down, or in `error-coordinates` [default: plain]
    #[arg(long, value_name = "NAME", help_heading = HEADING)]
    solver: Option<String>,
    /// Which strict gradient: `consistent`, that of the energy at the final beliefs; `released`, errors
    /// of before the last update; `published`, with the wrong sign of 2022 [default: consistent]
    #[arg(long, value_name = "WHICH", value_parser = ["consistent", "released", "published"], help_heading = HEADING)]
    variant: Option<String>,
    /// How the target acts in strict inference: `positive:S`, `negative:S` or `centred:S` with the
    /// strength S [default: positive:1]
    #[arg(long, value_name = "NUDGE", help_heading = HEADING)]
    nudge: Option<String>,
    /// Stop strict inference when the energy's gradient is at most this share of the last error
    #[arg(long, value_name = "X", allow_negative_numbers = true, value_parser = number, help_heading = HEADING)]
    tolerance: Option<f64>,
    /// Halve η where the energy of strict inference rises
    #[arg(long, help_heading = HEADING)]
    halving: bool,
    /// `ce`: cross-entropy; `mse`: mean square; `half-sse`: half the sum of squares
    #[arg(long, value_name = "NAME", default_value = "ce", value_parser = ["ce", "mse", "half-sse"], help_heading = HEADING)]
    loss: String,
    /// Sum the loss over the rows of a batch instead of averaging it: strict inference depends on it
    #[arg(long, help_heading = HEADING)]
    sum: bool,
}

impl MethodFlags {
    /// The loss.
    pub(super) fn loss(&self) -> Loss {
        let kind = match self.loss.as_str() {
            "mse" => LossKind::MeanSquare,
            "half-sse" => LossKind::HalfSquare,
            _ => LossKind::CrossEntropy,
        };
        let reduction = match self.sum {
            true => Reduction::Sum,
            false => Reduction::Mean,
        };
        Loss::new(kind, reduction)
    }

    /// The method.
    pub(super) fn method(&self) -> Result<Method, Error> {
        self.check_use()?;
        let eta = Choice::new(self.eta.unwrap_or(0.1), "--eta").above_zero()?;
        let iterations = Choice::new(self.iterations.unwrap_or(20), "--iterations");
        let iterations = iterations.at_most(10_000_000)? as usize;
        Ok(match self.method.as_str() {
            "backprop" => Method::Exact,
            "zero-divergence" => Method::ZeroDivergence,
            "fixed-prediction" => FixedPrediction::new(eta, iterations).into(),
            _ => self.strict(eta, iterations)?.into(),
        })
    }

    /// Refuses a flag that the method has no use for.
    fn check_use(&self) -> Result<(), Error> {
        let iterated: &[&str] = &["strict", "fixed-prediction"];
        let strict: &[&str] = &["strict"];
        for (flag, given, methods) in [
            ("--eta", self.eta.is_some(), iterated),
            ("--iterations", self.iterations.is_some(), iterated),
            ("--solver", self.solver.is_some(), strict),
            ("--variant", self.variant.is_some(), strict),
            ("--nudge", self.nudge.is_some(), strict),
            ("--tolerance", self.tolerance.is_some(), strict),
            ("--halving", self.halving, strict),
        ] {
            if given && !methods.contains(&self.method.as_str()) {
                let methods = methods.join(" or ");
                let reason = format!(
                    "{} has no use for it; leave it out, or choose --method {methods}",
                    self.method
                );
                return Err(Error::setting(flag, reason));
            }
        }
        Ok(())
    }

    fn strict(&self, eta: f64, iterations: usize) -> Result<Strict, Error> {
        let mut strict = match self.variant.as_deref() {
            Some("released") => Strict::as_released(eta, iterations),
            Some("published") => Strict::as_published(eta, iterations),
            _ => Strict::new(eta, iterations),
        };
        strict = strict.solver(solver(self.solver.as_deref().unwrap_or("plain"))?);
        strict = strict.keep_energies();
        if let Some(nudge) = &self.nudge {
            if self.variant.as_deref() == Some("published") {
                let reason =
                    "the published variant is negative nudging already; choose another variant";
                return Err(Error::setting("--nudge", reason));
            }
            strict = strict.nudge(nudging(nudge)?);
        }
        if let Some(tolerance) = self.tolerance {
            let tolerance = Choice::new(tolerance, "--tolerance").above_zero()?;
            strict = strict.stop(Stop::Relative(tolerance));
        }
        Ok(if self.halving {
            strict.halving()
        } else {
            strict
        })
    }
}

/// A line for an energy that has risen: descent with too large a step.
pub(super) fn climbed<T: Scalar>(inference: &Inference<T>) -> Option<String> {
    let sum = |step: &Vec<f64>| step.iter().sum::<f64>();
    let (first, last) = (inference.energies.first()?, inference.energies.last()?);
    (sum(last) > sum(first)).then(|| {
        format!(
            "the energy rose from {} to {}: η is too large; take a smaller --eta, or --halving\n",
            significant(sum(first), 4),
            significant(sum(last), 4)
        )
    })
}

fn solver(text: &str) -> Result<Solver, Error> {
    let wrong = || {
        let reason = format!(
            "there is no solver {text:?}; choose plain, momentum:X with X below 1, sweep or error-coordinates"
        );
        Error::setting("--solver", reason)
    };
    Ok(match text.split_once(':') {
        None if text == "plain" => Solver::Plain,
        None if text == "sweep" => Solver::Sweep,
        None if text == "error-coordinates" => Solver::ErrorCoordinates,
        Some(("momentum", kept)) => match kept.parse() {
            Ok(kept) if (0.0..1.0).contains(&kept) => Solver::Momentum(kept),
            _ => return Err(wrong()),
        },
        _ => return Err(wrong()),
    })
}

fn nudging(text: &str) -> Result<Nudge, Error> {
    let wrong = || {
        let reason = format!(
            "{text:?} is no nudge; write positive:S, negative:S or centred:S with S above 0"
        );
        Error::setting("--nudge", reason)
    };
    let (side, strength) = text.split_once(':').ok_or_else(wrong)?;
    let strength = strength
        .parse()
        .ok()
        .filter(|s: &f64| *s > 0.0 && s.is_finite());
    let strength = strength.ok_or_else(wrong)?;
    match side {
        "positive" => Ok(Nudge::Positive(strength)),
        "negative" => Ok(Nudge::Negative(strength)),
        "centred" => Ok(Nudge::Centred(strength)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solvers_and_nudges_are_read_and_what_is_none_is_refused() {
        assert_eq!(solver("momentum:0.8").unwrap(), Solver::Momentum(0.8));
        assert_eq!(
            solver("error-coordinates").unwrap(),
            Solver::ErrorCoordinates
        );
        assert_eq!(nudging("centred:0.01").unwrap(), Nudge::Centred(0.01));
        for text in ["", "momentum", "momentum:1", "momentum:x", "Sweep"] {
            assert!(solver(text).is_err(), "{text}");
        }
        for text in [
            "",
            "centred",
            "centred:0",
            "centred:-1",
            "up:1",
            "negative:inf",
        ] {
            assert!(nudging(text).is_err(), "{text}");
        }
    }
}
