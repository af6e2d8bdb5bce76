//! Growing weights: an update that would lose their digits takes a snapshot and is undone exactly.

use metaplast_autodiff::state::{MAGNIFICATION_LIMIT, growth_limit};
use metaplast_autodiff::{Dual, Projection, Rewind, State, SummedOuter, Tape, Var};
use metaplast_tensor::{Scalar, Tensor};
use proptest::prelude::*;

/// What one step multiplies by: powers of ten.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Of what is learned,
    size: i32,
    /// of what is kept of the weights,
    keep: i32,
    /// and of what is projected.
    projection: Option<i32>,
}

/// An episode that reads, learns, explodes and decays.
#[derive(Clone, Debug)]
struct Episode {
    rows: usize,
    cols: usize,
    /// Power of ten of the first weights.
    start: i32,
    steps: Vec<Step>,
}

/// Of one step: x, a vector added to W x, and the largest weight.
type Recorded<'t, T> = ([Var<'t, T>; 2], f64);

/// One step's read `z = W x`, after the sweep.
struct Read {
    /// The largest weight at that time.
    weights: f64,
    /// Adjoints of x and z.
    input: Vec<f64>,
    output: Vec<f64>,
}

/// What a sweep leaves.
struct Swept {
    reads: Vec<Read>,
    /// Adjoint of the rate.
    rate: f64,
    /// The undone weights.
    back: Vec<f64>,
}

fn power<T: Scalar>(exponent: i32) -> T {
    T::from_f64(10f64.powi(exponent))
}

/// Numbers without a pattern, between −1 and 1.
fn numbers<T: Scalar>(len: usize, seed: usize) -> Tensor<T> {
    let number = |i: usize| 2.0 * (0.618_034 * i as f64 + 0.754_878 * seed as f64).fract() - 1.0;
    Tensor::from_fn([len], |i| T::from_f64(number(i[0] + 3)))
}

impl Episode {
    fn start<T: Scalar>(&self) -> Tensor<T> {
        let size = power::<T>(self.start);
        let numbers = numbers::<T>(self.rows * self.cols, 1).into_data();
        let numbers = numbers.into_iter().map(|x| x * size).collect();
        Tensor::new([self.rows, self.cols], numbers)
    }

    /// The loss, and what there is of each step.
    fn record<'t, T: Scalar>(
        &self,
        tape: &'t Tape<T>,
        rate: Var<'t, T>,
        state: State<'t, T>,
    ) -> (Var<'t, T>, Vec<Recorded<'t, T>>) {
        let mut loss = tape.scalar(T::ZERO);
        let mut reads = Vec::new();
        for (t, step) in self.steps.iter().enumerate() {
            let x = numbers(self.cols, 2 + t);
            let read = [tape.var(&x), tape.var(&Tensor::zeros([self.rows]))];
            reads.push((read, state.with(|w| largest(&primals(w)))));
            // The rate has a part in each read, so that its adjoint takes all weights.
            let input = read[0] * (rate + 1.0);
            let y = (state.matvec(input) + read[1]).tanh();
            loss += y.sum();
            let x = tape.constant(&x);
            let decay = (step.keep != 0).then(|| tape.scalar(T::ONE - power::<T>(step.keep)));
            let projection = step.projection.map(|size| Projection {
                scale: rate * 10f64.powi(size),
                through: x,
                right: tape.var(&numbers(self.cols, 90 + t)),
            });
            let learned = SummedOuter {
                coefficients: &[rate * 10f64.powi(step.size)],
                summands: &[y],
                right: x,
            };
            state.update(decay, &[learned], projection);
        }
        let x = tape.constant(&numbers(self.cols, 80));
        (loss + state.matvec(x).tanh().sum(), reads)
    }

    fn reverse<T: Scalar>(&self, rewind: Rewind) -> Swept {
        let tape = Tape::<T>::new();
        tape.set_rewind(rewind);
        let state = tape.state(&self.start());
        let rate = tape.scalar(T::from_f64(0.1));
        let (loss, reads) = self.record(&tape, rate, state);
        let gradients = loss.backward();
        let adjoint = |x| primals(gradients.wrt(x).data());
        let reads = reads.into_iter().map(|([input, output], weights)| Read {
            weights,
            input: adjoint(input),
            output: adjoint(output),
        });
        Swept {
            reads: reads.collect(),
            rate: gradients.wrt(rate).item().to_f64(),
            back: primals(state.rewound_value().data()),
        }
    }

    /// The slope by the rate, by forward mode.
    fn forward<T: Scalar>(&self) -> f64 {
        let tape = Tape::<Dual<T, 1>>::new();
        let loss = tape.without_gradients(|| {
            let rate = tape.scalar(Dual::seeded(T::from_f64(0.1), 0));
            self.record(&tape, rate, tape.state(&self.start())).0.item()
        });
        loss.tangent()[0].to_f64()
    }

    /// What may be lost of each undone value relative to the largest weight of its time: half of the
    /// digits by growth, and roundings of that.
    fn tolerance<T: Scalar>(&self) -> f64 {
        let roundings = 8 * (self.steps.len() + 1);
        MAGNIFICATION_LIMIT * roundings as f64 / growth_limit::<T>()
    }
}

fn primals<T: Scalar>(x: &[T]) -> Vec<f64> {
    x.iter().map(|x| x.to_f64()).collect()
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |most, x| most.max(x.abs()))
}

/// The largest difference; a NaN is one.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |most, d| if d > most || d.is_nan() { d } else { most })
}

/// Undone weights are those of their time, seen by what they do in the sweep, and the first ones.
fn comes_back<T: Scalar>(episode: &Episode) -> Result<(), TestCaseError> {
    let undone = episode.reverse::<T>(Rewind::Undo);
    let stored = episode.reverse::<T>(Rewind::Snapshot { every: 1 });
    let tolerance = episode.tolerance::<T>();
    for (t, (undone, stored)) in undone.reads.iter().zip(&stored.reads).enumerate() {
        // x̄ = 1.1 Wᵀ z̄
        prop_assert_eq!(&undone.output, &stored.output);
        let size = 1.1 * stored.weights * stored.output.iter().map(|z| z.abs()).sum::<f64>();
        let error = apart(&undone.input, &stored.input);
        prop_assert!(
            error <= tolerance * size,
            "{} at step {}: {:e} > {:e} of {:e}",
            T::NAME,
            t,
            error,
            tolerance,
            size
        );
    }
    let error = apart(&undone.back, &stored.back);
    prop_assert_eq!(&stored.back, &primals(episode.start::<T>().data()));
    let size = largest(&stored.back);
    prop_assert!(
        error <= tolerance * size,
        "{}: {:e} > {:e} of {:e}",
        T::NAME,
        error,
        tolerance,
        size
    );
    Ok(())
}

/// An explosion by 10³⁰ of weights that learn, which a decay takes back.
fn explosion() -> Episode {
    let learn = |size| Step {
        size,
        keep: 0,
        projection: None,
    };
    let decay = |keep| Step { keep, ..learn(0) };
    let mut steps = vec![learn(0); 4];
    steps.extend([learn(9), learn(30), decay(-30)]);
    steps.extend([learn(0); 4]);
    Episode {
        rows: 5,
        cols: 7,
        start: 0,
        steps,
    }
}

/// By division alone nothing would be left of the first weights, nor of the gradient.
#[test]
fn an_explosion_has_the_gradient_of_copies_and_of_forward_mode() {
    fn check<T: Scalar>(tolerance: f64) {
        let episode = explosion();
        let rate = |rewind| episode.reverse::<T>(rewind).rate;
        let undone = rate(Rewind::Undo);
        for other in [rate(Rewind::Snapshot { every: 1 }), episode.forward::<T>()] {
            let error = (undone / other - 1.0).abs();
            assert!(error <= tolerance, "{}: {undone:e}, {other:e}", T::NAME);
        }
        comes_back::<T>(&episode).unwrap();
    }
    check::<f64>(1e-12);
    check::<f32>(1e-4);
}

/// So many copies of states that `steps` leave.
fn copies<T: Scalar>(steps: &[Step]) -> usize {
    let bytes = |steps: &[Step]| {
        let tape = Tape::<T>::new();
        // Larger than all lists beside it.
        let episode = Episode {
            rows: 100,
            cols: 128,
            start: 0,
            steps: steps.to_vec(),
        };
        let state = tape.state(&episode.start());
        episode.record(&tape, tape.scalar(T::from_f64(0.1)), state);
        tape.memory().state_bytes
    };
    (bytes(steps) - bytes(&steps[..1])) / (100 * 128 * size_of::<T>())
}

/// A copy is made only where weights grow by more than the limit, once for each time.
#[test]
fn copies_are_made_only_for_growth_beyond_the_limit() {
    let learn = |size| Step {
        size,
        keep: 0,
        projection: None,
    };
    let ordinary = vec![learn(0); 300];
    assert_eq!(copies::<f64>(&ordinary), 0);
    assert_eq!(copies::<f32>(&ordinary), 0);
    let steps = |sizes: &[i32]| -> Vec<Step> { sizes.iter().map(|&size| learn(size)).collect() };
    assert_eq!(copies::<f64>(&steps(&[0, 7, 0, 7])), 0);
    assert_eq!(copies::<f64>(&steps(&[0, 10, 0, 10])), 1);
    assert_eq!(copies::<f64>(&steps(&[0, 10, 16, 20, 30, 0])), 3);
    assert_eq!(copies::<f32>(&steps(&[0, 3, 0])), 0);
    assert_eq!(copies::<f32>(&steps(&[0, 6, 9, 11, 0])), 2);
}

/// Weights that cancel to less than they were are what the next growth is measured by.
#[test]
fn growth_after_a_cancellation_counts_from_there() {
    fn check<T: Scalar>(size: f64) {
        let tape = Tape::<T>::new();
        let number = |x: f64| Tensor::full([1], T::from_f64(x));
        let state = tape.state(&number(size).reshape([1, 1]));
        let one = tape.constant(&number(1.0));
        let add = |x: f64| state.rank_k_update(None, &[tape.constant(&number(x))], &[one]);
        add(-size);
        add(1.0);
        let x = tape.var(&number(1.0));
        let z = state.matvec(x);
        assert_eq!(z.item(), T::ONE);
        add(size);
        add(-size);
        // Its adjoint is the weight at the time of the read.
        let weight = z.sum().backward().wrt(x).item().to_f64();
        assert!((weight - 1.0).abs() < 4.0 / growth_limit::<T>(), "{weight}");
    }
    check::<f64>(1e25);
    check::<f32>(1e12);
}

/// A state of zeros has no digits to lose: no copy for it, however long it learns nothing.
#[test]
fn a_state_of_zeros_takes_no_snapshot() {
    let tape = Tape::<f32>::new();
    let state = tape.state(&Tensor::zeros([40, 40]));
    let bytes = tape.memory().state_bytes;
    let vector = |x: f32| tape.constant(&Tensor::full([40], x));
    for size in [0.0, 0.0, 1e-3, 1e-2, 0.1, 0.0] {
        state.rank_k_update(None, &[vector(size)], &[vector(1.0)]);
    }
    assert!(tape.memory().state_bytes < bytes + 40 * 40 * size_of::<f32>());
    state.matvec(tape.var(&Tensor::ones([40]))).sum().backward();
    assert!(state.rewound_value().data().iter().all(|w| w.abs() < 1e-7));
}

fn episodes() -> impl Strategy<Value = Episode> {
    let projection = prop_oneof![4 => Just(None), 1 => (-3..6i32).prop_map(Some)];
    let keep = prop_oneof![4 => Just(0), 2 => -25..0i32, 1 => 1..3i32];
    let step = (-4..22i32, keep, projection).prop_map(|(size, keep, projection)| Step {
        // Most steps are ordinary ones.
        size: if size < 9 { size.min(0) } else { size - 4 },
        keep,
        projection,
    });
    (
        1..12usize,
        1..20usize,
        -3..4i32,
        prop::collection::vec(step, 1..9),
    )
        .prop_map(|(rows, cols, start, steps)| Episode {
            rows,
            cols,
            start,
            steps,
        })
}

proptest! {
    #[test]
    fn random_growth_comes_back(episode in episodes()) {
        comes_back::<f64>(&episode)?;
    }

    #[test]
    fn random_growth_comes_back_in_single_precision(mut episode in episodes()) {
        // Numbers up to 10³⁸ allow for one large step at a time.
        episode.steps.truncate(2);
        comes_back::<f32>(&episode)?;
    }
}
