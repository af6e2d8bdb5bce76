//! Known rules against plain loops.

use metaplast_plasticity::KnownRule;

use crate::plain_steps::{Layer, assert_close, learn, outer};

/// What a rule adds to a layer, row by row, in plain loops.
fn by_hand(name: &str, theta: &[f64], layer: Layer<'_>) -> Vec<f64> {
    let (x, y, w) = (layer.pre, layer.post, layer.weights);
    let (inputs, units) = (x.len(), y.len());
    let each = |change: &dyn Fn(usize, usize) -> f64| -> Vec<f64> {
        let rows = (0..units).flat_map(|i| (0..inputs).map(move |j| (i, j)));
        rows.map(|(i, j)| change(i, j)).collect()
    };
    let memory = layer.memory;
    let mut keep = |lengths: &[usize]| {
        if memory.is_empty() {
            memory.extend(lengths.iter().map(|&n| vec![0.0; n]));
        }
    };
    let follow = |mean: &mut [f64], rate: f64, values: &[f64]| {
        for (mean, value) in mean.iter_mut().zip(values) {
            *mean += rate * (value - *mean);
        }
    };
    let leak = |trace: &mut [f64], rate: f64, values: &[f64]| {
        for (trace, value) in trace.iter_mut().zip(values) {
            *trace = (1.0 - rate) * *trace + value;
        }
    };
    let eta = theta[0];
    match name {
        "hebb" => each(&|i, j| eta * y[i] * x[j]),
        "covariance" => {
            keep(&[units, inputs]);
            follow(&mut memory[0], theta[1], y);
            follow(&mut memory[1], theta[1], x);
            each(&|i, j| eta * (y[i] - memory[0][i]) * (x[j] - memory[1][j]))
        }
        "bcm" => {
            keep(&[units]);
            let squares: Vec<f64> = y.iter().map(|y| y * y).collect();
            follow(&mut memory[0], theta[1], &squares);
            each(&|i, j| eta * y[i] * (y[i] - memory[0][i]) * x[j])
        }
        "oja-unit" => each(&|i, j| eta * y[i] * (x[j] - y[i] * w[i * inputs + j])),
        "oja-subspace" | "sanger" => each(&|i, j| {
            let seen = if name == "sanger" { i + 1 } else { units };
            let back: f64 = (0..seen).map(|k| y[k] * w[k * inputs + j]).sum();
            eta * y[i] * (x[j] - back)
        }),
        "scaling" => {
            keep(&[units]);
            follow(&mut memory[0], theta[2], y);
            each(&|i, j| eta * y[i] * x[j] + theta[1] * (0.2 - memory[0][i]) * w[i * inputs + j])
        }
        "stdp" => {
            keep(&[inputs, units]);
            leak(&mut memory[0], theta[2], x);
            leak(&mut memory[1], theta[3], y);
            each(&|i, j| eta * y[i] * memory[0][j] - theta[1] * memory[1][i] * x[j])
        }
        "stdp-triplet" => {
            keep(&[inputs, units, units]);
            // The slow trace counts earlier spikes alone.
            let before: Vec<f64> = memory[2]
                .iter()
                .map(|slow| (1.0 - theta[4]) * slow)
                .collect();
            leak(&mut memory[0], theta[2], x);
            leak(&mut memory[1], theta[3], y);
            leak(&mut memory[2], theta[4], y);
            each(&|i, j| eta * y[i] * before[i] * memory[0][j] - theta[1] * memory[1][i] * x[j])
        }
        "momentum" => {
            keep(&[units * inputs]);
            let gradient = outer(layer.post_error.to_vec(), x);
            leak(&mut memory[0], theta[1], &gradient);
            memory[0].iter().map(|v| -eta * v).collect()
        }
        "reinforce" => {
            keep(&[1]);
            follow(&mut memory[0], theta[1], &[layer.reward]);
            each(&|i, j| eta * (memory[0][0] - layer.reward) * layer.post_error[i] * x[j])
        }
        "reinforce-trace" => {
            keep(&[1, units * inputs]);
            follow(&mut memory[0], theta[1], &[layer.reward]);
            let slopes = outer(layer.post_error.to_vec(), x);
            leak(&mut memory[1], theta[2], &slopes);
            let surprise = memory[0][0] - layer.reward;
            memory[1].iter().map(|e| eta * surprise * e).collect()
        }
        "three-factor" => {
            keep(&[1, units * inputs]);
            follow(&mut memory[0], theta[1], &[layer.reward]);
            leak(&mut memory[1], theta[2], &outer(y.to_vec(), x));
            let surprise = layer.reward - memory[0][0];
            memory[1].iter().map(|e| eta * surprise * e).collect()
        }
        "e-prop" => {
            keep(&[inputs]);
            leak(&mut memory[0], theta[1], x);
            each(&|i, j| -eta * layer.post_error[i] * memory[0][j])
        }
        "node-perturbation" => {
            each(&|i, j| -eta * layer.loss_change * layer.perturbation[i] * x[j])
        }
        "weight-perturbation" => each(&|i, j| {
            -eta * layer.loss_change * layer.perturbation[i] * layer.pre_perturbation[j]
        }),
        "foldiak" => {
            for (bias, y) in memory[0].iter_mut().zip(y) {
                *bias -= theta[2] * (y - 0.2);
            }
            each(&|i, j| {
                let others = (0..units).filter(|&k| k != i);
                let pushed = others.map(|k| (y[i] * y[k] - 0.2 * 0.2) * w[k * inputs + j]);
                eta * y[i] * (x[j] - w[i * inputs + j]) - theta[1] * pushed.sum::<f64>()
            })
        }
        "soft-bounds" => each(&|i, j| {
            let w = w[i * inputs + j];
            eta * y[i] * x[j] * (1.0 - w) - theta[1] * y[i] * w
        }),
        other => panic!("`{other}` has no loop to be compared with"),
    }
}

/// A hundred steps, on one tape and cut back after each; every known rule needs its loop above.
#[test]
fn every_known_rule_agrees_with_a_plain_loop() {
    for known in KnownRule::all() {
        // As large as can be without growing beyond all bounds.
        let theta: Vec<f64> = (known.theta.iter())
            .map(|&theta| if theta < 0.01 { 20.0 * theta } else { theta })
            .collect();
        let rule = known.rule().with_theta(&theta);
        for cut in [false, true] {
            let both = learn(&rule, cut, |layer| by_hand(known.name, &theta, layer));
            assert_close(&both);
        }
    }
}
