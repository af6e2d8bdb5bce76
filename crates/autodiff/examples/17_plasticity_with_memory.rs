//! Plasticity that remembers: spikes with traces (STDP), a sliding threshold (BCM), and a recurrent
//! net whose eligibility traces a reward turns into learning, each differentiated by its constants.
//!
//! Rates, decays and the size of steps are θ; weights, traces and thresholds are what [`scan`]
//! carries. They are matrices here: carried values may have any shape.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 17_plasticity_with_memory
//! ```

use metaplast_autodiff::Var;
use metaplast_autodiff::scan::{Moment, Policy, Start, scan};
use metaplast_tensor::{Random, Tensor};

type Now<'t> = Moment<'t, f64>;
type Step = for<'t> fn(&mut Now<'t>, Var<'t, f64>);

/// Weights grow where a spike follows one before it and shrink where it comes first
/// (Song, Miller & Abbott 2000). Carried: weights, traces of inputs and of outputs.
fn stdp<'t>(now: &mut Now<'t>, x: Var<'t, f64>) {
    let [grow, shrink, decay] = [0, 1, 2].map(|i| now.theta[i]);
    let [w, before, after] = [0, 1, 2].map(|i| now.vectors[i]);
    let y = (w.matvec(x) - 0.5).sigmoid();
    now.vectors[0] = w + grow * y.outer(before) - shrink * after.outer(x);
    now.vectors[1] = decay * before + x;
    now.vectors[2] = decay * after + y;
}

/// `Δw = η y (y − m) x` with a threshold that follows y² (Bienenstock, Cooper & Munro 1982). Carried:
/// weights and threshold.
fn bcm<'t>(now: &mut Now<'t>, x: Var<'t, f64>) {
    let [rate, decay] = [0, 1].map(|i| now.theta[i]);
    let (w, threshold) = (now.vectors[0], now.vectors[1]);
    let y = w.matvec(x).relu();
    now.vectors[0] = w + rate * (y * (y - threshold)).outer(x);
    now.vectors[1] = decay * threshold + (1.0 - decay) * y.square();
}

/// A recurrent net with noise; what it did is kept in traces, which a reward that is better or worse
/// than usual turns into learning (Miconi 2017). Carried: weights, activities, traces, usual reward.
fn reward<'t>(now: &mut Now<'t>, noise: Var<'t, f64>) {
    let [rate, decay] = [0, 1].map(|i| now.theta[i]);
    let [w, r, traces, usual] = [0, 1, 2, 3].map(|i| now.vectors[i]);
    let next = (w.matvec(r) + noise).tanh();
    let traces = decay * traces + noise.outer(r);
    let reward = -(next.mean() - 0.3).square();
    now.vectors[0] = w + rate * (reward - usual) * traces;
    (now.vectors[1], now.vectors[2]) = (next, traces);
    now.vectors[3] = decay * usual + (1.0 - decay) * reward;
    now.add_loss(-reward / 1000.0);
}

fn run(name: &str, step: Step, carried: &[&[usize]], theta: &[f64], inputs: &Tensor<f64>) {
    let mut vectors: Vec<_> = carried.iter().map(|&dims| Tensor::zeros(dims)).collect();
    vectors[0] = Tensor::normal(carried[0], 0.1, 0.1, &mut Random::new(2));
    let theta: Vec<_> = theta.iter().map(|&x| Tensor::scalar(x)).collect();
    let start = Start::new().vectors(vectors).theta(theta);
    let step = |now: &mut Now<'_>, t: usize| {
        let x = now.tape.constant(&Tensor::from(inputs.row(t)));
        step(now, x);
    };
    let end = |now: &mut Now<'_>| now.add_loss(now.vectors[0].square().mean());
    let policy = Policy::Every { steps: 50 };
    let outcome = scan(step, end, &start, inputs.dims()[0], policy);
    let slopes: Vec<f64> = outcome.theta.iter().map(Tensor::item).collect();
    let loss = outcome.loss;
    println!("{name}: loss {loss:.4}, by its constants {slopes:.6?}");
}

fn main() {
    let mut random = Random::new(1);
    let spikes = Tensor::from_fn([2000, 20], |_| f64::from(random.uniform() < 0.1));
    let [w, x, y]: [&[usize]; 3] = [&[5, 20], &[20], &[5]];
    run("STDP", stdp, &[w, x, y], &[5e-3, 6e-3, 0.9], &spikes);
    let rates = Tensor::uniform([2000, 20], 0.0, 1.0, &mut random);
    run("BCM", bcm, &[w, y], &[1e-3, 0.95], &rates);
    let noise = Tensor::normal([1000, 10], 0.0, 0.1, &mut random);
    let [w, r, one]: [&[usize]; 3] = [&[10, 10], &[10], &[]];
    run("reward", reward, &[w, r, w, one], &[0.5, 0.9], &noise);
}
