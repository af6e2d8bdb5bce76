//! Rules that learn from the reward of an action.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{Architecture, KnownRule, Memory, Network, Pathway, Preset, Rule, Term};
use metaplast_tensor::Tensor;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

fn architecture() -> Architecture {
    Architecture::new(vec![4, 6, 3]).unwrap()
}

fn first() -> Pathway<f64> {
    Pathway::uniform(&architecture(), &mut Xoshiro256PlusPlus::seed_from_u64(2))
}

/// The weights after one step of a rule on one input, with the seed of the draws.
fn after(rule: &Rule, seed: u64, label: usize) -> (Vec<Tensor<f64>>, f64) {
    let (tape, architecture) = (Tape::new(), architecture());
    let network = Network::builder(&tape, &architecture)
        .weights(&first())
        .seed(seed)
        .build();
    let x = tape.constant(&Tensor::from_fn([4], |i| 0.3 * (i[0] + 1) as f64));
    let probability = network.forward(x).y[2].with(|y| y[label]);
    network.step(&rule.bind_constant(&tape), x, label);
    (network.weights().matrices().to_vec(), probability)
}

/// REINFORCE without a baseline: with the probability of the label the step is that of backpropagation,
/// otherwise nothing happens.
#[test]
fn a_rewarded_action_is_learned_as_its_label_would_be() {
    let term = Term::parse("reinforce = -reward * e * y_pre^T").unwrap();
    assert!(term.reads_reward());
    let rule = Rule::new([term]).unwrap().with_theta(&[0.1]);
    let label = 1;
    let (descended, probability) = after(&Rule::preset(Preset::Bp).with_theta(&[0.1]), 0, label);
    let untouched = first().matrices().to_vec();
    let mut rewarded = 0;
    for seed in 0..2000 {
        let (weights, _) = after(&rule, seed, label);
        match weights == descended {
            true => rewarded += 1,
            false => assert_eq!(weights, untouched),
        }
    }
    let share = f64::from(rewarded) / 2000.0;
    let error = (probability * (1.0 - probability) / 2000.0).sqrt();
    assert!(
        (share - probability).abs() < 4.0 * error,
        "{share} of {probability}"
    );
}

#[test]
fn a_baseline_that_is_remembered_lets_a_network_learn_from_rewards() {
    let memory = Memory::parse("mean = mean + k * (reward - mean)", &[]).unwrap();
    assert!(memory.reads_reward());
    let signals = Memory::signals(std::slice::from_ref(&memory));
    let names: Vec<&str> = signals.iter().map(|signal| signal.name()).collect();
    assert_eq!(names, ["mean", "k"]);
    let term = Term::parse_with("reinforce = (mean - reward) * e * y_pre^T", &signals).unwrap();
    let rule = Rule::new([term]).unwrap().with_memories([memory]).unwrap();
    let rule = rule.with_theta(&[0.3, 0.05]);
    let right = right_of_1000(&rule, 6000);
    assert!(right > 950, "{right} of 1000");
}

/// A memory of this name is what the name says.
#[test]
fn a_memory_named_reward_is_a_memory() {
    let memory = Memory::parse("reward = reward + k * (y - reward)", &[]).unwrap();
    assert!(!memory.reads_reward());
    let signals = Memory::signals(std::slice::from_ref(&memory));
    let term = Term::parse_with("t = reward * y_pre^T", &signals).unwrap();
    assert!(!term.reads_reward());
}

/// A number has the locality that the reward has.
#[test]
fn a_memory_of_one_number_named_reward_is_a_memory() {
    let memory = Memory::parse("reward = reward + k * (ones^T * y - reward)", &[]).unwrap();
    assert!(!memory.reads_reward());
    let signals = Memory::signals(std::slice::from_ref(&memory));
    let term = Term::parse_with("t = reward * y * y_pre^T", &signals).unwrap();
    assert!(!term.reads_reward());
}

/// How many of the last 1000 of so many images a network has right that learns by rewards so many steps late.
fn right_of_1000(rule: &Rule, steps: usize) -> usize {
    let (tape, architecture) = (Tape::new(), architecture());
    let network = Network::builder(&tape, &architecture)
        .weights(&first())
        .seed(3)
        .build();
    let bound = rule.bind_constant(&tape);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let mut right = 0;
    for step in 0..steps {
        let label = rng.random_range(0..3);
        let x = Tensor::from_fn([4], |i| {
            f64::from(u8::from(i[0] == label)) + rng.random_range(0.0..0.2)
        });
        let mark = tape.mark();
        let x = tape.constant(&x);
        if step >= steps - 1000 {
            right += usize::from(network.forward(x).y[2].value().argmax() == label);
        }
        network.step(&bound, x, label);
        network.keep_memory();
        tape.cut(mark);
    }
    right
}

/// Rewards come three steps after their actions. What a synapse keeps of them is learned; of the step alone,
/// which has nothing to do with its reward, nothing is.
#[test]
fn late_rewards_are_learned_from_with_an_eligibility_trace_and_not_without() {
    let known = |name: &str| KnownRule::find(name).unwrap().rule().with_reward_delay(3);
    let without = known("reinforce").with_theta(&[0.1, 0.05]);
    let with = known("reinforce-trace").with_theta(&[0.05, 0.05, 0.25]);
    let right = [without, with].map(|rule| right_of_1000(&rule, 20_000));
    assert!(right[0] < 600 && right[1] > 950, "{right:?} of 1000");
}

/// The reward of a step, told by its own network, and told so many steps late: the same rule sees the same number.
#[test]
fn a_late_reward_is_that_of_the_earlier_action() {
    // What the network does not change by, it remembers.
    let memory = Memory::parse("seen = reward", &[]).unwrap();
    let rule = |delay: usize| {
        let rule = Rule::from_pool(&[3]).unwrap().with_theta(&[0.0]);
        let rule = rule.with_memories([memory.clone()]).unwrap();
        rule.with_reward_delay(delay)
    };
    let rewards = |delay: usize, cut: bool| -> Vec<f64> {
        let (tape, architecture) = (Tape::new(), architecture());
        let network = Network::builder(&tape, &architecture)
            .weights(&first())
            .seed(4)
            .build();
        let bound = rule(delay).bind_constant(&tape);
        let step = |k: usize| {
            let mark = tape.mark();
            let x = tape.constant(&Tensor::full([4], 0.1 * (k % 7) as f64));
            network.step(&bound, x, k % 3);
            let seen = network.memory_values()[0].item();
            if cut {
                network.keep_memory();
                tape.cut(mark);
            }
            seen
        };
        (0..40).map(step).collect()
    };
    let at_once = rewards(0, false);
    assert!(at_once.contains(&0.0) && at_once.contains(&1.0));
    for delay in [1, 4] {
        let late: Vec<f64> = [0.0]
            .repeat(delay)
            .into_iter()
            .chain(at_once.clone())
            .take(40)
            .collect();
        assert_eq!(rewards(delay, false), late);
        assert_eq!(rewards(delay, true), late);
    }
}
