//! Recordings of a rule at work on tasks of images.

use metaplast_data::TaskSampler;
use metaplast_meta::evaluate::TRIAL;
use metaplast_meta::fit::{Recording, What};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::{Episode, Model};
use metaplast_runs::Error;
use metaplast_runs::settings::{Choice, NameTable};

use crate::flags::task_setup::TaskSetup;

/// Upper bound (1 GiB in f32), against typing errors.
const MOST_NUMBERS: u64 = 1 << 28;

#[derive(Clone, Copy, Debug)]
enum RecordedQuantity {
    Weights,
    Activity,
}

const QUANTITIES: NameTable<RecordedQuantity> = NameTable::new(
    "quantity",
    &[
        ("weights", RecordedQuantity::Weights),
        ("activity", RecordedQuantity::Activity),
    ],
);

/// What is to be recorded, checked before any work is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordingPlan {
    trajectories: u64,
    noise: f64,
    what: What,
}

impl RecordingPlan {
    /// Names of what can be recorded.
    pub(crate) fn quantities() -> Vec<String> {
        QUANTITIES.names()
    }

    /// A plan of so many trajectories, with this much noise, of the quantities by name: weights, `every`
    /// so many steps, and activity.
    pub(crate) fn new(
        trajectories: Option<u64>,
        noise: Option<f64>,
        quantities: Option<&[String]>,
        every: u64,
    ) -> Result<Self, Error> {
        let noise = Choice::new(noise.unwrap_or(0.0), "--noise");
        let mut what = What {
            weights_every: None,
            activity: false,
        };
        for name in quantities.unwrap_or(&RecordingPlan::quantities()) {
            let found = QUANTITIES.find(name.trim());
            match found.map_err(|reason| Error::setting("--quantities", reason))? {
                RecordedQuantity::Weights => {
                    what.weights_every = Some(usize::try_from(every).unwrap_or(usize::MAX));
                }
                RecordedQuantity::Activity => what.activity = true,
            }
        }
        Ok(RecordingPlan {
            trajectories: Choice::new(trajectories.unwrap_or(1), "--trajectories").positive()?,
            noise: noise.not_negative()?,
            what,
        })
    }

    /// How many trajectories there will be.
    pub(crate) fn trajectories(&self) -> u64 {
        self.trajectories
    }

    /// Refuses what would not fit into a file or memory.
    pub(crate) fn check_size(&self, model: &Model, steps: u64) -> Result<(), Error> {
        if !model.architecture.is_fully_connected() || model.architecture.has_skips() {
            let reason = "the network has convolution, pooling, skips or recurrent units, and recordings are of fully connected layers; leave --record out";
            return Err(Error::setting("--record", reason));
        }
        if model.rule.reads_reward() || model.rule.perturbed().is_some() {
            let reason = "the rule reads rewards or perturbations, which recordings do not hold; leave --record out";
            return Err(Error::setting("--record", reason));
        }
        let sizes = model.architecture.sizes().iter().map(|&n| n as u64);
        let weights = model.architecture.weights() as u64;
        let times = self
            .what
            .weights_every
            .map_or(0, |every| steps / every as u64 + 2);
        let each = steps
            .saturating_mul(sizes.sum())
            .saturating_add(times.saturating_mul(weights));
        match each.saturating_mul(self.trajectories) {
            0..=MOST_NUMBERS => Ok(()),
            numbers => Err(Error::setting(
                "--record",
                format!(
                    "{numbers} numbers, more than {MOST_NUMBERS}; choose fewer --trajectories or --steps, a larger --every or --quantities activity"
                ),
            )),
        }
    }

    /// Records trajectories, each of a fresh network on a fresh task; `tell` hears how many are done.
    pub(crate) fn record(
        &self,
        model: &Model,
        setup: &TaskSetup,
        sampler: &TaskSampler,
        (seed, steps): (u64, u64),
        tell: &dyn Fn(u64),
    ) -> Vec<Recording> {
        let record = |k: u64| {
            let key = EpisodeKey::new(seed, TRIAL, k);
            let task = sampler.sample(&setup.dataset, &mut key.stream(Purpose::Task));
            let episode = Episode::new(model, key, &setup.dataset, &task);
            let mut recording = Recording::of_episode(&episode.with_steps(Some(steps)));
            recording.traces = recording.simulate(model, self.what);
            let mut rng = key.stream(Purpose::Recording);
            recording.traces.add_noise(self.noise, &mut rng);
            tell(k + 1);
            recording
        };
        (0..self.trajectories).map(record).collect()
    }
}
