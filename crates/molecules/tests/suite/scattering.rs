//! Laws of scattering and penalties.

use metaplast_autodiff::Tape;
use metaplast_molecules::net::penalties::ConstraintPenalty;
use metaplast_molecules::scattering::{GraphScattering, SpectrumWarp, WarpedWavelets};
use metaplast_molecules::{KINDS, Molecule, ORDERS, PlacedGraph};
use metaplast_tensor::{Random, Tensor};
use proptest::prelude::*;

use crate::graphs::random_molecule;

fn spectrum(graphs: &[PlacedGraph]) -> Vec<f64> {
    let eigenvalues = graphs
        .iter()
        .map(|graph| graph.laplacian().eigh().0.into_data());
    eigenvalues.flatten().collect()
}

/// A scattering for graphs with many ghosts, where the warp's first knots coincide.
fn scattering() -> GraphScattering {
    let mut random = Random::new(1);
    let graphs: Vec<PlacedGraph> = (0..50)
        .map(|k| PlacedGraph::of(&random_molecule(1 + k % 7, &mut random), 7))
        .collect();
    let warp = SpectrumWarp::of(&spectrum(&graphs));
    assert!(warp.knots().len() < 6, "no knots coincide");
    GraphScattering::new(WarpedWavelets::new(warp, 8), 3)
}

#[test]
fn rounding_does_not_decide_what_equal_eigenvalues_become() {
    let mut eigenvalues: Vec<f64> = (0..100).map(|k| f64::from(k.max(40) - 40) / 30.0).collect();
    let warp = SpectrumWarp::of(&eigenvalues);
    for (k, x) in eigenvalues.iter_mut().enumerate() {
        *x += [1.0, -1.0, 0.5][k % 3] * 1e-16;
    }
    let rounded = SpectrumWarp::of(&eigenvalues);
    for k in -10..300 {
        let at = f64::from(k) * 0.01;
        assert!((warp.at(at) - rounded.at(at)).abs() < 1e-12);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn coefficients_do_not_depend_on_the_order_of_atoms(seed: u64, atoms in 1usize..=7) {
        let mut random = Random::new(seed);
        let molecule = random_molecule(atoms, &mut random);
        let order = random.permutation(atoms);
        let scattering = scattering();
        let of = |m: &Molecule| scattering.coefficients(&PlacedGraph::of(m, 7), &[0.5]);
        let difference = of(&molecule) - &of(&molecule.relabelled(&order));
        prop_assert!(difference.data().iter().all(|d| d.abs() < 1e-10));
        prop_assert_eq!(difference.dims(), &[KINDS + 1, scattering.paths()]);
    }

    #[test]
    fn penalties_vanish_on_stable_molecules_and_count_what_is_wrong(seed: u64, atoms in 1usize..=7) {
        let molecule = random_molecule(atoms, &mut Random::new(seed));
        let graph = PlacedGraph::of(&molecule, 7);
        let one = |is: bool| if is { 60.0 } else { 0.0 };
        let tape = Tape::<f64>::new();
        let kinds = Tensor::from_fn([1, 7, KINDS], |at| one(graph.kinds()[at[1]] == at[2]));
        let orders = Tensor::from_fn([1, 7, 7, ORDERS], |at| {
            one(usize::from(graph.order(at[1], at[2])) == at[3])
        });
        let (kinds, orders) = (tape.constant(&kinds).softmax(), tape.constant(&orders).softmax());
        let value = |penalty: ConstraintPenalty| penalty.of(kinds, orders).value().data()[0];
        prop_assert!(value(ConstraintPenalty::Valence) < 1e-9);
        prop_assert!(value(ConstraintPenalty::Connectivity) < 1e-9);
        let rings = molecule.three_rings() as f64;
        prop_assert!((value(ConstraintPenalty::ThreeRing) - rings).abs() < 1e-9);
        let triples = molecule.ring_triples() as f64;
        prop_assert!((value(ConstraintPenalty::TripleReached) - triples).abs() < 1e-9);
        prop_assert_eq!(value(ConstraintPenalty::TripleInRing) > 1e-9, triples > 0.0);
    }
}
