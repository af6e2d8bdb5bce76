//! Where random feedback ends can be told beforehand, and moved.
//!
//! `cargo run --release -p metaplast-low-rank --example predict_the_limit`

use metaplast_low_rank::{
    Factorisation, FactorisationMethod, FactorisationRecord, Factors, SketchLimit, TargetMatrix,
    power_sketch, random_backward, spectrum,
};
use metaplast_tensor::Random;

fn main() {
    // Four large singular values and many small ones; Z W has room for four.
    let (n, inner, eta) = (32, 4, 0.1);
    let mut random = Random::new(1);
    let values = spectrum::two_levels(n, inner, 1.0, 0.1);
    let target = TargetMatrix::random([n, n], &values, &mut random);
    let least = target.least_error(inner);
    let start = Factors::random([n, n], inner, 0.1, &mut random);
    let b = random_backward(n, inner, &mut random);

    // Random feedback: the error falls, Z turns towards B, and learning stops where the sketch of Y by B
    // says, above the optimum.
    let method = FactorisationMethod::FeedbackAlignment;
    let mut run = Factorisation::new(&target, method, eta, start.clone(), b.clone());
    println!("step    error over the least   cosine of B and Z");
    for step in [0, 20, 50, 100, 500, 5000] {
        run.run_until(step, |_| false);
        let record = FactorisationRecord::of(&run);
        let cosine = record.weight_cosine.unwrap_or(0.0);
        println!("{step:<7} {:<22.4} {cosine:.2}", record.error / least);
    }
    let told = SketchLimit::of(&target, &b).error() / least;
    println!("told from Y and B: {told:.4}\n");

    // What Y does to B in one step of the power method is enough.
    for q in 0..3 {
        let sketch = power_sketch(&target, &b, q);
        let told = SketchLimit::of(&target, &sketch).error() / least;
        let mut run = Factorisation::new(&target, method, eta, start.clone(), sketch);
        run.run_until(5000, |_| false);
        let ended = run.error() / least;
        println!("(YYᵀ)^{q} B: told {told:.4}, ended at {ended:.4}");
    }

    let method = FactorisationMethod::GradientDescent;
    let mut run = Factorisation::new(&target, method, eta, start, b);
    run.run_until(5000, |_| false);
    println!("gradient descent: ended at {:.4}", run.error() / least);
}
