//! Terms written as text: the built-in ones bit for bit, and gradients of others.

use metaplast_autodiff::{Dual, Tape, Var};
use metaplast_plasticity::{Feedback, Network, Number, Rule, Term, pool};
use proptest::prelude::*;

use crate::case::{Case, cases, relative_error, rows, vector};
use crate::differences::derivative;
use crate::hand_written;

/// The pool, as one types it.
const POOL: [&str; 10] = [
    "f0 = -e * y_pre^T",
    "f1 = -y * e_pre^T",
    "f2 = -e * e_pre^T",
    "f3 = -W",
    "f4 = -ones * e_pre^T",
    "f5 = -e * (ones^T * y) * y_pre^T",
    "f6 = -y * (y^T * W * e_pre) * e_pre^T",
    "f7 = -e * (y^T * W * e_pre) * y_pre^T",
    "f8 = -y * (y_pre^T * W^T * e) * e_pre^T",
    "f9 = y * y_pre^T - (y * y^T) * W",
];

/// Terms that no built-in one is, with every part of the language.
const OTHERS: [&str; 6] = [
    "bcm = (y .* (y - 0.2 ones)) * y_pre^T",
    "oja = y y_pre^T - (y^T y) W",
    "gated = tanh(z) .* e * y_pre^T / 2",
    "projected = (W e_pre) * (W^T e)^T",
    "homeostatic = 0.1 (1 - ones^T y / 10) * W",
    "normalised = exp(-(y^T y)) * e * (y_pre - 0.5 ones_pre)^T",
];

/// `F3` is a name for built-in terms only.
fn own(text: &str) -> Term {
    Term::parse(&format!("own_{text}")).unwrap()
}

fn text_rule(terms: &[usize]) -> Rule {
    Rule::new(terms.iter().map(|&term| own(POOL[term]))).unwrap()
}

/// Terms of the pool, and one more.
fn with(numbers: &[usize], term: Term) -> Rule {
    let terms = numbers.iter().map(|&number| pool()[number].clone());
    Rule::new(terms.chain([term])).unwrap()
}

struct Run {
    loss: f64,
    weights: Vec<f64>,
    gradient: Vec<f64>,
    by_first: Vec<f64>,
    nodes: usize,
}

impl Run {
    fn bits(&self) -> Vec<u64> {
        let numbers = [&self.weights, &self.gradient, &self.by_first];
        let numbers = numbers.into_iter().flatten().chain([&self.loss]);
        numbers.map(|x| x.to_bits()).collect()
    }
}

/// The loss on the queries after learning the support samples.
fn learn<'t, T: Number>(
    case: &Case,
    network: &Network<'t, T>,
    rule: &Rule,
    theta: &[Var<'t, T>],
) -> Var<'t, T> {
    let tape = network.tape();
    let bound = rule.bind_to(theta);
    for sample in &case.support {
        network.step(&bound, tape.constant(&vector(&sample.x)), sample.label);
    }
    let labels: Vec<usize> = case.query.iter().map(|sample| sample.label).collect();
    let x = tape.constant(&rows(&case.query));
    network.logits(x).softmax_cross_entropy(&labels)
}

fn run<T: Number>(case: &Case, rule: &Rule, theta: &[f64]) -> Run {
    let tape = Tape::<T>::new();
    let network = case.network(&tape);
    let theta: Vec<_> = theta.iter().map(|&t| tape.scalar(T::from_f64(t))).collect();
    let loss = learn(case, &network, rule, &theta);
    let widen = |data: &[T]| -> Vec<f64> { data.iter().map(|x| x.to_f64()).collect() };
    let nodes = tape.len();
    let weights = network
        .states()
        .iter()
        .flat_map(|w| w.with(widen))
        .collect();
    let gradients = loss.backward();
    let by_first = network.states().iter();
    Run {
        loss: loss.item().to_f64(),
        weights,
        gradient: theta
            .iter()
            .map(|&t| gradients.wrt(t).item().to_f64())
            .collect(),
        by_first: by_first
            .flat_map(|&w| widen(gradients.wrt_state(w).data()))
            .collect(),
        nodes,
    }
}

proptest! {
    /// Values, the meta-gradient and the gradient by the first weights; the tape is as long, too.
    #[test]
    fn terms_of_the_pool_typed_or_coded_by_hand_have_the_same_bits(case in cases()) {
        let theta: Vec<f64> = case.terms.iter().map(|&term| case.theta[term]).collect();
        for rule in [text_rule(&case.terms), hand_written::rule(&case.terms)] {
            let (wide, other) = (run::<f64>(&case, &case.rule(), &theta), run::<f64>(&case, &rule, &theta));
            prop_assert_eq!(wide.nodes, other.nodes);
            prop_assert_eq!(wide.bits(), other.bits());
            let (narrow, other) = (run::<f32>(&case, &case.rule(), &theta), run::<f32>(&case, &rule, &theta));
            prop_assert_eq!(narrow.bits(), other.bits());
        }
    }
}

fn case(feedback: Feedback, seed: u64) -> Case {
    Case::new(vec![5, 6, 4, 3], 6, vec![0], feedback, 4.0, seed)
}

/// Beside the pseudo-gradient; the others small enough not to explode.
const THETA: f64 = 0.05;

#[test]
fn the_meta_gradient_of_other_terms_agrees_with_forward_mode_and_differences() {
    for (seed, text) in OTHERS.into_iter().enumerate() {
        for feedback in [Feedback::fixed(), Feedback::attached()] {
            let case = case(feedback, seed as u64);
            let rule = with(&[0], own(text));
            let reverse = run::<f64>(&case, &rule, &[THETA; 2]).gradient;

            let tape = Tape::<Dual<f64, 5>>::new();
            let network = case.network(&tape);
            let theta = [0, 1].map(|r| tape.scalar(Dual::seeded(THETA, r)));
            let forward = learn(&case, &network, &rule, &theta).item();
            let error = relative_error(&reverse, &forward.tangent()[..2], 1e-3);
            assert!(error <= 1e-10, "{text}: {error:e} from forward mode");

            let difference = |r: usize| {
                let loss = |h: f64| {
                    let mut theta = [THETA; 2];
                    theta[r] += h;
                    Some(run::<f64>(&case, &rule, &theta).loss)
                };
                derivative(0.02, loss).expect("a loss at every θ").0
            };
            let error = relative_error(&reverse, &[difference(0), difference(1)], 1e-3);
            assert!(error <= 1e-6, "{text}: {error:e} from differences");
        }
    }
}

/// What several terms ask for is computed once, and outer products with the same left vector are
/// one.
#[test]
fn text_terms_share_with_all_others() {
    let case = case(Feedback::fixed(), 1);
    let nodes = |rule: &Rule| run::<f64>(&case, rule, &vec![0.0; rule.theta().len()]).nodes;
    let steps_and_layers = 6 * 3;
    let bio = Rule::from_pool(&[0, 2, 9]).unwrap();
    // Wᵀ y and y are those of F9; θ has a leaf and a negative, y_pre and Wᵀ y sums of coefficients.
    let more = with(&[0, 2, 9], own(POOL[9]));
    assert_eq!(nodes(&more), nodes(&bio) + 2 + 2 * steps_and_layers);
    let mixed = with(&[0, 2], own(POOL[9]));
    assert_eq!(nodes(&mixed), nodes(&bio));
    // One product with the coefficient is all that a number in front costs.
    let scaled = with(&[0, 2], own("hebb = 0.5 * y * y_pre^T"));
    let plain = with(&[0, 2], own("hebb = y * y_pre^T"));
    assert_eq!(nodes(&scaled), nodes(&plain) + steps_and_layers);
}
