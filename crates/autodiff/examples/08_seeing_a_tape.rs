//! Seeing what a tape holds, and what it would hold: a table, a graph, and an estimate of memory.
//!
//! A step of online learning is recorded once and shown. Its sizes then tell what ten thousand such
//! steps and the sweep back through them would take, and whether that agrees is seen by doing it.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 08_seeing_a_tape > tape.txt
//! sed -n '/^digraph/,/^}/p' tape.txt | dot -Tsvg > tape.svg       # with Graphviz
//! ```

use metaplast_autodiff::{State, Tape, Var};
use metaplast_tensor::Tensor;

const STEPS: usize = 10_000;

/// Oja's rule with a nonlinearity: `y = tanh(W x)`, `W ← W + η y (x − Wᵀ y)ᵀ`.
fn step<'t>(w: State<'t, f64>, rate: Var<'t, f64>, t: usize) {
    let tape = rate.tape();
    let x = tape.constant(&Tensor::from_fn([8], |i| ((8 * t + i[0]) as f64).sin()));
    let y = w.matvec(x).tanh();
    let rest = x - w.matvec_transposed(y);
    w.rank_k_update(None, &[y * rate], &[rest]);
}

fn main() {
    let start = Tensor::from_fn([3, 8], |i| 0.1 * ((3 * i[1] + i[0]) as f64).cos());
    let tape = Tape::new();
    let rate = tape.scalar(0.01);
    let w = tape.state(&start);
    let mark = tape.mark();
    step(w, rate, 0);

    println!("{}", tape.table());
    println!("{}", tape.dot_graph());

    let estimate = tape.estimate(mark, STEPS);
    println!("{STEPS} steps would take {} kB", estimate.total() / 1000);

    // Room for one step more, which the loss takes.
    tape.reserve(mark, STEPS + 1);
    (1..STEPS).for_each(|t| step(w, rate, t));
    let x = tape.constant(&Tensor::ones([8]));
    let loss = w.matvec(x).square().sum();
    let gradient = loss.backward().wrt(rate).item();
    let held = tape.memory();
    println!("{STEPS} steps took       {} kB", held.total() / 1000);
    println!("∂loss/∂η = {gradient:.6}");
    let ratio = held.total() as f64 / estimate.total() as f64;
    assert!((0.9..1.1).contains(&ratio));
}
