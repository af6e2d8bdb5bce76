//! One learning step of 1000 units, for each algorithm, with what it has to read.
//!
//! Times of a step of the Python port, in f64, on one thread of an AMD EPYC: FORCE 420 µs, RMHL
//! 210 µs, SUPERTREX 460 µs, which updates P even while its gate is shut. A plain program in C
//! that reads each connection and each number of P's lower half once: 59, 50 and 52 µs.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use metaplast_reservoir::{Algorithm, Period, PublishedTask, PublishedTrial, Simulation};

/// The trial of task 1 from one seed; the gate of SUPERTREX always open or always shut.
fn simulation(algorithm: Algorithm, always_open: bool) -> Simulation<f64> {
    let mut trial = PublishedTrial::new(PublishedTask::Drawing, algorithm, 1);
    if always_open {
        // P is updated at every tenth step, as it is once the error is low; W₁ stays near zero.
        trial.rule.coefficients.threshold = 1e9;
        trial.rule.coefficients.mastery_gain = 1e-6;
    } else {
        trial.rule.coefficients.threshold = -1.0;
    }
    trial.simulation()
}

fn print_bound() {
    let run = simulation(Algorithm::Force, false);
    let connections = run.reservoir().connections();
    let (entries, bytes) = (connections.entries(), connections.bytes());
    let p = run.state().p.as_ref().expect("FORCE has P").bytes();
    println!(
        "{entries} connections: {bytes} bytes a step, {:.1} bytes and {:.2} loads a connection \
         (its share of a load of eight values and of eight columns, and the rate)",
        bytes as f64 / entries as f64,
        1.0 + 2.0 / 8.0,
    );
    println!(
        "P's lower half: {p} bytes read and written at every tenth step, {} a step",
        p / 10
    );
    for gigabytes in [25.0, 50.0, 100.0] {
        let time = |bytes: usize| bytes as f64 / gigabytes / 1e3;
        println!(
            "at {gigabytes} GB/s: {:.0} µs a step without P, {:.0} µs with P read, {:.0} µs read and written",
            time(bytes),
            time(bytes + p / 10),
            time(bytes + p / 5)
        );
    }
    println!("the Python port: FORCE 420 µs, RMHL 210 µs, SUPERTREX 460 µs");
}

fn steps(criterion: &mut Criterion) {
    print_bound();
    let mut group = criterion.benchmark_group("learning step");
    group
        .measurement_time(Duration::from_secs(4))
        .sample_size(50);
    for (name, algorithm, always_open) in [
        ("FORCE", Algorithm::Force, false),
        ("RMHL", Algorithm::Rmhl, false),
        ("SUPERTREX, gate shut", Algorithm::Supertrex, false),
        ("SUPERTREX, gate open", Algorithm::Supertrex, true),
    ] {
        let mut run = simulation(algorithm, always_open);
        let period = Period::learning();
        // An iteration is ten steps, one of which takes P.
        group.throughput(criterion::Throughput::Elements(10));
        group.bench_function(format!("{name}, ten steps"), |bencher| {
            bencher.iter(|| {
                for _ in 0..10 {
                    black_box(run.step(&period).expect("no divergence"));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
