//! Symmetric matrices against dense ones.

use metaplast_tensor::kernels::{SymmetricMatrix, Write, matvec, rank_k_update};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn updates_and_products_are_the_dense_ones(
        (n, vectors, x) in (1..50_usize).prop_flat_map(|n| {
            let vector = vec(-1.0..1.0_f64, n);
            (Just(n), vec(vector.clone(), 0..9), vector)
        })
    ) {
        let mut matrix = SymmetricMatrix::scaled_identity(n, 2.0);
        let mut dense = vec![0.0; n * n];
        (0..n).for_each(|i| dense[i * n + i] = 2.0);
        let (mut y, mut expected) = (vec![0.0; n], vec![0.0; n]);
        for terms in vectors.chunks(SymmetricMatrix::<f64>::OUTERS) {
            let terms: Vec<&[f64]> = terms.iter().map(Vec::as_slice).collect();
            matrix.subtract_outers_and_matvec(&terms, &x, &mut y);
            for s in terms {
                let minus: Vec<f64> = s.iter().map(|s| -s).collect();
                rank_k_update(&mut dense, n, n, 1.0, &[&minus], &[s]);
            }
            matvec(&dense, &x, &mut expected, Write::Set);
            for (y, expected) in y.iter().zip(&expected) {
                prop_assert!((y - expected).abs() < 1e-12);
            }
        }
        for (at, expected) in dense.iter().enumerate() {
            let element = matrix.get(at / n, at % n);
            prop_assert!((element - expected).abs() < 1e-13);
            prop_assert_eq!(element, matrix.get(at % n, at / n));
        }
        // The bits of a product do not depend on whether an update came with it.
        let mut again = vec![0.0; n];
        matrix.subtract_outers_and_matvec(&[], &x, &mut y);
        matrix.matvec(&x, &mut again);
        prop_assert_eq!(y, again);
    }
}

#[test]
#[should_panic(expected = "subtract_outers_and_matvec: a vector s has 1 elements, not 2")]
fn a_vector_of_another_length_is_refused() {
    SymmetricMatrix::scaled_identity(2, 1.0).subtract_outers_and_matvec(
        &[&[1.0]],
        &[1.0; 2],
        &mut [0.0; 2],
    );
}
