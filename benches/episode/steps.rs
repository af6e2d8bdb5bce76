//! Time per step by the number of steps: criterion's `elem` is one online step, value and gradient.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use metaplast::meta::gradient::GradientMode;
use metaplast::plasticity::{Feedback, Preset};

use crate::work::{Ink, Work, model};

pub(crate) fn steps(criterion: &mut Criterion) {
    let work = Work::new(Ink::Third);
    let mut group = criterion.benchmark_group("steps of bio");
    group.sample_size(10);
    for steps in [10, 100, 1000] {
        let model = model(Preset::Bio, Feedback::fixed());
        let mut episode = work.episode(model, Some(steps), GradientMode::default());
        group.throughput(Throughput::Elements(steps));
        group.bench_function(steps.to_string(), |bencher| {
            bencher.iter(|| black_box(episode.run(true)));
        });
    }
    group.finish();
}
