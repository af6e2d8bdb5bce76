//! What naming a rule takes: the statistics of a layer, one virtual network, and one fit of the classifier.
//!
//! ```text
//! cargo bench -p metaplast-identify --bench naming
//! ```
//!
//! 1,440 networks of twelve rules, and 360 of those that do not learn, take 1,800 times as long as one.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use metaplast_identify::statistics::{Form, activity, weights};
use metaplast_identify::virtual_networks::{
    LearningTask, NetworkPlan, NetworkRecord, rule_classes,
};
use metaplast_identify::{SoftmaxRegression, SoftmaxRegressionSettings};
use metaplast_tensor::{Random, Tensor};

/// Statistics of a layer of 100 units with 196 inputs, in 128 probes.
fn statistics(criterion: &mut Criterion) {
    let mut random = Random::new(1);
    let w = Tensor::<f64>::normal([100, 196], 0.0, 0.1, &mut random);
    let y = Tensor::<f64>::normal([128, 100], 0.3, 1.0, &mut random);
    let mut group = criterion.benchmark_group("statistics of a layer");
    group.throughput(Throughput::Elements(w.len() as u64));
    group.bench_function("weights, raw and absolute", |bencher| {
        bencher.iter(|| {
            let of = |form| weights::summary(black_box(w.data()), form);
            [of(Form::Raw), of(Form::Absolute)]
        });
    });
    group.throughput(Throughput::Elements(y.len() as u64));
    group.bench_function("activity, raw and absolute", |bencher| {
        bencher.iter(|| {
            let of = |form| activity::by_example(black_box(y.data()), 100, form);
            [of(Form::Raw), of(Form::Absolute)]
        });
    });
    group.finish();
}

/// A network of 60-60 hidden units on digits, simulated and observed at all times under all conditions.
fn network(criterion: &mut Criterion) {
    let images = LearningTask::images();
    let classes = rule_classes();
    let mut group = criterion.benchmark_group("a virtual network");
    group.sample_size(10);
    for class in [&classes[0], &classes[5], &classes[11]] {
        let plan = NetworkPlan {
            task: LearningTask::Digits,
            architecture: 1,
            batch: 8,
            ..NetworkPlan::draw(std::slice::from_ref(class), 0, 1)
        };
        group.bench_function(&class.name, |bencher| {
            bencher.iter(|| NetworkRecord::simulate(black_box(&plan), class, &images));
        });
    }
    group.finish();
}

/// Softmax regression of twelve classes with 240 examples of 200 features.
fn regression(criterion: &mut Criterion) {
    let (rows, features, classes) = (240, 200, 12);
    let mut random = Random::new(2);
    let labels: Vec<usize> = (0..rows).map(|row| row % classes).collect();
    let mut x = Tensor::<f64>::normal([rows, features], 0.0, 1.0, &mut random);
    for (row, &label) in x.data_mut().chunks_mut(features).zip(&labels) {
        row[label] += 2.0;
    }
    let mut group = criterion.benchmark_group("softmax regression");
    group.sample_size(10);
    group.bench_function("near the minimum", |bencher| {
        let settings = SoftmaxRegressionSettings::near(1e-2);
        bencher.iter(|| SoftmaxRegression::fit(black_box(&x), &labels, classes, settings, None));
    });
    group.finish();
}

criterion_group!(benches, statistics, network, regression);
criterion_main!(benches);
