//! Laws of the checkpointed scan.

use metaplast_autodiff::scan::{
    Moment, Outcome, Plan, Policy, Start, plan, plan_recurrence, scan, scan_recurrence,
};
use metaplast_autodiff::{Rewind, State, Tape, Var};
use metaplast_tensor::{Scalar, Tensor};
use proptest::collection::vec;
use proptest::prelude::*;

/// A small recurrent net that learns as it goes: a matrix, two vectors and three parameters.
#[derive(Clone, Debug)]
struct Recurrence {
    rows: usize,
    cols: usize,
    steps: usize,
    decays: bool,
    losses_on_the_way: bool,
    numbers: Vec<f64>,
}

fn recurrences() -> impl Strategy<Value = Recurrence> {
    let flags = (any::<bool>(), any::<bool>());
    let numbers = vec(-1.0..1.0f64, 61);
    (1..6usize, 1..6usize, 0..24usize, flags, numbers).prop_map(
        |(rows, cols, steps, (decays, losses_on_the_way), numbers)| Recurrence {
            rows,
            cols,
            steps,
            decays,
            losses_on_the_way,
            numbers,
        },
    )
}

/// What both ways of running see of a tape.
struct View<'v, 't, T: Scalar> {
    tape: &'t Tape<T>,
    state: State<'t, T>,
    vectors: &'v mut [Var<'t, T>],
    theta: &'v [Var<'t, T>],
}

impl Recurrence {
    fn tensor<T: Scalar>(&self, shape: &[usize], place: usize) -> Tensor<T> {
        let len: usize = shape.iter().product();
        let number = |i: usize| self.numbers[(17 * place + 5 * i) % self.numbers.len()];
        Tensor::new(shape, (0..len).map(number).collect()).cast()
    }

    fn start<T: Scalar>(&self) -> Start<T> {
        let scaled = |x: f64| Tensor::scalar(T::from_f64(x));
        Start {
            states: vec![self.tensor(&[self.rows, self.cols], 3)],
            vectors: vec![self.tensor(&[self.rows], 5), self.tensor(&[self.cols], 7)],
            theta: vec![
                scaled(0.1 * self.numbers[0]),
                self.tensor(&[self.cols], 11),
                scaled(0.02 + 0.02 * self.numbers[1]),
            ],
        }
    }

    /// One step; what it adds to the loss.
    fn step<'t, T: Scalar>(&self, view: View<'_, 't, T>, t: usize) -> Option<Var<'t, T>> {
        let View {
            tape,
            state,
            vectors,
            theta,
        } = view;
        let x =
            tape.constant(&self.tensor::<T>(&[self.cols], 100 + t)) * theta[1] + vectors[1] * 0.5;
        let y = (state.matvec(x) + vectors[0] * 0.3).tanh();
        let back = state.matvec_transposed(y).tanh();
        let decay = self.decays.then(|| theta[2]);
        state.rank_k_update(decay, &[y * theta[0], vectors[0] * 0.05], &[x, back]);
        vectors[0] = y * 0.9;
        vectors[1] = back - x * 0.1;
        self.losses_on_the_way.then(|| y.square().sum())
    }

    fn end<'t, T: Scalar>(&self, view: View<'_, 't, T>) -> Var<'t, T> {
        let probe = view.tape.constant(&self.tensor::<T>(&[self.cols], 900));
        view.state.matvec(probe + view.vectors[1]).tanh().sum() + view.vectors[0].square().sum()
    }

    fn scan<T: Scalar>(&self, policy: Policy) -> Outcome<T> {
        scan(
            |now, t| {
                let part = self.step(view(now), t);
                part.into_iter().for_each(|part| now.add_loss(part));
            },
            |now| {
                let part = self.end(view(now));
                now.add_loss(part);
            },
            &self.start(),
            self.steps,
            policy,
        )
    }

    /// Loss and gradients by one recording of everything.
    fn unrolled<T: Scalar>(&self) -> Vec<T> {
        let tape = Tape::<T>::new();
        tape.set_rewind(Rewind::Snapshot { every: 1 });
        let start = self.start();
        let state = tape.state_with_gradient(&start.states[0]);
        let theta: Vec<_> = start.theta.iter().map(|x| tape.var(x)).collect();
        let first: Vec<_> = start.vectors.iter().map(|x| tape.var(x)).collect();
        let mut vectors = first.clone();
        let mut loss: Option<Var<'_, T>> = None;
        for t in 0..=self.steps {
            let view = View {
                tape: &tape,
                state,
                vectors: &mut vectors,
                theta: &theta,
            };
            let part = if t < self.steps {
                self.step(view, t)
            } else {
                Some(self.end(view))
            };
            if let Some(part) = part {
                loss = Some(loss.map_or(part, |loss| loss + part));
            }
        }
        let loss = loss.unwrap();
        let last = state.value();
        let gradients = loss.backward();
        let mut all = vec![loss.item()];
        for var in theta.iter().chain(&first) {
            all.extend(gradients.wrt(*var).data());
        }
        all.extend(gradients.wrt_state(state).data());
        all.extend(last.data());
        all
    }
}

fn view<'v, 't, T: Scalar>(now: &'v mut Moment<'t, T>) -> View<'v, 't, T> {
    View {
        tape: now.tape,
        state: now.states[0],
        vectors: &mut now.vectors,
        theta: &now.theta,
    }
}

fn flat<T: Scalar>(outcome: &Outcome<T>) -> Vec<T> {
    let mut all = vec![outcome.loss];
    let gradients = outcome.theta.iter().chain(&outcome.vectors);
    for tensor in gradients.chain(&outcome.states).chain(&outcome.last_states) {
        all.extend(tensor.data());
    }
    all
}

/// As numbers that are equal only if the bits are; `to_f64` is exact for `f32` and `f64`.
fn bits<T: Scalar>(numbers: &[T]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_f64().to_bits()).collect()
}

fn equal_to_the_bit<T: Scalar>(
    recurrence: &Recurrence,
    segment: usize,
) -> Result<(), TestCaseError> {
    let unrolled = bits(&recurrence.unrolled::<T>());
    for policy in [Policy::StoreAll, Policy::Every { steps: segment }] {
        let outcome = recurrence.scan::<T>(policy);
        prop_assert_eq!(&bits(&flat(&outcome)), &unrolled, "{:?}", policy);
    }
    let least = recurrence.scan::<T>(Policy::Every { steps: 1 }).report.plan;
    let most = recurrence.scan::<T>(Policy::StoreAll).report.plan.bytes;
    for part in [0, 1, 3, 8] {
        let bytes = least.bytes.min(most) + most.abs_diff(least.bytes) * part / 8;
        let outcome = recurrence.scan::<T>(Policy::Budget { bytes });
        prop_assert_eq!(&bits(&flat(&outcome)), &unrolled, "{} bytes", bytes);
    }
    Ok(())
}

fn undoing_agrees<T: Scalar>(
    recurrence: &Recurrence,
    segment: usize,
    tolerance: f64,
) -> Result<(), TestCaseError> {
    let unrolled = recurrence.unrolled::<T>();
    let outcome = recurrence.scan::<T>(Policy::Undo { steps: segment });
    let norm = unrolled
        .iter()
        .map(|x| x.to_f64().powi(2))
        .sum::<f64>()
        .sqrt();
    for (a, b) in flat(&outcome).iter().zip(&unrolled) {
        let error = (a.to_f64() - b.to_f64()).abs();
        prop_assert!(error <= tolerance * norm, "{error:e}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn storing_and_replaying_equal_unrolling(recurrence in recurrences(), segment in 1..9usize) {
        equal_to_the_bit::<f64>(&recurrence, segment)?;
        equal_to_the_bit::<f32>(&recurrence, segment)?;
    }

    #[test]
    fn undoing_equals_unrolling_to_rounding(recurrence in recurrences(), segment in 1..30usize) {
        undoing_agrees::<f64>(&recurrence, segment, 1e-12)?;
        undoing_agrees::<f32>(&recurrence, segment, 1e-4)?;
    }
}

/// A parameter that every segment uses collects from every segment: `Σ_t t·x` is linear in it.
#[test]
fn shared_parameters_collect_from_every_segment() {
    for policy in [
        Policy::StoreAll,
        Policy::Every { steps: 7 },
        Policy::Undo { steps: 10 },
    ] {
        let outcome = scan(
            |now: &mut Moment<'_, f64>, t| now.add_loss(now.theta[0] * t as f64),
            |_| {},
            &Start {
                states: vec![],
                vectors: vec![],
                theta: vec![Tensor::scalar(2.0), Tensor::scalar(3.0)],
            },
            100,
            policy,
        );
        assert_eq!(outcome.loss, 9900.0);
        assert_eq!(outcome.theta[0].item(), 4950.0);
        assert_eq!(outcome.theta[1].item(), 0.0);
    }
}

fn long(steps: usize) -> Recurrence {
    Recurrence {
        rows: 20,
        cols: 20,
        steps,
        decays: true,
        losses_on_the_way: true,
        numbers: (0..61).map(|i| 0.4 * (1.7 * f64::from(i)).sin()).collect(),
    }
}

#[test]
fn memory_grows_with_the_square_root() {
    let mut peaks = Vec::new();
    for root in [10usize, 32, 100] {
        let outcome = long(root * root).scan::<f32>(Policy::Every { steps: root });
        peaks.push((root, outcome.report.peak_bytes));
        assert!(outcome.report.passed_steps <= root * root);
    }
    // From T = 100 to T = 10,000 the root grows tenfold.
    let growth = peaks[2].1 as f64 / peaks[0].1 as f64;
    println!("peaks by √T: {peaks:?}");
    assert!(growth <= 10.5, "{peaks:?}");
    let stored = long(1000).scan::<f32>(Policy::StoreAll).report.peak_bytes;
    println!("1,000 steps stored: {stored}");
    assert!(peaks[1].1 * 10 < stored, "{peaks:?}, stored {stored}");
}

#[test]
fn budgets_are_respected_and_plans_reported() {
    let recurrence = long(2000);
    let full = recurrence.scan::<f32>(Policy::StoreAll);
    assert_eq!(
        (full.report.plan.segment, full.report.plan.replays),
        (2000, 0)
    );
    let mut passed = 0;
    for bytes in [1 << 26, 1 << 20, 1 << 18, 1 << 16] {
        let Outcome { report, theta, .. } = recurrence.scan::<f32>(Policy::Budget { bytes });
        println!("budget {bytes}: {report:?}");
        assert!(report.peak_bytes <= bytes, "{bytes}: {report:?}");
        assert!(report.plan.bytes <= bytes);
        assert!(report.passed_steps >= passed);
        assert!(report.passed_steps <= report.plan.replays * 2000);
        passed = report.passed_steps;
        for (a, b) in theta.iter().zip(&full.theta) {
            assert_eq!(bits(a.data()), bits(b.data()));
        }
    }
    assert!(passed > 2000);
}

#[test]
fn a_plan_estimates_what_a_run_takes() {
    let recurrence = long(900);
    for policy in [
        Policy::StoreAll,
        Policy::Every { steps: 30 },
        Policy::Undo { steps: 900 },
        Policy::Undo { steps: 30 },
    ] {
        let run = recurrence.scan::<f64>(policy).report;
        let planned: Plan = plan(
            |now, t| {
                let part = recurrence.step(view(now), t);
                part.into_iter().for_each(|part| now.add_loss(part));
            },
            |now| {
                let part = recurrence.end(view(now));
                now.add_loss(part);
            },
            &recurrence.start::<f64>(),
            900,
            policy,
        );
        assert_eq!(planned, run.plan);
        let ratio = run.peak_bytes as f64 / planned.bytes as f64;
        println!("{policy:?}: {} of {} bytes", run.peak_bytes, planned.bytes);
        assert!((0.7..=1.0).contains(&ratio), "{policy:?}: {ratio}");
    }
}

/// A budget with undoing is kept as well, makes longer segments, and is repeated by its plan.
#[test]
fn undoing_within_a_budget() {
    let recurrence = long(2000);
    let stored = recurrence.scan::<f64>(Policy::StoreAll);
    for bytes in [1 << 19, 1 << 18, 1 << 17] {
        let copying = recurrence.scan::<f64>(Policy::Budget { bytes }).report.plan;
        let outcome = recurrence.scan::<f64>(Policy::UndoBudget { bytes });
        let report = outcome.report;
        println!("budget {bytes}: {report:?}");
        assert!(report.peak_bytes <= bytes, "{bytes}: {report:?}");
        assert!(report.plan.replays <= copying.replays);
        for (a, b) in outcome.theta.iter().zip(&stored.theta) {
            let error = (a - b).norm();
            assert!(error <= 1e-9 * b.norm(), "{error:e}");
        }
        let again = recurrence.scan::<f64>(Policy::Planned {
            segment: report.plan.segment,
            checkpoints: report.plan.checkpoints,
            rewind: report.plan.rewind,
        });
        assert_eq!(bits(&flat(&again)), bits(&flat(&outcome)));
        assert_eq!(again.report, report);
    }
}

/// What a segment needs is put on the tape once for the segment, not once for each step.
#[test]
fn a_recurrence_shares_constants_within_a_segment() {
    struct Sum;

    impl metaplast_autodiff::scan::Recurrence<f64> for Sum {
        type Segment<'t> = Var<'t, f64>;

        fn begin<'t>(&self, moment: &Moment<'t, f64>) -> Var<'t, f64> {
            moment.tape.constant(&Tensor::ones([1000]))
        }

        fn step<'t>(&self, ones: &Var<'t, f64>, moment: &mut Moment<'t, f64>, t: usize) {
            let part = ones.sum() * moment.theta[0] * t as f64;
            moment.add_loss(part);
        }

        fn end<'t>(&self, _: &Var<'t, f64>, _: &mut Moment<'t, f64>) {}
    }

    let start = Start {
        states: vec![],
        vectors: vec![],
        theta: vec![Tensor::scalar(2.0)],
    };
    for policy in [Policy::StoreAll, Policy::Every { steps: 7 }] {
        let outcome = scan_recurrence(&Sum, &start, 100, policy);
        assert_eq!(outcome.loss, 2.0 * 1000.0 * 4950.0);
        assert_eq!(outcome.theta[0].item(), 1000.0 * 4950.0);
        assert!(outcome.report.peak_bytes < 100 * 8000, "{policy:?}");
        assert_eq!(
            plan_recurrence(&Sum, &start, 100, policy),
            outcome.report.plan
        );
    }
}

#[test]
#[should_panic(expected = "is less than the")]
fn a_budget_below_one_step_is_refused() {
    long(10).scan::<f64>(Policy::Budget { bytes: 1000 });
}

#[test]
#[should_panic(expected = "leaves a vector of shape")]
fn a_step_keeps_the_shapes() {
    let start = Start {
        states: vec![],
        vectors: vec![Tensor::<f64>::ones([3])],
        theta: vec![],
    };
    let step = |now: &mut Moment<'_, f64>, _| now.vectors[0] = now.vectors[0].sum();
    scan(step, |_| {}, &start, 2, Policy::StoreAll);
}
