//! A small data set, and settings to train on it.

use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_meta::Model;
use metaplast_meta::optimizer::OptimizerKind;
use metaplast_meta::train::TrainSettings;
use metaplast_plasticity::{Architecture, Preset, Rule};

pub(crate) struct World {
    pub(crate) dataset: Dataset,
    pub(crate) sampler: TaskSampler,
}

pub(crate) fn world() -> World {
    let dataset = Dataset::glyphs(8, 1);
    let sampler = TaskSampler::new(&dataset, 3, 5, 3, Sampling::Fresh).unwrap();
    World { dataset, sampler }
}

pub(crate) fn settings(preset: Preset, optimizer: OptimizerKind) -> TrainSettings {
    let rule = Rule::preset(preset);
    let mut theta = vec![0.0; rule.theta().len()];
    theta[0] = 1e-2;
    let model = Model {
        architecture: Architecture::new(vec![784, 12, 8, 47]).unwrap(),
        feedback: preset.feedback(),
        rule: rule.with_theta(&theta),
    };
    TrainSettings::new(model)
        .with_episodes(12)
        .with_seed(3)
        .with_lambda(1e-3)
        .with_optimizer(optimizer)
        .with_patience(5)
}
