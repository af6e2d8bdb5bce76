//! Reverse mode on one tape: every step is recorded, and the sweep undoes the updates of the weights.

use std::borrow::Cow;

use metaplast_autodiff::Tape;
use metaplast_plasticity::Number;

use super::outcome::{Ask, Outcome};
use crate::episode::Episode;
use crate::start::Start;

/// An episode on one tape, of which a gradient needs every step and nothing else any.
pub(super) fn episode<T: Number>(
    tape: &Tape<T>,
    episode: &Episode<'_>,
    start: Cow<'_, Start<T>>,
    ask: Ask,
) -> Outcome {
    tape.reset();
    let live = episode.begin_from(tape, start);
    let (rule, theta) = episode.bind(tape);
    if ask.gradient {
        for t in 0..episode.steps {
            live.step(&rule, t);
        }
    } else {
        live.run_unrecorded(&rule);
    }
    let evaluated = live.evaluate(ask.diagnostics);
    let differentiable = ask.gradient && evaluated.query.cross_entropy.is_finite();
    let gradient = differentiable.then(|| {
        let gradients = evaluated.loss.backward();
        let wrt = |theta| gradients.wrt(theta).item().to_f64();
        theta.into_iter().map(wrt).collect()
    });
    Outcome {
        query: evaluated.query,
        gradient,
        diagnostics: evaluated.diagnostics,
    }
}
