//! One episode, step by step: a network learns five classes online by a plasticity rule, and the
//! loss after all its updates is differentiated with respect to the rule.
//!
//! ```text
//! cargo run --release --example 01_first_episode
//! ```

use std::time::Instant;

use metaplast::autodiff::Tape;
use metaplast::data::{Dataset, Sampling, TaskSampler, pixel};
use metaplast::plasticity::{Architecture, Feedback, Network, Pathway, Preset, Rule};
use metaplast::tensor::Tensor;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);

    // A task: five of the 47 classes, 50 images each to learn from, 10 to be judged on.
    let dataset = Dataset::glyphs(60, 1);
    let sampler = TaskSampler::new(&dataset, 5, 50, 10, Sampling::Fresh)?;
    let task = sampler.sample(&dataset, &mut rng);
    let names: Vec<&str> = task
        .classes
        .iter()
        .map(|&c| dataset.class_name(c))
        .collect();
    println!("the task: tell {} apart", names.join(" "));

    // A fresh network: forward weights W, and fixed random feedback weights B for the errors.
    let architecture = Architecture::paper();
    let weights = Pathway::<f32>::uniform(&architecture, &mut rng);
    let feedback = Feedback::fixed();
    let matrices = feedback.draw(&architecture, &mut rng);
    let tape = Tape::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&weights)
        .feedback(&feedback, &matrices)
        .build();

    // The rule. Its three coefficients are what we differentiate by.
    let rule = Rule::preset(Preset::Bio).with_theta(&[0.012, -0.045, 0.005]);
    println!("the rule: {rule}");
    let (bound, theta) = rule.bind(&tape);

    // Online learning: each image is seen once and changes all weights.
    let clock = Instant::now();
    for sample in &task.support {
        let x = tape.constant_with(architecture.inputs(), |x| {
            for (x, &q) in x.iter_mut().zip(dataset.image(sample.image)) {
                *x = pixel(q);
            }
        });
        network.step(&bound, x, sample.label);
    }

    // The examination: mean cross-entropy on images it has not seen.
    let mut queries = Vec::new();
    for sample in &task.query {
        queries.extend(dataset.image(sample.image).iter().map(|&q| pixel(q)));
    }
    let labels: Vec<usize> = task.query.iter().map(|sample| sample.label).collect();
    let queries = tape.constant(&Tensor::new([labels.len(), architecture.inputs()], queries));
    let logits = network.logits(queries).value();
    let correct = logits.rows().zip(&labels).filter(|(row, label)| {
        let winner = (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]));
        winner == Some(**label)
    });
    println!(
        "after {} updates: {} of {} right",
        task.support.len(),
        correct.count(),
        labels.len()
    );

    // The meta-gradient. The sweep undoes the updates one by one on its way back, so no copies of
    // the weights are kept.
    let loss = network.logits(queries).softmax_cross_entropy(&labels);
    let megabytes = |bytes: usize| bytes as f64 / 1e6;
    println!(
        "query loss {:.4}, {} recorded nodes",
        loss.item(),
        tape.len()
    );
    let gradients = loss.backward();
    for (term, theta) in rule.terms().iter().zip(&theta) {
        let (slope, symbol) = (gradients.wrt(*theta).item(), term.symbol());
        println!("  ∂loss/∂θ of {symbol} ({}): {slope:+.3}", term.name());
    }
    println!(
        "all that in {:.0} ms and {:.1} MB",
        clock.elapsed().as_secs_f64() * 1e3,
        megabytes(tape.memory().total())
    );
    Ok(())
}
