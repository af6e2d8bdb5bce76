//! Many episodes on one and on two threads: a meta-batch of eight, and two trials.

use std::hint::black_box;
use std::ops::ControlFlow;

use criterion::Criterion;
use metaplast::data::{Dataset, Sampling, TaskSampler};
use metaplast::meta::optimizer::OptimizerKind;
use metaplast::meta::train::{TrainSettings, Trainer};
use metaplast::plasticity::{Feedback, Preset};

use crate::work::model;

/// One step of θ by the mean of eight episodes.
pub(crate) fn meta_batches(criterion: &mut Criterion) {
    compare(criterion, "meta-batch of 8", 8, &[(1, 1), (1, 2)]);
}

/// Four episodes of each trial: one trial on one thread, two on two.
pub(crate) fn trials(criterion: &mut Criterion) {
    compare(criterion, "trials of 4 episodes", 1, &[(1, 1), (2, 2)]);
}

/// Meta-trains `trials` trials on `threads` threads, for each pair of the two.
fn compare(criterion: &mut Criterion, name: &str, meta_batch: u64, cases: &[(u64, usize)]) {
    let dataset = Dataset::glyphs(60, 1);
    let sampler = TaskSampler::new(&dataset, 5, 50, 10, Sampling::Fresh).expect("60 = 50 + 10");
    let settings = TrainSettings::new(model(Preset::Bio, Feedback::fixed()))
        .with_episodes(meta_batch.max(4))
        .with_meta_batch(meta_batch)
        .with_optimizer(OptimizerKind::ADAM)
        .with_rate(1e-4);
    let trainer = Trainer::new(&settings, &dataset, &sampler);
    let mut group = criterion.benchmark_group(name);
    group.sample_size(10);
    for &(trials, threads) in cases {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.expect("a few threads");
        let name = format!("{trials} trial(s), {threads} thread(s)");
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut observe = |_: &_| ControlFlow::Continue(());
                black_box(pool.install(|| trainer.run(trials, &mut observe)))
            });
        });
    }
    group.finish();
}
