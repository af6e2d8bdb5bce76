//! A training step of 50 molecules on five places, with and without penalties; scattering coefficients; the
//! enumeration.
//!
//! 400 epochs of 600 molecules are 4800 steps.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use metaplast_molecules::scattering::{GraphScattering, SpectrumWarp, WarpedWavelets};
use metaplast_molecules::{
    EncoderInput, GraphVae, Molecule, PenaltyWeights, PlacedGraph, VaeSettings, VaeTraining,
    enumerate,
};

/// Molecules of a step.
const BATCH: usize = 50;

fn molecules() -> Vec<Molecule> {
    let stable = enumerate(4).into_iter().filter(Molecule::is_stable);
    stable
        .take(BATCH)
        .map(|molecule| molecule.depth_first())
        .collect()
}

fn steps(criterion: &mut Criterion) {
    let molecules = molecules();
    let mut group = criterion.benchmark_group("ten training steps");
    group.sample_size(10);
    let reached = PenaltyWeights {
        triple_reached: 0.3,
        ..PenaltyWeights::first_three(0.3)
    };
    for (name, penalties) in [
        ("no penalties", PenaltyWeights::default()),
        ("three penalties", PenaltyWeights::first_three(0.3)),
        ("and triple bonds by reach", reached),
    ] {
        let training = VaeTraining {
            epochs: 10,
            batch: BATCH,
            penalties,
            ..VaeTraining::default()
        };
        let settings = VaeSettings::five_places(EncoderInput::Plain);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let trained =
                    GraphVae::train(settings.clone(), training, &molecules, 1, |_, _| true);
                black_box(trained)
            });
        });
    }
    group.finish();
}

fn graphs(criterion: &mut Criterion) {
    let graphs: Vec<PlacedGraph> = molecules().iter().map(|m| PlacedGraph::of(m, 5)).collect();
    let spectrum: Vec<f64> = graphs
        .iter()
        .flat_map(|graph| graph.laplacian().eigh().0.into_data())
        .collect();
    let wavelets = WarpedWavelets::new(SpectrumWarp::of(&spectrum), 8);
    let scattering = GraphScattering::new(wavelets, 3);
    let mut group = criterion.benchmark_group("graphs");
    group.sample_size(10);
    group.bench_function("scattering coefficients of 50 molecules", |bencher| {
        bencher.iter(|| {
            for graph in &graphs {
                black_box(scattering.coefficients(graph, &[]));
            }
        });
    });
    group.bench_function("all molecules of 4 atoms", |bencher| {
        bencher.iter(|| black_box(enumerate(4)));
    });
    group.finish();
}

criterion_group!(benches, steps, graphs);
criterion_main!(benches);
