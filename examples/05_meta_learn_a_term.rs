//! Meta-learning the coefficient of a term of one's own (see `04_custom_term`): does it help
//! feedback alignment, and with which sign?
//!
//! The loop is all there is to meta-learning: an episode from a fresh start, its gradient, a step of
//! θ. `metaplast::meta::trainer` has the same loop for the built-in terms, with guards against
//! episodes that diverge.
//!
//! ```text
//! cargo run --release --example 05_meta_learn_a_term
//! ```

use metaplast::autodiff::Tape;
use metaplast::data::{Dataset, Sampling, TaskSampler};
use metaplast::meta::images::{constant_image, image_batch};
use metaplast::meta::optimizer::{Adam, MetaOptimizer};
use metaplast::meta::query::score;
use metaplast::meta::seeds::{Purpose, stream};
use metaplast::plasticity::expression::{e, y, y_pre};
use metaplast::plasticity::{Architecture, Feedback, Network, Pathway, Rule, Term, pool};

const EPISODES: u64 = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dataset = Dataset::glyphs(60, 1);
    let sampler = TaskSampler::new(&dataset, 5, 20, 10, Sampling::Fresh)?;
    let architecture = Architecture::new(vec![784, 100, 47])?;

    // The pseudo-gradient and `F = −(e_l ⊙ y_l) y_(l−1)ᵀ`.
    let own = Term::new("gated", -(e().elementwise(y())) * y_pre().t())?;
    let rule = Rule::new([pool()[0].clone(), own])?;
    let feedback = Feedback::fixed();
    // F0 at a small rate, the new term at nothing.
    let mut theta = [1e-3, 0.0];
    let mut adam = Adam::new(1e-3);
    let tape = Tape::<f32>::new();
    println!("episodes   query loss   right   θ of F0   θ of T");
    let (mut losses, mut right) = (0.0, 0.0);
    for episode in 0..EPISODES {
        // Everything is drawn afresh: the task, the weights and the feedback.
        let draw = |purpose| stream(1, 0, episode, purpose);
        let task = sampler.sample(&dataset, &mut draw(Purpose::Task));
        let weights = Pathway::uniform(&architecture, &mut draw(Purpose::Weights));
        let matrices = feedback.draw(&architecture, &mut draw(Purpose::Feedback));

        // The tape keeps its memory from episode to episode.
        tape.reset();
        let network = Network::builder(&tape, &architecture)
            .weights(&weights)
            .feedback(&feedback, &matrices)
            .build();
        let coefficients = theta.map(|theta| tape.scalar(theta as f32));
        let bound = rule.bind_to(&coefficients);
        for sample in &task.support {
            network.step(
                &bound,
                constant_image(&tape, &dataset, *sample),
                sample.label,
            );
        }

        // The exam, and how it would have gone with a slightly different rule.
        let labels: Vec<usize> = task.query.iter().map(|sample| sample.label).collect();
        let logits = network.logits(tape.constant(&image_batch(&dataset, &task.query)));
        let result = logits.with(|z| score(z, &labels));
        let gradients = logits.softmax_cross_entropy(&labels).backward();
        let gradient = coefficients.map(|theta| f64::from(gradients.wrt(theta).item()));
        adam.step(&mut theta, result.cross_entropy, &gradient);

        losses += result.cross_entropy / 20.0;
        right += 100.0 * result.accuracy / 20.0;
        if (episode + 1) % 20 == 0 {
            let [f0, own] = theta;
            let done = episode + 1;
            println!("{done:>8}{losses:>13.3}{right:>7.0}%{f0:>10.4}{own:>9.4}");
            (losses, right) = (0.0, 0.0);
        }
    }
    Ok(())
}
