//! Small runs that several tests share.

use metaplast_reservoir::{Algorithm, Period, PublishedTask, PublishedTrial, Simulation, Variant};

pub(crate) const STEPS: usize = 60;

pub(crate) const TASKS: [PublishedTask; 3] = [
    PublishedTask::Drawing,
    PublishedTask::Arm { segments: 3 },
    PublishedTask::CostlyArm,
];

/// A run of 40 units, with a threshold that the error of arms crosses now and then.
pub(crate) fn small(
    algorithm: Algorithm,
    task: PublishedTask,
    variant: Variant,
    seed: u64,
) -> Simulation<f64> {
    trial(algorithm, task, variant, seed).simulation()
}

pub(crate) fn trial(
    algorithm: Algorithm,
    task: PublishedTask,
    variant: Variant,
    seed: u64,
) -> PublishedTrial<f64> {
    let mut trial = PublishedTrial::new(task, algorithm, seed).with_variant(variant);
    trial.units = 40;
    trial.steps = STEPS;
    trial.rule.coefficients.threshold = 0.5;
    trial
}

/// The algorithms that can learn a task.
pub(crate) fn algorithms(task: PublishedTask) -> Vec<Algorithm> {
    let all = Algorithm::ALL.into_iter();
    all.filter(|&known| task == PublishedTask::Drawing || known != Algorithm::Force)
        .collect()
}

pub(crate) fn advance(run: &mut Simulation<f64>, steps: usize, period: &Period) {
    for _ in 0..steps {
        run.step(period).expect("no divergence");
    }
}
