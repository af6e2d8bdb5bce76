//! Meta-step: from the outcomes of a meta-batch to the next θ.

use super::divergence::{Cause, OnDivergence};
use super::guard::Guard;
use super::settings::TrainSettings;
use super::state::TrialState;
use crate::gradient::Outcome;
use crate::optimizer::MetaOptimizer;

/// What is wrong with an episode, if anything.
pub(super) fn judge(guard: &Guard, outcome: &Outcome) -> Option<Cause> {
    let finite = match &outcome.gradient {
        Some(gradient) => gradient.iter().all(|g| g.is_finite()),
        None => return Some(Cause::Loss),
    };
    match (outcome.loss <= guard.limit(), finite) {
        (true, true) => None,
        (true, false) => Some(Cause::Gradient),
        (false, _) => Some(Cause::Loss),
    }
}

/// Moves θ by the outcomes of a meta-batch, forward or back.
pub(super) fn move_theta(
    settings: &TrainSettings,
    state: &mut TrialState,
    optimizer: &mut dyn MetaOptimizer,
    outcomes: &[Outcome],
    causes: &mut [Option<Cause>],
) {
    let well = causes.iter().all(Option::is_none);
    let gradient = gradient(settings, &state.guard, &state.theta, outcomes, causes);
    let Some(gradient) = gradient else {
        step_back(state, optimizer, false);
        return;
    };
    let losses = outcomes.iter().map(|o| o.loss);
    let mean = losses.sum::<f64>() / outcomes.len() as f64;
    if well {
        state.guard.went_well(&state.theta, mean, &gradient);
    } else {
        state.guard.stayed();
    }
    let meta_loss = settings.meta_loss(mean, &state.theta);
    let before = state.theta.clone();
    let rates = optimizer.step(&mut state.theta, meta_loss, &gradient);
    if let Some(proximal) = &mut state.proximal {
        let constants = state.theta[settings.penalised()..].to_vec();
        proximal.take(
            settings.lambda,
            &before,
            &mut state.theta,
            &gradient,
            &rates,
        );
        state.theta[settings.penalised()..].copy_from_slice(&constants);
    }
    if state.theta.iter().any(|t| !t.is_finite()) {
        if let Some(last) = causes.last_mut() {
            last.get_or_insert(Cause::Theta);
        }
        step_back(state, optimizer, !well);
    }
}

/// Takes θ back; `counted` when the guard knows of the divergence already.
fn step_back(state: &mut TrialState, optimizer: &mut dyn MetaOptimizer, counted: bool) {
    state.theta = if counted {
        state.guard.place().to_vec()
    } else {
        state.guard.step_back()
    };
    optimizer.stepped_back(&mut state.theta);
}

/// The gradient of the mean meta-loss; `None` when an episode of the batch diverged and the
/// policy, or the gradient itself, does not let it count.
fn gradient(
    settings: &TrainSettings,
    guard: &Guard,
    theta: &[f64],
    outcomes: &[Outcome],
    causes: &[Option<Cause>],
) -> Option<Vec<f64>> {
    let mut mean = vec![0.0; theta.len()];
    for (outcome, cause) in outcomes.iter().zip(causes) {
        let gradient = outcome.gradient.as_ref()?;
        let clipped;
        let gradient = match (cause, settings.on_divergence) {
            (None, _) => gradient,
            (Some(_), OnDivergence::Clip) => {
                clipped = guard.clipped(gradient)?;
                &clipped
            }
            (Some(_), _) => return None,
        };
        for (mean, g) in mean.iter_mut().zip(gradient) {
            *mean += g / outcomes.len() as f64;
        }
    }
    let TrainSettings {
        lambda, penalty, ..
    } = *settings;
    penalty.add_slope(lambda, &theta[..settings.penalised()], &mut mean);
    Some(mean)
}
