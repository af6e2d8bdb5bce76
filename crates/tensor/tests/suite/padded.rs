//! Kernels on padded matrices against the plain loops of their definition.

use metaplast_tensor::kernels;
use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Case {
    rows: usize,
    cols: usize,
    matrix: Vec<f64>,
    /// One vector along the rows and one along the columns for each term.
    us: Vec<Vec<f64>>,
    vs: Vec<Vec<f64>>,
    chosen: Vec<u32>,
    keep: f64,
}

fn cases() -> impl Strategy<Value = Case> {
    (0..40usize, 1..40usize, 0..6usize).prop_flat_map(|(rows, cols, terms)| {
        let number = -1.0..1.0f64;
        (
            vec(number.clone(), rows * cols),
            vec(vec(number.clone(), rows), terms),
            vec(vec(number, cols), terms),
            vec(any::<bool>(), rows),
            prop_oneof![Just(1.0), 0.5..1.5f64],
        )
            .prop_map(move |(matrix, us, vs, taken, keep)| Case {
                rows,
                cols,
                matrix,
                us,
                vs,
                chosen: (0..rows as u32).filter(|&i| taken[i as usize]).collect(),
                keep,
            })
    })
}

impl Case {
    fn padded(&self) -> (PaddedMatrix<f64>, PaddedMatrix<f64>, Vec<usize>) {
        let (mut matrix, mut vectors) = (PaddedMatrix::new(), PaddedMatrix::new());
        matrix.assign(self.rows, self.cols, &self.matrix);
        vectors.assign(self.vs.len(), self.cols, &self.vs.concat());
        (matrix, vectors, (0..self.vs.len()).collect())
    }

    fn us(&self) -> Vec<&[f64]> {
        self.us.iter().map(Vec::as_slice).collect()
    }

    fn sets(&self) -> [(Rows<'_>, Vec<usize>); 2] {
        let listed = self.chosen.iter().map(|&i| i as usize).collect();
        let range = self.rows / 3..self.rows;
        [
            (Rows::List(&self.chosen), listed),
            (Rows::Range(range.clone()), range.collect()),
        ]
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.matrix[i * self.cols + j]
    }
}

/// Equal but for the rounding of sums of up to 40 × 40 products in another order.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12 * b.abs().max(1.0)
}

/// The largest size among elements, NaN passed over.
fn largest(elements: impl Iterator<Item = f64>) -> f64 {
    elements.map(f64::abs).fold(0.0, f64::max)
}

proptest! {
    #[test]
    fn max_abs_is_the_largest_size_of_an_element(mut case in cases(), broken in any::<prop::sample::Index>()) {
        if !case.matrix.is_empty() {
            let broken = broken.index(case.matrix.len());
            case.matrix[broken] = f64::NAN;
        }
        let matrix = case.padded().0;
        for (i, row) in case.matrix.chunks(case.cols).enumerate() {
            let expected = largest(row.iter().copied());
            prop_assert_eq!(matrix.row_max_abs(i), expected);
            prop_assert_eq!(kernels::max_abs(row), expected);
        }
    }

    #[test]
    fn elements_assigned_are_read_back(case in cases()) {
        let (matrix, ..) = case.padded();
        prop_assert_eq!(matrix.to_vec(), case.matrix.clone());
        prop_assert_eq!(matrix.map(|x| x + 1.0).map(|x| x - 1.0).cols(), case.cols);
    }

    #[test]
    fn products_match_their_definition(case in cases()) {
        let (matrix, vectors, terms) = case.padded();
        for (rows, listed) in case.sets() {
            let mut out = vec![vec![7.0; case.rows]; terms.len()];
            let mut outs: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
            matrix.dots(rows.clone(), &vectors, &terms, &mut outs);
            for (k, i) in terms.iter().flat_map(|&k| (0..case.rows).map(move |i| (k, i))) {
                let dot = (0..case.cols).map(|j| case.at(i, j) * case.vs[k][j]).sum();
                let expected = if listed.contains(&i) { dot } else { 7.0 };
                prop_assert!(close(out[k][i], expected), "{} and {expected}", out[k][i]);
            }
            let mut sums = PaddedMatrix::new();
            sums.assign(terms.len(), case.cols, &vec![0.5; terms.len() * case.cols]);
            matrix.add_rows(rows, &case.us(), &mut sums, &terms);
            let sums = sums.to_vec();
            for (k, j) in terms.iter().flat_map(|&k| (0..case.cols).map(move |j| (k, j))) {
                let sum: f64 = listed.iter().map(|&i| case.us[k][i] * case.at(i, j)).sum();
                prop_assert!(close(sums[k * case.cols + j], 0.5 + sum));
            }
        }
    }

    #[test]
    fn narrow_vectors_go_with_the_first_columns(case in cases()) {
        let (matrix, _, terms) = case.padded();
        for columns in (16..case.cols).step_by(16) {
            let first = |row: &Vec<f64>| row[..columns].to_vec();
            let (mut narrow, mut cut) = (PaddedMatrix::new(), PaddedMatrix::new());
            let vectors: Vec<f64> = case.vs.iter().flat_map(first).collect();
            narrow.assign(terms.len(), columns, &vectors);
            let elements = case.matrix.chunks(case.cols).flat_map(|row| &row[..columns]);
            cut.assign(case.rows, columns, &elements.copied().collect::<Vec<_>>());
            for (rows, _) in case.sets() {
                let both = [&matrix, &cut].map(|matrix| {
                    let mut out = vec![vec![0.0; case.rows]; terms.len()];
                    let mut outs: Vec<&mut [f64]> = out.iter_mut().map(Vec::as_mut_slice).collect();
                    matrix.dots(rows.clone(), &narrow, &terms, &mut outs);
                    let mut sums = PaddedMatrix::new();
                    sums.assign_zeros(terms.len(), columns);
                    matrix.add_rows(rows.clone(), &case.us(), &mut sums, &terms);
                    (out, sums.to_vec())
                });
                prop_assert_eq!(&both[0], &both[1]);
            }
        }
    }

    #[test]
    fn updates_match_their_definition_and_are_undone(case in cases()) {
        for (rows, listed) in case.sets() {
            let (mut matrix, vectors, terms) = case.padded();
            matrix.update(rows.clone(), case.keep, &case.us(), &vectors, &terms);
            let updated = matrix.to_vec();
            for i in 0..case.rows {
                for j in 0..case.cols {
                    let sum: f64 = terms.iter().map(|&k| case.us[k][i] * case.vs[k][j]).sum();
                    let changed = case.keep * case.at(i, j) + sum;
                    let expected = if listed.contains(&i) { changed } else { case.at(i, j) };
                    prop_assert!(close(updated[i * case.cols + j], expected));
                }
            }
            matrix.undo(rows, case.keep, &case.us(), &vectors, &terms);
            prop_assert!(matrix.to_vec().iter().zip(&case.matrix).all(|(&a, &b)| close(a, b)));
        }
    }
}

#[test]
#[should_panic(expected = "padded dots: matrix of shape [2, 3], vectors of 2 elements")]
fn dots_panics_when_the_vectors_have_another_length() {
    let (mut matrix, mut vectors) = (PaddedMatrix::<f32>::new(), PaddedMatrix::new());
    matrix.assign_zeros(2, 3);
    vectors.assign_zeros(1, 2);
    matrix.dots(Rows::Range(0..2), &vectors, &[0], &mut [&mut [0.0; 2]]);
}

#[test]
fn undoing_many_updates_with_decay_drifts_no_more_than_rounding() {
    let (rows, cols, steps) = (40, 90, 250);
    let mut state = 8_u64;
    let mut draws = |len| -> Vec<f32> {
        let mut draw = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as f32 / (1_u32 << 30) as f32 - 1.0
        };
        (0..len).map(|_| draw()).collect()
    };
    let before = draws(rows * cols);
    let us: Vec<Vec<f32>> = (0..steps).map(|_| draws(rows)).collect();
    let (mut matrix, mut vectors) = (PaddedMatrix::new(), PaddedMatrix::new());
    matrix.assign(rows, cols, &before);
    vectors.assign(steps, cols, &draws(steps * cols));
    let keep = 1.0 - 1e-4;
    for (k, u) in us.iter().enumerate() {
        matrix.update(Rows::Range(0..rows), keep, &[u], &vectors, &[k]);
    }
    for (k, u) in us.iter().enumerate().rev() {
        matrix.undo(Rows::Range(0..rows), keep, &[u], &vectors, &[k]);
    }
    // Weights grow to about 20 on the way, each step rounds twice, and errors mostly cancel.
    let errors = matrix
        .to_vec()
        .into_iter()
        .zip(&before)
        .map(|(a, b)| (a - b).abs());
    let worst = errors.fold(0.0, f32::max);
    assert!(worst < 250.0 * f32::EPSILON, "{worst}");
}
