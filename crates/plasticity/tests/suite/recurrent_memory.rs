//! Memories in recurrent networks, against plain loops and in derivatives.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{
    KnownRule, Memory, Preset, RecurrentArchitecture, Rule, TeachingThroughTime, Term,
};
use proptest::prelude::*;

use crate::recurrent::{
    Matrix, PlainSignals, SequenceCase, farthest, largest, matrices, plain_signals,
};

/// Sequences that are learned from, one after the other.
const SEQUENCES: usize = 3;
/// Of the terms and then the constants k and d.
const THETA: [f64; 6] = [0.1, 0.2, -0.1, 0.05, 0.3, 0.6];

/// A sliding threshold, a trace of what comes in, and an eligibility matrix that a number of each step turns into a
/// change; and a term without memories that reads the weights.
fn rule() -> Rule {
    let mut memories: Vec<Memory> = Vec::new();
    for text in [
        "m = m + k * (y .* y - m)",
        "x = (1 - k) * x + y_pre",
        "E = (1 - d) * E + e * y_pre^T",
    ] {
        memories.push(Memory::parse(text, &memories).unwrap());
    }
    let signals = Memory::signals(&memories);
    let texts = [
        "bcm = y .* (y - m) * y_pre^T",
        "traced = -e * x^T",
        "gated = (ones^T * y) * E",
        "decay = -W",
    ];
    let terms = texts.map(|text| Term::parse_with(text, &signals).unwrap());
    let rule = Rule::new(terms).unwrap().with_memories(memories).unwrap();
    rule.with_theta(&THETA)
}

/// What a matrix remembers.
struct PlainMemory {
    m: Vec<f64>,
    x: Vec<f64>,
    eligibility: Matrix,
}

fn plain_learning(case: &SequenceCase) -> Vec<Matrix> {
    let [bcm, traced, gated, decay, k, d] = THETA;
    let mut w = matrices(&case.weights);
    let nothing = |m: &Matrix| PlainMemory {
        m: vec![0.0; m.len()],
        x: vec![0.0; m[0].len()],
        eligibility: vec![vec![0.0; m[0].len()]; m.len()],
    };
    let mut memory: Vec<PlainMemory> = w.iter().map(nothing).collect();
    for _ in 0..SEQUENCES {
        let before = w.clone();
        for PlainSignals {
            matrix, pre, y, e, ..
        } in plain_signals(case, &before)
        {
            let PlainMemory { m, x, eligibility } = &mut memory[matrix];
            m.iter_mut()
                .zip(&y)
                .for_each(|(m, y)| *m += k * (y * y - *m));
            x.iter_mut()
                .zip(&pre)
                .for_each(|(x, pre)| *x = (1.0 - k) * *x + pre);
            let number: f64 = y.iter().sum();
            for i in 0..y.len() {
                for j in 0..pre.len() {
                    let eligible = &mut eligibility[i][j];
                    *eligible = (1.0 - d) * *eligible + e[i] * pre[j];
                    w[matrix][i][j] += bcm * y[i] * (y[i] - m[i]) * pre[j] - traced * e[i] * x[j]
                        + gated * number * *eligible
                        - decay * before[matrix][i][j];
                }
            }
        }
    }
    w
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn memories_run_over_the_steps_and_are_kept_for_the_next_sequence(
        seed in any::<u64>(),
        steps in 1..6usize,
    ) {
        for teaching in TeachingThroughTime::ALL {
            let case = SequenceCase::new(seed, teaching, steps);
            let tape = Tape::new();
            let network = case.network(&tape);
            let bound = rule().bind_constant(&tape);
            for _ in 0..SEQUENCES {
                network.step(&bound, &case.on_tape(&tape), case.label);
            }
            let learned = matrices(&network.weights());
            let expected = plain_learning(&case);
            let (error, largest) = (farthest(&learned, &expected), largest(&expected));
            // Weights that explode take their rounding with them.
            prop_assume!(largest < 4.0);
            prop_assert!(error < 1e-12 * largest, "{teaching}: {error:e} of {largest}");

            // Off the tape between sequences, as in long episodes.
            let tape = Tape::new();
            let network = case.network(&tape);
            let bound = rule().bind_constant(&tape);
            tape.without_gradients(|| {
                for _ in 0..SEQUENCES {
                    let mark = tape.mark();
                    network.step(&bound, &case.on_tape(&tape), case.label);
                    network.keep_memory();
                    tape.cut(mark);
                }
            });
            prop_assert_eq!(matrices(&network.weights()), learned);
        }
    }
}

#[test]
fn parts_of_terms_are_the_step() {
    let case = SequenceCase::new(3, TeachingThroughTime::RandomFeedback, 4);
    let tape = Tape::new();
    let network = case.network(&tape);
    let mut sums: Vec<Matrix> = Vec::new();
    let before = matrices(&case.weights);
    let inputs = case.on_tape(&tape);
    network.step_in_parts(
        &rule().bind_constant(&tape),
        &inputs,
        case.label,
        &mut |matrix, parts| {
            let mut sum = before[matrix].clone();
            for (i, row) in sum.iter_mut().enumerate() {
                for (j, w) in row.iter_mut().enumerate() {
                    *w += parts.iter().map(|part| part[[j, i]]).sum::<f64>();
                }
            }
            sums.push(sum);
        },
    );
    let error = farthest(&sums, &matrices(&network.weights()));
    assert!(error < 1e-13, "{error:e}");
}

#[test]
fn rules_that_do_not_fit_are_refused_in_words() {
    let check = |rule: &Rule| {
        let refused = RecurrentArchitecture::check_rule(rule);
        refused.map_err(|error| error.to_string())
    };
    assert_eq!(check(&rule()), Ok(()));
    assert_eq!(check(&Rule::preset(Preset::Pool)), Ok(()));
    let memory = [Memory::parse("bias = bias - k * e", &[]).unwrap()];
    let terms = Rule::from_pool(&[0]).unwrap();
    let error = check(&terms.with_memories(memory).unwrap()).unwrap_err();
    assert!(
        error.starts_with("`bias` is of feed-forward units"),
        "{error}"
    );
    let error = check(&KnownRule::find("reinforce").unwrap().rule()).unwrap_err();
    assert!(error.starts_with("the rule reads the reward"), "{error}");
}
