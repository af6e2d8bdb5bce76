//! One side of `benches/peers/compare.py`: writes the input that both sides share, or runs its
//! episode each time it is asked to.
//!
//! ```text
//! cargo bench --bench peer -- --rule bio --ink 33 --write input.npz
//! cargo bench --bench peer -- --rule bio --ink 33 --serve
//! ```
//!
//! `--serve` prints one JSON line with loss and gradient, and then, for each line `gradient` or
//! `value` on standard input, the milliseconds of one more episode. `--gradient gram` keeps the
//! first layer by Gram matrix, `--gradient forward` takes gradients in forward mode.

mod work;

use std::error::Error;
use std::hint::black_box;
use std::io::BufRead;
use std::time::Instant;

use metaplast::meta::gradient::GradientMode;
use metaplast::meta::images::image_batch;
use metaplast::plasticity::Pathway;
use metaplast::tensor::Tensor;
use metaplast::tensor::exchange::npz;
use work::{Episode, Ink, Work, model, rules};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str| {
        let place = arguments.iter().position(|argument| argument == flag)?;
        arguments.get(place + 1).map(String::as_str)
    };
    let rule = after("--rule").unwrap_or("bio");
    let known = rules().into_iter().find(|(name, _, _)| *name == rule);
    let (_, preset, feedback) = known.ok_or_else(|| format!("no rule {rule}"))?;
    let ink = match after("--ink") {
        None | Some("33") => Ink::Third,
        Some("18") => Ink::Eighteen,
        Some(other) => return Err(format!("ink {other}: 33 or 18").into()),
    };
    let mode = match after("--gradient") {
        None | Some("reverse") => GradientMode::default(),
        Some("forward") => GradientMode::Forward,
        Some("gram") => GradientMode::Gram,
        Some(other) => return Err(format!("gradient {other}: reverse, gram or forward").into()),
    };
    let work = Work::new(ink);
    let mut episode = work.episode(model(preset, feedback), None, mode);
    if let Some(path) = after("--write") {
        let input = input(&episode);
        let named = input.iter().map(|(name, tensor)| (name.as_str(), tensor));
        npz::write(path, named)?;
    }
    if arguments.iter().any(|argument| argument == "--serve") {
        serve(&mut episode)?;
    }
    Ok(())
}

/// Weights `W1..` and `B1..` in the paper's shape `[n_l, n_(l−1)]`, images `x` and `xq`, labels, θ
/// and the indices of its terms.
fn input(episode: &Episode<'_>) -> Vec<(String, Tensor<f32>)> {
    let Work { dataset, task } = episode.work;
    let rule = &episode.model.rule;
    let vector = |numbers: Vec<f64>| Tensor::from(numbers.as_slice()).cast();
    let labels = |samples: &[metaplast::data::Sample]| {
        vector(samples.iter().map(|sample| sample.label as f64).collect())
    };
    let numbers = rule.terms().iter().filter_map(|term| term.pool_number());
    let terms = numbers.map(|number| number as f64).collect();
    let mut input = vec![
        ("x".to_owned(), image_batch(dataset, &task.support)),
        ("labels".to_owned(), labels(&task.support)),
        ("xq".to_owned(), image_batch(dataset, &task.query)),
        ("labels_q".to_owned(), labels(&task.query)),
        ("terms".to_owned(), vector(terms)),
        ("theta".to_owned(), vector(rule.theta().to_vec())),
    ];
    let mut add = |name: &str, pathway: &Pathway<f32>| {
        let matrices = pathway.matrices().into_iter().enumerate();
        input.extend(matrices.map(|(l, matrix)| (format!("{name}{}", l + 1), matrix)));
    };
    add("W", &episode.start.weights);
    // Where errors come back through W, the peer takes W for B as well.
    let start = &episode.start;
    add(
        "B",
        match start.feedback.transposed().is_empty() {
            true => &start.weights,
            false => &start.feedback,
        },
    );
    input
}

fn serve(episode: &mut Episode<'_>) -> Result<(), Box<dyn Error>> {
    let outcome = episode.run(true);
    let answer = serde_json::json!({
        "loss": outcome.query.cross_entropy,
        "gradient": outcome.gradient,
    });
    println!("{answer}");
    for line in std::io::stdin().lock().lines() {
        let gradient = match line?.as_str() {
            "gradient" => true,
            "value" => false,
            other => return Err(format!("{other}: gradient or value").into()),
        };
        let begin = Instant::now();
        black_box(episode.run(gradient));
        println!("{}", begin.elapsed().as_secs_f64() * 1e3);
    }
    Ok(())
}
