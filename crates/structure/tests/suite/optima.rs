//! Optima and their explanations.

use metaplast_numbers::streams::stream;
use metaplast_structure::{
    Explanation, FriendsAndSmokers, GroundModel, GroundModelBuilder, Grounding, MapSolver,
};
use proptest::prelude::*;
use rand::RngExt;

fn domain(seed: u64, people: usize) -> GroundModel {
    let domain = FriendsAndSmokers::random(people, &mut stream(&[seed, 1]));
    let names: Vec<usize> = (0..people).collect();
    let database = domain.database(&names);
    Grounding::of(&FriendsAndSmokers::rules(), &database)
        .unwrap()
        .model
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Stationary to rounding, not above any random values, and the same from wherever it starts.
    #[test]
    fn optima_are_stationary_and_the_only_ones(seed in any::<u64>(), people in 2..9usize) {
        let model = domain(seed, people);
        let mut rng = stream(&[seed, 2]);
        let weights: Vec<f64> = (0..6).map(|k| rng.random::<f64>() * if k < 2 { 1.0 } else { 4.0 } + 0.05).collect();
        let optimum = MapSolver::default().solve(&model, &weights);
        prop_assert!(optimum.converged && optimum.stationarity < 1e-12, "{:?}", optimum);
        for _ in 0..10 {
            let values: Vec<f64> = (0..model.atoms()).map(|_| rng.random::<f64>()).collect();
            prop_assert!(model.energy(&weights, &values) >= optimum.energy);
            let other = MapSolver::default().solve_from(&model, &weights, values);
            for (a, b) in optimum.y.iter().zip(&other.y) {
                prop_assert!((a - b).abs() < 1e-10);
            }
        }
    }

    /// Inside of 0 and 1 pulls sum to zero; at an end they hold the atom there; they are the gradient always.
    #[test]
    fn pulls_balance_at_an_optimum(seed in any::<u64>()) {
        let model = domain(seed, 6);
        let weights = [0.7, 0.4, 1.5, 0.9, 2.0, 0.3];
        let y = MapSolver::default().solve(&model, &weights).y;
        let gradient = model.energy_gradient(&weights, &y);
        for atom in 0..model.atoms() {
            let explanation = Explanation::of(&model, &weights, &y, atom);
            let sum = explanation.sum();
            prop_assert!((sum - gradient[atom]).abs() < 1e-13);
            let holds = match y[atom] {
                0.0 => sum >= -1e-12,
                1.0 => sum <= 1e-12,
                _ => sum.abs() < 1e-12,
            };
            prop_assert!(holds, "{} at {}", sum, y[atom]);
            let sizes: Vec<f64> = explanation.pulls.iter().map(|pull| pull.derivative.abs()).collect();
            prop_assert!(sizes.is_sorted_by(|a, b| a >= b));
            let ways = explanation.upward().count() + explanation.downward().count();
            prop_assert_eq!(ways, explanation.pulls.len());
        }
    }
}

/// Without a prior the optimum is not unique, and still one is found.
#[test]
fn a_flat_energy_has_an_optimum_where_it_starts() {
    let mut builder = GroundModelBuilder::new(1, 2);
    builder.add(0, 0.0, &[(0, 1.0), (1, -1.0)]);
    let model = builder.build();
    let optimum = MapSolver::default().solve(&model, &[3.0]);
    assert_eq!(
        (optimum.y, optimum.energy, optimum.stationarity),
        (vec![0.5, 0.5], 0.0, 0.0)
    );
    assert_eq!(model.strong_convexity(&[3.0]), 0.0);
}

/// A chain of a thousand atoms, drawn to its ends through weak priors: a hard one for coordinate descent.
#[test]
fn a_long_chain_converges() {
    let n = 1000;
    let mut builder = GroundModelBuilder::new(3, n);
    for atom in 0..n {
        builder.add(0, 0.0, &[(atom, 1.0)]);
    }
    for atom in 1..n {
        builder.add(1, 0.0, &[(atom, 1.0), (atom - 1, -1.0)]);
        builder.add(1, 0.0, &[(atom - 1, 1.0), (atom, -1.0)]);
    }
    builder.add(2, 1.0, &[(0, -1.0)]);
    let optimum = MapSolver::default().solve(&builder.build(), &[0.02, 1.0, 10.0]);
    assert!(optimum.converged && optimum.stationarity < 1e-12);
    assert!(optimum.y.is_sorted_by(|a, b| a >= b) && optimum.y[0] > 0.9);
}
