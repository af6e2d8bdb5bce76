//! One learning step of 1000 units, for each algorithm, in `f32` and `f64`, with what it has to read.
//!
//! Times of a step of the Python port, in f64, on one thread of an AMD EPYC: FORCE 420 µs, RMHL
//! 210 µs, SUPERTREX 460 µs, which updates P even while its gate is shut. A plain program in C
//! that reads each connection and each number of P's lower half once: 59, 50 and 52 µs.
//!
//! Beside criterion's times, which are those of a clock on the wall, stands the time of the processor, where
//! the system tells it (Linux): on a busy machine that is what a step takes.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use metaplast_reservoir::{Algorithm, Period, PublishedTask, PublishedTrial, Simulation};
use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::SparseMatrix;

/// The trial of task 1 from one seed; the gate of SUPERTREX always open or always shut.
fn simulation<T: Scalar>(algorithm: Algorithm, always_open: bool) -> Simulation<T> {
    let mut trial = PublishedTrial::new(PublishedTask::Drawing, algorithm, 1);
    if always_open {
        // P is updated at every tenth step, as it is once the error is low; W₁ stays near zero.
        trial.rule.coefficients.threshold = 1e9;
        trial.rule.coefficients.mastery_gain = 1e-6;
    } else {
        trial.rule.coefficients.threshold = -1.0;
    }
    trial.with_precision().simulation()
}

/// Rates that are loaded one by one: in `f32` those of a row's fifth and later connections among thirty-two
/// columns, since the first four are picked out of registers. The matrix itself is loaded by 64 bytes.
fn loads<T: Scalar>(connections: &SparseMatrix<T>) -> usize {
    let entries = connections.to_entries();
    if size_of::<T>() > 4 {
        return entries.len();
    }
    let windows = entries.chunk_by(|a, b| (a.0, a.1 / 32) == (b.0, b.1 / 32));
    windows.map(|window| window.len().saturating_sub(4)).sum()
}

fn print_bound<T: Scalar>() {
    let run = simulation::<T>(Algorithm::Force, false);
    let connections = run.reservoir().connections();
    let (entries, bytes) = (connections.entries(), connections.bytes());
    let loads = loads(connections);
    let p = run.state().p.as_ref().expect("FORCE has P").bytes();
    println!(
        "{}: {entries} connections: {bytes} bytes a step, {:.1} bytes and {:.2} loads a connection",
        T::NAME,
        bytes as f64 / entries as f64,
        (bytes as f64 / 64.0 + loads as f64) / entries as f64,
    );
    println!(
        "{}: P's lower half: {p} bytes read at every tenth step and written at every fortieth",
        T::NAME
    );
    for gigabytes in [25.0, 50.0, 100.0] {
        let time = |bytes: usize| bytes as f64 / gigabytes / 1e3;
        println!(
            "{}: at {gigabytes} GB/s: {:.1} µs a step without P, {:.1} µs with P",
            T::NAME,
            time(bytes),
            time(bytes + p / 10 + p / 40)
        );
    }
}

/// Microseconds of the processor that this thread has had, to a few milliseconds.
fn processor_time() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e3)
}

/// The processor's time of a step, the least, the median and the mean of batches.
fn print_processor_time<T: Scalar>(
    name: &str,
    mut run: Simulation<T>,
    (batches, steps): (usize, usize),
) -> Option<()> {
    let mut times = Vec::new();
    for _ in 0..batches {
        let start = processor_time()?;
        for _ in 0..steps {
            black_box(run.step(&Period::learning()).expect("no divergence"));
        }
        times.push((processor_time()? - start) / steps as f64);
    }
    times.sort_by(f64::total_cmp);
    println!(
        "{}, {name}: {:.1} µs of the processor a step, median {:.1}, mean {:.1} of {batches} batches",
        T::NAME,
        times[0],
        times[batches / 2],
        times.iter().sum::<f64>() / batches as f64,
    );
    Some(())
}

/// The learning of task 1 as published, whose gate is open for a part of the time.
fn print_learning_of_task_1<T: Scalar>() {
    let trial = PublishedTrial::<f64>::new(PublishedTask::Drawing, Algorithm::Supertrex, 1);
    let (batches, steps) = (25, trial.learning * trial.steps / 25);
    let run = trial.with_precision::<T>().simulation();
    print_processor_time("SUPERTREX, all learning of task 1", run, (batches, steps));
}

fn steps_in<T: Scalar>(criterion: &mut Criterion) {
    print_bound::<T>();
    let mut group = criterion.benchmark_group(format!("ten learning steps in {}", T::NAME));
    group
        .measurement_time(Duration::from_secs(4))
        .sample_size(50);
    for (name, algorithm, always_open) in [
        ("FORCE", Algorithm::Force, false),
        ("RMHL", Algorithm::Rmhl, false),
        ("SUPERTREX, gate shut", Algorithm::Supertrex, false),
        ("SUPERTREX, gate open", Algorithm::Supertrex, true),
    ] {
        let mut run = simulation::<T>(algorithm, always_open);
        if !std::env::args().any(|argument| argument == "--test") {
            print_processor_time(name, run.clone(), (21, 2000));
        }
        let period = Period::learning();
        // An iteration is ten steps, one of which takes P.
        group.throughput(criterion::Throughput::Elements(10));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for _ in 0..10 {
                    black_box(run.step(&period).expect("no divergence"));
                }
            });
        });
    }
    group.finish();
    if !std::env::args().any(|argument| argument == "--test") {
        print_learning_of_task_1::<T>();
    }
}

fn steps(criterion: &mut Criterion) {
    steps_in::<f32>(criterion);
    steps_in::<f64>(criterion);
    println!("the Python port, a step: FORCE 420 µs, RMHL 210 µs, SUPERTREX 460 µs");
}

criterion_group!(benches, steps);
criterion_main!(benches);
