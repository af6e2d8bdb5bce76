//! Lesions and noisy rewards, as in Parkinson's disease and its treatments.
//!
//! The article's abstract claims that dopamine-modulated plasticity in the basal ganglia runs early
//! learning and trains the cortical pathway, and that findings on the disease and its treatments
//! are reproduced; protocols and numbers are not in what is released. So the schedules are ours: a
//! reward without information stands for the disease, a cut of the exploratory pathway for
//! pallidotomy or stimulation.

use metaplast_experiment::{
    About, Across, Cell, Error, Experiment, ExperimentSettings, Figure, Measurement, Plot, Point,
    Request, Results, Scale, Table,
};
use metaplast_numbers::Estimate;
use metaplast_tensor::Scalar;

use super::size::Size;
use super::{ARTICLE, SMALL, course, settings};
use crate::draws::Seeded;
use crate::published::{PublishedTask, Variant};
use crate::reservoir::Reservoir;
use crate::rule::Algorithm;
use crate::schedule::{OutputFeedback, Period, PeriodSchedule, Reward};
use crate::simulation::Simulation;
use crate::target::TargetCurve;

/// The experiment.
pub(super) struct Parkinson;

/// A stretch of a schedule, and what it is called.
struct Stretch {
    name: &'static str,
    periods: usize,
    period: fn(Switches) -> Period,
}

/// What stretches are made from.
#[derive(Clone, Copy)]
struct Switches {
    /// A period of learning with the setting's feedback.
    normal: Period,
    /// A reward without information.
    noise: Reward,
}

const LEARNED: Stretch = Stretch {
    name: "learning",
    periods: 6,
    period: |switches| switches.normal,
};

/// Schedules: what happens to whom.
const SCHEDULES: [(&str, &[Stretch]); 6] = [
    (
        "exploratory pathway cut after learning",
        &[
            LEARNED,
            Stretch {
                name: "cut",
                periods: 2,
                period: |switches| switches.normal.without_exploratory(),
            },
        ],
    ),
    (
        "noisy reward after learning",
        &[
            LEARNED,
            Stretch {
                name: "noisy reward",
                periods: 2,
                period: |switches| switches.normal.with_reward(switches.noise),
            },
        ],
    ),
    (
        "noisy reward, then the exploratory pathway cut as well",
        &[
            LEARNED,
            Stretch {
                name: "noisy reward",
                periods: 2,
                period: |switches| switches.normal.with_reward(switches.noise),
            },
            Stretch {
                name: "noisy reward, cut",
                periods: 2,
                period: |switches| {
                    switches
                        .normal
                        .with_reward(switches.noise)
                        .without_exploratory()
                },
            },
        ],
    ),
    (
        "noisy reward, then all restored",
        &[
            LEARNED,
            Stretch {
                name: "noisy reward",
                periods: 2,
                period: |switches| switches.normal.with_reward(switches.noise),
            },
            Stretch {
                name: "restored",
                periods: 4,
                period: |switches| switches.normal,
            },
        ],
    ),
    (
        "exploratory pathway cut early in learning",
        &[
            Stretch {
                name: "learning",
                periods: 1,
                period: |switches| switches.normal,
            },
            Stretch {
                name: "cut",
                periods: 2,
                period: |switches| switches.normal.without_exploratory(),
            },
            Stretch {
                name: "restored",
                periods: 4,
                period: |switches| switches.normal,
            },
        ],
    ),
    (
        "new target while the exploratory pathway is cut",
        &[
            LEARNED,
            Stretch {
                name: "new target, cut",
                periods: 2,
                period: |switches| switches.normal.with_target(1).without_exploratory(),
            },
            Stretch {
                name: "new target, restored",
                periods: 4,
                period: |switches| switches.normal.with_target(1),
            },
        ],
    ),
];

impl Experiment for Parkinson {
    fn name(&self) -> String {
        "parkinson".into()
    }

    fn about(&self) -> About {
        About::new("parkinson", "A noisy reward and a cut pathway")
            .asking(
                "When a movement is learned, what does a reward that says nothing do to it, and does cutting the \
                 pathway that learns from the reward help? What can still be learned without that pathway?",
            )
            .published(format!(
                "That plasticity in the basal ganglia runs early learning and trains the cortical pathway, and \
                 that findings on Parkinson's disease and its treatments follow ({ARTICLE}, abstract). Protocols and \
                 numbers were not released; the schedules are ours"
            ))
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        settings(quick.then_some(SMALL), 10, 10_000)
            .number(
                "noise",
                1.0,
                "the error of a noisy reward is uniform from 0 to this",
            )
            .text(
                "feedback",
                "target",
                "what is fed back: target, circle (state information) or outputs",
            )
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let trials = settings.whole_within("trials", 1..=10_000)? as usize;
        let size = Size::read(settings)?;
        let noise = Reward::Noise {
            from: 0.0,
            to: settings.positive("noise", 1e6)?,
        };
        let feedback = match settings.get_text("feedback") {
            "target" => OutputFeedback::Target,
            "circle" => OutputFeedback::Circle,
            "outputs" => OutputFeedback::Outputs,
            other => {
                let reason = format!("{other} is no feedback; choose target, circle or outputs");
                return Err(Error::setting("feedback", reason));
            }
        };
        let normal = Period::learning().with_feedback(feedback);
        let switches = Switches { normal, noise };
        let seed = |trial: usize| settings.seed().wrapping_add(trial as u64);
        let names: Vec<String> = (0..SCHEDULES.len() * trials)
            .map(|place| {
                format!(
                    "{}, seed {}",
                    SCHEDULES[place / trials].0,
                    seed(place % trials)
                )
            })
            .collect();
        let measured = request.measure("runs", &names, |place| {
            let stretches = SCHEDULES[place / trials].1.iter();
            let schedule = stretches.fold(PeriodSchedule::new(), |schedule, stretch| {
                schedule.then(stretch.periods, (stretch.period)(switches))
            });
            let seed = seed(place % trials);
            if size.single {
                course::measure(simulation::<f32>(size, seed), &schedule, request.monitor)
            } else {
                course::measure(simulation::<f64>(size, seed), &schedule, request.monitor)
            }
        })?;
        let by_schedule: Vec<_> = SCHEDULES.iter().zip(measured.chunks(trials)).collect();
        Ok(results(&by_schedule))
    }
}

/// SUPERTREX on task 1 with a second target, the first one turned by a right angle.
fn simulation<T: Scalar>(size: Size, seed: u64) -> Simulation<T> {
    let task = PublishedTask::Drawing;
    let turned = TargetCurve::butterfly(size.steps).turned(std::f64::consts::FRAC_PI_2);
    let mut rule = Variant::Steady.rule(Algorithm::Supertrex, task);
    rule.steadiness.exploratory_row_limit = Some(ROW_LIMIT);
    Simulation::new(
        Reservoir::random(size.units, task.outputs(), seed),
        rule,
        task.with_steps(size.steps).with_target(turned),
        Seeded::new(seed),
    )
}

/// Under a reward of noise weights walk at random. Rows of W₂ are kept within this norm, some three
/// times that of a healthy run.
const ROW_LIMIT: f64 = 0.3;

type BySchedule<'a> = [(&'a (&'static str, &'static [Stretch]), &'a [Measurement])];

fn results(by_schedule: &BySchedule<'_>) -> Results {
    let mut table = Table::new(
        "distances",
        "Mean distance from the target",
        [
            "schedule",
            "periods",
            "stretch",
            "first period",
            "last period",
            "diverged",
        ],
    )
    .with_note(
        "Means over trials in the first and in the last period of a stretch, with 98 % intervals.",
    );
    let mut figure = Figure::new(
        "distances",
        "Distance from the target, period by period",
        "Each panel is a schedule. A movement that the mastery pathway holds survives the cut, and the cut \
         takes away what a noisy reward does to it; but nothing new is learned while it lasts.",
    )
    .with_series(["mean distance"])
    .with_method("Means over trials in each period, with 98 % bootstrap intervals.");
    let mut results = Results::new();
    for &(&(name, stretches), trials) in by_schedule {
        let periods: Vec<Vec<f64>> = trials
            .iter()
            .map(|trial| course::by_period(trial.series("distances")))
            .collect();
        let at = |period: usize| -> Vec<f64> {
            let reached = periods.iter().filter_map(|trial| trial.get(period));
            reached.copied().collect()
        };
        let mut start = 0;
        let mut story = Vec::new();
        for stretch in stretches {
            let last = start + stretch.periods - 1;
            let ended = trials
                .iter()
                .filter(|trial| !trial.series("diverged").is_empty());
            let cells = [
                name.into(),
                format!("{} to {}", start + 1, last + 1).into(),
                stretch.name.into(),
                table.mean_of(&at(start), 2),
                table.mean_of(&at(last), 2),
                (ended.count() as u64).into(),
            ];
            let end = Cell::mean(Estimate::of(&at(last), last as u64), 2).to_text();
            story.push(format!("{} after {}", end, stretch.name));
            table.row(cells);
            start = last + 1;
        }
        let finding = format!("{name}: mean distance {}.", story.join(", "));
        results = results.with_finding(finding);
        let across = Across::Numbers {
            label: "period".into(),
            scale: Scale::Linear,
        };
        let points = (0..start).filter_map(|period| Point::of((period + 1) as f64, &at(period)));
        let plot = Plot::new(name, across, "mean distance").logarithmic();
        figure = figure.with_plot(plot.with_curve(0, points));
    }
    results.with_table(table).with_figure(figure)
}
