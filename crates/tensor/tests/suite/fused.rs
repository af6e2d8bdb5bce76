//! Fused kernels against the loops of their definition.

use metaplast_tensor::kernels::fused::{
    OuterProducts, Projection, ReverseProducts, ReverseUpdate, project, reverse_update,
};
use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
use proptest::collection::vec;
use proptest::prelude::*;

/// Left and right vectors of some outer products.
#[derive(Clone, Debug)]
struct Products {
    us: Vec<Vec<f64>>,
    vs: Vec<Vec<f64>>,
}

impl Products {
    fn us(&self) -> Vec<&[f64]> {
        self.us.iter().map(Vec::as_slice).collect()
    }

    /// The right vectors, and one more.
    fn vectors(&self, x: &[f64]) -> PaddedMatrix<f64> {
        let mut vectors = PaddedMatrix::new();
        let elements = [self.vs.concat(), x.to_vec()].concat();
        vectors.assign(self.vs.len() + 1, x.len(), &elements);
        vectors
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        let terms = self.us.iter().zip(&self.vs);
        terms.map(|(u, v)| u[i] * v[j]).sum()
    }
}

#[derive(Clone, Debug)]
struct Case {
    rows: usize,
    cols: usize,
    value: Vec<f64>,
    adjoint: Vec<f64>,
    pending: Products,
    terms: Products,
    x: Vec<f64>,
    chosen: Option<Vec<u32>>,
    keep: f64,
    scale: f64,
    /// Scale and term of a projection; the term does not matter where there is none.
    projection: Option<(f64, prop::sample::Index)>,
    undo: bool,
    inner: bool,
    wanted: prop::sample::Index,
}

fn cases() -> impl Strategy<Value = Case> {
    (0..30usize, 1..40usize, 0..6usize, 0..5usize).prop_flat_map(|(rows, cols, pending, terms)| {
        let number = -1.0..1.0f64;
        let products = |terms: usize| {
            // Left vectors are often zero in many rows.
            let left = prop_oneof![2 => Just(0.0), 1 => -1.0..1.0f64];
            let lefts = vec(prop_oneof![vec(-1.0..1.0f64, rows), vec(left, rows)], terms);
            let pair = (lefts, vec(vec(-1.0..1.0f64, cols), terms));
            pair.prop_map(|(us, vs)| Products { us, vs })
        };
        let factor = || prop_oneof![Just(1.0), 0.5..1.5f64];
        (
            (
                vec(number.clone(), rows * cols),
                vec(number.clone(), rows * cols),
            ),
            (products(pending), products(terms), vec(number, cols)),
            prop::option::of(vec(any::<bool>(), rows)),
            (factor(), factor()),
            prop::option::of((-1.0..1.0f64, any::<prop::sample::Index>())),
            (any::<bool>(), any::<bool>(), any::<prop::sample::Index>()),
        )
            .prop_map(
                move |(matrices, products, taken, factors, projection, flags)| {
                    let chosen = |taken: Vec<bool>| {
                        (0..rows as u32).filter(|&i| taken[i as usize]).collect()
                    };
                    Case {
                        rows,
                        cols,
                        value: matrices.0,
                        adjoint: matrices.1,
                        pending: products.0,
                        terms: products.1,
                        x: products.2,
                        chosen: taken.map(chosen),
                        keep: factors.0,
                        scale: factors.1,
                        projection,
                        undo: flags.0,
                        inner: flags.1,
                        wanted: flags.2,
                    }
                },
            )
    })
}

impl Case {
    fn matrix(&self, elements: &[f64]) -> PaddedMatrix<f64> {
        let mut matrix = PaddedMatrix::new();
        matrix.assign(self.rows, self.cols, elements);
        matrix
    }

    fn rows(&self) -> (Rows<'_>, Vec<usize>) {
        match &self.chosen {
            Some(list) => (Rows::List(list), list.iter().map(|&i| i as usize).collect()),
            None => (Rows::Range(0..self.rows), (0..self.rows).collect()),
        }
    }

    fn projection(&self) -> Option<Projection<f64>> {
        let (scale, term) = self.projection?;
        let terms = self.terms.us.len();
        (terms > 0).then(|| Projection {
            scale,
            term: term.index(terms),
        })
    }

    fn dot(&self, elements: &[f64], i: usize, v: &[f64]) -> f64 {
        (0..self.cols)
            .map(|j| elements[i * self.cols + j] * v[j])
            .sum()
    }
}

/// Equal but for the rounding of sums of some hundred products in another order.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12 * b.abs().max(1.0)
}

proptest! {
    #[test]
    fn project_matches_its_definition(case in cases()) {
        let Some(projection) = case.projection() else { return Ok(()); };
        let (mut matrix, vectors) = (case.matrix(&case.value), case.terms.vectors(&case.x));
        let us = case.terms.us();
        let places: Vec<usize> = (0..us.len()).collect();
        let terms = OuterProducts { us: &us, vectors: &vectors, vs: &places };
        let (rows, listed) = case.rows();
        let mut projected = vec![7.0; case.rows];
        project(&mut matrix, rows, case.keep, terms, projection, us.len(), &mut projected);
        let changed = matrix.to_vec();
        for i in 0..case.rows {
            let inside = listed.contains(&i);
            let product = case.dot(&case.value, i, &case.x);
            let expected = if inside { product } else { 7.0 };
            prop_assert!(close(projected[i], expected));
            for j in 0..case.cols {
                let before = case.value[i * case.cols + j];
                let along = projection.scale * product * case.terms.vs[projection.term][j];
                let after = case.keep * before + case.terms.at(i, j) + along;
                let expected = if inside { after } else { before };
                prop_assert!(close(changed[i * case.cols + j], expected));
            }
        }
    }

    #[test]
    fn reverse_update_matches_its_definition(case in cases()) {
        let projection = case.projection();
        let (mut value, mut adjoint) = (case.matrix(&case.value), case.matrix(&case.adjoint));
        let vectors = case.terms.vectors(&case.x);
        let pending = case.pending.vectors(&case.x);
        let (us, ws) = (case.terms.us(), case.pending.us());
        let places: Vec<usize> = (0..us.len().max(ws.len())).collect();
        let (rows, listed) = case.rows();
        let step = ReverseUpdate {
            rows,
            scale: case.scale,
            pending: OuterProducts { us: &ws, vectors: &pending, vs: &places[..ws.len()] },
            terms: OuterProducts { us: &us, vectors: &vectors, vs: &places[..us.len()] },
            keep: case.keep,
            undo: case.undo,
            projection,
            inner: case.inner,
            wanted: case.wanted.index(us.len() + 1),
        };
        let mut lefts = vec![7.0; us.len() * case.rows];
        let mut projected = vec![7.0; case.rows];
        let mut rights = PaddedMatrix::new();
        rights.assign(us.len() + 1, case.cols, &vec![0.5; (us.len() + 1) * case.cols]);
        let products = ReverseProducts { lefts: &mut lefts, rights: &mut rights, projected: &mut projected };
        let inner = reverse_update(&mut value, &mut adjoint, &step, products);
        let (value, adjoint, rights) = (value.to_vec(), adjoint.to_vec(), rights.to_vec());
        let cols = case.cols;
        let mut expected_inner = 0.0;
        for i in 0..case.rows {
            let inside = listed.contains(&i);
            for j in 0..cols {
                let (w, a) = (case.value[i * cols + j], case.adjoint[i * cols + j]);
                let contributed = case.scale * a + case.pending.at(i, j);
                let undone = (w - case.terms.at(i, j)) / case.keep;
                let undone = if case.undo { undone } else { w };
                let (undone, contributed) = if inside { (undone, contributed) } else { (w, a) };
                prop_assert!(close(adjoint[i * cols + j], contributed));
                prop_assert!(close(value[i * cols + j], undone));
                if inside && case.inner {
                    expected_inner += value[i * cols + j] * adjoint[i * cols + j];
                }
            }
            for (k, v) in case.terms.vs.iter().enumerate() {
                let product = if inside { case.dot(&adjoint, i, v) } else { 7.0 };
                prop_assert!(close(lefts[k * case.rows + i], product));
            }
            if let Some(projection) = projection {
                let left = lefts[projection.term * case.rows + i];
                let expected = if inside { projection.scale * left } else { 7.0 };
                prop_assert!(close(projected[i], expected));
            }
        }
        prop_assert!(close(inner, expected_inner));
        for j in 0..cols {
            let sum = |elements: &[f64], c: &[f64]| -> f64 {
                listed.iter().map(|&i| c[i] * elements[i * cols + j]).sum()
            };
            for (k, u) in us.iter().enumerate().take(step.wanted) {
                prop_assert!(close(rights[k * cols + j], 0.5 + sum(&adjoint, u)));
            }
            let back = if projection.is_some() { sum(&value, &projected) } else { 0.0 };
            prop_assert!(close(rights[us.len() * cols + j], 0.5 + back));
        }
    }
}

#[test]
#[should_panic(expected = "reverse_update: matrix of shape [2, 3], adjoint of shape [3, 2]")]
fn reverse_update_panics_when_the_adjoint_has_another_shape() {
    let matrix = |rows, cols| {
        let mut matrix = PaddedMatrix::<f32>::new();
        matrix.assign_zeros(rows, cols);
        matrix
    };
    let vectors = matrix(1, 3);
    let nothing = OuterProducts {
        us: &[],
        vectors: &vectors,
        vs: &[],
    };
    let step = ReverseUpdate {
        rows: Rows::Range(0..2),
        scale: 1.0,
        pending: nothing,
        terms: nothing,
        keep: 1.0,
        undo: true,
        projection: None,
        inner: false,
        wanted: 0,
    };
    let products = ReverseProducts {
        lefts: &mut [],
        rights: &mut matrix(1, 3),
        projected: &mut [0.0; 2],
    };
    reverse_update(&mut matrix(2, 3), &mut matrix(3, 2), &step, products);
}
