//! One trial: rates are chosen, a rule is meta-learned, and all learners are tested on the same streams.

use metaplast_experiment::{Error, ExperimentMonitor, ExperimentSettings, Measurement};
use metaplast_numbers::statistics::mean;
use metaplast_plasticity::Rule;

use super::learner::Learner;
use super::meta_learning::meta_learn;
use super::rules::ThreeFactorRule;
use super::tasks::{stream, task};
use super::units::units;
use crate::architecture::SpikingArchitecture;
use crate::clip::{ClipSplit, SpikeClips};
use crate::experiments::measured::layers;

/// Names of the learners, in the order of tables.
pub(super) const LEARNERS: [&str; 5] = [
    "readout alone",
    "e-prop",
    "tuned e-prop",
    "meta-learned",
    "BPTT",
];

/// Tasks by which rates are chosen are numbered from here, those of meta-learning from 0.
const RATE_TASKS: u64 = 1 << 32;

/// Sizes of networks, tasks and tests.
#[derive(Clone, Debug)]
pub(super) struct Sizes {
    layers: Vec<usize>,
    rates: Vec<f64>,
    rate_tasks: u64,
    shots: usize,
    queries: usize,
    episodes: u64,
    meta_rate: f64,
    streams: u64,
    stream: usize,
    points: usize,
}

impl Sizes {
    pub(super) fn read(settings: &ExperimentSettings) -> Result<Self, Error> {
        let rates = settings.get_numbers("rates").to_vec();
        if rates.is_empty() || !rates.iter().all(|&rate| rate > 0.0 && rate.is_finite()) {
            let reason = "rates are positive numbers; give some such as 0.001,0.01";
            return Err(Error::setting("rates", reason));
        }
        let whole = |name: &str, most: u64| settings.whole_within(name, 1..=most);
        let sizes = Sizes {
            layers: layers(settings)?,
            rates,
            rate_tasks: whole("rate_tasks", 10_000)?,
            shots: whole("shots", 1_000_000)? as usize,
            queries: whole("queries", 1_000_000)? as usize,
            episodes: settings.whole_within("episodes", 0..=10_000_000)?,
            meta_rate: settings.positive("meta_rate", 1e3)?,
            streams: whole("streams", 10_000)?,
            stream: whole("stream", 10_000_000)? as usize,
            points: whole("points", 10_000)? as usize,
        };
        if sizes.points > sizes.stream {
            let reason = format!(
                "{} tests in a stream of {} clips; at most one after each",
                sizes.points, sizes.stream
            );
            return Err(Error::setting("points", reason));
        }
        Ok(sizes)
    }

    /// Whether there are enough clips.
    pub(super) fn check(&self, clips: &SpikeClips, split: &ClipSplit) -> Result<(), Error> {
        let wanted = self.shots + self.queries;
        for (class, name) in clips.classes.iter().enumerate() {
            let of_class = split.train.iter();
            let count = of_class
                .filter(|&&place| clips.clips[place].label == class)
                .count();
            if count < wanted {
                let reason = format!(
                    "a task takes {wanted} clips of each class, shots and queries; of {name} there are {count} to learn from"
                );
                return Err(Error::setting("shots", reason));
            }
        }
        if self.stream > split.train.len() {
            let reason = format!(
                "{} clips, where {} are there to learn from",
                self.stream,
                split.train.len()
            );
            return Err(Error::setting("stream", reason));
        }
        Ok(())
    }
}

/// Measures
///
/// - `rates`: the rate of each learner; what is meta-learned begins at that of e-prop;
/// - `theta`: the meta-learned coefficients, and `start`, where they began, layer by layer of each; `tuned`:
///   those of e-prop alone, learned likewise;
/// - `losses`, `skipped`: of the whole rule's meta-learning; `heard`, the clips of one of its tasks;
/// - `clips`: after how many clips of a stream tests are;
/// - for each learner under its name the accuracy at these points, one stream after the other.
pub(super) fn measure(
    sizes: &Sizes,
    rule: &ThreeFactorRule,
    (clips, split): (&SpikeClips, &ClipSplit),
    seed: u64,
    monitor: &dyn ExperimentMonitor,
) -> Result<Measurement, Error> {
    let architecture =
        SpikingArchitecture::scsr(clips.channels, &sizes.layers, clips.classes.len());
    let task = |number| {
        let counts = [sizes.shots, sizes.queries];
        task(clips, &split.train, counts, (seed, number))
    };
    let best = |learner: &dyn Fn(f64) -> Learner| -> Result<f64, Error> {
        let mut best = (f64::INFINITY, sizes.rates[0]);
        for &rate in &sizes.rates {
            let mut losses = Vec::new();
            for number in 0..sizes.rate_tasks {
                if monitor.stop_requested() {
                    return Err(Error::interrupted());
                }
                let judged =
                    learner(rate).learn(&architecture, clips, &task(RATE_TASKS + number), 1);
                losses.push(judged[0].loss);
            }
            let loss = mean(&losses);
            if loss < best.0 {
                best = (loss, rate);
            }
        }
        Ok(best.1)
    };
    let readout = |rate| Learner::Rule(rule.e_prop(&architecture, rate, false));
    let e_prop = |rate| Learner::Rule(rule.e_prop(&architecture, rate, true));
    let rates = [
        best(&readout)?,
        best(&e_prop)?,
        best(&Learner::ThroughTime)?,
    ];
    let start = rule.begin(&architecture, rates[1]);
    let units = units(rule, (&architecture, clips), &task(0), &start);
    let meta_learn = |start: &Rule, units: &[f64]| {
        let tasks: Vec<u64> = (0..sizes.episodes).collect();
        let tasks = tasks.into_iter().map(task);
        let setting = (&architecture, clips);
        meta_learn(
            start.clone(),
            units,
            setting,
            tasks,
            sizes.meta_rate,
            monitor,
        )
    };
    let tuned = rule.e_prop(&architecture, rates[1], true);
    let tuned = meta_learn(&tuned, tuned.theta())?;
    let meta_learned = meta_learn(&start, &units)?;
    let learners = [
        readout(rates[0]),
        e_prop(rates[1]),
        Learner::Rule(tuned.rule.clone()),
        Learner::Rule(meta_learned.rule.clone()),
        Learner::ThroughTime(rates[2]),
    ];
    let points = 1..=sizes.points;
    let learned = points.map(|k| (k * sizes.stream / sizes.points) as f64);
    let mut measured = Measurement::new()
        .with("rates", [rates[0], rates[1], rates[1], rates[1], rates[2]])
        .with("theta", meta_learned.rule.theta())
        .with("start", start.theta())
        .with("tuned", tuned.rule.theta())
        .with("heard", [(sizes.shots * clips.classes.len()) as f64])
        .with("losses", meta_learned.losses)
        .with("skipped", [meta_learned.skipped as f64])
        .with("clips", learned.collect::<Vec<_>>());
    for (name, learner) in LEARNERS.iter().zip(&learners) {
        let mut accuracies = Vec::new();
        for number in 0..sizes.streams {
            if monitor.stop_requested() {
                return Err(Error::interrupted());
            }
            let stream = stream(&split.train, &split.test, sizes.stream, (seed, number));
            let judged = learner.learn(&architecture, clips, &stream, sizes.points);
            accuracies.extend(judged.iter().map(|judged| judged.accuracy));
        }
        measured.set(*name, accuracies);
    }
    Ok(measured)
}
