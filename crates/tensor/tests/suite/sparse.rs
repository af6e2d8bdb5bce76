//! Sparse matrices against dense ones.

use metaplast_tensor::kernels::{SparseMatrix, Write, matvec};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_sparse_product_is_the_dense_one(
        (rows, cols, entries, x) in (1..70_usize, 1..40_usize).prop_flat_map(|(rows, cols)| {
            let entry = (0..rows, 0..cols, -1.0..1.0_f64);
            (Just(rows), Just(cols), vec(entry, 0..300), vec(-1.0..1.0_f64, cols))
        })
    ) {
        let mut dense = vec![0.0; rows * cols];
        for &(i, j, value) in &entries {
            dense[i * cols + j] += value;
        }
        let mut expected = vec![0.0; rows];
        matvec(&dense, &x, &mut expected, Write::Set);
        let sparse = SparseMatrix::new(rows, cols, entries);
        let mut y = vec![f64::NAN; rows];
        sparse.matvec(&x, &mut y);
        for (y, expected) in y.iter().zip(&expected) {
            prop_assert!((y - expected).abs() < 1e-13);
        }
        let places = dense.iter().filter(|value| **value != 0.0).count();
        prop_assert!(sparse.entries() >= places);
    }
}

proptest! {
    // In f32, rows with many entries among neighbouring columns have them in windows.
    #[test]
    fn a_sparse_product_with_windows_is_the_dense_one(
        (rows, cols, entries, x) in (1..40_usize, 1..100_usize).prop_flat_map(|(rows, cols)| {
            let most = rows * cols;
            let places = proptest::sample::subsequence((0..most).collect::<Vec<_>>(), most / 8..=most);
            let entries = places.prop_flat_map(|places| {
                let values = vec(-1.0..1.0_f32, places.len());
                (Just(places), values)
            });
            (Just(rows), Just(cols), entries, vec(-1.0..1.0_f32, cols))
        })
    ) {
        let (places, values) = entries;
        let entries = places.iter().zip(&values).map(|(&at, &value)| (at / cols, at % cols, value));
        let entries: Vec<_> = entries.collect();
        let sparse = SparseMatrix::new(rows, cols, entries.iter().rev().copied());
        prop_assert_eq!(sparse.to_entries(), &entries[..]);
        prop_assert_eq!(sparse.entries(), entries.len());

        let mut dense = vec![0.0_f64; rows];
        for &(i, j, value) in &entries {
            dense[i] += f64::from(value) * f64::from(x[j]);
        }
        let mut y = vec![f32::NAN; rows];
        sparse.matvec(&x, &mut y);
        for (&y, expected) in y.iter().zip(&dense) {
            prop_assert!((f64::from(y) - expected).abs() < 1e-5);
        }
    }
}

#[test]
fn entries_of_a_matrix_come_back_row_by_row() {
    let matrix = SparseMatrix::new(3, 3, [(2, 0, 5.0), (0, 1, 1.0), (2, 0, 2.0)]);
    assert_eq!(matrix.to_entries(), [(0, 1, 1.0), (2, 0, 7.0)]);
}

#[test]
fn matrices_without_rows_or_entries_have_products() {
    SparseMatrix::<f32>::new(0, 3, []).matvec(&[1.0; 3], &mut []);
    let mut y = [1.0; 2];
    SparseMatrix::<f32>::new(2, 0, []).matvec(&[], &mut y);
    assert_eq!(y, [0.0; 2]);
}

#[test]
#[should_panic(expected = "sparse matrix: entry at (1, 3) of a matrix of [2, 3]")]
fn an_entry_outside_is_refused() {
    let _ = SparseMatrix::new(2, 3, [(1, 3, 1.0)]);
}

#[test]
#[should_panic(expected = "sparse matvec: a vector x has 2 elements, not 3")]
fn a_vector_of_another_length_is_refused() {
    SparseMatrix::new(2, 3, [(1, 2, 1.0)]).matvec(&[1.0; 2], &mut [0.0; 2]);
}
