//! Reverse mode on one tape: every step, or each of the last ones, is recorded, and the sweep undoes the updates of the weights.

use std::borrow::Cow;

use metaplast_autodiff::Tape;
use metaplast_plasticity::Number;

use super::outcome::{Ask, Outcome};
use crate::episode::Episode;
use crate::start::Start;

/// An episode on one tape, of which a gradient needs the last `recorded` steps and nothing else any.
pub(crate) fn episode<T: Number>(
    tape: &Tape<T>,
    episode: &Episode<'_>,
    start: Cow<'_, Start<T>>,
    recorded: u64,
    ask: Ask,
) -> Outcome {
    tape.reset();
    let live = episode.begin_from(tape, start);
    let (rule, theta) = episode.bind(tape);
    let recorded = if ask.gradient { recorded } else { 0 };
    let recorded = usize::try_from(recorded).unwrap_or(usize::MAX);
    let first = episode.steps.saturating_sub(recorded);
    for t in 0..first {
        live.step_unrecorded(&rule, t);
    }
    for t in first..episode.steps {
        live.step(&rule, t);
    }
    let evaluated = live.evaluate(ask.diagnostics);
    evaluated.into_outcome(ask.gradient.then_some(&theta))
}
