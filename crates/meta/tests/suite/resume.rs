//! A trial that is taken up from a stored state ends with the same bits.

use std::ops::ControlFlow;

use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_meta::course::Course;
use metaplast_meta::divergence::OnDivergence;
use metaplast_meta::learner::Model;
use metaplast_meta::optimizer::OptimizerKind;
use metaplast_meta::trainer::{EpisodeRecord, Settings, TrainError, Trainer, TrialResult, Watch};
use metaplast_meta::trial::TrialState;
use metaplast_plasticity::{Architecture, Preset, Rule};
use serde::{Deserialize, Serialize};

/// Keeps everything it is told.
#[derive(Default)]
struct All {
    records: Vec<EpisodeRecord>,
    states: Vec<TrialState>,
    gave_up: Vec<TrainError>,
}

impl Watch for All {
    fn episode(&mut self, record: &EpisodeRecord) -> ControlFlow<()> {
        self.records.push(record.clone());
        ControlFlow::Continue(())
    }

    fn stands(&mut self, state: &TrialState) -> ControlFlow<()> {
        self.states.push(state.clone());
        ControlFlow::Continue(())
    }

    fn gave_up(&mut self, error: &TrainError) {
        self.gave_up.push(error.clone());
    }
}

fn settings(preset: Preset, optimizer: OptimizerKind) -> Settings {
    let rule = Rule::preset(preset);
    let mut theta = vec![0.0; rule.indices().len()];
    theta[0] = 1e-2;
    Settings {
        model: Model {
            architecture: Architecture::new(vec![784, 12, 8, 47]).unwrap(),
            feedback: preset.feedback(),
            rule: rule.with_theta(&theta),
        },
        episodes: 24,
        meta_batch: 1,
        course: Course::default(),
        seed: 3,
        lambda: 1e-3,
        optimizer,
        rate: 1e-3,
        patience: 5,
        on_divergence: OnDivergence::Skip,
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

fn check(settings: &Settings) -> (All, Result<TrialResult, TrainError>) {
    let dataset = Dataset::glyphs(8, 1);
    let sampler = TaskSampler::new(&dataset, 3, 5, 3, Sampling::Fresh).unwrap();
    let trainer = Trainer::new(settings, &dataset, &sampler);
    let mut whole = All::default();
    let begin = trainer.begin::<f32>(1);
    let result = trainer
        .run_from::<f32>(vec![stored(&begin)], &mut whole)
        .remove(0);
    for state in whole.states.iter().step_by(5) {
        let back = stored(state);
        assert_eq!(bits(&back), bits(state));
        assert_eq!(back.check(settings), Ok(()));
        let mut rest = All::default();
        let again = trainer.run_from::<f32>(vec![back], &mut rest).remove(0);
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

#[test]
fn every_optimizer_and_meta_batch() {
    for optimizer in OptimizerKind::ALL {
        for meta_batch in [1, 5] {
            let settings = Settings {
                meta_batch,
                ..settings(Preset::Pool, optimizer)
            };
            let (all, result) = check(&settings);
            assert_eq!(all.records.len(), 24);
            assert_eq!(all.states.last().unwrap().theta(), result.unwrap().theta);
        }
    }
}

#[test]
fn with_diverged_episodes_before_and_after() {
    for (optimizer, on_divergence) in [
        (OptimizerKind::Steady, OnDivergence::Skip),
        (OptimizerKind::Adam, OnDivergence::Clip),
    ] {
        let settings = Settings {
            rate: 30.0,
            patience: 40,
            on_divergence,
            ..settings(Preset::Bio, optimizer)
        };
        let (all, _) = check(&settings);
        assert!(all.records.iter().any(|record| record.diverged));
        assert!(all.states.last().unwrap().diverged() > 0);
    }
}

#[test]
fn a_trial_that_gave_up_gives_up_again() {
    let mut settings = settings(Preset::Bio, OptimizerKind::Adam);
    settings.model.rule = Rule::preset(Preset::Bio).with_theta(&[50.0, 50.0, -50.0]);
    let (all, result) = check(&settings);
    assert_eq!(bits(&all.gave_up), bits(&[result.unwrap_err()]));
    assert_eq!(all.states.last().unwrap().episodes(), 5);
}

#[test]
fn states_of_other_settings_are_refused() {
    let right = settings(Preset::Bio, OptimizerKind::Steady);
    let dataset = Dataset::glyphs(8, 1);
    let sampler = TaskSampler::new(&dataset, 3, 5, 3, Sampling::Fresh).unwrap();
    let mut all = All::default();
    let trainer = Trainer::new(&right, &dataset, &sampler);
    let _ = trainer.run_from::<f32>(vec![trainer.begin::<f32>(0)], &mut all);
    let state = &all.states[17];
    let what = |settings: &Settings| state.check(settings).unwrap_err().what;
    let other = |change: &dyn Fn(&mut Settings)| {
        let mut settings = right.clone();
        change(&mut settings);
        what(&settings)
    };
    assert_eq!(state.check(&right), Ok(()));
    assert_eq!(other(&|s| s.episodes = 16), "number of episodes");
    assert_eq!(other(&|s| s.meta_batch = 5), "number of episodes");
    assert_eq!(other(&|s| s.optimizer = OptimizerKind::Adam), "optimizer");
    assert_eq!(other(&|s| s.model.rule = Rule::preset(Preset::Pool)), "θ");
    assert_eq!(
        other(&|s| s.model.architecture = Architecture::new(vec![784, 48]).unwrap()),
        "guard"
    );
}
