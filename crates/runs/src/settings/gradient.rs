//! How long episodes are, and by which way and in what memory their gradients come.

use metaplast_meta::gradient::{Fitting, GradientMode, Segments, Unroll, Within, fitting};
use metaplast_meta::{Episode, Precision};

use super::byte_size::ByteSize;
use super::choice::Choice;
use super::finder::Finder;
use super::given::Settings;
use super::names::{FORWARD, GRADIENTS, REVERSE};
use crate::error::Error;

/// The choices as settings make them. What a sweep keeps may be left to [`fit`](Self::fit), which
/// needs the images.
#[derive(Clone, Debug)]
pub(super) struct CourseChoice {
    steps: Option<u64>,
    forward: bool,
    memory: Option<Choice<String>>,
    unroll: Option<Unroll>,
}

impl CourseChoice {
    pub(super) fn resolve(find: &Finder<'_>) -> Result<Self, Error> {
        let steps = find.find("steps", |s| &s.steps);
        let gradient = find.or("gradient", |s| &s.gradient, "reverse".into());
        let memory = find.find("memory", |s| &s.memory);
        let unroll = find.find("unroll", |s| &s.unroll);
        // A budget given as a flag is for this run, and the file's unroll for the file's budget.
        let unroll = unroll.filter(|_| find.flags.unroll.is_some() || find.flags.memory.is_none());
        if let Some(memory) = &memory {
            memory.parse::<ByteSize>()?;
        }
        Ok(CourseChoice {
            steps: steps.map(|steps| steps.positive()).transpose()?,
            forward: gradient.named(&GRADIENTS)?,
            unroll: unroll.map(|unroll| unroll.parse()).transpose()?,
            memory,
        })
    }

    /// Online steps of an episode, where they are not one for each support image.
    pub(super) fn steps(&self) -> Option<u64> {
        self.steps
    }

    /// The way to the gradient.
    pub(super) fn mode(&self) -> GradientMode {
        match self.forward {
            true => GradientMode::Forward,
            false => GradientMode::Reverse(self.unroll.unwrap_or_default()),
        }
    }

    /// As settings that lead to the same bits.
    pub(super) fn store(&self, settings: &mut Settings) {
        let way = if self.forward { FORWARD } else { REVERSE };
        settings.steps = self.steps;
        settings.gradient = Some(way.to_owned());
        settings.memory = self.memory.as_ref().map(|memory| memory.value.clone());
        // Forward mode has nothing to keep.
        let unroll = self.unroll.unwrap_or_default();
        settings.unroll = (!self.forward).then(|| unroll.to_string());
    }

    /// Picks what a sweep keeps, where a budget asks for it and nothing was chosen yet, and says
    /// what it picked. The pick depends on the settings and not on the memory of the machine.
    pub(super) fn fit(
        &mut self,
        episode: &Episode<'_>,
        precision: Precision,
    ) -> Result<Option<String>, Error> {
        let Some(memory) = &self.memory else {
            return Ok(None);
        };
        if self.forward {
            return Ok(Some(
                "forward mode keeps no tape; --memory has nothing to fit".into(),
            ));
        }
        if let Some(unroll) = self.unroll {
            return Ok(Some(format!("unroll `{unroll}`, as it was chosen before")));
        }
        let ByteSize(bytes) = memory.parse()?;
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let episode = episode.with_steps(self.steps);
        let found = fitting(&episode, precision, bytes).map_err(|error| {
            let (bytes, least) = (ByteSize(error.bytes as u64), ByteSize(error.least as u64));
            memory.wrong(format!(
                "{bytes} do not hold an episode of this network; give {least} or more"
            ))
        })?;
        self.unroll = Some(found.unroll);
        Ok(Some(describe(&memory.value, episode.steps, found)))
    }
}

fn describe(memory: &str, steps: usize, found: Fitting) -> String {
    let bytes = ByteSize(found.bytes as u64);
    match found.unroll {
        Unroll::Tape => format!(
            "memory {memory}: one tape for the {steps} steps of an episode, undone by the sweep ({bytes})"
        ),
        Unroll::Segments(Segments {
            steps: segment,
            checkpoints,
            within,
        }) => {
            let within = match within {
                Within::Undo => "undone by the sweep",
                Within::Stored => "stored",
            };
            let times = found.replays;
            format!(
                "memory {memory}: the {steps} steps of an episode in segments of {segment}, {within}, \
                 from {checkpoints} checkpoints; each step is run up to {times} times more ({bytes})"
            )
        }
    }
}
