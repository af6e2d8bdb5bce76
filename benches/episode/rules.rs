//! Each rule, with and without its gradient, on much and on little ink; and each way to a gradient.

use std::hint::black_box;

use criterion::Criterion;
use metaplast::meta::gradient::{GradientMode, Segments, Unroll, Within};
use metaplast::plasticity::{Feedback, Preset};

use crate::work::{Ink, Work, model, rules as benched};

pub(crate) fn rules(criterion: &mut Criterion) {
    for ink in Ink::ALL {
        let work = Work::new(ink);
        for (what, gradient) in [("value_and_gradient", true), ("inner_loop", false)] {
            let name = match ink {
                Ink::Third => what.to_owned(),
                other => format!("{what} ({} ink)", other.name()),
            };
            let mut group = criterion.benchmark_group(name);
            group.sample_size(10);
            for (name, preset, feedback) in benched() {
                let mut episode =
                    work.episode(model(preset, feedback), None, GradientMode::default());
                group.bench_function(name, |bencher| {
                    bencher.iter(|| black_box(episode.run(gradient)));
                });
            }
            group.finish();
        }
    }
}

/// What bounded memory costs, and what forward mode does.
pub(crate) fn ways(criterion: &mut Criterion) {
    let work = Work::new(Ink::Third);
    let segments = |steps, within| {
        GradientMode::Reverse(Unroll::Segments(Segments {
            steps,
            checkpoints: 25,
            within,
        }))
    };
    let ways = [
        ("tape", GradientMode::default()),
        ("undo 10/25", segments(10, Within::Undo)),
        ("stored 10/25", segments(10, Within::Stored)),
        ("gram", GradientMode::Gram),
        ("forward", GradientMode::Forward),
    ];
    let mut group = criterion.benchmark_group("ways to the gradient of bio");
    group.sample_size(10);
    for (name, mode) in ways {
        let mut episode = work.episode(model(Preset::Bio, Feedback::fixed()), None, mode);
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(episode.run(true)));
        });
    }
    group.finish();
}
