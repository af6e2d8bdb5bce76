//! What penalties see of samples, and what they do not.

use metaplast_autodiff::Tape;
use metaplast_molecules::net::penalties::ConstraintPenalty;
use metaplast_molecules::{GHOST, InvalidMolecule, KINDS, ORDERS, PlacedGraph};
use metaplast_tensor::Tensor;

/// Three places: oxygen or carbon with even chances, and two carbons. It has a double bond to one, and
/// with probability .9 a single bond to the other.
fn probabilities() -> (Tensor<f64>, Tensor<f64>) {
    let kinds = Tensor::from_fn([1, 3, KINDS], |at| match (at[1], at[2]) {
        (0, 0) => 0.49,
        (0, 1) => 0.51,
        (1 | 2, 0) => 1.0,
        _ => 0.0,
    });
    let orders = Tensor::from_fn([1, 3, 3, ORDERS], |at| {
        match (at[1].min(at[2]), at[1].max(at[2]), at[3]) {
            (0, 1, 2) => 1.0,
            (0, 2, 1) => 0.9,
            (0, 2, 0) => 0.1,
            (0, 1, _) | (0, 2, _) => 0.0,
            (_, _, 0) => 1.0,
            _ => 0.0,
        }
    });
    (kinds, orders)
}

/// The likeliest kind and order at each place.
fn likeliest(kinds: &Tensor<f64>, orders: &Tensor<f64>) -> PlacedGraph {
    let greatest = |row: &[f64]| {
        let places = 0..row.len();
        places.fold(0, |best, k| if row[k] > row[best] { k } else { best })
    };
    let kinds = kinds.data().chunks_exact(KINDS).map(greatest).collect();
    let mut graph = PlacedGraph::without_bonds(kinds);
    for (pair, row) in orders.data().chunks_exact(ORDERS).enumerate() {
        let (i, j) = (pair / 3, pair % 3);
        if i < j {
            graph.set_order(i, j, greatest(row) as u8);
        }
    }
    graph
}

#[test]
fn a_sample_that_is_over_full_only_by_its_likeliest_kinds_costs_nothing() {
    let (kinds, orders) = probabilities();
    let graph = likeliest(&kinds, &orders);
    assert!(graph.kinds().iter().all(|&kind| kind != GHOST));
    let fault = graph.molecule().expect_err("oxygen with three bonds");
    assert!(matches!(fault, InvalidMolecule::OverfullAtom { .. }));
    let tape = Tape::<f64>::new();
    let (kinds, orders) = (tape.constant(&kinds), tape.constant(&orders));
    // Bonds: 2 + .9. Valence: .51 × 2 + .49 × 4 = 2.98.
    assert_eq!(
        ConstraintPenalty::Valence.of(kinds, orders).value().data(),
        [0.0]
    );
    assert!(
        ConstraintPenalty::Connectivity
            .of(kinds, orders)
            .value()
            .data()[0]
            < 1e-6
    );
}
