//! A plasticity term of one's own: a three-factor rule, in which the product of what a synapse sees
//! on both sides is gated by its teaching signal (Frémaux & Gerstner 2016).
//!
//! It is one expression. From then on it can be mixed with the built-in terms, and the loss after any
//! number of online steps can be differentiated with respect to its coefficient. What no expression
//! can say is code, a `CustomTerm`: here a term for the synapses of the most active unit alone.
//!
//! ```text
//! cargo run --release --example 04_custom_term
//! ```

use metaplast::autodiff::Tape;
use metaplast::plasticity::expression::{e, y, y_pre};
use metaplast::plasticity::text::TermError;
use metaplast::plasticity::{
    Architecture, Coefficient, CustomTerm, Feedback, LayerSignals, LayerUpdate, Locality, Network,
    Number, Pathway, Rule, Term, pool,
};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

/// `F = −(e_l ⊙ y_l) y_(l−1)ᵀ`
fn three_factor() -> Result<Term, TermError> {
    let term = Term::new("gated", -(e().elementwise(y())) * y_pre().t())?;
    Ok(term
        .with_name("three-factor")
        .with_source("Frémaux & Gerstner 2016"))
}

/// `F = (y_l ⊙ [y_l is largest]) y_(l−1)ᵀ`: competitive learning (Rumelhart & Zipser 1985).
struct Winner;

impl<T: Number> CustomTerm<T> for Winner {
    fn symbol(&self) -> &str {
        "winner"
    }

    fn formula(&self) -> &str {
        "(y_l ⊙ [y_l is largest]) y_(l−1)ᵀ"
    }

    fn locality(&self) -> Locality {
        Locality::LayerScalar
    }

    /// A term adds outer products of a post-synaptic and a pre-synaptic vector. Several terms with
    /// the same left or right vector cost little more than one.
    fn contribute<'t>(
        &self,
        theta: Coefficient<'t, T>,
        layer: &LayerSignals<'_, 't, T>,
        update: &mut LayerUpdate<'t, T>,
    ) {
        let y = layer.post();
        let winner = y.with(|y| {
            let better = |a: usize, b: usize| if y[b] > y[a] { b } else { a };
            (0..y.len()).reduce(better).unwrap_or(0)
        });
        let mask = y
            .tape()
            .constant_with(y.shape().len(), |x| x[winner] = T::ONE);
        update.outer(theta.plus, y * mask, layer.pre());
    }
}

/// The loss after ten online steps, and its derivatives by the coefficients.
fn loss(rule: &Rule) -> (f64, Vec<f64>) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let architecture = Architecture::new(vec![4, 6, 3]).expect("three layers with units");
    let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
    let feedback = Feedback::fixed();
    let matrices = feedback.draw(&architecture, &mut rng);

    let tape = Tape::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&weights)
        .feedback(&feedback, &matrices)
        .build();
    let (bound, theta) = rule.bind(&tape);

    let x = tape.constant_with(4, |x| x.copy_from_slice(&[0.0, 1.0, 0.5, 0.2]));
    for step in 0..10 {
        network.step(&bound, x, step % 2);
    }
    let loss = network.logits(x).softmax_cross_entropy(&[1]);
    let value = loss.item();
    let gradients = loss.backward();
    let slopes = theta.into_iter().map(|theta| gradients.wrt(theta).item());
    (value, slopes.collect())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let own = [three_factor()?, Term::custom(Winner)?];
    for term in &own {
        println!(
            "{} ({}): F = {}",
            term.symbol(),
            term.name(),
            term.formula()
        );
    }
    let theta = [0.1, 0.2, 0.05];
    let rule = Rule::new([pool()[0].clone()].into_iter().chain(own))?.with_theta(&theta);
    println!("{rule}");
    let (value, gradient) = loss(&rule);
    println!("loss after ten steps: {value:.6}");

    // A new term needs no derivative of its own. To be sure all the same:
    let h = 1e-5;
    for (r, coefficient) in rule.coefficients().enumerate() {
        let at = |shift: f64| {
            let mut theta = theta;
            theta[r] += shift;
            loss(&rule.clone().with_theta(&theta)).0
        };
        let (slope, difference) = (gradient[r], (at(h) - at(-h)) / (2.0 * h));
        let name = coefficient.name();
        println!("∂loss/∂θ of {name}: {slope:+.8} by the tape, {difference:+.8} by differences");
        assert!((slope - difference).abs() < 1e-6 * (1.0 + slope.abs()));
    }
    Ok(())
}
