//! Undoing: a sweep takes every update back.

use metaplast_autodiff::state::MAGNIFICATION_LIMIT;
use metaplast_autodiff::{Gradients, Rewind, State, Tape, Var};
use metaplast_tensor::kernels::padded::{PaddedMatrix, Rows};
use metaplast_tensor::{Scalar, Tensor};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Update {
    decay: Option<f64>,
    lefts: Vec<Vec<f64>>,
    rights: Vec<Vec<f64>>,
}

/// Updates of one state.
#[derive(Clone, Debug)]
struct Updates {
    rows: usize,
    cols: usize,
    start: Vec<f64>,
    updates: Vec<Update>,
}

/// Some would lose everything if they were undone by division alone.
fn decay() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        3 => Just(None),
        3 => (-0.1..0.3f64).prop_map(Some),
        2 => prop::sample::select(vec![0.9, 1.0, 2.0, -1.0, 0.999_999]).prop_map(Some),
    ]
}

fn updates(most: usize) -> impl Strategy<Value = Updates> {
    let number = || -1.0..1.0f64;
    (1..20usize, 1..20usize).prop_flat_map(move |(rows, cols)| {
        let update = (0..5usize, decay()).prop_flat_map(move |(rank, decay)| {
            let lefts = vec(vec(number(), rows), rank);
            let rights = vec(vec(number(), cols), rank);
            (lefts, rights).prop_map(move |(lefts, rights)| Update {
                decay,
                lefts,
                rights,
            })
        });
        (vec(number(), rows * cols), vec(update, 0..most)).prop_map(move |(start, updates)| {
            Updates {
                rows,
                cols,
                start,
                updates,
            }
        })
    })
}

fn vector<T: Scalar>(numbers: &[f64]) -> Tensor<T> {
    Tensor::from(numbers).cast()
}

impl Updates {
    fn start<T: Scalar>(&self) -> Tensor<T> {
        Tensor::new([self.rows, self.cols], self.start.clone()).cast()
    }

    /// Makes the updates with inputs one can differentiate by, which are returned; also the largest
    /// size that an element can have had on the way.
    fn apply<'t, T: Scalar>(
        &self,
        state: State<'t, T>,
        tape: &'t Tape<T>,
    ) -> (Vec<Var<'t, T>>, f64) {
        let mut inputs = Vec::new();
        let mut largest = 1.0f64;
        for Update {
            decay,
            lefts,
            rights,
        } in &self.updates
        {
            let mut variables = |vectors: &[Vec<f64>]| -> Vec<Var<'t, T>> {
                let made: Vec<_> = vectors.iter().map(|x| tape.var(&vector(x))).collect();
                inputs.extend(&made);
                made
            };
            let (lefts, rights) = (variables(lefts), variables(rights));
            let decay = decay.map(|decay| tape.scalar(T::from_f64(decay)));
            inputs.extend(decay);
            state.rank_k_update(decay, &lefts, &rights);
            let now = state.with(|w| w.iter().fold(0.0f64, |m, w| m.max(w.to_f64().abs())));
            largest = largest.max(now + lefts.len() as f64);
        }
        (inputs, largest)
    }

    /// What rounding may leave after undoing: each update and each undo rounds once per term and
    /// once for the decay, and decays magnify that by the limit at most.
    fn tolerance<T: Scalar>(&self, largest: f64) -> f64 {
        let roundings: usize = self
            .updates
            .iter()
            .map(|update| 2 * (update.lefts.len() + 2))
            .sum();
        MAGNIFICATION_LIMIT * roundings as f64 * T::EPSILON * largest
    }
}

/// A loss that reads the state once, so that its gradient goes through all updates.
fn loss<'t, T: Scalar>(state: State<'t, T>, tape: &'t Tape<T>) -> Var<'t, T> {
    let cols = state.shape().dims()[1];
    let x = Tensor::from_fn([cols], |i| T::from_f64(0.7 - 0.1 * i[0] as f64));
    state.matvec(tape.constant(&x)).tanh().sum()
}

fn largest_difference<T: Scalar>(a: &Tensor<T>, b: &Tensor<T>) -> f64 {
    let pairs = a.data().iter().zip(b.data());
    // A NaN makes the sum one, where a maximum would pass over it.
    let differences: Vec<f64> = pairs
        .map(|(a, b)| (a.to_f64() - b.to_f64()).abs())
        .collect();
    differences
        .iter()
        .fold(0.0, |m: f64, &d| if d.is_nan() { d } else { m.max(d) })
}

fn undoing_returns_the_start<T: Scalar>(updates: &Updates) -> Result<(), TestCaseError> {
    let tape = Tape::<T>::new();
    let state = tape.state(&updates.start());
    let (_, largest) = updates.apply(state, &tape);
    let last = state.value();
    loss(state, &tape).backward();
    let back = if updates.updates.is_empty() {
        last
    } else {
        state.rewound_value()
    };
    let error = largest_difference(&back, &updates.start());
    let tolerance = updates.tolerance::<T>(largest);
    prop_assert!(error <= tolerance, "{}: {error:e} > {tolerance:e}", T::NAME);
    Ok(())
}

fn snapshots_return_the_start_exactly<T: Scalar>(updates: &Updates) -> Result<(), TestCaseError> {
    let tape = Tape::<T>::new();
    tape.set_rewind(Rewind::Snapshot { every: 1 });
    let state = tape.state(&updates.start());
    updates.apply(state, &tape);
    loss(state, &tape).backward();
    if !updates.updates.is_empty() {
        prop_assert_eq!(state.rewound_value(), updates.start());
    }
    Ok(())
}

/// All gradients, by inputs and by the state's first value, and their common norm.
fn gradients<T: Scalar>(updates: &Updates, rewind: Rewind) -> (Vec<f64>, f64) {
    let tape = Tape::<T>::new();
    tape.set_rewind(rewind);
    let state = tape.state_with_gradient(&updates.start());
    let (inputs, _) = updates.apply(state, &tape);
    let gradients: Gradients<'_, T> = loss(state, &tape).backward();
    let mut all = gradients.wrt_state(state).into_data();
    for input in inputs {
        all.extend(gradients.wrt(input).data());
    }
    let all: Vec<f64> = all.iter().map(|x| x.to_f64()).collect();
    let norm = all.iter().map(|x| x * x).sum::<f64>().sqrt();
    (all, norm)
}

fn policies_agree<T: Scalar>(updates: &Updates, tolerance: f64) -> Result<(), TestCaseError> {
    let (stored, norm) = gradients::<T>(updates, Rewind::Snapshot { every: 1 });
    prop_assert!(norm.is_finite());
    for rewind in [Rewind::Undo, Rewind::Snapshot { every: 3 }] {
        let (undone, _) = gradients::<T>(updates, rewind);
        let pairs = undone.iter().zip(&stored);
        let error = pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt();
        prop_assert!(
            error <= tolerance * norm,
            "{} {rewind:?}: {:e}",
            T::NAME,
            error / norm
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn undoing_any_updates_returns_the_start(updates in updates(25)) {
        undoing_returns_the_start::<f64>(&updates)?;
        undoing_returns_the_start::<f32>(&updates)?;
    }

    #[test]
    fn snapshots_of_every_update_return_the_start_bit_for_bit(updates in updates(12)) {
        snapshots_return_the_start_exactly::<f64>(&updates)?;
        snapshots_return_the_start_exactly::<f32>(&updates)?;
    }

    #[test]
    fn gradients_by_undoing_are_those_from_copies(updates in updates(12)) {
        policies_agree::<f64>(&updates, 1e-12)?;
        policies_agree::<f32>(&updates, 1e-4)?;
    }
}

/// Forty updates with a decay that leaves nothing of W: undone by division alone, the first ones
/// would come back as rounding errors times 10⁴⁰.
#[test]
fn snapshots_guard_decays_that_undoing_would_not_survive() {
    for decay in [0.9, 0.99, 1.0, 1.0 - 1e-12, 0.5, 1.5] {
        let numbers = |n: usize, phase: f64| -> Vec<f64> {
            (0..n).map(|i| (1.3 * i as f64 + phase).sin()).collect()
        };
        let updates = Updates {
            rows: 5,
            cols: 7,
            start: numbers(35, 0.2),
            updates: (0..40)
                .map(|t| Update {
                    decay: Some(decay),
                    lefts: vec![numbers(5, f64::from(t))],
                    rights: vec![numbers(7, f64::from(-t))],
                })
                .collect(),
        };
        undoing_returns_the_start::<f64>(&updates).unwrap();
        undoing_returns_the_start::<f32>(&updates).unwrap();
        policies_agree::<f64>(&updates, 1e-12).unwrap();
        policies_agree::<f32>(&updates, 1e-4).unwrap();
    }
}

/// The guard costs copies only where decay asks for it.
#[test]
fn without_decay_no_copy_is_made() {
    let bytes = |decay: f64, rewind: Rewind| {
        let tape = Tape::<f64>::new();
        tape.set_rewind(rewind);
        let state = tape.state(&Tensor::ones([30, 30]));
        let vector = tape.constant(&Tensor::ones([30]));
        let decay = tape.scalar(decay);
        for _ in 0..100 {
            state.rank_k_update(Some(decay), &[vector], &[vector]);
        }
        tape.memory().state_bytes
    };
    // Rows are padded to blocks of sixteen.
    let one_copy = 30 * 32 * size_of::<f64>();
    let without = bytes(0.0, Rewind::Undo);
    // The list of copies takes a little, too.
    let copies = |decay, rewind| (bytes(decay, rewind) - without) / one_copy;
    // 0.99^100 is 1/2.7, within the limit of 8.
    assert_eq!(bytes(0.01, Rewind::Undo), without);
    // Two of these pass the limit.
    assert_eq!(copies(0.7, Rewind::Undo), 50);
    assert_eq!(copies(0.0, Rewind::Snapshot { every: 10 }), 10);
}

/// A thousand updates as an online learner makes them, small against the weights, with this decay.
fn learning(decay: Option<f64>) -> Updates {
    let (rows, cols) = (23, 17);
    // Weyl sequences: no two steps are alike, and nothing cancels by a pattern.
    let numbers = |n: usize, seed: f64, size: f64| -> Vec<f64> {
        let number = |i: usize| size * (2.0 * (0.618_034 * i as f64 + seed).fract() - 1.0);
        (0..n).map(number).collect()
    };
    let update = |t: u32| {
        let seed = 0.754_878 * f64::from(t);
        Update {
            decay,
            lefts: vec![numbers(rows, seed, 0.2), numbers(rows, seed * seed, 0.1)],
            rights: vec![
                numbers(cols, 3.1 * seed, 0.2),
                numbers(cols, 1.7 * seed, 0.1),
            ],
        }
    };
    Updates {
        rows,
        cols,
        start: numbers(rows * cols, 0.3, 0.25),
        updates: (0..1000).map(update).collect(),
    }
}

/// The error of undoing all updates relative to the largest weight on the way: as the sweep does,
/// and by arithmetic alone, without the guard.
fn errors_of_undoing<T: Scalar>(updates: &Updates) -> (f64, f64) {
    let tape = Tape::<T>::new();
    let state = tape.state(&updates.start());
    let start: Tensor<T> = updates.start();
    let size = |w: &[T]| w.iter().fold(0.0f64, |m, w| m.max(w.to_f64().abs()));
    let mut largest = size(start.data());
    let (rows, cols) = (updates.rows, updates.cols);
    let mut alone = PaddedMatrix::new();
    alone.assign(rows, cols, start.data());
    let narrowed: Vec<_> = updates
        .updates
        .iter()
        .map(|update| {
            let keep = T::ONE - T::from_f64(update.decay.unwrap_or(0.0));
            let vectors =
                |all: &[Vec<f64>]| -> Vec<Tensor<T>> { all.iter().map(|x| vector(x)).collect() };
            (keep, vectors(&update.lefts), vectors(&update.rights))
        })
        .collect();
    fn slices<T: Scalar>(all: &[Tensor<T>]) -> Vec<&[T]> {
        all.iter().map(Tensor::data).collect()
    }
    let rights = |vs: &[Tensor<T>]| {
        let mut rights = PaddedMatrix::new();
        rights.assign(vs.len(), cols, &slices(vs).concat());
        (rights, (0..vs.len()).collect::<Vec<_>>())
    };
    for (keep, us, vs) in &narrowed {
        let (vectors, places) = rights(vs);
        alone.update(Rows::Range(0..rows), *keep, &slices(us), &vectors, &places);
        largest = largest.max(size(&alone.to_vec()));
    }
    for (keep, us, vs) in narrowed.iter().rev() {
        let (vectors, places) = rights(vs);
        alone.undo(Rows::Range(0..rows), *keep, &slices(us), &vectors, &places);
    }
    updates.apply(state, &tape);
    loss(state, &tape).backward();
    let error = |back: &Tensor<T>| largest_difference(back, &start) / largest;
    (
        error(&state.rewound_value()),
        error(&Tensor::new([rows, cols], alone.to_vec())),
    )
}

/// Over a thousand steps undone weights are the stored ones to 1e-5 of the largest weight on the way
/// in f32 and to 1e-12 in f64, also at decays that arithmetic alone would not survive.
#[test]
fn a_thousand_updates_come_back() {
    for decay in [None, Some(1e-4), Some(0.01), Some(0.1), Some(-0.001)] {
        let updates = learning(decay);
        let (single, alone_single) = errors_of_undoing::<f32>(&updates);
        let (double, alone_double) = errors_of_undoing::<f64>(&updates);
        println!(
            "{decay:?}: f32 {single:.1e}, alone {alone_single:.1e}; f64 {double:.1e}, alone {alone_double:.1e}"
        );
        assert!(single <= 1e-5, "{decay:?}: {single:e}");
        assert!(double <= 1e-12, "{decay:?}: {double:e}");
        if decay.is_some_and(|decay| decay >= 0.01) {
            // (1 − 0.01)^1000 is 4e-5.
            // Beyond it, or not a number.
            assert!(
                alone_single.is_nan() || alone_single > 1e-5,
                "{decay:?}: {alone_single:e}"
            );
        }
        if decay.is_some_and(|decay| decay >= 0.1) {
            assert!(
                alone_double.is_nan() || alone_double > 1e-12,
                "{decay:?}: {alone_double:e}"
            );
        }
    }
}
