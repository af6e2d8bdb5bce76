//! Meta-learning the coefficient of a term of one's own: does it help feedback alignment, and with
//! which sign?
//!
//! The term is one expression. The trainer takes it like any of the pool, draws everything else
//! afresh in each episode, and guards θ against episodes that diverge.
//!
//! ```text
//! cargo run --release --example 05_meta_learn_a_term
//! ```

use std::ops::ControlFlow;

use metaplast::data::{Dataset, Sampling, TaskSampler};
use metaplast::meta::Model;
use metaplast::meta::train::{TrainSettings, Trainer};
use metaplast::plasticity::expression::{e, y, y_pre};
use metaplast::plasticity::{Architecture, Feedback, Rule, Term, pool};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dataset = Dataset::glyphs(60, 1);
    let sampler = TaskSampler::new(&dataset, 5, 20, 10, Sampling::Fresh)?;

    // F0 at a small rate, and `F = −(e_l ⊙ y_l) y_(l−1)ᵀ` at nothing.
    let own = Term::new("gated", -(e().elementwise(y())) * y_pre().t())?;
    let model = Model {
        architecture: Architecture::new(vec![784, 100, 47])?,
        feedback: Feedback::fixed(),
        rule: Rule::new([pool()[0].clone(), own])?.with_theta(&[1e-3, 0.0]),
    };
    let settings = TrainSettings::new(model).with_episodes(100);
    let trainer = Trainer::new(&settings, &dataset, &sampler);

    println!("episodes   query loss   right   θ of F0   θ of gated");
    let (mut loss, mut right) = (0.0, 0.0);
    let result = trainer.run_trial(0, &mut |record| {
        loss += record.query.cross_entropy / 20.0;
        right += 100.0 * record.query.accuracy / 20.0;
        let done = record.episode + 1;
        if done.is_multiple_of(20) {
            let [f0, own] = record.theta[..] else {
                unreachable!("a rule of two terms")
            };
            println!("{done:>8}{loss:>13.3}{right:>7.0}%{f0:>10.4}{own:>13.4}");
            (loss, right) = (0.0, 0.0);
        }
        ControlFlow::Continue(())
    })?;
    println!("{}", settings.model.rule.with_theta(&result.theta));
    Ok(())
}
