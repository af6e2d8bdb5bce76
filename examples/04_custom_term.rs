//! A plasticity term of one's own: a three-factor rule, in which the product of what a synapse sees
//! on both sides is gated by its teaching signal (Frémaux & Gerstner 2016).
//!
//! It takes one `impl`. From then on it can be mixed with the built-in terms, and the loss after any
//! number of online steps can be differentiated with respect to its coefficient.
//!
//! ```text
//! cargo run --release --example 04_custom_term
//! ```

use metaplast::autodiff::Tape;
use metaplast::plasticity::terms::pool;
use metaplast::plasticity::{
    Architecture, BoundRule, Coefficient, Feedback, LayerSignals, LayerUpdate, Locality, Network,
    Pathway, Term, TermInfo,
};
use metaplast::tensor::Scalar;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

/// `F = −(e_l ⊙ y_l) y_(l−1)ᵀ`
struct ThreeFactor;

impl<T: Scalar> Term<T> for ThreeFactor {
    fn info(&self) -> TermInfo<'_> {
        TermInfo {
            symbol: "T",
            name: "three-factor",
            formula: "−(e_l ⊙ y_l) y_(l−1)ᵀ",
            source: "Frémaux & Gerstner 2016",
            locality: Locality::Synapse,
        }
    }

    /// A term adds outer products of a post-synaptic and a pre-synaptic vector. Several terms with
    /// the same left or right vector cost little more than one.
    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        let gated = layer.post_error() * layer.post();
        update.outer(theta.minus, gated, layer.pre());
    }
}

/// The loss after ten online steps, and its derivatives by the coefficients of F0 and of the term.
fn loss(theta: [f64; 2]) -> (f64, [f64; 2]) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let architecture = Architecture::new(vec![4, 6, 3]).expect("three layers with units");
    let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
    let feedback = Pathway::uniform(&architecture, &mut rng);

    let tape = Tape::new();
    let fixed = Feedback::Fixed;
    let network = Network::new(&tape, &architecture, &weights, fixed, Some(&feedback));
    let theta = theta.map(|theta| tape.scalar(theta));
    let [pseudo_gradient, ..] = pool::<f64>();
    let rule = BoundRule::new([(pseudo_gradient, theta[0]), (&ThreeFactor, theta[1])]);

    let x = tape.constant_with(4, |x| x.copy_from_slice(&[0.0, 1.0, 0.5, 0.2]));
    for step in 0..10 {
        network.step(&rule, x, step % 2);
    }
    let loss = network.logits(x).softmax_cross_entropy(&[1]);
    let value = loss.item();
    let gradients = loss.backward();
    (value, theta.map(|theta| gradients.wrt(theta).item()))
}

fn main() {
    let info = Term::<f64>::info(&ThreeFactor);
    println!("{} ({}): F = {}", info.symbol, info.name, info.formula);
    let theta = [0.1, 0.2];
    let (value, gradient) = loss(theta);
    println!("loss after ten steps: {value:.6}");

    // A new term needs no derivative of its own. To be sure all the same:
    let h = 1e-5;
    for (r, name) in ["F0", "T"].into_iter().enumerate() {
        let at = |shift: f64| {
            let mut theta = theta;
            theta[r] += shift;
            loss(theta).0
        };
        let difference = (at(h) - at(-h)) / (2.0 * h);
        let slope = gradient[r];
        println!("∂loss/∂θ of {name}: {slope:+.8} by the tape, {difference:+.8} by differences");
        assert!((slope - difference).abs() < 1e-6 * (1.0 + slope.abs()));
    }
}
