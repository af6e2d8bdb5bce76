//! What a scan of up to 100,000 steps takes, by an allocator that counts.
//!
//! A program of its own, since the counting allocator is that of the whole program.

use metaplast_autodiff::scan::{Moment, Outcome, Plan, Policy, Start, plan, scan};
use metaplast_counting::{Counting, peak_bytes};
use metaplast_tensor::{Tensor, tensor};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A small net that learns as it goes: a matrix 4 × 4, a vector, a rate and a decay.
fn step(now: &mut Moment<'_, f64>, t: usize) {
    let (w, carried) = (now.states[0], now.vectors[0]);
    let (rate, decay) = (now.theta[0], now.theta[1]);
    let input = now.tape.constant_with(4, |x| x[t % 4] = 1.0);
    let x = input + carried * 0.5;
    let y = w.matvec(x).tanh();
    w.rank_k_update(Some(decay), &[y * rate], &[x]);
    now.vectors[0] = y;
}

fn end(now: &mut Moment<'_, f64>) {
    now.add_loss(now.vectors[0].square().sum());
}

fn start() -> Start<f64> {
    Start {
        states: vec![Tensor::from_fn([4, 4], |i| {
            0.3 * ((4 * i[0] + i[1]) as f64).sin()
        })],
        vectors: vec![tensor![0.1, -0.2, 0.3, 0.0]],
        // So much is learned that something is left after all the decay, for the gradients to be of.
        theta: vec![Tensor::scalar(0.05), Tensor::scalar(0.01)],
    }
}

/// The outcome, and the most bytes held on the way to it.
fn run(steps: usize, policy: Policy) -> (Outcome<f64>, usize) {
    peak_bytes(|| scan(step, end, &start(), steps, policy))
}

fn planned(steps: usize, policy: Policy) -> Plan {
    plan(step, end, &start(), steps, policy)
}

const STEPS: [usize; 3] = [1_000, 10_000, 100_000];

fn root(steps: usize) -> usize {
    (steps as f64).sqrt() as usize
}

/// Runs `policy` for each number of steps and holds its peaks to `bytes ≤ c √T`, with the `c` of
/// the first and a tenth more.
fn grows_with_the_root(policy: impl Fn(usize) -> Policy) -> [Outcome<f64>; 3] {
    let runs = STEPS.map(|steps| {
        let policy = policy(steps);
        let (outcome, peak) = run(steps, policy);
        let report = outcome.report;
        println!("{steps} steps, {policy:?}: {peak} bytes, {report:?}");
        let told = report.peak_bytes as f64 / peak as f64;
        assert!((0.9..=1.1).contains(&told), "{steps}: {told} of the peak");
        if let Policy::Budget { bytes } = policy {
            assert!(peak <= bytes, "{peak} of {bytes} bytes");
        }
        (outcome, peak)
    });
    let per_root = [0, 1, 2].map(|i| runs[i].1 as f64 / (STEPS[i] as f64).sqrt());
    assert!(per_root[1] <= 1.1 * per_root[0], "{per_root:?}");
    assert!(per_root[2] <= 1.1 * per_root[0], "{per_root:?}");
    runs.map(|(outcome, _)| outcome)
}

fn bits(outcome: &Outcome<f64>) -> Vec<u64> {
    let gradients = outcome.theta.iter().chain(&outcome.states);
    let numbers = gradients.chain(&outcome.vectors).flat_map(|x| x.data());
    numbers
        .chain([&outcome.loss])
        .map(|x| x.to_bits())
        .collect()
}

#[test]
fn a_hundred_thousand_steps_take_the_root_in_memory() {
    let every = grows_with_the_root(|steps| Policy::Every { steps: root(steps) });
    // The budget that the plan above came to, less a third.
    let budget = grows_with_the_root(|steps| {
        let bytes = planned(steps, Policy::Every { steps: root(steps) }).bytes;
        Policy::Budget {
            bytes: bytes * 2 / 3,
        }
    });
    let undo = grows_with_the_root(|steps| Policy::Undo { steps: root(steps) });
    for i in 0..3 {
        // θ is read in every segment: its gradients collect from all of them, to the bit.
        assert_eq!(bits(&every[i]), bits(&budget[i]), "{} steps", STEPS[i]);
        assert!(every[i].theta.iter().all(|g| g.item() != 0.0));
        for (a, b) in every[i].theta.iter().zip(&undo[i].theta) {
            let (a, b) = (a.item(), b.item());
            assert!((a - b).abs() <= 1e-9 * a.abs(), "{a} and {b}");
        }
    }
}

/// What the scans above are spared.
#[test]
fn one_recording_takes_memory_with_every_step() {
    let (all, peak) = run(STEPS[0], Policy::StoreAll);
    let (every, rooted) = run(
        STEPS[0],
        Policy::Every {
            steps: root(STEPS[0]),
        },
    );
    assert!(peak > 8 * rooted, "{peak} and {rooted}");
    assert_eq!(bits(&all), bits(&every));
}
