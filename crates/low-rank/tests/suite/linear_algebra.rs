//! The singular value decomposition and row spaces.

use metaplast_low_rank::TargetMatrix;
use metaplast_low_rank::linear_algebra::{RowSpace, SingularValues, product_nt, product_tn};
use metaplast_low_rank::spectrum;
use metaplast_tensor::{Random, Tensor};
use proptest::prelude::*;

use crate::runs::distance;

fn matrix(p: usize, q: usize, seed: u64) -> Tensor<f64> {
    Tensor::normal([p, q], 0.0, 1.0, &mut Random::new(seed))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_matrix_comes_back_from_its_inverse_and_its_polar_factor(
        p in 1usize..9, q in 1usize..9, seed: u64,
    ) {
        let a = matrix(p, q, seed);
        let decomposed = SingularValues::of(&a);
        let values = decomposed.values();
        prop_assert!(values.windows(2).all(|pair| pair[0] >= pair[1]));
        let conditioned = values[0] / values[values.len() - 1];
        // The four conditions of Penrose hold up to rounding, which an inverse enlarges.
        let inverse = decomposed.regularised_inverse(0.0);
        let room = 1e-14 * conditioned;
        prop_assert!(distance(&a.matmul(&inverse).matmul(&a), &a) < room * values[0]);
        let both = a.matmul(&inverse);
        prop_assert!(distance(&both.transpose(), &both) < room);
        let both = inverse.matmul(&a);
        prop_assert!(distance(&both.transpose(), &both) < room);
        // The polar factor is orthonormal, and what it leaves is symmetric.
        let polar = decomposed.polar_factor();
        let (gram, rest) = if p <= q {
            (product_nt(&polar, &polar), product_nt(&a, &polar))
        } else {
            (product_tn(&polar, &polar), product_tn(&polar, &a))
        };
        prop_assert!(distance(&gram, &Tensor::eye(p.min(q))) < 1e-13);
        prop_assert!(distance(&rest.transpose(), &rest) < 1e-13);
    }

    #[test]
    fn the_ridge_inverse_solves_its_normal_equations(p in 1usize..6, seed: u64, lambda in 0.01f64..2.0) {
        let a = matrix(p, p + 3, seed);
        let inverse = SingularValues::of(&a).regularised_inverse(lambda);
        let normal = product_nt(&a, &a) + Tensor::eye(p) * lambda;
        prop_assert!(distance(&inverse.matmul(&normal), &a.transpose()) < 1e-12);
    }

    #[test]
    fn a_target_has_the_singular_values_it_was_made_of(
        n in 5usize..12, m in 5usize..12, rank in 1usize..5, seed: u64,
    ) {
        let values = spectrum::geometric(rank, 2.0, 1e-3);
        let target = TargetMatrix::random([n, m], &values, &mut Random::new(seed));
        prop_assert_eq!(target.rank(), rank);
        for (found, made) in target.singular_values().iter().zip(&values) {
            prop_assert!((found - made).abs() < 1e-14, "{} {}", found, made);
        }
        prop_assert!(target.least_error(rank) < 1e-28);
    }
}

#[test]
fn small_singular_values_keep_their_digits() {
    // diag(1, 1e-9) among rotated rows: AᵀA would lose the small one altogether.
    let rotation = SingularValues::of(&matrix(4, 4, 3)).polar_factor();
    let scaled = Tensor::from_fn([4, 4], |at| {
        rotation[[at[0], at[1]]] * [1.0, 1e-3, 1e-6, 1e-9][at[0]]
    });
    let values = SingularValues::of(&scaled).values().to_vec();
    for (found, made) in values.iter().zip([1.0, 1e-3, 1e-6, 1e-9]) {
        assert!((found / made - 1.0).abs() < 1e-13, "{found} {made}");
    }
}

#[test]
fn rows_that_depend_on_others_add_nothing() {
    let basis = matrix(2, 6, 1);
    let mixed = matrix(5, 2, 2).matmul(&basis);
    let (space, same) = (RowSpace::of(&mixed), RowSpace::of(&basis));
    assert_eq!(space.dimension(), 2);
    assert!((space.overlap(&same) - 1.0).abs() < 1e-13);
    assert!(distance(&space.project(&mixed), &mixed) < 1e-13);
    assert_eq!(RowSpace::of(&Tensor::zeros([3, 4])).dimension(), 0);
}
