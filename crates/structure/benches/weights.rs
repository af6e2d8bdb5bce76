//! Fitting the weights of 402 rules, and scoring models by them beside a joint fit of each model.
//!
//! The data are four areas of UW-CSE, 2,068 pairs.
//!
//! Beside criterion's times, which are those of a clock on the wall, stands the time of the processor, where the
//! system tells it (Linux): on a busy machine that is what something takes.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use metaplast_structure::{
    Areas, GroundArea, GroundModel, ModelScore, PiecewiseLikelihood, RandomRuleSets,
    StructureSearch, TruthValues, UwCse, WeightPenalty, ground_areas,
};

/// Random models that are scored.
const MODELS: usize = 20;

fn areas() -> Vec<GroundArea> {
    let text = include_str!("../tests/fixtures/uwcse_areas_1234.json");
    let areas = Areas::from_json(text).expect("areas");
    ground_areas(
        &areas,
        &UwCse::relations(),
        &UwCse::candidates(),
        UwCse::derive,
    )
    .expect("a grounding")
}

/// Milliseconds of the processor that this thread has had.
fn processor_time() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e6)
}

/// The least time of the processor of five runs.
fn least(mut work: impl FnMut()) -> Option<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..5 {
        let start = processor_time()?;
        work();
        least = least.min(processor_time()? - start);
    }
    Some(least)
}

fn weights(criterion: &mut Criterion) {
    let areas = areas();
    let models: Vec<&GroundModel> = areas.iter().map(|area| &area.grounding.model).collect();
    let model = GroundModel::side_by_side(&models);
    let truth: Vec<f64> = areas
        .iter()
        .flat_map(|area| area.truth.iter().copied())
        .collect();
    println!(
        "{} rules, {} atoms, {} potentials",
        model.rules(),
        model.atoms(),
        model.potentials()
    );
    let penalty = WeightPenalty::default();

    let fit_all = |values| {
        let likelihood = PiecewiseLikelihood::new(&model, &truth, values);
        let weights = (0..likelihood.rules()).map(|rule| likelihood.fit(rule, penalty).weight);
        black_box(weights.sum::<f64>());
    };
    let candidates = UwCse::candidates();
    let random = RandomRuleSets::new(&candidates, &[0], 1);
    let sets: Vec<Vec<usize>> = (0..MODELS).map(|round| random.draw(round)).collect();

    let is_test = std::env::args().any(|argument| argument == "--test");
    let mut group = criterion.benchmark_group("structure");
    group
        .measurement_time(Duration::from_secs(4))
        .sample_size(10);
    for (name, values) in [
        ("values 0 to 1", TruthValues::Soft),
        ("values 0 and 1", TruthValues::Binary),
    ] {
        group.bench_function(format!("weights of 402 rules, {name}"), |bencher| {
            bencher.iter(|| fit_all(values));
        });
        let mut search = StructureSearch::new(&model, &truth, values, penalty);
        let mut score = |set: &[usize]| {
            black_box(search.score(set, ModelScore::AveragePrecision));
        };
        // The first time weights are fitted.
        sets.iter().for_each(|set| score(set));
        group.bench_function(
            format!("score of {MODELS} models from cached weights, {name}"),
            |bencher| {
                bencher.iter(|| sets.iter().for_each(|set| score(set)));
            },
        );
        let scored = least(|| (0..20).for_each(|_| sets.iter().for_each(|set| score(set))));
        let joint = |set: &[usize]| {
            black_box(search.refit(set).value);
        };
        group.bench_function(format!("joint fit of one model, {name}"), |bencher| {
            bencher.iter(|| joint(&sets[0]));
        });
        if is_test {
            continue;
        }
        let all = least(|| fit_all(values));
        let joint = least(|| sets.iter().for_each(|set| joint(set)));
        if let (Some(all), Some(scored), Some(joint)) = (all, scored, joint) {
            let (scored, joint) = (scored / (20 * MODELS) as f64, joint / MODELS as f64);
            println!(
                "{name}, of the processor: all weights {all:.0} ms; a model from cached weights {scored:.3} ms, by a joint \
                 fit {joint:.1} ms: {:.0} times as long",
                joint / scored
            );
        }
    }
    group.finish();
}

criterion_group!(benches, weights);
criterion_main!(benches);
