//! How long plain simulations take one core: 400 steps of batch 8 on five architectures, by several rules.
//!
//! ```sh
//! cargo run --release -p metaplast-meta --example small_batches
//! ```

use std::error::Error;
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use metaplast_autodiff::Tape;
use metaplast_data::{Dataset, ImageForm, ImageSize};
use metaplast_meta::tasks::{Autoencoding, Classification, SupervisedTask, mean_loss};
use metaplast_plasticity::{
    Architecture, Feedback, IncrementOptimizer, InformationAlignment, Network, NetworkLearner,
    Pathway, RandomDrift, Rule,
};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

const STEPS: usize = 400;
const BATCH: usize = 8;
const ADAM: IncrementOptimizer = IncrementOptimizer::Adam {
    rate: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
};

/// What learns: a name, terms with coefficients, feedback, and what is around the increments.
struct Way {
    name: &'static str,
    terms: &'static [usize],
    theta: &'static [f64],
    feedback: Feedback,
    optimizer: IncrementOptimizer,
    drift: Option<RandomDrift>,
}

fn ways() -> Result<Vec<Way>, Box<dyn Error>> {
    let way = |name, terms, theta, feedback| Way {
        name,
        terms,
        theta,
        feedback,
        optimizer: IncrementOptimizer::Plain,
        drift: None,
    };
    let momentum = IncrementOptimizer::Momentum { momentum: 0.9 };
    let information = InformationAlignment::default().feedback()?;
    let drift = RandomDrift { sd: 1e-3, seed: 1 };
    Ok(vec![
        way("sgd", &[0, 3], &[0.05, 1e-4], Feedback::symmetric()),
        Way {
            optimizer: momentum,
            ..way("momentum", &[0, 3], &[0.005, 1e-5], Feedback::symmetric())
        },
        Way {
            optimizer: ADAM,
            ..way("adam", &[0], &[1.0], Feedback::symmetric())
        },
        way("fixed", &[0], &[0.05], Feedback::fixed()),
        way(
            "kolen-pollack",
            &[0, 3],
            &[0.05, 2e-3],
            Feedback::kolen_pollack(),
        ),
        way("weight-mirror", &[0], &[0.05], Feedback::weight_mirror()),
        way("information", &[0], &[0.05], information),
        way("bio", &[0, 2, 9], &[0.05, -0.01, 1e-3], Feedback::fixed()),
        way("oja alone", &[9], &[1e-3], Feedback::fixed()),
        Way {
            drift: Some(drift),
            ..way("drift", &[0], &[0.0], Feedback::symmetric())
        },
    ])
}

/// Seconds that a core has worked for this thread, where Linux tells; elsewhere those that have passed.
fn core_seconds() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let worked = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let worked = worked.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    worked.map_or_else(
        || START.elapsed().as_secs_f64(),
        |nanoseconds| nanoseconds * 1e-9,
    )
}

/// Seconds of the steps, and the loss on held-out examples before and after.
fn simulate(
    [task, held_out]: [&dyn SupervisedTask; 2],
    hidden: &[usize],
    beta: f64,
    way: &Way,
) -> Result<[f64; 3], Box<dyn Error>> {
    let sizes = [&[task.inputs()], hidden, &[task.outputs()]].concat();
    let architecture = Architecture::new(sizes)?.with_beta(beta)?;
    let architecture = architecture.with_output(task.output());
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let tape = Tape::<f32>::new();
    let network = Network::builder(&tape, &architecture)
        .weights(&Pathway::uniform(&architecture, &mut rng))
        .feedback(&way.feedback, &way.feedback.draw(&architecture, &mut rng))
        .build();
    let rule = Rule::from_pool(way.terms)?.with_theta(way.theta);
    let rule = rule.bind_constant(&tape);
    let mut learner = NetworkLearner::new(&network, way.optimizer)?;
    if let Some(drift) = way.drift {
        learner = learner.with_drift(drift)?;
    }
    let probe = held_out.draw(128, &mut rng);
    tape.without_gradients(|| {
        let loss = || {
            let y = tape.unrecorded(|| {
                let activity = network.forward(tape.constant(&probe.inputs.cast()));
                activity.y[architecture.layers()].value()
            });
            mean_loss(task.output(), &y.cast(), &probe.targets)
        };
        let first = loss();
        let start = core_seconds();
        for _ in 0..STEPS {
            let examples = task.draw(BATCH, &mut rng);
            learner.step(&rule, &examples.batch())?;
        }
        Ok([core_seconds() - start, first, loss()])
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let architectures: [&[usize]; 5] = [
        &[100],
        &[60, 60],
        &[120, 80, 50],
        &[50, 50, 50, 50],
        &[160, 40],
    ];
    let digits: Vec<usize> = (0..10).collect();
    for side in [14, 28] {
        let form = ImageForm {
            size: Some(ImageSize::square(side)),
            ..ImageForm::default()
        };
        let dataset = Arc::new(Dataset::glyphs(60, 1).in_form(&form)?);
        let classification = Classification::split(&dataset, &digits, 20)?;
        let autoencoding = Autoencoding::split(&dataset, &digits, 20)?;
        println!(
            "{} inputs, {STEPS} steps of batch {BATCH}, f32",
            side * side
        );
        println!("hidden, beta, task, rule: seconds, held-out loss before and after");
        for (k, hidden) in architectures.into_iter().enumerate() {
            for way in ways()? {
                let beta = [3.0, 10.0][k % 2];
                let task = classification
                    .each_ref()
                    .map(|task| task as &dyn SupervisedTask);
                let [seconds, first, last] = simulate(task, hidden, beta, &way)?;
                let name = way.name;
                println!("{hidden:?}, {beta}, digits, {name}: {seconds:.3}, {first:.3}, {last:.3}");
            }
        }
        let task = autoencoding
            .each_ref()
            .map(|task| task as &dyn SupervisedTask);
        let mut way = ways()?.swap_remove(0);
        way.theta = &[0.01, 1e-4];
        let [seconds, first, last] = simulate(task, &[100], 3.0, &way)?;
        println!("[100], 3, autoencoder, sgd: {seconds:.3}, {first:.3}, {last:.3}");
    }
    Ok(())
}
