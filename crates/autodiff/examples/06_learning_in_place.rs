//! Differentiating through learning: a weight matrix that is updated in place, a thousand times.
//!
//! A memory `W` learns pairs (key, value) one after the other by the delta rule,
//! `W ← (1 − d) W + η (v − W k) kᵀ`, and is then asked for the latest sixteen. How fast should it
//! learn, how fast forget? The tape holds `W` once, as a [`State`](metaplast_autodiff::State): the
//! reverse sweep undoes the updates one by one, so that every read finds the weights of its time.
//! With the gradients by η and d, a few steps of descent answer.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 06_learning_in_place
//! ```

use metaplast_autodiff::Tape;
use metaplast_tensor::Tensor;

const SIZE: usize = 64;
const PAIRS: usize = 1000;
const ASKED: usize = 16;

/// Noise of unit variance, different in every place.
fn noise(count: usize, seed: f64) -> Vec<Tensor<f64>> {
    let vector = |k: usize| {
        Tensor::from_fn([SIZE], |i| {
            let x = (12.9898 * (k * SIZE + i[0]) as f64 + seed).sin() * 43758.5453;
            12f64.sqrt() * (x - x.floor() - 0.5)
        })
    };
    (0..count).map(vector).collect()
}

fn main() {
    let scale = 1.0 / (SIZE as f64).sqrt();
    let keys: Vec<_> = noise(PAIRS, 1.0).iter().map(|k| k * scale).collect();
    let values = noise(PAIRS, 2.0);

    let tape = Tape::new();
    let mut logits = [-2.0f64, -3.0];
    for step in 0..=40 {
        tape.reset();
        let free = logits.map(|logit| tape.scalar(logit));
        let [rate, decay] = free.map(|x| x.sigmoid());
        let w = tape.state(&Tensor::zeros([SIZE, SIZE]));
        for (k, v) in keys.iter().zip(&values) {
            let (k, v) = (tape.constant(k), tape.constant(v));
            let error = v - w.matvec(k);
            w.rank_k_update(Some(decay), &[error * rate], &[k]);
        }
        let latest = keys.iter().zip(&values).skip(PAIRS - ASKED);
        let errors = latest.map(|(k, v)| w.matvec(tape.constant(k)).mse(tape.constant(v)));
        let loss = errors.reduce(|sum, error| sum + error).expect("sixteen") / ASKED as f64;
        let gradients = loss.backward();
        let by = free.map(|x| gradients.wrt(x).item());
        if step % 8 == 0 {
            let (error, rate, decay) = (loss.item(), rate.item(), decay.item());
            println!(
                "step {step:>2}: error {error:.4} at rate {rate:.3}, decay {decay:.4}; gradient {by:+.4?}"
            );
        }
        if step == 0 {
            let rewound = w.rewound_value();
            let off = rewound
                .data()
                .iter()
                .fold(0f64, |most, x| most.max(x.abs()));
            let held = tape.memory();
            let stored = PAIRS * SIZE * SIZE * size_of::<f64>();
            println!(
                "         W is back at 0 within {off:.0e}; it took {} kB,",
                held.state_bytes / 1000
            );
            println!(
                "         a copy for every update would have taken {} kB",
                stored / 1000
            );
        }
        for (logit, by) in logits.iter_mut().zip(by) {
            *logit -= 4.0 * by;
        }
    }
}
