//! Each term, and sums of terms, against their formulas entry by entry.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{LayerSignals, Number, Rule};
use metaplast_tensor::Tensor;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::case::{Case, cases, relative_error, vector};
use crate::oracle::{Layer, Matrix, signals};

/// Signals that need not come from any network.
#[derive(Clone, Debug)]
struct Given {
    w: Matrix,
    y_pre: Vec<f64>,
    e_pre: Vec<f64>,
    y: Vec<f64>,
    e: Vec<f64>,
}

fn given() -> impl Strategy<Value = Given> {
    let number = || prop_oneof![1 => Just(0.0), 4 => -1.0..1.0f64];
    (1..20usize, 1..20usize).prop_flat_map(move |(rows, cols)| {
        let over = |n: usize| vec(number(), n);
        (
            over(rows * cols),
            over(cols),
            over(cols),
            over(rows),
            over(rows),
        )
            .prop_map(move |(data, y_pre, e_pre, y, e)| Given {
                w: Matrix { rows, cols, data },
                y_pre,
                e_pre,
                y,
                e,
            })
    })
}

impl Given {
    fn expected(&self, theta: &[f64; 10]) -> Matrix {
        let layer = Layer {
            w: &self.w,
            y_pre: &self.y_pre,
            e_pre: &self.e_pre,
            y: &self.y,
            e: &self.e,
        };
        layer.updated(theta)
    }

    /// The weights after one update by our code, `[rows, cols]`.
    fn updated<T: Number>(&self, terms: &[usize], theta: &[f64; 10]) -> Vec<f64> {
        let tape = Tape::<T>::new();
        let w = Tensor::new([self.w.rows, self.w.cols], self.w.data.clone());
        let state = tape.state(&w.cast().transpose());
        let on_tape = |x: &[f64]| tape.constant(&vector(x));
        let signals = LayerSignals::new(
            state,
            (on_tape(&self.y_pre), on_tape(&self.e_pre)),
            (on_tape(&self.y), on_tape(&self.e)),
        );
        let theta: Vec<f64> = terms.iter().map(|&term| theta[term]).collect();
        let rule = Rule::from_pool(terms).expect("terms").with_theta(&theta);
        rule.bind_constant(&tape).update(&signals);
        state.value().transpose().cast().into_data()
    }
}

proptest! {
    #[test]
    fn each_term_is_its_formula(given in given(), theta in -2.0..2.0f64) {
        for term in 0..10 {
            let mut all = [0.0; 10];
            all[term] = theta;
            let expected = given.expected(&all).data;
            let error = relative_error(&given.updated::<f64>(&[term], &all), &expected, 1.0);
            prop_assert!(error <= 1e-13, "F{term}: {error:e}");
            let error = relative_error(&given.updated::<f32>(&[term], &all), &expected, 1.0);
            prop_assert!(error <= 1e-5, "F{term} in f32: {error:e}");
        }
    }

    #[test]
    fn rules_are_sums_of_terms(
        given in given(),
        terms in prop::sample::subsequence((0..10).collect::<Vec<usize>>(), 1..11),
        numbers in vec(-1.0..1.0f64, 10),
    ) {
        let theta = std::array::from_fn(|r| if terms.contains(&r) { numbers[r] } else { 0.0 });
        let expected = given.expected(&theta).data;
        let error = relative_error(&given.updated::<f64>(&terms, &theta), &expected, 1.0);
        prop_assert!(error <= 1e-13, "{error:e}");
    }

    /// One step of a network: the softmax layer and the input's synthetic error included.
    #[test]
    fn a_step_changes_every_layer_by_its_terms(case in cases()) {
        let tape = Tape::<f64>::new();
        let network = case.network(&tape);
        let sample = &case.support[0];
        let x = tape.constant(&vector(&sample.x));
        let transport = match case.feedback.name() {
            "fixed" => &case.b,
            _ => &case.w,
        };
        let expected = signals(&case.w, transport, case.beta, sample);
        let activations = network.forward(x);
        let errors = network.errors(&activations, sample.label);
        let close = |ours: &Tensor<f64>, theirs: &[f64]| {
            let error = relative_error(ours.data(), theirs, 1e-2);
            prop_assert!(error <= 1e-12, "{error:e}");
            Ok(())
        };
        close(&network.input_error(&activations, &errors).value(), &expected.e[0])?;
        for l in 0..case.w.len() {
            close(&activations.z[l].value(), &expected.z[l])?;
            close(&activations.y[l + 1].value(), &expected.y[l + 1])?;
            close(&errors[l].value(), &expected.e[l + 1])?;
        }

        network.step(&case.rule().bind_constant(&tape), x, sample.label);
        let first_step = Case { support: vec![sample.clone()], ..case.clone() };
        let after = first_step.base();
        for (ours, theirs) in network.weights().matrices().iter().zip(after.weights()) {
            close(ours, &theirs.data)?;
        }
    }
}
