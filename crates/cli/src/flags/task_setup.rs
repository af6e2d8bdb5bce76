//! Images and tasks on which a rule from a file is tried.

use std::path::Path;

use metaplast_data::{Dataset, Sampling, TaskSampler};
use metaplast_meta::Precision;
use metaplast_plasticity::Architecture;
use metaplast_runs::Error;
use metaplast_runs::data::{DATA_SEED, DataSource, GLYPHS_PER_CLASS};
use metaplast_runs::rule::{Provenance, RuleFile};
use metaplast_runs::settings::network::check_fits;
use metaplast_runs::settings::{Choice, sampling_error};

use super::classes::TaskClasses;
use super::data::DataFlags;
use super::tasks::TaskFlags;

/// Where images come from by flags alone.
pub(crate) fn source(flags: &DataFlags) -> Result<DataSource, Error> {
    source_like(flags, None)
}

fn source_like(flags: &DataFlags, provenance: Option<&Provenance>) -> Result<DataSource, Error> {
    let usual = provenance.map_or("glyphs", |p| &p.data);
    let per_class = provenance.and_then(|p| p.glyphs_per_class);
    let seed = provenance.and_then(|p| p.data_seed);
    DataSource::new(
        flags.data.as_deref().unwrap_or(usual),
        flags
            .glyphs_per_class
            .or(per_class)
            .unwrap_or(GLYPHS_PER_CLASS),
        flags.data_seed.or(seed).unwrap_or(DATA_SEED),
    )
}

/// The numbers of a task when neither a flag nor a rule says any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Defaults {
    pub(crate) shots: u64,
    pub(crate) queries: u64,
}

/// As in the paper.
pub(crate) const PAPER: Defaults = Defaults {
    shots: 50,
    queries: 10,
};

/// Images with the shape of tasks.
pub(crate) struct TaskSetup {
    pub(crate) source: DataSource,
    pub(crate) dataset: Dataset,
    ways: u64,
    shots: u64,
    queries: u64,
    sampling: Sampling,
}

impl TaskSetup {
    /// Opens the images, `flags` winning over `provenance`.
    pub(crate) fn open(
        flags: &TaskFlags,
        provenance: Option<&Provenance>,
        defaults: Defaults,
        architecture: &Architecture,
        layers_origin: &str,
    ) -> Result<Self, Error> {
        let number = |flag: Option<u64>, name: &str, found: Option<u64>, usual: u64| {
            let value = flag.or(found).unwrap_or(usual);
            Choice::new(value, format!("--{name}")).positive()
        };
        let ways = number(flags.ways, "ways", provenance.map(|p| p.ways), 5)?;
        let found = provenance.map(|p| p.shots);
        let shots = number(flags.shots, "shots", found, defaults.shots)?;
        let found = provenance.map(|p| p.queries);
        let queries = number(flags.queries, "queries", found, defaults.queries)?;
        let found = provenance.map(|p| p.sampling.clone());
        let sampling = flags.sampling.clone().or(found);
        let sampling = Choice::new(sampling.unwrap_or("fresh".into()), "--sampling").parse()?;
        let source = source_like(&flags.data, provenance)?;
        let dataset = source.open()?;
        check_fits(architecture, layers_origin, &dataset)?;
        Ok(TaskSetup {
            source,
            dataset,
            ways,
            shots,
            queries,
            sampling,
        })
    }

    /// In words, for below a table.
    pub(crate) fn describe(&self) -> String {
        format!(
            "{}: {} sampling, {} ways, {} shots, {} queries",
            self.dataset.name(),
            self.sampling,
            self.ways,
            self.shots,
            self.queries
        )
    }

    /// Draws tasks from these classes.
    pub(crate) fn sampler(&self, classes: Vec<usize>) -> Result<TaskSampler, Error> {
        TaskSampler::among(
            &self.dataset,
            classes,
            self.ways as usize,
            self.shots as usize,
            self.queries as usize,
            self.sampling,
        )
        .map_err(|error| sampling_error(&self.source, error))
    }

    /// Every class that has images.
    pub(crate) fn inhabited(&self) -> Vec<usize> {
        let classes = 0..self.dataset.classes();
        let inhabited = |c: &usize| !self.dataset.of_class(*c).is_empty();
        classes.filter(inhabited).collect()
    }

    /// The classes on which a rule is tried and those on which it was, or may have been, found.
    pub(crate) fn classes(
        &self,
        which: Option<&str>,
        rule: &RuleFile,
    ) -> Result<(Vec<usize>, Vec<usize>), Error> {
        let held_out = rule.provenance.as_ref().map(|p| &p.held_out_classes);
        let is_held_out = |c: &usize| held_out.is_some_and(|classes| classes.contains(c));
        let none = !self.inhabited().iter().any(is_held_out);
        let (held_out, learned) = self.inhabited().into_iter().partition(is_held_out);
        let which = which
            .map(|name| {
                TaskClasses::find(name).map_err(|reason| Error::setting("--classes", reason))
            })
            .transpose()?;
        match which {
            Some(TaskClasses::HeldOut) if none => {
                let reason = "the rule's provenance names no such classes; use --classes all, or meta-train with --hold-out-classes";
                Err(Error::setting("--classes held-out", reason))
            }
            None if none => Ok((self.inhabited(), self.inhabited())),
            None | Some(TaskClasses::HeldOut) => Ok((held_out, learned)),
            Some(TaskClasses::Learned) => Ok((learned.clone(), learned)),
            Some(TaskClasses::All) => Ok((self.inhabited(), self.inhabited())),
        }
    }
}

/// Online steps of a task, from the flag or the rule; `None` for one of each support image.
pub(crate) fn steps(flag: Option<u64>, rule: &RuleFile) -> Result<Option<u64>, Error> {
    let found = rule.provenance.as_ref().and_then(|p| p.steps);
    let positive = |steps| Choice::new(steps, "--steps").positive();
    flag.or(found).map(positive).transpose()
}

/// The type of numbers, from the flag or the rule.
pub(crate) fn precision(flag: Option<&String>, rule: &RuleFile) -> Result<Precision, Error> {
    let found = rule.provenance.as_ref().map(|p| &p.precision);
    let name = flag.or(found).map_or("f32", String::as_str);
    Choice::new(name.to_owned(), "--precision").parse()
}

/// The origin of a rule file's layers, for messages.
pub(crate) fn layers_of(path: &Path) -> String {
    format!("{}: layers", path.display())
}
