//! A trial that is resumed from a stored state ends with the same bits.

use std::ops::ControlFlow;

use metaplast_meta::Model;
use metaplast_meta::optimizer::{MetaOptimizer, OptimizerKind, OptimizerState, UnfitOptimizer};
use metaplast_meta::train::{
    EpisodeRecord, Observer, OnDivergence, TrainError, TrainSettings, Trainer, TrialResult,
    TrialState,
};
use metaplast_plasticity::{Architecture, Preset, Rule};
use serde::{Deserialize, Serialize};

use crate::world::{settings, world};

/// Keeps everything it is told.
#[derive(Default)]
struct All {
    records: Vec<EpisodeRecord>,
    states: Vec<TrialState>,
    gave_up: Vec<TrainError>,
}

impl Observer for All {
    fn episode(&mut self, record: &EpisodeRecord) -> ControlFlow<()> {
        self.records.push(record.clone());
        ControlFlow::Continue(())
    }

    fn checkpoint(&mut self, state: &TrialState) -> ControlFlow<()> {
        self.states.push(state.clone());
        ControlFlow::Continue(())
    }

    fn gave_up(&mut self, error: &TrainError) {
        self.gave_up.push(error.clone());
    }
}

/// Through the text of a file and back.
fn stored(state: &TrialState) -> TrialState {
    // TOML has tables only.
    #[derive(Deserialize, Serialize)]
    struct File {
        state: TrialState,
    }
    let file = File {
        state: state.clone(),
    };
    let text = toml::to_string(&file).unwrap();
    toml::from_str::<File>(&text).unwrap().state
}

/// Text that differs whenever a bit does, and is equal for NaN.
fn bits(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}")
}

fn check(settings: &TrainSettings) -> (All, Result<TrialResult, TrainError>) {
    let world = world();
    let trainer = Trainer::new(settings, &world.dataset, &world.sampler);
    let mut whole = All::default();
    let begin = trainer.begin(1);
    let result = trainer.run_from(vec![stored(&begin)], &mut whole).remove(0);
    for state in whole.states.iter().step_by(5) {
        let back = stored(state);
        assert_eq!(bits(&back), bits(state));
        assert_eq!(back.check(settings), Ok(()));
        let mut rest = All::default();
        let again = trainer.run_from(vec![back], &mut rest).remove(0);
        let missed = &whole.records[state.episodes() as usize..];
        assert_eq!(bits(&again), bits(&result));
        assert!(
            bits(&rest.records) == bits(&missed),
            "from {} on",
            state.episodes()
        );
        assert_eq!(bits(&rest.gave_up), bits(&whole.gave_up));
    }
    (whole, result)
}

/// Heavy-ball descent of a user's own.
struct HeavyBall {
    rate: f64,
    velocity: Vec<f64>,
}

impl MetaOptimizer for HeavyBall {
    fn step(&mut self, theta: &mut [f64], _: f64, gradient: &[f64]) -> Vec<f64> {
        self.velocity.resize(theta.len(), 0.0);
        let moved = theta.iter_mut().zip(&mut self.velocity).zip(gradient);
        for ((theta, velocity), g) in moved {
            *velocity = 0.5 * *velocity + g;
            *theta -= self.rate * *velocity;
        }
        vec![2.0 * self.rate; theta.len()]
    }

    fn save(&self) -> OptimizerState {
        OptimizerState::new().with("velocity", self.velocity.clone())
    }

    fn restore(&mut self, state: &OptimizerState, n: usize) -> Result<(), UnfitOptimizer> {
        self.velocity = match state.numbers("velocity", 0) {
            Ok(none) => none,
            Err(_) => state.numbers("velocity", n)?,
        };
        Ok(())
    }
}

fn heavy_ball() -> OptimizerKind {
    OptimizerKind::own("heavy-ball", |beginning| {
        Box::new(HeavyBall {
            rate: 1e-2 * beginning.rate,
            velocity: Vec::new(),
        })
    })
}

#[test]
fn every_optimizer_and_meta_batch() {
    let kinds = OptimizerKind::ALL.into_iter().chain([heavy_ball()]);
    for optimizer in kinds {
        for meta_batch in [1, 5] {
            let settings = settings(Preset::Pool, optimizer.clone())
                .with_episodes(24)
                .with_meta_batch(meta_batch);
            let (all, result) = check(&settings);
            assert_eq!(all.records.len(), 24);
            assert_eq!(all.states.last().unwrap().theta(), result.unwrap().theta);
        }
    }
}

#[test]
fn with_diverged_episodes_before_and_after() {
    for (optimizer, on_divergence) in [
        (OptimizerKind::STEADY, OnDivergence::Skip),
        (OptimizerKind::ADAM, OnDivergence::Clip),
    ] {
        let settings = settings(Preset::Bio, optimizer)
            .with_episodes(24)
            .with_rate(30.0)
            .with_patience(40)
            .with_on_divergence(on_divergence);
        let (all, _) = check(&settings);
        assert!(all.records.iter().any(|record| record.diverged));
        assert!(all.states.last().unwrap().diverged() > 0);
    }
}

#[test]
fn a_trial_that_gave_up_gives_up_again() {
    let mut settings = settings(Preset::Bio, OptimizerKind::ADAM).with_episodes(24);
    settings.model.rule = Rule::preset(Preset::Bio).with_theta(&[50.0, 50.0, -50.0]);
    let (all, result) = check(&settings);
    assert_eq!(bits(&all.gave_up), bits(&[result.unwrap_err()]));
    assert_eq!(all.states.last().unwrap().episodes(), 5);
}

#[test]
fn states_of_other_settings_are_refused() {
    let right = settings(Preset::Bio, OptimizerKind::STEADY).with_episodes(24);
    let world = world();
    let mut all = All::default();
    let trainer = Trainer::new(&right, &world.dataset, &world.sampler);
    let _ = trainer.run_from(vec![trainer.begin(0)], &mut all);
    let state = &all.states[17];
    let what = |settings: TrainSettings| state.check(&settings).unwrap_err().what;
    let model = |model: Model| TrainSettings::new(model).with_episodes(24);
    assert_eq!(state.check(&right), Ok(()));
    assert_eq!(what(right.clone().with_episodes(16)), "number of episodes");
    assert_eq!(what(right.clone().with_meta_batch(5)), "number of episodes");
    assert_eq!(
        what(right.clone().with_optimizer(OptimizerKind::ADAM)),
        "optimizer"
    );
    assert_eq!(
        what(right.clone().with_optimizer(heavy_ball())),
        "optimizer"
    );
    let pool = Model {
        rule: Rule::preset(Preset::Pool),
        ..right.model.clone()
    };
    assert_eq!(what(model(pool)), "θ");
    let other = Model {
        architecture: Architecture::new(vec![784, 48]).unwrap(),
        ..right.model.clone()
    };
    assert_eq!(what(model(other)), "guard");
}

/// As earlier versions wrote it.
#[test]
fn a_stored_steady_optimizer_is_read_by_its_old_keys() {
    let text = r#"
[state]
trial = 0
episodes = 2
theta = [0.002, 0.0]
last_loss = 3.7

[state.guard]
untrained = 3.8501476017100584
path = [[0.001, 0.0], [0.001, 0.0], [0.002, 0.0]]
in_a_row = 0
diverged = 0

[state.guard.recent]
window = 25
latest = [4.0, 3.7]

[state.guard.lengths]
window = 25
latest = [6.0, 18.0]

[state.optimizer.steady]
term_sizes = [1.0, 0.09]
caution = 1.0
steps = 2

[state.optimizer.steady.adam]
rate = 0.001
first_decay = 0.9
second_decay = 0.99
epsilon = 0.00000001
first = [-3.25, -0.0125]
second = [4.5, 0.00047]
steps = 2

[[state.optimizer.steady.magnitudes]]
window = 25
latest = [1.875, 11.0]

[[state.optimizer.steady.magnitudes]]
window = 25
latest = [0.1, 0.03]

[state.optimizer.steady.ratchet]
losses = [4.0, 3.7]
theta_sum = [0.003, 0.0]
diverged = 0
just_went_back = false

[[state.optimizer.steady.ratchet.places]]
loss = inf
theta = [0.001, 0.0]
"#;
    #[derive(Deserialize)]
    struct File {
        state: TrialState,
    }
    let state = toml::from_str::<File>(text).unwrap().state;
    let settings = settings(Preset::EHebb, OptimizerKind::STEADY)
        .with_episodes(24)
        .with_lambda(0.0);
    assert_eq!(state.check(&settings), Ok(()));
    assert_eq!(bits(&stored(&state)), bits(&state));
}
