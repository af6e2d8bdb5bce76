//! Once a tape has seen an episode, the steps of the next ask the allocator for nothing.

use metaplast_autodiff::Tape;
use metaplast_counting::{Counting, requests};
use metaplast_plasticity::{Architecture, Feedback, Network, Pathway, Preset, Rule, Term, pool};
use metaplast_tensor::Tensor;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Requests during an episode of `steps` steps and its sweep.
fn episode(
    tape: &Tape<f32>,
    rule: &Rule,
    feedback: &Feedback,
    [weights, matrices]: &[Pathway<f32>; 2],
    steps: usize,
) -> usize {
    let architecture = Architecture::new(vec![30, 20, 10, 5]).unwrap();
    let query = Tensor::full([2, 30], 0.3);
    requests(|| {
        tape.reset();
        let network = Network::builder(tape, &architecture)
            .weights(weights)
            .feedback(feedback, matrices)
            .build();
        let (bound, theta) = rule.bind(tape);
        for step in 0..steps {
            let x = tape.constant_with(30, |x| x[step % 30] = 1.0);
            network.step(&bound, x, step % 5);
        }
        let logits = network.logits(tape.constant(&query));
        let gradients = logits.softmax_cross_entropy(&[1, 2]).backward();
        assert!(gradients.wrt(theta[0]).item().is_finite());
    })
}

#[test]
fn steps_and_their_reverse_allocate_nothing() {
    let architecture = Architecture::new(vec![30, 20, 10, 5]).unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let weights = Pathway::uniform(&architecture, &mut rng);
    let own = [
        "t1 = y * y_pre^T - 0.1 (ones^T y) W",
        "t2 = (W e_pre) * e_pre^T",
        "t3 = tanh(z - 0.5 ones) * y_pre^T",
    ];
    let own = own.map(|text| Term::parse(text).unwrap());
    let rules = [
        ("fa", Rule::preset(Preset::Fa)),
        ("bio", Rule::preset(Preset::Bio)),
        ("pool", Rule::preset(Preset::Pool)),
        (
            "own",
            Rule::new([0, 9].map(|k| pool()[k].clone()).into_iter().chain(own)).unwrap(),
        ),
    ];
    for (name, rule) in rules {
        // Sign-symmetric feedback keeps the signs of each step, a bit for each weight.
        let kinds = Feedback::built_in_for(&architecture).into_iter();
        for feedback in kinds.filter(|kind| *kind != Feedback::sign_symmetric()) {
            let pathways = [weights.clone(), feedback.draw(&architecture, &mut rng)];
            let theta = vec![1e-3; rule.theta().len()];
            let rule = rule.clone().with_theta(&theta);
            let tape = Tape::new();
            let run = |steps| episode(&tape, &rule, &feedback, &pathways, steps);
            let first = run(100);
            let second = run(100);
            let (short, long) = (run(10), run(100));
            assert!(first > second);
            assert_eq!(short, long, "{name} {feedback}");
            // What is left belongs to the episode: copies of θ, labels and gradients.
            assert!(long <= 12, "{name} {feedback}: {long}");
        }
    }
}
