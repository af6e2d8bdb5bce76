//! Alignment regularisers: their gradients against differences, and the pathways that descend them.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{AlignmentInput, AlignmentRegulariser, Feedback, InformationAlignment};
use metaplast_tensor::{Random, Tensor, tensor};

use crate::case::{relative_error, vector};
use crate::pathways::{case, network};

const ALL: [AlignmentRegulariser; 5] = [
    AlignmentRegulariser::Information {
        alpha: 0.7,
        beta: 0.3,
        gamma: 0.2,
    },
    AlignmentRegulariser::WeightMirror {
        alpha: 0.7,
        beta: 0.3,
    },
    AlignmentRegulariser::Symmetric {
        alpha: 0.7,
        beta: 0.3,
    },
    AlignmentRegulariser::Activation {
        alpha: 0.7,
        beta: 0.3,
    },
    AlignmentRegulariser::Decay { alpha: 0.7 },
];

/// W, B and five inputs.
fn layer() -> [Tensor<f64>; 3] {
    let random = &mut Random::new(3);
    [[4, 6], [4, 6], [5, 6]].map(|shape| Tensor::normal(shape, 0.0, 1.0, random))
}

/// The slope of `f` by every element of `x`; all of these functions have degree 4 at most, for which
/// this stencil is exact.
fn slopes(x: &Tensor<f64>, f: impl Fn(&Tensor<f64>) -> f64) -> Vec<f64> {
    let at = |k: usize, h: f64| {
        let mut moved = x.clone();
        moved.data_mut()[k] += h;
        f(&moved)
    };
    let h = 0.25;
    let slope = |k| {
        let near = at(k, h) - at(k, -h);
        let far = at(k, 2.0 * h) - at(k, -2.0 * h);
        (8.0 * near - far) / (12.0 * h)
    };
    (0..x.len()).map(slope).collect()
}

#[test]
fn gradients_are_those_of_the_value() {
    let [w, b, x] = layer();
    for kind in ALL {
        let by_b = slopes(&b, |b| kind.value(&w, b, &x));
        let error = relative_error(kind.gradient_by_feedback(&w, &b, &x).data(), &by_b, 1e-3);
        assert!(error < 1e-12, "{kind:?} by B: {error:e}");
        let by_w = slopes(&w, |w| kind.value(w, &b, &x));
        let error = relative_error(kind.gradient_by_weights(&w, &b, &x).data(), &by_w, 1e-3);
        assert!(error < 1e-12, "{kind:?} by W: {error:e}");
    }
}

/// What the pathway does to a network's matrices is the step on matrices.
#[test]
fn the_pathway_makes_the_step() {
    let case = case(8, &[0], 1);
    let sample = &case.support[0];
    let information = InformationAlignment {
        rate: 0.3,
        alpha: 0.7,
        beta: 0.3,
        gamma: 0.2,
        input: AlignmentInput::Activity,
    };
    let tape = Tape::<f64>::new();
    let network = network(&case, &information.feedback().unwrap(), &tape);
    let before: Vec<Tensor<f64>> = network.carried().iter().map(|b| b.value()).collect();
    let activations = network.forward(tape.constant(&vector(&sample.x)));
    let rule = case.rule().bind_constant(&tape);
    network.step(&rule, tape.constant(&vector(&sample.x)), sample.label);
    let weights = network.weights().matrices();
    for (layer, b) in before.iter().enumerate() {
        let y = activations.y[layer].value();
        let x = y.clone().reshape([1, y.len()]);
        let expected = information.step(&weights[layer], &b.transpose(), &x);
        let found = network.carried()[layer].value().transpose();
        let error = relative_error(found.data(), expected.data(), 1.0);
        assert!(error < 1e-14, "layer {layer}: {error:e}");
    }
}

/// On white inputs B comes to rest at `α (2β W Wᵀ + 2γ)⁻¹ W`.
#[test]
fn information_alignment_comes_to_rest_where_it_should() {
    let (w, x) = (
        tensor![[2.0, 0.0], [0.0, 1.0]],
        tensor![[1.0, 1.0], [1.0, -1.0]],
    );
    let rule = InformationAlignment {
        rate: 0.5,
        alpha: 0.4,
        beta: 0.1,
        gamma: 0.2,
        input: AlignmentInput::Activity,
    };
    let mut b = tensor![[0.3, -0.7], [0.2, 0.9]];
    for _ in 0..300 {
        b = rule.step(&w, &b, &x);
    }
    let expected = tensor![[0.8 / 1.2, 0.0], [0.0, 0.4 / 0.6]];
    assert!(
        relative_error(b.data(), expected.data(), 1.0) < 1e-12,
        "{b:?}"
    );
}

/// Without the decay along the answers, and from noise, it is the weight mirror.
#[test]
fn the_weight_mirror_is_a_special_case() {
    let case = case(9, &[0, 2], 6);
    let information = InformationAlignment {
        rate: 1.0,
        alpha: 0.01,
        beta: 0.0,
        gamma: 0.005,
        input: AlignmentInput::Noise,
    };
    let learned = |feedback: &Feedback| {
        let tape = Tape::<f64>::new();
        let network = network(&case, feedback, &tape);
        let rule = case.rule().bind_constant(&tape);
        for sample in &case.support {
            network.step(&rule, tape.constant(&vector(&sample.x)), sample.label);
        }
        let b: Vec<f64> = network
            .carried()
            .iter()
            .flat_map(|b| b.value().into_data())
            .collect();
        b
    };
    let mirror = learned(&Feedback::weight_mirror());
    let found = learned(&information.feedback().unwrap());
    assert!(relative_error(&found, &mirror, 1.0) < 1e-14);
}
