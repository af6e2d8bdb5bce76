//! How long episodes are, and by which way and in what memory their gradients come.

use metaplast_meta::gradient::{Fitting, GradientMode, Segments, Unroll, Within, fitting, gram};
use metaplast_meta::{Episode, Model, Precision, QueryLoss};

use super::byte_size::ByteSize;
use super::choice::Choice;
use super::finder::Finder;
use super::given::Settings;
use super::way::Way;
use crate::error::Error;

/// The choices as settings make them. What a sweep keeps may be left to [`fit`](Self::fit), which
/// needs the images.
#[derive(Clone, Debug)]
pub(super) struct CourseChoice {
    steps: Option<u64>,
    way: Way,
    memory: Option<Choice<String>>,
    unroll: Option<Unroll>,
}

impl CourseChoice {
    /// Of episodes of this model with this score.
    pub(super) fn resolve(
        find: &Finder<'_>,
        model: &Model,
        query_loss: QueryLoss,
    ) -> Result<Self, Error> {
        let steps = find.find("steps", |s| &s.steps);
        let gradient = find.or("gradient", |s| &s.gradient, "reverse".into());
        let memory = find.find("memory", |s| &s.memory);
        let unroll = find.find("unroll", |s| &s.unroll);
        // A budget given as a flag is for this run, and the file's unroll for the file's budget.
        let unroll = unroll.filter(|_| find.flags.unroll.is_some() || find.flags.memory.is_none());
        if let Some(memory) = &memory {
            memory.parse::<ByteSize>()?;
        }
        let way = Way::read(&gradient)?;
        if way == Way::Gram {
            let checked = gram::check(model, query_loss);
            checked.map_err(|error| gradient.wrong(format!("gram: {error}; or take reverse")))?;
        }
        Ok(CourseChoice {
            steps: steps.map(|steps| steps.positive()).transpose()?,
            way,
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
        self.way.mode(self.unroll.unwrap_or_default())
    }

    /// As settings that lead to the same bits.
    pub(super) fn store(&self, settings: &mut Settings) {
        settings.steps = self.steps;
        settings.gradient = Some(self.way.name());
        settings.memory = self.memory.as_ref().map(|memory| memory.value.clone());
        // The other ways have nothing to choose.
        let unroll = self.unroll.unwrap_or_default();
        settings.unroll = (self.way == Way::Reverse).then(|| unroll.to_string());
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
        let nothing = match self.way {
            Way::Reverse => None,
            Way::Gram => Some(
                "the steps are kept on one tape beside a Gram matrix; --memory has nothing to fit",
            ),
            Way::Forward => Some("forward mode keeps no tape; --memory has nothing to fit"),
            Way::Truncated(_) => {
                Some("truncated steps are kept as they are; --memory has nothing to fit")
            }
            Way::Evolution(_) => {
                Some("an evolution strategy keeps no tape; --memory has nothing to fit")
            }
        };
        if let Some(nothing) = nothing {
            return Ok(Some(nothing.into()));
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
