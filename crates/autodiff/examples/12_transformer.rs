//! A transformer block on characters: causal attention with four heads, in single precision.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 12_transformer
//! ```

use metaplast_autodiff::operators::value_and_grad;
use metaplast_autodiff::optim::{Adam, Optimizer};
use metaplast_autodiff::{Var, einsum};
use metaplast_tensor::{Random, Tensor};

const TEXT: &str = "\
what the hand that wrote the rule had known the rule was never told: it found, in steps too small \
to see, the slope that every weight should hold; and when the last of them was drawn the first of \
them was seen to be the same again, and yet not so, for it had learnt to learn in three.";
pub(crate) const BATCH: usize = 16;
pub(crate) const TIME: usize = 64;
pub(crate) const WIDTH: usize = 64;
const HEADS: usize = 4;

/// The mean cross-entropy, in nats a character, of what follows each of `[BATCH, TIME]` tokens.
pub(crate) fn loss<'t>(w: &[Var<'t, f32>], tokens: &[usize], targets: &[usize]) -> Var<'t, f32> {
    let mut x = w[0].index_select(0, tokens).reshape([BATCH, TIME, WIDTH]) + w[1];
    let split = |x: Var<'t, f32>| x.reshape([BATCH, TIME, HEADS, WIDTH / HEADS]);
    let h = x.layer_norm(1e-5);
    let [q, k, v] = [2, 3, 4].map(|i| split(h.matmul(w[i])));
    let scores = einsum("bqhc,bkhc->bhqk", &[q, k]) / ((WIDTH / HEADS) as f64).sqrt();
    let later = Tensor::from_fn([TIME, TIME], |i| if i[1] > i[0] { -1e9 } else { 0.0 });
    let attention = (scores + x.tape().constant(&later)).softmax();
    let read = einsum("bhqk,bkhc->bqhc", &[attention, v]);
    x += read.reshape([BATCH, TIME, WIDTH]).matmul(w[5]);
    x += x.layer_norm(1e-5).matmul(w[6]).gelu().matmul(w[7]);
    let logits = x.layer_norm(1e-5).matmul(w[8]);
    logits.softmax_cross_entropy(targets)
}

fn main() {
    let mut random = Random::new(1);
    let mut letters: Vec<char> = TEXT.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    let token = |c: char| letters.binary_search(&c).expect("one of the text's");
    let text: Vec<usize> = TEXT.chars().map(token).collect();
    let (n, d) = (letters.len(), WIDTH);
    let shapes = [
        &[[n, d], [TIME, d]],
        &[[d, d]; 4][..],
        &[[d, 4 * d], [4 * d, d], [d, n]],
    ];
    let std = 1.0 / (d as f64).sqrt();
    let normal = |dims| Tensor::normal(dims, 0.0, std, &mut random);
    let mut w: Vec<_> = shapes.concat().into_iter().map(normal).collect();
    let mut adam = Adam::new(3e-3);
    for step in 0..=60 {
        let starts = [(); BATCH].map(|()| random.below(text.len() - TIME));
        let taken = |shift: usize| -> Vec<usize> {
            let piece = |&start: &usize| &text[start + shift..][..TIME];
            starts.iter().flat_map(piece).copied().collect()
        };
        let (loss, gradients) = value_and_grad(|w| loss(w, &taken(0), &taken(1)), &w);
        if step % 10 == 0 {
            println!("step {step:>2}: {loss:.3} nats a character");
        }
        adam.step(&mut w, &gradients);
    }
}
