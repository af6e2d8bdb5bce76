//! Images and tasks on which a rule from a file is tried.

use std::ffi::OsStr;
use std::path::Path;

use metaplast_data::{Dataset, Grouping, ImageForm, Sampling, TaskSampler};
use metaplast_meta::{Precision, QueryLoss};
use metaplast_plasticity::Architecture;
use metaplast_runs::Error;
use metaplast_runs::data::{DATA_SEED, DataSource, GLYPHS_PER_CLASS, fingerprint};
use metaplast_runs::rule::{Provenance, RuleFile};
use metaplast_runs::settings::network::check_fits;
use metaplast_runs::settings::{Choice, images, sampling_error};

use super::classes::TaskClasses;
use super::data::DataFlags;
use super::tasks::TaskFlags;

/// The images that flags alone name.
pub(crate) fn open(flags: &DataFlags) -> Result<Dataset, Error> {
    source_like(flags, None)?.open_in(&form_like(flags, None)?)
}

fn form_like(flags: &DataFlags, rule: Option<FoundRule<'_>>) -> Result<ImageForm, Error> {
    let text = |name, flag: &Option<String>, found: fn(&Provenance) -> Option<String>| {
        let given = flag.is_some() || rule.and_then(|r| r.provenance).and_then(found).is_some();
        let choice = FoundRule::choice(rule, name, flag.clone(), found, String::new());
        given.then_some(choice)
    };
    let size = text("image-size", &flags.image_size, |p| p.image_size.clone());
    let color_mode = text("color-mode", &flags.color_mode, |p| p.color_mode.clone());
    images::form(size, color_mode)
}

fn source_like(flags: &DataFlags, rule: Option<FoundRule<'_>>) -> Result<DataSource, Error> {
    let provenance = rule.and_then(|rule| rule.provenance);
    let usual = provenance.map_or("glyphs", |p| &p.data);
    let usual = OsStr::new(usual);
    let per_class = provenance.and_then(|p| p.glyphs_per_class);
    let seed = provenance.and_then(|p| p.data_seed);
    let source = DataSource::new(
        flags.data.as_deref().unwrap_or(usual),
        flags
            .glyphs_per_class
            .or(per_class)
            .unwrap_or(GLYPHS_PER_CLASS),
        flags.data_seed.or(seed).unwrap_or(DATA_SEED),
    );
    source.map_err(|error| match rule.filter(|_| !flags.any()) {
        Some(rule) => rule.named("data", error),
        None => error,
    })
}

/// Where a rule was read, and how it was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FoundRule<'a> {
    pub(crate) path: &'a Path,
    pub(crate) provenance: Option<&'a Provenance>,
}

impl<'a> FoundRule<'a> {
    pub(crate) fn new(path: &'a Path, file: &'a RuleFile) -> Self {
        FoundRule {
            path,
            provenance: file.provenance.as_ref(),
        }
    }

    fn origin(&self, key: &str) -> String {
        format!(
            "{}: provenance.{}",
            self.path.display(),
            key.replace('-', "_")
        )
    }

    /// An error about what the file says of itself.
    fn named(&self, key: &str, error: Error) -> Error {
        match error {
            Error::Setting { reason, .. } => Error::setting(self.origin(key), reason),
            error => error,
        }
    }

    /// A value from the flag `--name`, or else from the file, or else the usual one.
    fn choice<T>(
        rule: Option<Self>,
        name: &str,
        flag: Option<T>,
        found: impl FnOnce(&'a Provenance) -> Option<T>,
        usual: T,
    ) -> Choice<T> {
        let of_flag = || format!("--{name}");
        let found = |rule: Self| Some((rule.provenance.and_then(found)?, rule.origin(name)));
        match (flag, rule) {
            (Some(value), _) => Choice::new(value, of_flag()),
            (None, rule) => match rule.and_then(found) {
                Some((value, origin)) => Choice::new(value, origin),
                None => Choice::new(usual, of_flag()),
            },
        }
    }
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
    grouping: Grouping,
    /// Flags, and where their values come from.
    origins: [(&'static str, String); 2],
}

impl TaskSetup {
    /// Opens the images, `flags` winning over what `rule` says of how it was found. Where the rule names
    /// its images, they must be those that it was found on.
    pub(crate) fn open(
        flags: &TaskFlags,
        rule: Option<FoundRule<'_>>,
        defaults: Defaults,
    ) -> Result<Self, Error> {
        let number = |name, flag, found: fn(&Provenance) -> u64, usual| {
            FoundRule::choice(rule, name, flag, |p| Some(found(p)), usual)
        };
        let ways = number("ways", flags.ways, |p| p.ways, 5);
        let shots = number("shots", flags.shots, |p| p.shots, defaults.shots);
        let queries = number("queries", flags.queries, |p| p.queries, defaults.queries);
        let found = |p: &Provenance| Some(p.sampling.clone());
        let sampling = flags.sampling.clone();
        let sampling = FoundRule::choice(rule, "sampling", sampling, found, "fresh".into());
        let sampling = sampling.parse()?;
        for number in [&ways, &shots, &queries] {
            number.positive()?;
        }
        let source = source_like(&flags.data, rule)?;
        let groups = FoundRule::choice(
            rule,
            "groups",
            flags.groups.clone(),
            |p| p.groups.clone(),
            Grouping::default().to_string(),
        );
        let grouping = groups.parse()?;
        let dataset = source.open_in(&form_like(&flags.data, rule)?)?;
        let own = rule.filter(|rule| rule.provenance.is_some() && !flags.data.any());
        if let Some(rule) = own {
            check_fingerprint(rule, &source, &dataset)?;
        }
        Ok(TaskSetup {
            source,
            dataset,
            ways: ways.value,
            shots: shots.value,
            queries: queries.value,
            sampling,
            grouping,
            origins: [("--ways", ways.origin), ("--shots", shots.origin)],
        })
    }

    /// Checks that a network with `origin`'s layers takes the images.
    pub(crate) fn check_fits(
        &self,
        architecture: &Architecture,
        origin: &str,
    ) -> Result<(), Error> {
        check_fits(architecture, origin, &self.dataset)
    }

    /// In words, for below a table.
    pub(crate) fn describe(&self) -> String {
        let groups = match self.grouping {
            Grouping::Across => "",
            Grouping::Within => " within a group",
        };
        format!(
            "{}: {} sampling, {} ways{groups}, {} shots, {} queries",
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
        .and_then(|sampler| sampler.with_grouping(self.grouping))
        .map_err(|error| match sampling_error(&self.source, error) {
            Error::Setting { origin, reason } => {
                let known = self.origins.iter().find(|(flag, _)| *flag == origin);
                let origin = known.map_or(origin, |(_, origin)| origin.clone());
                Error::setting(origin, reason)
            }
            error => error,
        })
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
        rule: FoundRule<'_>,
    ) -> Result<(Vec<usize>, Vec<usize>), Error> {
        let named = rule.provenance.map(|p| &p.held_out_classes);
        let is_held_out = |c: &usize| named.is_some_and(|classes| classes.contains(c));
        let none = !self.inhabited().iter().any(is_held_out);
        let (held_out, learned) = self.inhabited().into_iter().partition(is_held_out);
        let which = which
            .map(|name| {
                TaskClasses::find(name).map_err(|reason| Error::setting("--classes", reason))
            })
            .transpose()?;
        let classes = self.dataset.classes();
        let beyond = named.into_iter().flatten().find(|&&c| c >= classes);
        if let Some(class) = beyond.filter(|_| which != Some(TaskClasses::All)) {
            let reason = format!(
                "class {class} was held out, but {:?} has classes 0 to {}; use --classes all",
                self.dataset.name(),
                classes - 1
            );
            return Err(Error::setting(rule.origin("held_out_classes"), reason));
        }
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

/// Refuses images that are not those of the rule, though nothing was said of others.
fn check_fingerprint(
    rule: FoundRule<'_>,
    source: &DataSource,
    dataset: &Dataset,
) -> Result<(), Error> {
    let expected = rule.provenance.map(|p| p.data_fingerprint.as_str());
    let found = fingerprint(dataset);
    match expected {
        Some(expected) if expected != found => {
            let reason = format!(
                "the images of {source} have the fingerprint {found}, not {expected}: they are not those on which the rule was found; name these by --data, or give --data {source} to try the rule on what is there now"
            );
            Err(Error::setting(rule.origin("data_fingerprint"), reason))
        }
        _ => Ok(()),
    }
}

/// Online steps of a task, from the flag or the rule; `None` for one of each support image.
pub(crate) fn steps(flag: Option<u64>, rule: FoundRule<'_>) -> Result<Option<u64>, Error> {
    let given = flag.is_some() || rule.provenance.is_some_and(|p| p.steps.is_some());
    let steps = FoundRule::choice(Some(rule), "steps", flag, |p| p.steps, 0);
    given.then(|| steps.positive()).transpose()
}

/// Where the number of steps comes from, for messages.
pub(crate) fn steps_origin(flag: Option<u64>, rule: &Path) -> String {
    match flag {
        Some(_) => "--steps".into(),
        None => format!("{}: provenance.steps", rule.display()),
    }
}

/// The type of numbers, from the flag or the rule.
pub(crate) fn precision(flag: Option<&String>, rule: FoundRule<'_>) -> Result<Precision, Error> {
    let found = |p: &Provenance| Some(p.precision.clone());
    FoundRule::choice(Some(rule), "precision", flag.cloned(), found, "f32".into()).parse()
}

/// What tasks are scored by, from the flag or the rule.
pub(crate) fn query_loss(flag: Option<&String>, rule: FoundRule<'_>) -> Result<QueryLoss, Error> {
    let found = |p: &Provenance| p.query_loss.clone();
    let usual = QueryLoss::default().to_string();
    FoundRule::choice(Some(rule), "query-loss", flag.cloned(), found, usual).parse()
}

/// The origin of a rule file's layers, for messages.
pub(crate) fn layers_of(path: &Path) -> String {
    format!("{}: layers", path.display())
}
