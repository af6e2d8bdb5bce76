//! Memories of rules against plain loops.

use std::slice;

use metaplast_autodiff::Var;
use metaplast_plasticity::text::TermError;
use metaplast_plasticity::{
    CustomMemory, LayerSignals, Locality, Memory, Number, Rule, RuleError, SignalShape, Term,
};

use crate::plain_steps::{assert_close, learn, outer};

/// A rule of one term that reads memories.
fn rule(memories: &[&str], term: &str, theta: &[f64]) -> Rule {
    let mut read = Vec::new();
    for text in memories {
        let memory = Memory::parse(text, &read).unwrap();
        read.push(memory);
    }
    let term = Term::read_with("t", term, &Memory::signals(&read)).unwrap();
    let rule = Rule::new([term]).unwrap().with_memories(read).unwrap();
    rule.with_theta(theta)
}

/// Bienenstock, Cooper & Munro 1982: ΔW = η y (y − m) xᵀ with m following the mean of y².
#[test]
fn a_sliding_threshold_agrees_with_a_plain_loop() {
    let (eta, k) = (0.02, 0.05);
    let bcm = rule(
        &["m = m + k * (y .* y - m)"],
        "y .* (y - m) * y_pre^T",
        &[eta, k],
    );
    for cut in [false, true] {
        let both = learn(&bcm, cut, |layer| {
            layer.memory.resize(1, vec![0.0; layer.post.len()]);
            let m = &mut layer.memory[0];
            for (m, y) in m.iter_mut().zip(layer.post) {
                *m += k * (y * y - *m);
            }
            let left = layer.post.iter().zip(&*m).map(|(y, m)| eta * y * (y - m));
            outer(left, layer.pre)
        });
        assert_close(&both);
    }
}

/// A column, or a matrix, in code.
struct Threshold(SignalShape);

impl<T: Number> CustomMemory<T> for Threshold {
    fn name(&self) -> &str {
        "m"
    }

    fn shape(&self) -> SignalShape {
        self.0
    }

    fn constants(&self) -> &[&str] {
        &["k"]
    }

    fn formula(&self) -> &str {
        "m + k (y_l ⊙ y_l − m)"
    }

    fn locality(&self) -> Locality {
        Locality::Synapse
    }

    fn next<'t>(&self, layer: &LayerSignals<'_, 't, T>) -> Var<'t, T> {
        let (m, y) = (layer.signal("m"), layer.post());
        m + (y * y - m) * layer.signal("k")
    }
}

#[test]
fn a_memory_in_code_agrees_with_a_plain_loop() {
    let (eta, k) = (0.02, 0.05);
    let memories = [Memory::custom(Threshold(SignalShape::Post)).unwrap()];
    let bcm = Term::read_with("t", "y .* (y - m) * y_pre^T", &Memory::signals(&memories)).unwrap();
    let rule = Rule::new([bcm]).unwrap().with_memories(memories).unwrap();
    for cut in [false, true] {
        let both = learn(&rule.clone().with_theta(&[eta, k]), cut, |layer| {
            layer.memory.resize(1, vec![0.0; layer.post.len()]);
            let m = &mut layer.memory[0];
            for (m, y) in m.iter_mut().zip(layer.post) {
                *m += k * (y * y - *m);
            }
            let left = layer.post.iter().zip(&*m).map(|(y, m)| eta * y * (y - m));
            outer(left, layer.pre)
        });
        assert_close(&both);
    }
    let error = Memory::custom(Threshold(SignalShape::Matrix)).unwrap_err();
    assert_eq!(
        error.reason(),
        "a memory in Rust is a column or a number; say a matrix by an expression"
    );
}

/// A trace of each input, and a layer's running mean that reads another memory: updates go in order, and
/// before the weights.
#[test]
fn traces_and_means_agree_with_a_plain_loop() {
    let (eta, k, c) = (0.03, 0.2, 0.1);
    let memories = [
        "x = (1 - k) * x + k * y_pre",
        "mean = mean + c * (ones^T * y - mean)",
        "old = 0.5 * old + tanh(mean) * y",
    ];
    let rule = rule(&memories, "mean * (y - old) * x^T", &[eta, k, c]);
    let shapes: Vec<SignalShape> = rule.memories().iter().map(Memory::shape).collect();
    assert_eq!(
        shapes,
        [SignalShape::Pre, SignalShape::Number, SignalShape::Post]
    );
    for cut in [false, true] {
        let both = learn(&rule, cut, |layer| {
            let sizes = [layer.pre.len(), 1, layer.post.len()];
            if layer.memory.is_empty() {
                layer.memory.extend(sizes.map(|n| vec![0.0; n]));
            }
            let [x, mean, old] = &mut layer.memory[..] else {
                unreachable!()
            };
            for (x, y) in x.iter_mut().zip(layer.pre) {
                *x = (1.0 - k) * *x + k * y;
            }
            mean[0] += c * (layer.post.iter().sum::<f64>() - mean[0]);
            for (old, y) in old.iter_mut().zip(layer.post) {
                *old = 0.5 * *old + mean[0].tanh() * y;
            }
            let left = layer.post.iter().zip(&*old);
            let left = left.map(|(y, old)| eta * mean[0] * (y - old));
            outer(left, x)
        });
        assert_close(&both);
    }
}

/// A trace of each synapse that a number releases, with another that follows the first.
#[test]
fn an_eligibility_trace_agrees_with_a_plain_loop() {
    let (eta, k) = (-0.01, 0.3);
    let memories = [
        "E = (1 - k) * E + y * y_pre^T",
        "M = 0.9 * M + 0.2 * E - 0.01 * W",
    ];
    let rule = rule(&memories, "(ones^T * y) * M", &[eta, k]);
    assert!(
        rule.memories()
            .iter()
            .all(|m| m.shape() == SignalShape::Matrix)
    );
    for cut in [false, true] {
        let both = learn(&rule, cut, |layer| {
            let synapses = layer.weights.len();
            layer.memory.resize(2, vec![0.0; synapses]);
            let [e, m] = &mut layer.memory[..] else {
                unreachable!()
            };
            let sum: f64 = layer.post.iter().sum();
            let hebb = outer(layer.post.to_vec(), layer.pre);
            let changes = hebb.iter().zip(layer.weights);
            for ((e, m), (hebb, w)) in e.iter_mut().zip(&mut *m).zip(changes) {
                *e = (1.0 - k) * *e + hebb;
                *m = 0.9 * *m + 0.2 * *e - 0.01 * w;
            }
            m.iter().map(|m| eta * sum * m).collect()
        });
        assert_close(&both);
    }
}

/// What depends on each weight by itself: soft bounds from both sides, and a sign that stays.
#[test]
fn terms_elementwise_in_the_weights_agree_with_plain_loops() {
    type ByHand = fn(f64, f64) -> f64;
    let cases: [(&str, ByHand); 5] = [
        ("(y * y_pre^T) .* (ones * ones_pre^T - W)", |hebb, w| {
            hebb * (1.0 - w)
        }),
        ("W .* (y * y_pre^T) - 0.1 * W^2", |hebb, w| {
            w * hebb - 0.1 * w * w
        }),
        (
            "0.5 * y * y_pre^T - (y * y_pre^T) .* W .* (y * y_pre^T) - 0.3 W",
            |hebb, w| 0.5 * hebb - hebb * hebb * w - 0.3 * w,
        ),
        (
            "step(W) .* (y * y_pre^T)",
            |hebb, w| if w > 0.0 { hebb } else { 0.0 },
        ),
        (
            "(y * y_pre^T) ./ (ones * ones_pre^T + abs(W))",
            |hebb, w| hebb / (1.0 + w.abs()),
        ),
    ];
    for (text, by_hand) in cases {
        let rule = rule(&[], text, &[-0.02]);
        let both = learn(&rule, false, |layer| {
            let hebb = outer(layer.post.to_vec(), layer.pre);
            let pairs = hebb.iter().zip(layer.weights);
            pairs.map(|(&hebb, &w)| -0.02 * by_hand(hebb, w)).collect()
        });
        assert_close(&both);
    }
}

#[test]
fn memories_that_cannot_be_are_refused() {
    let m = Memory::parse("m = m + k * (y - m)", &[]).unwrap();
    let refused =
        |text: &str| -> TermError { Memory::parse(text, slice::from_ref(&m)).unwrap_err() };
    for (text, column, reason) in [
        ("m + y", 1, "a memory is `NAME = EXPRESSION`"),
        (
            "m = y",
            1,
            "the rule has a memory `m` already; choose another name",
        ),
        ("k = y", 1, "`k` means something else already"),
        ("y = y", 1, "`y` means something else already"),
        (
            "a = y_pre * y^T",
            5,
            "this is a pre × post matrix, but a memory is a column, a number or a post × pre matrix",
        ),
        (
            "a = (W .* W)^T",
            5,
            "this is a pre × post matrix, but a memory",
        ),
        (
            "a = a + (W .* W) * y_pre",
            9,
            "what takes matrices element by element",
        ),
        ("a = a + y + y_pre", 5, "cannot add"),
        ("a = a - a", 5, "the summands cancel"),
        ("a = 0.5", 5, "a memory must depend on a signal"),
        ("a = a + ", 9, "expected a signal"),
    ] {
        let error = refused(text);
        assert!(error.reason().starts_with(reason), "{text}: {error}");
        assert_eq!(error.column(), column, "{text}: {error}");
    }
    let term = Term::parse_with("k = m * y_pre^T", &Memory::signals(slice::from_ref(&m)));
    let rule = Rule::new([term.unwrap()]).unwrap();
    assert_eq!(rule.with_memories([m]), Err(RuleError::Shared("k".into())));
}

#[test]
#[should_panic(expected = "the rule needs a memory `m`")]
fn a_term_whose_memory_no_rule_has_is_a_panic() {
    let m = Memory::parse("m = m + y", &[]).unwrap();
    let term = Term::read_with("t", "m * y_pre^T", &Memory::signals(&[m])).unwrap();
    let rule = Rule::new([term]).unwrap().with_theta(&[1.0]);
    let _ = learn(&rule, false, |layer| outer(layer.post.to_vec(), layer.pre));
}
