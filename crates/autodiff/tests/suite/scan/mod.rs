//! Laws of the checkpointed scan.

mod promises;
mod recurrence;

use metaplast_autodiff::Var;
use metaplast_autodiff::scan::{
    Moment, Outcome, Plan, Policy, Start, plan, plan_recurrence, scan, scan_recurrence,
};
use metaplast_tensor::{Scalar, Tensor};
use proptest::prelude::*;

use recurrence::{Recurrence, bits, flat, long, recurrences, view};

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
    let _ = scan(step, |_| {}, &start, 2, Policy::StoreAll);
}
