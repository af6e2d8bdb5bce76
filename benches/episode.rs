//! Value and meta-gradient of one episode of the paper's network: 784-170-130-100-70-47, 250
//! online steps, 50 query images, f32, generated glyphs.
//!
//! ```text
//! cargo bench --bench episode
//! ```

use criterion::{Criterion, criterion_group, criterion_main};
use metaplast::data::{Dataset, Sampling, Task, TaskSampler};
use metaplast::meta::learner::{Ask, Learner, Model, Start};
use metaplast::meta::seeds::{Purpose, stream};
use metaplast::plasticity::{Architecture, Feedback, Preset, Rule};
use std::hint::black_box;

/// θ near where meta-training ends; a term beside these three starts from zero.
fn theta(rule: &Rule) -> Vec<f64> {
    let value = |&term: &usize| match term {
        0 => 1e-2,
        2 => -3e-2,
        9 => 5e-3,
        _ => 0.0,
    };
    rule.indices().iter().map(value).collect()
}

fn episodes(criterion: &mut Criterion) {
    let dataset = Dataset::glyphs(60, 1);
    let sampler = TaskSampler::new(&dataset, 5, 50, 10, Sampling::Fresh).expect("60 = 50 + 10");
    let task: Task = sampler.sample(&dataset, &mut stream(1, 0, 0, Purpose::Task));
    let cases = [
        ("bio", Preset::Bio, Feedback::Fixed),
        ("pool", Preset::Pool, Feedback::Fixed),
        ("fa", Preset::Fa, Feedback::Fixed),
        ("bp_detached", Preset::Bp, Feedback::Symmetric),
        ("bp_attached", Preset::Bp, Feedback::Attached),
    ];
    for (what, gradient) in [("value_and_gradient", true), ("inner_loop", false)] {
        let mut group = criterion.benchmark_group(what);
        group.sample_size(10);
        for (name, preset, feedback) in cases {
            let model = Model {
                architecture: Architecture::paper(),
                feedback,
                rule: Rule::preset(preset),
            };
            let theta = theta(&model.rule);
            let start = Start::<f32>::draw(&model, 1, 0, 0);
            let mut learner = Learner::new(model);
            let ask = Ask {
                gradient,
                diagnostics: false,
            };
            group.bench_function(name, |bencher| {
                bencher.iter(|| {
                    black_box(learner.episode(black_box(&theta), &start, &dataset, &task, ask))
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, episodes);
criterion_main!(benches);
