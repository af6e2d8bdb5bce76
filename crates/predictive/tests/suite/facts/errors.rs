//! Errors, by name.

use metaplast_autodiff::optim::Sgd;
use metaplast_predictive::{
    Activation, Block, Chain, Dense, FixedPrediction, Loss, Method, Nudge, PredictiveError, Solver,
    Strict, Target, train_step,
};
use metaplast_tensor::{Random, Shape, Tensor, tensor};
use std::sync::atomic::{AtomicU64, Ordering};

type Result<T = ()> = std::result::Result<T, PredictiveError>;

fn chain(gain: f64) -> Chain<f64> {
    let mut random = Random::new(3);
    let mut dense = |from, to| Dense::new(Tensor::normal([to, from], 0.0, gain, &mut random));
    Chain::new()
        .then(dense(4, 5).then(Activation::Tanh))
        .then(dense(5, 6))
        .then(dense(6, 3))
}

fn infer(chain: &mut Chain<f64>, method: impl Into<Method>, columns: usize) -> Result {
    let x = Tensor::from_fn([2, columns], |i| (i[0] + 2 * i[1]) as f64 * 0.3 - 0.5);
    let target = Target::Classes(vec![0, 2]);
    let method = method.into();
    method.infer(chain, &x, &target, Loss::CROSS_ENTROPY)?;
    Ok(())
}

#[test]
fn no_iterations_are_an_error() {
    for method in [
        Method::from(Strict::new(0.1, 0)),
        FixedPrediction::new(0.1, 0).into(),
    ] {
        let error = infer(&mut chain(0.5), method, 4).unwrap_err();
        assert!(
            matches!(error, PredictiveError::NoIterations { .. }),
            "{error}"
        );
    }
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let error = infer(&mut chain(0.5), Method::Exact, 7).unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer 1 takes rows of 4 numbers, but gets an input of shape [2, 7]"
    );
    let error = infer(&mut Chain::new(), Method::Exact, 7).unwrap_err();
    assert_eq!(error, PredictiveError::NoLayers);
    let x = Tensor::zeros([0, 4]);
    assert!(matches!(
        chain(0.5).predict(&x),
        Err(PredictiveError::NoRows { .. })
    ));
    let refused = |loss: Loss, target| {
        let x = Tensor::zeros([2, 4]);
        let result = Method::Exact.infer(&mut chain(0.5), &x, &target, loss);
        assert!(matches!(result, Err(PredictiveError::Target { .. })));
    };
    refused(Loss::CROSS_ENTROPY, Target::Classes(vec![0]));
    refused(Loss::CROSS_ENTROPY, Target::Classes(vec![0, 3]));
    refused(Loss::MEAN_SQUARE, Target::Classes(vec![0, 1]));
    refused(Loss::MEAN_SQUARE, Target::Values(tensor![[1.0, 2.0]]));
}

#[test]
fn settings_out_of_range_are_named() {
    let refused = |method: Strict| {
        let error = infer(&mut chain(0.5), method, 4).unwrap_err();
        assert!(matches!(error, PredictiveError::Setting { .. }), "{error}");
    };
    refused(Strict::new(0.0, 5));
    refused(Strict::new(f64::NAN, 5));
    refused(Strict::default().solver(Solver::Momentum(1.0)));
    refused(Strict::default().nudge(Nudge::Positive(0.0)));
    let error = infer(&mut chain(0.5), Strict::default().incremental(), 4).unwrap_err();
    assert_eq!(error, PredictiveError::NeedsOptimizer);
}

#[test]
fn divergence_names_layer_and_iteration() {
    let error = infer(&mut chain(3.0), Strict::new(0.9, 500), 4).unwrap_err();
    let PredictiveError::Diverged {
        layer,
        iteration,
        energy,
    } = error
    else {
        panic!("{error}");
    };
    assert!((1..=3).contains(&layer) && (1..500).contains(&iteration));
    assert!(energy.abs() > 1.0);
    // Without a limit it goes on until numbers end.
    let unlimited = Strict::new(0.9, 5000).growth_limit(None);
    let error = infer(&mut chain(3.0), unlimited, 4).unwrap_err();
    assert!(
        matches!(error, PredictiveError::Diverged { iteration: later, .. } if later > iteration)
    );
}

#[test]
fn halving_turns_divergence_into_descent() -> Result {
    let x = Tensor::from_fn([2, 4], |i| (i[0] + 2 * i[1]) as f64 * 0.3 - 0.5);
    let target = Target::Classes(vec![0, 2]);
    for solver in [
        Solver::Plain,
        Solver::Momentum(0.5),
        Solver::Sweep,
        Solver::ErrorCoordinates,
    ] {
        let method = Strict::new(0.9, 500)
            .halving()
            .keep_energies()
            .solver(solver);
        let strict = method.infer(&mut chain(3.0), &x, &target, Loss::CROSS_ENTROPY)?;
        assert!(strict.eta < 0.9, "{solver:?}");
        let energies = strict
            .energies
            .iter()
            .map(|layers| layers.iter().sum::<f64>());
        let energies: Vec<_> = energies.collect();
        assert!(
            energies
                .windows(2)
                .all(|pair| pair[1] <= pair[0] * (1.0 + 1e-12)),
            "{solver:?}"
        );
        assert!(energies.last() < energies.first());
    }
    Ok(())
}

#[test]
fn dropout_that_draws_anew_is_refused() {
    let draws = AtomicU64::new(1);
    let dropout = Block::new([], move |x, _| {
        let mut random = Random::new(draws.fetch_add(1, Ordering::Relaxed));
        x.dropout(0.5, || random.uniform())
    });
    let mut chain = chain(0.5).then(dropout);
    let error = infer(&mut chain, Strict::default(), 4).unwrap_err();
    assert_eq!(error, PredictiveError::NotAFunction { layer: 4 });
}

#[test]
fn batch_normalisation_is_refused() {
    let normalised = Block::new([], |x, _| x.batch_norm(1e-5).0);
    let mut chain = chain(0.5).then(normalised);
    let error = infer(&mut chain, Strict::default(), 4).unwrap_err();
    assert_eq!(error, PredictiveError::RowsInteract { layer: 4 });
}

#[test]
fn normalisation_within_rows_is_a_function_of_rows() -> Result {
    let mut chain = chain(0.5).then(Block::new([], |x, _| x.layer_norm(1e-5)));
    infer(&mut chain, Strict::default(), 4)
}

#[test]
fn layers_that_lose_the_batch_are_refused() {
    let mut chain = chain(0.5).then(Block::new([], |x, _| x.sum_axes(&[0], true)));
    let error = infer(&mut chain, Strict::default(), 4).unwrap_err();
    let found = Shape::from([1, 3]);
    assert_eq!(
        error,
        PredictiveError::Rows {
            layer: 4,
            rows: 2,
            found
        }
    );
}

#[test]
fn a_failed_step_leaves_the_weights_alone() {
    let mut chain = chain(3.0);
    let before = chain.parameters(1)[0].clone();
    let x = Tensor::ones([1, 4]);
    let method = Strict::new(0.9, 500).into();
    let target = Target::Classes(vec![0]);
    let result = train_step(
        &mut chain,
        &method,
        &x,
        &target,
        Loss::CROSS_ENTROPY,
        &mut Sgd::new(0.1),
    );
    assert!(result.is_err());
    assert_eq!(chain.parameters(1)[0], before);
}
