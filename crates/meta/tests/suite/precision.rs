//! Gradients in f32 are those in f64, whatever the rule, as long as the episode learns.

use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_meta::gradient::compare::reverse;
use metaplast_meta::seeds::{EpisodeKey, Purpose, stream};
use metaplast_meta::train::term_sizes;
use metaplast_meta::{Episode, Model, Precision};
use metaplast_plasticity::{Architecture, Feedback, Rule};
use rand::RngExt;

const RULES: u64 = 60;
/// Fewest of them that must learn for the test to say something.
const LEARNERS: usize = 20;

#[test]
fn single_precision_is_enough_for_rules_that_learn() {
    let dataset = Dataset::glyphs(14, 1);
    let sampler = TaskSampler::new(&dataset, 3, 10, 4, Sampling::Fresh).unwrap();
    let kinds = Feedback::built_in_for(&Architecture::paper());
    let (mut learners, mut worst) = (0, 0.0f64);
    for k in 0..RULES {
        let mut rng = stream(17, 0, k, Purpose::TermSizes);
        // F0 and each other term with even odds.
        let terms: Vec<usize> = (0..10).filter(|&term| term == 0 || rng.random()).collect();
        let feedback = &kinds[k as usize % kinds.len()];
        let mut model = Model {
            architecture: Architecture::new(vec![784, 24, 16, 47]).unwrap(),
            feedback: feedback.clone(),
            rule: Rule::from_pool(&terms).unwrap(),
        };
        let task = sampler.sample(&dataset, &mut stream(17, 0, k, Purpose::Task));
        let key = EpisodeKey::new(17, 0, k);
        // θ of either sign, in units of the term's size; that of the pseudo-gradient learns.
        let sizes = term_sizes(
            &Episode::new(&model, key, &dataset, &task),
            Precision::Double,
        );
        let units: Vec<f64> = sizes.iter().map(|size| 1.0 / size.max(1.0)).collect();
        let theta: Vec<f64> = terms
            .iter()
            .zip(&units)
            .map(|(&term, unit)| {
                let draw: f64 = rng.random();
                if term == 0 {
                    0.01 + 0.03 * draw
                } else {
                    0.004 * (2.0 * draw - 1.0) * unit
                }
            })
            .collect();
        model.rule = model.rule.with_theta(&theta);

        let episode = Episode::new(&model, key, &dataset, &task);
        let (loss, double) = reverse(&episode, Precision::Double);
        // An untrained net has ln 47 = 3.85.
        let Some(double) = double.filter(|_| loss < 0.8 * 47f64.ln()) else {
            continue;
        };
        let (_, single) = reverse(&episode, Precision::Single);
        let single = single.expect("a loss as finite as in f64");
        let in_units = |x: f64, place: usize| (x * units[place]).powi(2);
        let norm: f64 = (0..).zip(&double).map(|(r, g)| in_units(*g, r)).sum();
        let pairs = (0..).zip(single.iter().zip(&double));
        let apart: f64 = pairs.map(|(r, (a, b))| in_units(a - b, r)).sum();
        let error = (apart / norm).sqrt();
        assert!(error <= 1e-3, "{} with {feedback}: {error:e}", model.rule);
        worst = worst.max(error);
        learners += 1;
    }
    println!("{learners} of {RULES} rules learn; largest error {worst:.1e}");
    assert!(learners >= LEARNERS, "{learners} rules learn");
}
