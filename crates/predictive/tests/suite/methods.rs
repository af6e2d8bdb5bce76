//! What else methods and layers can do, on given nets.

use metaplast_autodiff::optim::{Adam, Sgd};
use metaplast_predictive::{
    Activation, Block, Chain, Dense, Layer, Loss, Method, Nudge, PredictiveError, Skip, Solver,
    Stop, Strict, Target, compare, mu_pc, stable_eta, target_alignment, train_step,
};
use metaplast_tensor::{Random, Scalar, Tensor};

use crate::nets::{apart, gradients_apart, size};

type Result<T = ()> = std::result::Result<T, PredictiveError>;

/// Layers of these sizes, tanh between them.
fn tanh_chain<T: Scalar>(sizes: &[usize], gain: f64, seed: u64) -> Chain<T> {
    let mut random = Random::new(seed);
    let last = sizes.len() - 2;
    sizes
        .windows(2)
        .enumerate()
        .fold(Chain::new(), |chain, (l, n)| {
            let std = gain / (n[0] as f64).sqrt();
            let weights = Tensor::<f64>::normal([n[1], n[0]], 0.0, std, &mut random).cast();
            let activation = if l == last {
                Activation::Identity
            } else {
                Activation::Tanh
            };
            chain.then(Dense::new(weights).then(activation))
        })
}

fn rows<T: Scalar>(shape: [usize; 2], seed: u64) -> Tensor<T> {
    Tensor::<f64>::normal(shape, 0.0, 1.0, &mut Random::new(seed)).cast()
}

/// Iterations until ‖∇F‖ ≤ 10⁻⁶, eight layers.
fn iterations(solver: Solver, eta: f64) -> Result<usize> {
    let mut chain = tanh_chain::<f64>(&[5, 5, 5, 5, 5, 5, 5, 5, 3], 1.1, 4);
    let (x, target) = (rows([2, 5], 5), Target::Classes(vec![0, 2]));
    let method = Strict::new(eta, 10_000)
        .solver(solver)
        .stop(Stop::Gradient(1e-6));
    let strict = method.infer(&mut chain, &x, &target, Loss::CROSS_ENTROPY.sum())?;
    assert!(strict.converged);
    Ok(strict.iterations)
}

#[test]
fn better_solvers_need_fewer_iterations() -> Result {
    let plain = iterations(Solver::Plain, 0.3)?;
    let momentum = iterations(Solver::Momentum(0.8), 0.3)?;
    let sweep = iterations(Solver::Sweep, 0.7)?;
    let by_errors = iterations(Solver::ErrorCoordinates, 0.3)?;
    let counts = [plain, momentum, sweep, by_errors];
    assert!(
        by_errors < sweep && sweep < momentum && momentum < plain,
        "{counts:?}"
    );
    Ok(())
}

#[test]
fn a_tolerance_stops_where_the_gradient_is_small() -> Result {
    let mut chain = tanh_chain::<f64>(&[5, 5, 5, 3], 1.0, 4);
    let (x, target) = (rows([2, 5], 5), Target::Classes(vec![0, 2]));
    let loss = Loss::CROSS_ENTROPY;
    let strict = Strict::new(0.3, 5000).stop(Stop::Relative(1e-3));
    let stopped = strict.infer(&mut chain, &x, &target, loss)?;
    assert!(stopped.converged && stopped.unrest <= 1e-3 && stopped.iterations < 5000);
    // One update fewer would not have been enough.
    let fewer = Strict::new(0.3, stopped.iterations - 1).infer(&mut chain, &x, &target, loss)?;
    assert!(!fewer.converged && fewer.unrest > 1e-3);
    Ok(())
}

#[test]
fn inference_goes_on_from_given_beliefs() -> Result {
    let mut chain = tanh_chain::<f64>(&[5, 4, 6, 3], 1.0, 4);
    let (x, target) = (rows([2, 5], 5), Target::Classes(vec![0, 2]));
    let loss = Loss::CROSS_ENTROPY;
    let whole = Strict::new(0.2, 15).infer(&mut chain, &x, &target, loss)?;
    let half = Strict::new(0.2, 7).infer(&mut chain, &x, &target, loss)?;
    let rest = Strict::new(0.2, 8).infer_from(&mut chain, &x, &target, loss, &half.beliefs)?;
    assert!(gradients_apart(&rest, &whole) < 1e-13);
    let error = Strict::default().infer_from(&mut chain, &x, &target, loss, &half.beliefs[..2]);
    assert!(matches!(
        error,
        Err(PredictiveError::Beliefs { layer: 2, .. })
    ));
    Ok(())
}

#[test]
fn small_errors_keep_their_digits_in_single_precision() -> Result {
    // A mean over 300 rows makes errors of size 1/300 beside beliefs of size 1.
    let sizes = [10, 20, 20, 20, 5];
    let loss = Loss::CROSS_ENTROPY;
    let target = |n: usize| (0..300).map(|i| i % n).collect();
    let (mut double, mut single) = (
        tanh_chain(&sizes, 1.0, 7),
        tanh_chain::<f32>(&sizes, 1.0, 7),
    );
    let method = Strict::new(0.1, 100);
    let exact = method.infer(
        &mut double,
        &rows::<f64>([300, 10], 8),
        &Target::Classes(target(5)),
        loss,
    )?;
    let rounded = method.infer(
        &mut single,
        &rows::<f32>([300, 10], 8),
        &Target::Classes(target(5)),
        loss,
    )?;
    for (a, b) in rounded.all_gradients().zip(exact.all_gradients()) {
        assert!(apart(&a.cast::<f64>(), b) < 1e-3 * size(b));
    }
    Ok(())
}

#[test]
fn the_bound_of_eta_divides_descent_from_divergence() -> Result {
    let mut chain = tanh_chain::<f64>(&[6, 5, 4, 3], 1.0, 3);
    let (x, target) = (rows([4, 6], 2), Target::Values(rows([4, 3], 9)));
    let loss = Loss::HALF_SQUARE;
    let bound = stable_eta(&mut chain, &x, &target, loss)?;
    let rises = |eta: f64, chain: &mut Chain<f64>| -> Result<bool> {
        let strict = Strict::new(eta, 200).keep_energies().growth_limit(None);
        let strict = strict.infer(chain, &x, &target, loss)?;
        let energies = strict.energies.iter().map(|e| e.iter().sum::<f64>());
        let energies: Vec<_> = energies.collect();
        Ok(energies
            .windows(2)
            .any(|pair| pair[1] > pair[0] * (1.0 + 1e-12)))
    };
    assert!(!rises(0.9 * bound, &mut chain)?, "{bound}");
    assert!(rises(1.1 * bound, &mut chain)?, "{bound}");
    Ok(())
}

#[test]
fn a_closure_on_a_tape_is_the_dense_layer() -> Result {
    let mut random = Random::new(1);
    let mut normal = |dims: &[usize]| Tensor::<f64>::normal(dims, 0.0, 0.6, &mut random);
    let (w, b, v) = (normal(&[5, 4]), normal(&[5]), normal(&[3, 5]));
    let softplus = Activation::Softplus { beta: 2.0 };
    let mut dense = Chain::new()
        .then(
            Dense::new(w.clone())
                .bias(b.clone())
                .after(softplus)
                .gain(0.7),
        )
        .then(
            Dense::new(v.clone())
                .after(Activation::Tanh)
                .then(Activation::Sigmoid),
        );
    let mut closures = Chain::new()
        .then(Block::new([w, b], |x, p| {
            x.softplus(2.0).matmul(p[0].transpose()) * 0.7 + p[1]
        }))
        .then(Block::new([v], |x, p| {
            x.tanh().matmul(p[0].transpose()).sigmoid()
        }));
    let (x, target) = (rows([3, 4], 2), Target::Values(rows([3, 3], 3)));
    for method in [
        Method::Exact,
        Strict::default().into(),
        Method::ZeroDivergence,
    ] {
        let a = method.infer(&mut dense, &x, &target, Loss::MEAN_SQUARE)?;
        let b = method.infer(&mut closures, &x, &target, Loss::MEAN_SQUARE)?;
        assert!(gradients_apart(&a, &b) < 1e-12, "{method}");
    }
    Ok(())
}

#[test]
fn parameters_that_were_changed_are_seen() -> Result {
    let mut chain = Chain::of([Block::new([Tensor::<f64>::ones([1, 1])], |x, p| {
        x.matmul(p[0])
    })]);
    let x = Tensor::ones([1, 1]);
    assert_eq!(chain.predict(&x)?.item(), 1.0);
    chain.parameters_mut(1)[0] = Tensor::full([1, 1], 3.0);
    assert_eq!(chain.predict(&x)?.item(), 3.0);
    Ok(())
}

/// Central differences of the loss by one weight.
#[track_caller]
fn assert_gradient(chain: &mut Chain<f64>, x: &Tensor<f64>, target: &Target<f64>, loss: Loss) {
    let exact = Method::Exact.infer(chain, x, target, loss).unwrap();
    for (l, gradients) in exact.gradients.iter().enumerate() {
        for (j, gradient) in gradients.iter().enumerate() {
            let at = gradient.len() / 2;
            let mut loss_at = |by: f64| {
                chain.parameters_mut(l + 1)[j].data_mut()[at] += by;
                let value = loss.of(&chain.predict(x).unwrap(), target).unwrap().0;
                chain.parameters_mut(l + 1)[j].data_mut()[at] -= by;
                value
            };
            let difference = (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5;
            assert!(
                (gradient.data()[at] - difference).abs() < 1e-8,
                "layer {} {j}",
                l + 1
            );
        }
    }
}

#[test]
fn skips_and_mu_pc_have_the_gradient_of_their_loss() {
    let mut random = Random::new(6);
    for skips in [true, false] {
        let mut chain = mu_pc::<f64>(6, 5, 3, 4, Activation::Tanh, skips, &mut random);
        let (x, target) = (rows([3, 6], 2), Target::Classes(vec![0, 2, 1]));
        assert_gradient(&mut chain, &x, &target, Loss::CROSS_ENTROPY);
    }
}

#[test]
fn mu_pc_chains_of_thirty_layers_settle() -> Result {
    let mut chain = mu_pc::<f64>(20, 32, 4, 30, Activation::Tanh, true, &mut Random::new(6));
    let (x, target) = (rows([4, 20], 2), Target::Classes(vec![0, 1, 2, 3]));
    let loss = Loss::CROSS_ENTROPY.sum();
    let exact = Method::Exact.infer(&mut chain, &x, &target, loss)?;
    let strict = Strict::new(0.5, 30)
        .keep_energies()
        .infer(&mut chain, &x, &target, loss)?;
    let energies = strict.energies.iter().map(|e| e.iter().sum::<f64>());
    let energies: Vec<_> = energies.collect();
    assert!(energies.windows(2).all(|pair| pair[1] <= pair[0]));
    // The error has come through all layers, in backpropagation's direction.
    let agreements = compare(&strict, &exact).into_iter().flatten();
    assert!(
        agreements.clone().all(|a| a.cosine > 0.4),
        "{:?}",
        agreements.collect::<Vec<_>>()
    );
    Ok(())
}

#[test]
fn weights_that_move_at_every_step_learn() -> Result {
    let mut chain = tanh_chain::<f64>(&[5, 16, 2], 1.0, 3);
    let (x, target) = (rows([6, 5], 1), Target::Classes(vec![0, 1, 1, 0, 1, 0]));
    let method = Method::from(Strict::new(0.2, 5).incremental());
    let mut adam = Adam::new(0.02);
    let mut first = None;
    let mut last = 0.0;
    for _ in 0..200 {
        let step = train_step(
            &mut chain,
            &method,
            &x,
            &target,
            Loss::CROSS_ENTROPY,
            &mut adam,
        )?;
        first.get_or_insert(step.loss);
        last = step.loss;
    }
    assert_eq!(adam.steps(), 1000);
    assert!(last < 0.1 * first.unwrap(), "{last}");
    Ok(())
}

/// With one iteration there is nothing between: the weights move by what Strict gives before its
/// update.
#[test]
fn one_incremental_step_is_a_step_at_the_forward_pass() -> Result {
    let (x, target) = (rows([3, 4], 2), Target::Classes(vec![0, 2, 1]));
    let loss = Loss::CROSS_ENTROPY;
    let [mut a, mut b] = [(); 2].map(|()| tanh_chain::<f64>(&[4, 5, 3], 1.0, 3));
    let one = Method::from(Strict::new(0.1, 1).incremental());
    let incremental = train_step(&mut a, &one, &x, &target, loss, &mut Sgd::new(0.1))?;
    assert!(size(&incremental.gradients[0][0]) == 0.0);
    let exact = train_step(
        &mut b,
        &Method::Exact,
        &x,
        &target,
        loss,
        &mut Sgd::new(0.1),
    )?;
    assert_eq!(incremental.gradients[1], exact.gradients[1]);
    assert_eq!(a.parameters(2), b.parameters(2));
    let centred = Strict::default()
        .nudge(Nudge::Centred(0.5))
        .incremental()
        .into();
    let refused = train_step(&mut a, &centred, &x, &target, loss, &mut Sgd::new(0.1));
    assert!(matches!(refused, Err(PredictiveError::Unsupported { .. })));
    Ok(())
}

/// Fact 9: five linear layers of width 10, batch 1; how often of 20 seeds Strict's step goes
/// straighter to the target than backpropagation's.
#[test]
fn strict_steps_go_straighter_to_the_target_in_linear_chains() -> Result {
    let mut straighter = 0;
    for seed in 0..20 {
        let mut random = Random::new(seed);
        let std = 1.0 / 10f64.sqrt();
        let mut chain = Chain::of(
            (0..5).map(|_| Dense::new(Tensor::<f64>::normal([10, 10], 0.0, std, &mut random))),
        );
        let (x, target) = (
            rows([1, 10], seed + 100),
            Target::Values(rows([1, 10], seed + 200)),
        );
        let loss = Loss::HALF_SQUARE;
        let weights = chain.parameters(3)[0].clone();
        let mut alignment = |method: Method| -> Result<f64> {
            let inference = method.infer(&mut chain, &x, &target, loss)?;
            target_alignment(&mut chain, &x, &target, loss, &inference, 1e-4)
        };
        let backprop = alignment(Method::Exact)?;
        let strict = alignment(Strict::new(0.1, 2000).halving().into())?;
        straighter += usize::from(strict > backprop);
        assert_eq!(chain.parameters(3)[0], weights);
    }
    assert!(straighter >= 15, "{straighter} of 20");
    Ok(())
}

#[test]
fn a_chain_of_one_layer_is_backprop() -> Result {
    let mut chain = tanh_chain::<f64>(&[4, 3], 1.0, 3);
    let (x, target) = (rows([3, 4], 2), Target::Classes(vec![0, 2, 1]));
    let loss = Loss::CROSS_ENTROPY;
    let exact = Method::Exact.infer(&mut chain, &x, &target, loss)?;
    for solver in [
        Solver::Plain,
        Solver::Momentum(0.5),
        Solver::Sweep,
        Solver::ErrorCoordinates,
    ] {
        let strict = Strict::default()
            .solver(solver)
            .infer(&mut chain, &x, &target, loss)?;
        assert_eq!(strict.gradients, exact.gradients);
    }
    assert_eq!(stable_eta(&mut chain, &x, &target, loss)?, f64::INFINITY);
    Ok(())
}

#[test]
fn runs_give_the_same_bits() -> Result {
    let (x, target) = (rows([3, 4], 2), Target::Classes(vec![0, 2, 1]));
    let mut chain = tanh_chain::<f32>(&[4, 5, 3], 1.0, 3);
    let mut run = |method: Method| method.infer(&mut chain, &x, &target, Loss::CROSS_ENTROPY);
    let first = run(Strict::default().into())?;
    run(Method::Exact)?;
    assert_eq!(run(Strict::default().into())?.gradients, first.gradients);
    Ok(())
}

#[test]
fn a_skip_adds_its_input() -> Result {
    let w = Tensor::<f64>::normal([4, 4], 0.0, 1.0, &mut Random::new(1));
    let x = rows([2, 4], 2);
    let mut skip = Skip::new(Dense::new(w.clone()));
    assert_eq!(Layer::<f64>::parameters(&skip)[0], w);
    assert!(Layer::<f64>::parameters_mut(&mut skip).len() == 1);
    let expected = x.matmul(&w.transpose()) + &x;
    assert!(apart(&Chain::of([skip]).predict(&x)?, &expected) < 1e-14);
    Ok(())
}
