//! Recorded runs: the same run as a plain one, and its derivatives those of dual numbers.

use metaplast_autodiff::{Dual, Tape};
use metaplast_reservoir::{
    Algorithm, Coefficients, LearningRule, OutputFeedback, Period, PeriodSchedule, PublishedTask,
    RecordedRun, Reservoir, Seeded, Simulation, Variant,
};
use metaplast_tensor::Scalar;

use crate::runs::{TASKS, algorithms};

/// As many directions as a rule has coefficients.
const DIRECTIONS: usize = 10;
const UNITS: usize = 30;
const STEPS: usize = 30;
const SEED: u64 = 5;

type Number = Dual<f64, DIRECTIONS>;

fn rule(algorithm: Algorithm, task: PublishedTask, variant: Variant) -> LearningRule<f64> {
    let mut rule = variant.rule::<f64>(algorithm, task);
    // A gate that is half open here and there, and a slope that lets derivatives through.
    let c = &mut rule.coefficients;
    c.rate = 0.02;
    c.threshold = if task == PublishedTask::Drawing {
        0.45
    } else {
        3.0
    };
    c.slope = 5.0;
    rule
}

/// Learning with a pathway cut now and then, and the test after it.
fn periods(task: PublishedTask) -> (PeriodSchedule, Period) {
    let learning = Period::learning();
    let schedule = PeriodSchedule::new()
        .then(2, learning)
        .then(1, learning.with_feedback(OutputFeedback::Circle))
        .then(1, learning.without_mastery());
    let test = Period::test().with_feedback(match task {
        PublishedTask::Drawing => OutputFeedback::Target,
        _ => OutputFeedback::Recorded { periods: 2 },
    });
    (schedule, test)
}

fn plain<T: Scalar>(rule: LearningRule<T>, task: PublishedTask) -> T {
    let (schedule, test) = periods(task);
    let reservoir = Reservoir::random(UNITS, task.outputs(), SEED);
    let mut run =
        Simulation::new(reservoir, rule, task.with_steps(STEPS), Seeded::new(SEED)).with_memory(2);
    run.run(&schedule, |_| ()).expect("no divergence");
    let mut sum = T::ZERO;
    for _ in 0..STEPS {
        sum += run.step(&test).expect("no divergence").squared_distance;
    }
    sum / T::from_f64(STEPS as f64)
}

fn recorded(rule: LearningRule<f64>, task: PublishedTask) -> (f64, Coefficients<f64>) {
    let (schedule, test) = periods(task);
    let reservoir = Reservoir::random(UNITS, task.outputs(), SEED);
    let tape = Tape::new();
    let variables = rule.coefficients.map(|_, value| tape.scalar(value));
    let rule = rule.with_coefficients(variables);
    let task = task.with_steps(STEPS);
    let mut run = RecordedRun::new(&tape, &reservoir, rule, task, Seeded::new(SEED));
    run.run(&schedule);
    let loss = run.test_loss(1, test);
    let gradients = loss.backward();
    (loss.item(), variables.map(|_, by| gradients.wrt(by).item()))
}

fn listed(coefficients: Coefficients<f64>) -> Vec<(&'static str, f64)> {
    let mut all = Vec::new();
    let _ = coefficients.map(|name, value| all.push((name, value)));
    all
}

#[test]
fn reverse_mode_is_forward_mode_whatever_the_task_and_the_rule() {
    for task in TASKS {
        for algorithm in algorithms(task) {
            for variant in Variant::ALL {
                let rule = rule(algorithm, task, variant);
                let mut direction = 0..;
                let seeded = rule
                    .coefficients
                    .map(|_, value| Number::seeded(value, direction.next().expect("a direction")));
                let forward = plain(rule.with_coefficients(seeded), task);
                let (loss, gradient) = recorded(rule, task);
                let what = format!("{task:?}, {algorithm}, {variant}");
                assert!((loss - forward.value()).abs() < 1e-11, "{what}");
                let largest = forward
                    .tangent()
                    .iter()
                    .fold(0.0_f64, |m, t| m.max(t.abs()));
                for ((name, by), expected) in listed(gradient).into_iter().zip(forward.tangent()) {
                    let off = (by - expected).abs();
                    assert!(
                        off <= 1e-9 * expected.abs() + 1e-12 * largest,
                        "{what}: by {name} {by} in reverse, {expected} forward"
                    );
                }
            }
        }
    }
}

#[test]
fn forward_mode_is_the_limit_of_differences() {
    let task = PublishedTask::CostlyArm;
    let rule = rule(Algorithm::Supertrex, task, Variant::Steady);
    let at = |rate: f64| {
        let mut rule = rule;
        rule.coefficients.rate = rate;
        plain(rule, task)
    };
    let (rate, step) = (rule.coefficients.rate, 1e-7);
    let difference = (at(rate + step) - at(rate - step)) / (2.0 * step);
    let (_, gradient) = recorded(rule, task);
    let off = (gradient.rate - difference).abs();
    assert!(
        off < 1e-5 * difference.abs(),
        "{} and {difference}",
        gradient.rate
    );
}
