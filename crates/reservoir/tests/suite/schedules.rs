//! Schedules: what each switch changes and what it leaves alone.

use metaplast_reservoir::{
    Algorithm, MovementTask, OutputFeedback, Period, PeriodSchedule, PublishedTask, Reward, Seeded,
    Simulation, TargetCurve, Variant,
};

use crate::runs::{STEPS, advance, small, trial};

fn drawing(seed: u64) -> Simulation<f64> {
    small(
        Algorithm::Supertrex,
        PublishedTask::Drawing,
        Variant::Steady,
        seed,
    )
}

#[test]
fn a_schedule_of_one_constant_period_is_the_plain_run() {
    let (mut plain, mut scheduled) = (drawing(1), drawing(1));
    advance(&mut plain, 4 * STEPS, &Period::learning());
    let schedule = PeriodSchedule::new()
        .then(1, Period::learning())
        .then(3, Period::learning());
    scheduled.run(&schedule, |_| ()).expect("no divergence");
    assert_eq!(plain.state(), scheduled.state());
}

#[test]
fn a_schedule_goes_on_where_the_run_has_come_to() {
    let schedule = PeriodSchedule::new()
        .then(2, Period::learning())
        .then(
            1,
            Period::learning().with_reward(Reward::Noise { from: 0.0, to: 1.0 }),
        )
        .then(1, Period::test());
    let (mut whole, mut parts) = (drawing(2), drawing(2));
    let mut steps = Vec::new();
    whole
        .run(&schedule, |step| steps.push(step.step))
        .expect("no divergence");
    assert_eq!(steps, (1..=4 * STEPS as u64).collect::<Vec<_>>());
    advance(&mut parts, STEPS + 7, &Period::learning());
    parts.run(&schedule, |_| ()).expect("no divergence");
    assert_eq!(whole.state(), parts.state());
}

#[test]
fn a_cut_pathway_neither_drives_nor_learns() {
    let mut run = drawing(3);
    advance(&mut run, 2 * STEPS, &Period::learning());
    let before = run.state().clone();
    assert!(before.w1.iter().any(|w| *w != 0.0));

    let mut cut = run.clone();
    advance(&mut cut, STEPS, &Period::learning().without_exploratory());
    assert_eq!(cut.state().w2, before.w2);
    assert!(cut.state().z2.iter().all(|z| *z == 0.0));
    assert_eq!(cut.state().z, cut.state().z1);

    let mut cut = run.clone();
    advance(&mut cut, STEPS, &Period::learning().without_mastery());
    assert_eq!((&cut.state().w1, &cut.state().p), (&before.w1, &before.p));
    assert!(cut.state().z1.iter().all(|z| *z == 0.0));
    assert_ne!(cut.state().w2, before.w2);
}

#[test]
fn learning_is_switched_off_for_each_pathway_alone() {
    let mut run = drawing(4);
    advance(&mut run, 2 * STEPS, &Period::learning());
    let before = run.state().clone();

    let mut off = run.clone();
    advance(
        &mut off,
        STEPS,
        &Period::learning().without_mastery_learning(),
    );
    assert_eq!((&off.state().w1, &off.state().p), (&before.w1, &before.p));
    assert!(off.state().w2 != before.w2 && off.state().z1.iter().any(|z| *z != 0.0));

    let mut off = run.clone();
    advance(
        &mut off,
        STEPS,
        &Period::learning().without_exploratory_learning(),
    );
    assert_eq!(off.state().w2, before.w2);
    assert!(off.state().w1 != before.w1 && off.state().z2.iter().any(|z| *z != 0.0));
}

#[test]
fn a_noisy_reward_stands_for_the_error_in_learning_alone() {
    let mut run = drawing(5);
    advance(&mut run, STEPS, &Period::learning());
    let noise = Reward::Noise { from: 2.0, to: 3.0 };
    let noisy = Period::learning().with_reward(noise);
    let mut errors = Vec::new();
    for _ in 0..STEPS {
        let step = run.step(&noisy).expect("no divergence");
        assert_eq!(step.error, step.squared_distance + step.cost);
        errors.push(step.error);
    }
    // The running mean is that of the noise, and no longer that of the error.
    assert!((2.0..3.0).contains(&run.state().mean_error));
    assert!(errors.iter().all(|e| *e < 2.0));
}

#[test]
fn feedback_is_what_the_period_names() {
    let target = TargetCurve::<f64>::butterfly(STEPS);
    let task = MovementTask::drawing(STEPS).with_target(target.turned(1.0));
    let trial = trial(Algorithm::Rmhl, PublishedTask::Drawing, Variant::Steady, 6);
    let start = Simulation::new(
        trial.simulation().reservoir().clone(),
        trial.rule,
        task,
        Seeded::new(6),
    )
    .with_memory(2);
    let states = |feedback: OutputFeedback, target: usize| {
        let mut run = start.clone();
        let period = Period::learning()
            .with_feedback(feedback)
            .with_target(target);
        advance(&mut run, 3 * STEPS, &period);
        run.state().x.clone()
    };
    let all = [
        states(OutputFeedback::Outputs, 0),
        states(OutputFeedback::Target, 0),
        states(OutputFeedback::Target, 1),
        states(OutputFeedback::Circle, 0),
        states(OutputFeedback::Recorded { periods: 1 }, 0),
        states(OutputFeedback::Recorded { periods: 2 }, 0),
    ];
    for (i, a) in all.iter().enumerate() {
        assert!(all[..i].iter().all(|b| a != b));
    }
    // What does not depend on the outputs is the same under any rule.
    let mut other = start.clone();
    let circle = Period::learning().with_feedback(OutputFeedback::Circle);
    advance(
        &mut other,
        3 * STEPS,
        &circle.without_exploratory_learning(),
    );
    assert_eq!(other.state().x, all[3]);
}

#[test]
fn recorded_feedback_repeats_what_the_run_put_out() {
    let mut run = drawing(7).with_memory(2);
    let mut outputs = Vec::new();
    for _ in 0..2 * STEPS {
        outputs.push(
            run.step(&Period::learning())
                .expect("no divergence")
                .z
                .to_vec(),
        );
    }
    // A closed loop is fed what it put out at the step before; recorded feedback of that run one
    // step later is the same number, so a target made of the record drives the same potentials.
    let points: Vec<f64> = outputs[STEPS..].concat();
    let mut by_record = run.clone();
    let period = Period::test().with_feedback(OutputFeedback::Recorded { periods: 1 });
    advance(&mut by_record, STEPS, &period);

    let task = MovementTask::new(metaplast_reservoir::Direct(2), TargetCurve::new(2, points));
    let rule = *run.rule();
    let mut by_target = Simulation::new(run.reservoir().clone(), rule, task, Seeded::new(7));
    by_target.set_state(run.state().clone());
    advance(
        &mut by_target,
        STEPS,
        &Period::test().with_feedback(OutputFeedback::Target),
    );
    assert_eq!(by_record.state().x, by_target.state().x);
}

#[test]
#[should_panic(expected = "feedback of 3 periods ago in a run that keeps 120 steps")]
fn feedback_from_before_the_memory_is_refused() {
    let mut run = drawing(8).with_memory(2);
    let period = Period::test().with_feedback(OutputFeedback::Recorded { periods: 3 });
    advance(&mut run, 1, &period);
}
