//! Energy and equilibrium of Strict inference.

use metaplast_predictive::{
    Activation, ErrorsAt, Inference, InputsAt, Loss, Method, Nudge, Solver, Stop, Strict,
    stable_eta,
};
use metaplast_tensor::Tensor;
use proptest::prelude::*;

use crate::nets::{Case, Drawn, apart, case, gradients_apart, size};

/// Descent until nothing moves.
fn settled(net: &mut Drawn<f64>, mut strict: Strict) -> Inference<f64> {
    let bound = stable_eta(&mut net.chain, &net.input, &net.target, net.loss).unwrap();
    let eta = (0.4 * bound).min(1.0);
    (strict.eta, strict.iterations) = (eta, 20_000);
    net.infer(strict.stop(Stop::Gradient(1e-13)).halving())
}

/// Energies of a half square or a mean over few rows have curvatures that descent can follow.
fn quiet(layers: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Case> {
    case(layers).prop_map(|mut case| {
        case.loss = case.loss.mean();
        case.gain = case.gain.min(1.0);
        case
    })
}

fn begins_at_the_loss_and_never_rises(strict: &Inference<f64>) -> bool {
    let energies = strict.energies.iter().map(|layers| layers.iter().sum());
    let energies: Vec<f64> = energies.collect();
    let rises = |pair: &[f64]| pair[1] > pair[0] * (1.0 + 1e-13);
    (energies[0] - strict.loss).abs() <= 1e-14 * strict.loss && !energies.windows(2).any(rises)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Of linear layers and squares the energy is quadratic, and its curvature the same all the way.
    #[test]
    fn the_energy_begins_at_the_loss_and_falls_below_the_bound(case in quiet(2..=5), share in 0.1..0.95) {
        let mut case = case;
        case.activations.fill(Activation::Identity);
        case.loss = Loss::HALF_SQUARE.mean();
        let mut net = case.draw::<f64>();
        let bound = stable_eta(&mut net.chain, &net.input, &net.target, net.loss).unwrap();
        let strict = net.infer(Strict::new(share * bound, 40).keep_energies());
        prop_assert_eq!(strict.energies.len(), 41);
        prop_assert!(begins_at_the_loss_and_never_rises(&strict), "{:?}", strict.energies);
    }

    /// Elsewhere the curvature changes on the way, and η is halved where it was too large.
    #[test]
    fn the_energy_falls_in_every_net_where_eta_may_be_halved(case in quiet(2..=5), eta in 0.1..1.5) {
        let strict = case.draw::<f64>().infer(Strict::new(eta, 40).keep_energies().halving());
        prop_assert!(begins_at_the_loss_and_never_rises(&strict), "{:?}", strict.energies);
    }

    /// dθ = d/dθ min_v F, by central differences in a random direction of all parameters.
    #[test]
    fn at_equilibrium_the_gradient_is_that_of_the_least_energy(case in quiet(2..=4)) {
        let mut net = case.draw::<f64>();
        let here = settled(&mut net, Strict::default());
        prop_assume!(here.converged);
        let mut random = metaplast_tensor::Random::new(case.seed ^ 1);
        let directions: Vec<Tensor<f64>> = here
            .all_gradients()
            .map(|g| Tensor::normal(g.shape().clone(), 0.0, 1.0, &mut random))
            .collect();
        let mut least = |by: f64| {
            for (p, d) in net.chain.all_parameters_mut().zip(&directions) {
                *p = &*p + &(d * by);
            }
            let there = settled(&mut net, Strict::default());
            for (p, d) in net.chain.all_parameters_mut().zip(&directions) {
                *p = &*p - &(d * by);
            }
            there.energies.last().unwrap().iter().sum::<f64>()
        };
        // Fourth order and a small step, so that what is cut off is far below the bound even where another
        // equilibrium is near.
        let h = 3e-5;
        let difference = (8.0 * (least(h) - least(-h)) - (least(2.0 * h) - least(-2.0 * h))) / (12.0 * h);
        let slope: f64 = here.all_gradients().zip(&directions).map(|(g, d)| (g * d).sum()).sum();
        let scale: f64 = here.all_gradients().zip(&directions).map(|(g, d)| g.norm() * d.norm()).sum();
        prop_assert!((slope - difference).abs() <= 1e-8 * scale.max(1e-2), "{slope} {difference}");
    }

    /// Errors of order s for one side, s² for both.
    #[test]
    fn as_the_nudge_becomes_small_the_gradient_becomes_backprops(case in quiet(2..=4)) {
        let mut net = case.draw::<f64>();
        let exact = net.infer(Method::Exact);
        prop_assume!(exact.all_gradients().map(size).fold(0.0, f64::max) > 1e-3);
        let mut error = |nudge| {
            let settled = settled(&mut net, Strict::default().nudge(nudge));
            settled.converged.then(|| gradients_apart(&settled, &exact))
        };
        let nudges = [Nudge::Positive(0.01), Nudge::Positive(0.005), Nudge::Centred(0.01), Nudge::Centred(0.005)];
        let errors: Option<Vec<f64>> = nudges.into_iter().map(&mut error).collect();
        prop_assume!(errors.is_some());
        let errors = errors.unwrap_or_default();
        let (one, both) = (&errors[..2], &errors[2..]);
        // Where the first order stands out. What rounding leaves is divided by s.
        prop_assume!(one[0] < 0.02);
        let rounding = 1e-8;
        prop_assert!(one[1] <= 0.55 * one[0] + rounding, "{one:?}");
        prop_assert!(both[1] <= 0.3 * both[0] + rounding, "{both:?}");
        prop_assert!(both[1] <= one[1] + rounding, "{both:?} {one:?}");
    }

    /// One equilibrium, however it is found.
    #[test]
    fn solvers_agree_where_nothing_moves(case in quiet(2..=5)) {
        let mut net = case.draw::<f64>();
        let plain = settled(&mut net, Strict::default());
        prop_assume!(plain.converged);
        for solver in [Solver::Momentum(0.5), Solver::Sweep, Solver::ErrorCoordinates] {
            let other = settled(&mut net, Strict::default().solver(solver));
            prop_assume!(other.converged);
            prop_assert!(gradients_apart(&other, &plain) < 1e-9, "{solver:?}");
            // There is no share of an error that is 0.
            prop_assert!(other.unrest < 1e-9 || other.unrest.is_nan(), "{solver:?} {}", other.unrest);
            for (a, b) in other.beliefs.iter().zip(&plain.beliefs) {
                prop_assert!(apart(a, b) < 1e-9, "{solver:?}");
            }
        }
    }

    /// Old(+𝓛) = −new(−𝓛): published signs are negative nudging of strength 1.
    #[test]
    fn published_signs_are_negative_nudging(case in quiet(2..=4)) {
        let mut net = case.draw::<f64>();
        // Away from the target the energy has no bound below.
        let published = net.infer(Strict::as_published(0.1, 10).growth_limit(None));
        prop_assert!(published.energies[0].iter().sum::<f64>() <= 0.0);
        let mut away = Strict::as_released(0.1, 10).nudge(Nudge::Negative(1.0)).growth_limit(None);
        away.inputs = InputsAt::Predictions;
        prop_assert_eq!(gradients_apart(&net.infer(away), &published), 0.0);
        prop_assert_eq!(published.errors_at, ErrorsAt::BeforeLastUpdate);
    }

    /// A mean over rows makes the nudge 1/B.
    #[test]
    fn a_batch_of_equal_rows_at_the_mean_is_one_row_at_the_strength_1_over_b(case in quiet(2..=4), rows in 2usize..6) {
        let mut net = Case { batch: 1, loss: Loss::HALF_SQUARE, ..case }.draw::<f64>();
        let one = net.infer(Strict::default().nudge(Nudge::Positive(1.0 / rows as f64)));
        net.input = net.input.index_select(0, &vec![0; rows]);
        if let metaplast_predictive::Target::Values(y) = &mut net.target {
            *y = y.index_select(0, &vec![0; rows]);
        }
        net.loss = Loss::HALF_SQUARE.mean();
        let many = net.infer(Strict::default());
        prop_assert!(gradients_apart(&many, &one) < 1e-12);
    }
}
