//! Meta-learning of RMHL: its coefficients by gradients through whole runs.

use metaplast_autodiff::optim::{Adam, Optimizer};
use metaplast_experiment::{
    About, Across, Error, Experiment, ExperimentSettings, Figure, Measurement, Plot, Point,
    Request, Results, Scale, Table,
};
use metaplast_numbers::statistics::median;
use metaplast_numbers::streams;
use metaplast_tensor::Tensor;

use super::ARTICLE;
use super::size::check_memory;
use crate::lesson::Lesson;
use crate::published::{PublishedTask, Variant};
use crate::rule::{Algorithm, Coefficients, LearningRule};

/// The experiment.
pub(super) struct MetaRmhl;

/// Tasks on which a learned rule is tried; it learns on the first.
const TASKS: [(&str, PublishedTask); 3] = [
    ("task 1", PublishedTask::Drawing),
    ("task 2", PublishedTask::Arm { segments: 2 }),
    ("task 3", PublishedTask::CostlyArm),
];

/// Coefficients that are learned. The factor of Φ and the rate are one parameter.
const LEARNED: [&str; 6] = [
    "rate",
    "power",
    "exploration factor",
    "exploration power",
    "error weight",
    "output weight",
];

/// The largest derivative of a loss by a coefficient's logarithm that counts.
const CLIP: f64 = 1.0;

impl Experiment for MetaRmhl {
    fn name(&self) -> String {
        "meta-rmhl".into()
    }

    fn about(&self) -> About {
        About::new("meta-rmhl", "A better RMHL by gradients through its learning")
            .asking(
                "The coefficients of RMHL were set by hand. Do gradients through whole runs of learning find \
                 better ones, and are they better for reservoirs and tasks that had no part in it?",
            )
            .published(format!(
                "Nothing of the kind; the coefficients to start from are those of {ARTICLE}. In a trial of ours by \
                 another program the median RMS distance on unseen reservoirs fell from .278 to .232 in 8 steps"
            ))
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        ExperimentSettings::new()
            .trials_and_seed(if quick { 2 } else { 5 })
            .whole(
                "units",
                if quick { 50 } else { 100 },
                "units of a reservoir",
            )
            .whole("steps", if quick { 400 } else { 1600 }, "steps of a period")
            .whole("periods", if quick { 2 } else { 4 }, "periods of learning")
            .whole(
                "meta-steps",
                if quick { 4 } else { 40 },
                "steps of the coefficients",
            )
            .whole(
                "batch",
                4,
                "reservoirs whose gradients a step takes the median of",
            )
            .whole(
                "unseen",
                if quick { 6 } else { 16 },
                "reservoirs that a rule is tried on",
            )
            .number(
                "meta-rate",
                0.1,
                "Adam's step, in logarithms of coefficients",
            )
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let trials = settings.whole_within("trials", 1..=1000)?;
        let plan = Plan::read(settings)?;
        let names: Vec<String> = (0..trials).map(|trial| format!("trial {trial}")).collect();
        let measured = request.measure("meta-learning", &names, |trial| {
            plan.learn(&[settings.seed(), trial as u64], || {
                request.monitor.stop_requested()
            })
        })?;
        Ok(results(&measured, plan.meta_steps))
    }
}

/// What a trial does.
struct Plan {
    lesson: Lesson,
    meta_steps: usize,
    batch: usize,
    unseen: usize,
    meta_rate: f64,
}

impl Plan {
    fn read(settings: &ExperimentSettings) -> Result<Self, Error> {
        let size = |name: &str, range: std::ops::RangeInclusive<u64>| -> Result<usize, Error> {
            Ok(settings.whole_within(name, range)? as usize)
        };
        let plan = Plan {
            lesson: Lesson {
                task: TASKS[0].1,
                units: size("units", 10..=10_000)?,
                steps: size("steps", 10..=1_000_000)?,
                learning: size("periods", 1..=1000)?,
                testing: 1,
            },
            meta_steps: size("meta-steps", 1..=100_000)?,
            batch: size("batch", 1..=1000)?,
            unseen: size("unseen", 1..=10_000)?,
            meta_rate: settings.positive("meta-rate", 10.0)?,
        };
        // A step of a run on a tape keeps some ten vectors of the units.
        let lesson = &plan.lesson;
        let steps = lesson.steps as u64 * (lesson.learning as u64 + 1);
        let bytes = 10 * 8 * steps * lesson.units as u64;
        check_memory("steps", bytes, &format!("a run of {steps} steps on a tape"))?;
        Ok(plan)
    }

    /// The rule to start from: what counts is the rate times the number of units.
    fn start(&self, task: PublishedTask) -> LearningRule<f64> {
        let mut rule: LearningRule<f64> = Variant::Authors.rule(Algorithm::Rmhl, task);
        rule.both_signs = true;
        rule.coefficients.rate *= 1000.0 / self.lesson.units as f64;
        rule
    }

    /// The rule for a task when coefficients have changed by factors of e to `logarithms`.
    fn changed(&self, task: PublishedTask, logarithms: &[f64]) -> LearningRule<f64> {
        let mut rule = self.start(task);
        rule.coefficients = rule.coefficients.map(|name, value| {
            let place = LEARNED.iter().position(|learned| *learned == name);
            let value = value * place.map_or(1.0, |place| logarithms[place].exp());
            // Weights of running means.
            match name {
                "error weight" | "output weight" => value.min(0.99),
                _ => value,
            }
        });
        rule
    }

    fn learn(&self, name: &[u64; 2], stop: impl Fn() -> bool) -> Result<Measurement, Error> {
        let seed = |purpose: u64, number: usize| {
            streams::seed(&[name[0], name[1], purpose, number as u64])
        };
        let mut adam = Adam::new(self.meta_rate);
        let mut logarithms: [Tensor<f64>; 1] = [Tensor::zeros([LEARNED.len()])];
        let mut course = Vec::new();
        let mut measured = Measurement::new();
        self.try_out(&mut measured, "before", logarithms[0].data(), |k| {
            seed(1, k)
        });
        for meta_step in 0..self.meta_steps {
            if stop() {
                return Err(Error::interrupted());
            }
            let rule = self.changed(self.lesson.task, logarithms[0].data());
            let mut losses = Vec::new();
            let mut gradients = Vec::new();
            for k in 0..self.batch {
                let (loss, gradient) = self
                    .lesson
                    .gradient(&rule, seed(0, meta_step * self.batch + k));
                losses.push(loss);
                gradients.push(by_logarithms(&rule.coefficients, &gradient));
            }
            course.push((0.5 * median(&losses)).exp());
            let medians = (0..LEARNED.len()).map(|place| {
                let at: Vec<f64> = gradients.iter().map(|gradient| gradient[place]).collect();
                median(&at)
            });
            let medians: Vec<f64> = medians.collect();
            adam.step(&mut logarithms, &[Tensor::new([LEARNED.len()], medians)]);
        }
        self.try_out(&mut measured, "after", logarithms[0].data(), |k| seed(1, k));
        let learned = self
            .changed(self.lesson.task, logarithms[0].data())
            .coefficients;
        let mut values = Vec::new();
        let _ = learned.map(|name, value| {
            if LEARNED.contains(&name) {
                values.push(value);
            }
        });
        Ok(measured.with("course", course).with("coefficients", values))
    }

    /// The RMS distance on unseen reservoirs of each task; NaN where a run diverges.
    fn try_out(
        &self,
        measured: &mut Measurement,
        when: &str,
        logarithms: &[f64],
        seed: impl Fn(usize) -> u64,
    ) {
        for (name, task) in TASKS {
            let rule = self.changed(task, logarithms);
            let lesson = Lesson {
                task,
                ..self.lesson
            };
            let distances = (0..self.unseen).map(|k| {
                let loss = lesson.loss(&rule, seed(k));
                loss.map_or(f64::NAN, |loss| (0.5 * loss).exp())
            });
            measured.set(format!("{name}, {when}"), distances.collect::<Vec<_>>());
        }
    }
}

/// Derivatives by the logarithms of the coefficients that are learned, cut off at [`CLIP`]; 0 of what
/// is not a number.
fn by_logarithms(at: &Coefficients<f64>, gradient: &Coefficients<f64>) -> Vec<f64> {
    let mut values = Vec::new();
    let _ = at.map(|name, value| {
        if LEARNED.contains(&name) {
            values.push(value);
        }
    });
    let mut place = 0;
    let _ = gradient.map(|name, by| {
        if LEARNED.contains(&name) {
            let product = values[place] * by;
            values[place] = if product.is_nan() {
                0.0
            } else {
                product.clamp(-CLIP, CLIP)
            };
            place += 1;
        }
    });
    values
}

fn results(measured: &[Measurement], meta_steps: usize) -> Results {
    let mut results = Results::new();
    let mut table = Table::new(
        "unseen",
        "Reservoirs that had no part in it",
        ["task", "RMS distance before", "after", "reservoirs better", "diverged before", "after"],
    )
    .with_note(
        "Medians over unseen reservoirs, then means over trials with 98 % intervals. The same factors are \
         applied to each task's own coefficients.",
    );
    for (name, _) in TASKS {
        let series = |when: &str| -> Vec<&[f64]> {
            let key = format!("{name}, {when}");
            measured.iter().map(|trial| trial.series(&key)).collect()
        };
        let (before, after) = (series("before"), series("after"));
        let medians = |trials: &[&[f64]]| -> Vec<f64> {
            let finite = |trial: &&[f64]| -> Vec<f64> {
                trial.iter().copied().filter(|x| x.is_finite()).collect()
            };
            trials.iter().map(|trial| median(&finite(trial))).collect()
        };
        let lost = |trials: &[&[f64]]| {
            let all = trials.iter().flat_map(|trial| trial.iter());
            all.filter(|x| !x.is_finite()).count() as u64
        };
        let pairs = before.iter().zip(&after);
        let pairs = pairs.flat_map(|(before, after)| before.iter().zip(after.iter()));
        let better = pairs
            .clone()
            .filter(|(before, after)| after < before)
            .count();
        let cells = [
            table.mean_of(&medians(&before), 3),
            table.mean_of(&medians(&after), 3),
        ];
        results = results.with_finding(format!(
            "{name}: median RMS distance on unseen reservoirs {} before and {} after {meta_steps} steps, \
             {better} of {} reservoirs better.",
            cells[0].to_text(),
            cells[1].to_text(),
            pairs.count(),
        ));
        let [before_cell, after_cell] = cells;
        table.row([
            name.into(),
            before_cell,
            after_cell,
            (better as u64).into(),
            lost(&before).into(),
            lost(&after).into(),
        ]);
    }

    let mut learned = Table::new("coefficients", "What was learned", ["coefficient", "value"]);
    for (place, name) in LEARNED.iter().enumerate() {
        let values = measured
            .iter()
            .map(|trial| trial.series("coefficients")[place]);
        let cell = learned.mean_of(&values.collect::<Vec<_>>(), 3);
        learned.row([(*name).into(), cell]);
    }

    let across = Across::Numbers {
        label: "meta-step".into(),
        scale: Scale::Linear,
    };
    let points = (0..meta_steps).filter_map(|step| {
        let at = measured.iter().map(|trial| trial.series("course")[step]);
        Point::of(step as f64, &at.collect::<Vec<_>>())
    });
    let plot = Plot::new("RMS distance while the rule learns", across, "RMS distance").wide();
    let figure = Figure::new(
        "course",
        "The rule's learning",
        "The RMS distance of the test on the reservoirs of each meta-step, which are new at every step.",
    )
    .with_series(["median of the batch"])
    .with_plot(plot.with_curve(0, points))
    .with_method("Means over trials with 98 % bootstrap intervals.");
    results
        .with_table(table)
        .with_table(learned)
        .with_figure(figure)
}
