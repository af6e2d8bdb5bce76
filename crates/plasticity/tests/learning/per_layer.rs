//! Rules whose layers have coefficients of their own.

use metaplast_autodiff::{Dual, Tape, Var};
use metaplast_plasticity::{Feedback, Network, Pathway, Rule};
use metaplast_tensor::Scalar;

use crate::case::{Case, relative_error, rows, vector};
use crate::differences::derivative;

const TERMS: [usize; 4] = [0, 2, 3, 9];
const LAYERS: usize = 3;

/// Direct feedback has matrices of other shapes, and nothing to do with layers' coefficients.
const KINDS: [Feedback; 5] = [
    Feedback::Fixed,
    Feedback::Symmetric,
    Feedback::Attached,
    Feedback::SignSymmetric,
    Feedback::KolenPollack,
];

fn case(feedback: Feedback) -> Case {
    Case::new(vec![5, 4, 6, 3], 6, TERMS.to_vec(), feedback, 10.0, 11)
}

/// θ of the first term by layer, then of the second, and so on.
fn theta() -> Vec<f64> {
    let theta = |k: usize| 0.02 * ((3 * k + 1) % 7) as f64 - 0.05;
    (0..TERMS.len() * LAYERS).map(theta).collect()
}

/// The loss after learning by a rule with these coefficients.
fn loss<'t, T: Scalar>(
    case: &Case,
    tape: &'t Tape<T>,
    rule: &Rule,
    theta: &[Var<'t, T>],
) -> (Var<'t, T>, Pathway<T>) {
    let network: Network<'t, T> = case.network(tape);
    let rule = rule.bind_to(theta);
    for sample in &case.support {
        network.step(&rule, tape.constant(&vector(&sample.x)), sample.label);
    }
    let labels: Vec<usize> = case.query.iter().map(|sample| sample.label).collect();
    let logits = network.logits(tape.constant(&rows(&case.query)));
    (logits.softmax_cross_entropy(&labels), network.weights())
}

fn reverse(case: &Case, rule: &Rule, theta: &[f64]) -> (f64, Vec<f64>, Pathway<f64>) {
    let tape = Tape::<f64>::new();
    let theta: Vec<_> = theta.iter().map(|&theta| tape.scalar(theta)).collect();
    let (loss, weights) = loss(case, &tape, rule, &theta);
    let value = loss.item();
    let gradients = loss.backward();
    let gradient = theta.iter().map(|&theta| gradients.wrt(theta).item());
    (value, gradient.collect(), weights)
}

#[test]
fn equal_coefficients_are_a_shared_one() {
    for feedback in KINDS {
        let case = case(feedback);
        let shared = Rule::new(&TERMS)
            .unwrap()
            .with_theta(&[0.1, -0.05, 0.01, 0.03]);
        let own = shared.clone().per_layer(LAYERS);
        let (loss, gradient, weights) = reverse(&case, &shared, shared.theta());
        let (own_loss, own_gradient, own_weights) = reverse(&case, &own, own.theta());
        // To the bit: the same operations on the same numbers.
        assert_eq!((loss, weights), (own_loss, own_weights), "{feedback}");
        let sums: Vec<f64> = own_gradient
            .chunks(LAYERS)
            .map(|gradient| gradient.iter().sum())
            .collect();
        assert!(relative_error(&sums, &gradient, 1e-9) < 1e-12, "{feedback}");
    }
}

#[test]
fn the_meta_gradient_agrees_with_differences_and_forward_mode() {
    for feedback in KINDS {
        let case = case(feedback);
        let rule = Rule::new(&TERMS).unwrap().per_layer(LAYERS);
        let theta = theta();
        let (_, gradient, _) = reverse(&case, &rule, &theta);

        let tape = Tape::<Dual<f64, { TERMS.len() * LAYERS }>>::new();
        let seeded = theta.iter().enumerate();
        let seeded: Vec<_> = seeded
            .map(|(r, &theta)| tape.scalar(Dual::seeded(theta, r)))
            .collect();
        let (loss, _) = loss(&case, &tape, &rule, &seeded);
        let forward = loss.item().tangent();
        assert!(
            relative_error(&gradient, &forward, 1e-9) < 1e-11,
            "{feedback}"
        );

        // A difference sees what flows through B = W; the detached gradient leaves it out.
        if feedback == Feedback::Symmetric {
            continue;
        }
        for (r, slope) in gradient.iter().enumerate() {
            let (difference, doubt) = derivative(0.01, |h| {
                let mut moved = theta.clone();
                moved[r] += h;
                Some(reverse(&case, &rule, &moved).0)
            })
            .unwrap();
            assert!(
                (slope - difference).abs() <= 1e-8 + doubt,
                "{feedback}, coefficient {r}: {slope}, {difference} by differences"
            );
        }
    }
}

#[test]
#[should_panic(expected = "coefficients for 2 layers, used in layer 3")]
fn a_rule_for_other_layers_is_refused() {
    let case = case(Feedback::Fixed);
    let rule = Rule::new(&[0]).unwrap().per_layer(2);
    reverse(&case, &rule, rule.theta());
}
