//! Tasks of a configuration: the classes that they are drawn from, and those held out.

use metaplast_data::{DataError, Dataset, TaskSampler, uniform_index};
use metaplast_meta::seeds::{EpisodeKey, Purpose};

use super::config::Config;
use crate::data::DataSource;
use crate::error::Error;

/// What tasks are drawn from.
#[derive(Debug)]
pub struct Tasks {
    /// Draws them, from the classes that are not held out.
    pub sampler: TaskSampler,
    /// Classes that meta-training does not see.
    pub held_out: Vec<usize>,
}

/// An error of the sampler, with the flag that asks for too much.
#[must_use]
pub fn sampling_error(source: &DataSource, error: DataError) -> Error {
    let origin = match error {
        DataError::TooFewClasses { .. } => "--ways".to_owned(),
        DataError::TooFewImages { .. } => "--shots".to_owned(),
        DataError::Groups { .. } => "--groups".to_owned(),
        _ => format!("--data {source}"),
    };
    Error::setting(origin, error.to_string())
}

impl Config {
    /// Settles which classes are held out.
    pub(super) fn draw_from(&self, dataset: &Dataset) -> Result<Tasks, Error> {
        let mut classes: Vec<usize> = (0..dataset.classes())
            .filter(|&c| !dataset.of_class(c).is_empty())
            .collect();
        // Groups first, so that they are the same however many single classes follow.
        let mut rng = EpisodeKey::new(self.seed, 0, 0).stream(Purpose::HoldOut);
        let of_groups = self.images.hold_out(dataset, &mut rng, &mut classes)?;
        let held_out = self.hold_out.value;
        if held_out > 0 && held_out < self.ways {
            return Err(self.hold_out.wrong(format!(
                "{held_out} classes make no task of {} ways to evaluate on; hold out 0 or at least {}",
                self.ways, self.ways
            )));
        }
        if held_out.saturating_add(self.ways) > classes.len() as u64 {
            let (all, ways) = (classes.len(), self.ways);
            let beside = match of_groups.is_empty() {
                true => "",
                false => " beside the groups held out",
            };
            let error = match held_out {
                0 => Error::setting(
                    "--ways",
                    format!("{ways} classes in a task, but {} has {all}{beside}; lower it to {all}", self.source),
                ),
                _ => self.hold_out.wrong(format!(
                    "{held_out} of {all} classes{beside} held out leave fewer than the {ways} ways of a task; hold out fewer"
                )),
            };
            return Err(error);
        }
        let mut held_out = draw(&mut rng, &mut classes, held_out as usize);
        held_out.extend(of_groups);
        held_out.sort_unstable();
        classes.sort_unstable();
        let sampler = TaskSampler::among(
            dataset,
            classes,
            self.ways as usize,
            self.shots as usize,
            self.queries as usize,
            self.sampling,
        )
        .and_then(|sampler| sampler.with_grouping(self.grouping()));
        Ok(Tasks {
            sampler: sampler.map_err(|error| sampling_error(&self.source, error))?,
            held_out,
        })
    }
}

/// Draws `n` classes out of `classes`.
fn draw(rng: &mut impl rand::Rng, classes: &mut Vec<usize>, n: usize) -> Vec<usize> {
    (0..n)
        .map(|_| classes.swap_remove(uniform_index(rng, classes.len())))
        .collect()
}
