//! Laws of runs, whatever the task, the algorithm and the variant.

use metaplast_reservoir::{
    Algorithm, Constants, Diverged, Period, PublishedTask, Test, Variant, WatchedQuantity,
};
use proptest::prelude::*;

use crate::runs::{STEPS, TASKS, advance, algorithms, small, trial};

fn every_kind(mut check: impl FnMut(Algorithm, PublishedTask, Variant)) {
    for task in TASKS {
        for algorithm in algorithms(task) {
            for variant in Variant::ALL {
                check(algorithm, task, variant);
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_seed_others() {
    every_kind(|algorithm, task, variant| {
        let [mut first, mut again, mut other] =
            [1, 1, 2].map(|seed| small(algorithm, task, variant, seed));
        for run in [&mut first, &mut again, &mut other] {
            advance(run, 2 * STEPS, &Period::learning());
        }
        assert_eq!(first.state(), again.state());
        assert_ne!(first.state(), other.state());
    });
}

#[test]
fn a_run_restored_from_its_state_goes_on_with_the_same_bits() {
    every_kind(|algorithm, task, variant| {
        // Stops around steps of mastery learning, with changes of P waiting and without.
        for stop in [1, 9, 10, 47, 3 * STEPS] {
            let mut whole = small(algorithm, task, variant, 3);
            let schedule = trial(algorithm, task, variant, 3).schedule();
            let mut states = Vec::new();
            whole.run(&schedule, |_| ()).expect("no divergence");

            let mut first = small(algorithm, task, variant, 3);
            advance(&mut first, stop, &Period::learning());
            states.push(first.state().clone());
            let mut second = small(algorithm, task, variant, 3);
            second.set_state(states.remove(0));
            second.run(&schedule, |_| ()).expect("no divergence");
            assert_eq!(
                whole.state(),
                second.state(),
                "{algorithm} stopped at {stop}"
            );
        }
    });
}

#[test]
fn a_shut_gate_moves_nothing() {
    for task in TASKS {
        let mut run = trial(Algorithm::Supertrex, task, Variant::Steady, 4);
        run.rule.coefficients.threshold = -1.0;
        let mut run = run.simulation();
        let before = run.state().clone();
        let mut shut = true;
        for _ in 0..3 * STEPS {
            let step = run.step(&Period::learning()).expect("no divergence");
            shut &= step.gate.is_none_or(|gate| gate == 0.0);
        }
        assert!(shut);
        assert_eq!((&run.state().w1, &run.state().p), (&before.w1, &before.p));
        assert_ne!(run.state().w2, before.w2);
    }
}

#[test]
fn tests_change_no_weight_and_have_no_noise() {
    every_kind(|algorithm, task, variant| {
        let mut run = small(algorithm, task, variant, 5);
        advance(&mut run, STEPS, &Period::learning());
        let before = run.state().clone();
        let mut same = run.clone();
        advance(&mut run, STEPS, &Period::test());
        advance(&mut same, STEPS, &Period::test());
        assert_eq!(run.state(), same.state());
        let after = run.state();
        assert_eq!(
            (&after.w1, &after.w2, &after.p, after.mean_error),
            (&before.w1, &before.w2, &before.p, before.mean_error)
        );
        // Rates without noise are those of the potentials.
        for (r, x) in after.r.iter().zip(&after.x) {
            assert!((r - x.tanh()).abs() < 1e-15);
        }
    });
}

#[test]
fn rates_are_bounded_by_one_and_the_noise() {
    every_kind(|algorithm, task, variant| {
        let mut run = small(algorithm, task, variant, 6);
        for _ in 0..3 * STEPS {
            run.step(&Period::learning()).expect("no divergence");
            let most = 1.0 + Constants::default().noise;
            assert!(run.state().r.iter().all(|r| r.abs() <= most));
        }
    });
}

#[test]
fn a_run_that_grows_is_stopped_though_its_error_stays_small() {
    let mut run = trial(
        Algorithm::Rmhl,
        PublishedTask::Arm { segments: 3 },
        Variant::Authors,
        7,
    );
    run.rule.coefficients.rate = 3.0;
    let mut largest_error = 0.0_f64;
    let result = run.run_observed(|step| largest_error = largest_error.max(step.error));
    let Diverged {
        step,
        quantity,
        value,
        limit,
        ..
    } = result.expect_err("a divergence");
    assert!(step < 15 * STEPS as u64 && (value > limit || value.is_nan()));
    assert!(quantity == WatchedQuantity::Output || quantity == WatchedQuantity::ExploratoryWeights);
    assert!(largest_error < 60.0);
    let message = result.expect_err("a divergence").to_string();
    assert!(
        message.starts_with(&format!("diverged at step {step}: ")),
        "{message}"
    );
}

#[test]
fn limits_of_rows_hold() {
    let mut run = trial(
        Algorithm::Supertrex,
        PublishedTask::CostlyArm,
        Variant::Authors,
        8,
    );
    run.rule.coefficients.rate = 0.1;
    run.rule.coefficients.threshold = 100.0;
    run.rule.steadiness.exploratory_row_limit = Some(0.01);
    run.rule.steadiness.mastery_row_limit = Some(0.003);
    let mut run = run.simulation();
    let longest = |w: &[f64]| {
        let rows = w.chunks(40);
        rows.map(|row| row.iter().map(|w| w * w).sum::<f64>().sqrt())
            .fold(0.0, f64::max)
    };
    let mut most = (0.0_f64, 0.0_f64);
    for _ in 0..5 * STEPS {
        run.step(&Period::learning()).expect("no divergence");
        most.0 = most.0.max(longest(&run.state().w1));
        most.1 = most.1.max(longest(&run.state().w2));
    }
    assert!(most.0 <= 0.003 + 1e-15 && most.0 > 0.0029, "{most:?}");
    assert!(most.1 <= 0.01 + 1e-15 && most.1 > 0.009, "{most:?}");
}

#[test]
fn force_learns_to_draw_in_closed_loop() {
    let mut run = trial(Algorithm::Force, PublishedTask::Drawing, Variant::Steady, 9);
    (run.units, run.steps) = (150, 3000);
    let forced = run.run().expect("no divergence");
    run.test = Test::Free;
    let free = run.run().expect("no divergence");
    assert!(forced.mean_distance < 0.1, "{forced:?}");
    // Without the target the frozen readout drifts off.
    assert!(free.mean_distance > forced.mean_distance, "{free:?}");
    assert!(forced.rms_distance >= forced.mean_distance);
}

proptest! {
    #[test]
    fn a_turned_target_keeps_its_distances(angle in -7.0..7.0_f64, step in 1..100_u64) {
        let target = metaplast_reservoir::TargetCurve::<f64>::butterfly(50);
        let turned = target.turned(angle);
        let norm = |p: &[f64]| p.iter().map(|x| x * x).sum::<f64>().sqrt();
        prop_assert!((norm(target.at(step)) - norm(turned.at(step))).abs() < 1e-14);
        let back = turned.turned(-angle);
        for (a, b) in back.at(step).iter().zip(target.at(step)) {
            prop_assert!((a - b).abs() < 1e-14);
        }
    }

    #[test]
    fn an_arm_reaches_no_further_than_its_length(z in proptest::collection::vec(-3.0..3.0_f64, 1..12)) {
        let arm = metaplast_reservoir::Arm::published(z.len());
        let joints = arm.joints(&z);
        let reach = if z.len() == 2 { 3.6 } else { [1.8, 3.0, 3.6][z.len().min(3) - 1] + 0.1 * (z.len().max(3) - 3) as f64 };
        let hand = joints[z.len()];
        prop_assert!(hand[0].hypot(hand[1] + 2.0) <= reach + 1e-12);
        prop_assert_eq!(joints.len(), z.len() + 1);
    }
}
