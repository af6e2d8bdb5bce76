//! Plasticity that remembers: spikes with traces (STDP), a sliding threshold (BCM), and a recurrent
//! net whose eligibility traces a reward turns into learning, each differentiated by its constants.
//!
//! Rates, decays and the size of steps are θ; weights, traces and thresholds are what [`scan`]
//! carries. They are matrices here: carried values may have any shape.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 17_plasticity_with_memory
//! ```

use metaplast_autodiff::scan::{Moment, Policy, Start, scan};
use metaplast_tensor::{Random, Tensor};

type Now<'t> = Moment<'t, f64>;

/// Weights grow where a spike follows one before it and shrink where it comes first
/// (Song, Miller & Abbott 2000). Carried: weights, traces of inputs and of outputs.
fn stdp(now: &mut Now<'_>, spikes: &Tensor<f64>) {
    let [grow, shrink, decay] = [0, 1, 2].map(|i| now.theta[i]);
    let x = now.tape.constant(spikes);
    let [w, before, after] = [0, 1, 2].map(|i| now.vectors[i]);
    let y = (w.matvec(x) - 0.5).sigmoid();
    now.vectors[0] = w + grow * y.outer(before) - shrink * after.outer(x);
    now.vectors[1] = decay * before + x;
    now.vectors[2] = decay * after + y;
}

/// `Δw = η y (y − m) x` with a threshold that follows y² (Bienenstock, Cooper & Munro 1982). Carried:
/// weights and threshold.
fn bcm(now: &mut Now<'_>, input: &Tensor<f64>) {
    let [rate, decay] = [0, 1].map(|i| now.theta[i]);
    let x = now.tape.constant(input);
    let (w, threshold) = (now.vectors[0], now.vectors[1]);
    let y = w.matvec(x).relu();
    now.vectors[0] = w + rate * (y * (y - threshold)).outer(x);
    now.vectors[1] = decay * threshold + (1.0 - decay) * y.square();
}

/// A recurrent net with noise; what it did is kept in traces, which a reward that is better or worse
/// than usual turns into learning (Miconi 2017). Carried: weights, activities, traces, usual reward.
fn reward(now: &mut Now<'_>, noise: &Tensor<f64>) {
    let [rate, decay] = [0, 1].map(|i| now.theta[i]);
    let [w, r, traces, usual] = [0, 1, 2, 3].map(|i| now.vectors[i]);
    let noise = now.tape.constant(noise);
    let next = (w.matvec(r) + noise).tanh();
    let traces = decay * traces + noise.outer(r);
    let reward = -(next.mean() - 0.3).square();
    now.vectors[0] = w + rate * (reward - usual) * traces;
    (now.vectors[1], now.vectors[2]) = (next, traces);
    now.vectors[3] = decay * usual + (1.0 - decay) * reward;
    now.add_loss(-reward / 1000.0);
}

fn run(
    name: &str,
    step: fn(&mut Now<'_>, &Tensor<f64>),
    carried: &[&[usize]],
    theta: &[f64],
    inputs: &Tensor<f64>,
) {
    let mut random = Random::new(2);
    let (first, rest) = carried.split_first().expect("weights, at least");
    let weights = Tensor::normal(*first, 0.1, 0.1, &mut random);
    let rest = rest.iter().map(|&dims| Tensor::zeros(dims));
    let start = Start {
        states: vec![],
        vectors: [weights].into_iter().chain(rest).collect(),
        theta: theta.iter().map(|&x| Tensor::scalar(x)).collect(),
    };
    let (steps, policy) = (inputs.dims()[0], Policy::Every { steps: 50 });
    let step = |now: &mut Now<'_>, t: usize| step(now, &Tensor::from(inputs.row(t)));
    let end = |now: &mut Now<'_>| now.add_loss(now.vectors[0].square().mean());
    let outcome = scan(step, end, &start, steps, policy);
    let slopes = outcome.theta.iter().map(|g| format!("{:.2e}", g.item()));
    let slopes: Vec<_> = slopes.collect();
    println!(
        "{name}: loss {:.4}, by its constants {slopes:?}",
        outcome.loss
    );
}

fn main() {
    let mut random = Random::new(1);
    let spikes = Tensor::from_fn([2000, 20], |_| f64::from(random.uniform() < 0.1));
    let matrix: &[usize] = &[5, 20];
    run(
        "STDP",
        stdp,
        &[matrix, &[20], &[5]],
        &[5e-3, 6e-3, 0.9],
        &spikes,
    );
    let rates = Tensor::uniform([2000, 20], 0.0, 1.0, &mut random);
    run("BCM", bcm, &[matrix, &[5]], &[1e-3, 0.95], &rates);
    let noise = Tensor::normal([1000, 10], 0.0, 0.1, &mut random);
    let square: &[usize] = &[10, 10];
    run(
        "reward",
        reward,
        &[square, &[10], square, &[]],
        &[0.5, 0.9],
        &noise,
    );
}
