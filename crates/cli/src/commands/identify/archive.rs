//! Networks of a directory, and the rules they learn by.

use std::path::{Path, PathBuf};

use clap::Args;
use metaplast_experiment::{Part, Shard};
use metaplast_identify::virtual_networks::{
    Archive, ArchiveError, NetworkRecord, RuleClass, null_classes, rule_classes,
};
use metaplast_runs::rule::RuleFile;
use metaplast_runs::settings::{Choice, heading, whole};
use metaplast_runs::threads;

use crate::error::Error;
use crate::experiments::shown_to;
use crate::shell::shown;

/// Which networks.
#[derive(Args, Debug)]
pub(super) struct NetworkFlags {
    /// Networks of the twelve rules, as many of each; as many of each rule of --rule and of no learning,
    /// random drift and Oja's rule alone are added
    #[arg(long, value_name = "N", default_value = "480", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    pub(super) networks: u64,
    /// From which everything random follows
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    pub(super) seed: u64,
    /// Another rule that can be named, such as one that was meta-learned; repeatable
    #[arg(long, value_name = "RULE.toml", help_heading = heading::RULE)]
    pub(super) rule: Vec<PathBuf>,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    pub(super) threads: Option<u64>,
    /// No progress
    #[arg(long, help_heading = heading::OUTPUT)]
    pub(super) quiet: bool,
}

impl NetworkFlags {
    /// All rules that can be named.
    pub(super) fn classes(&self) -> Result<Vec<RuleClass>, Error> {
        let mut classes = [rule_classes(), null_classes()].concat();
        for path in &self.rule {
            let class = class_of(path)?;
            if classes.iter().any(|other| other.name == class.name) {
                let reason = format!("there is a rule {} already; rename the file", class.name);
                return Err(Error::setting(format!("--rule {}", path.display()), reason));
            }
            classes.push(class);
        }
        Ok(classes)
    }

    /// The networks of a directory; those that are missing are simulated.
    pub(super) fn networks(
        &self,
        directory: &Path,
        command: &str,
    ) -> Result<(Vec<RuleClass>, Vec<NetworkRecord>), Error> {
        let (classes, found) = self.part(directory, Part::Whole)?;
        let records = found.map_err(|error| because(&error, directory, command))?;
        Ok((classes, records))
    }

    /// Simulates a shard of them, and says how many are there.
    pub(super) fn shard(
        &self,
        directory: &Path,
        shard: Shard,
        command: &str,
    ) -> Result<String, Error> {
        match self.part(directory, Part::Shard(shard))?.1 {
            Ok(records) => Ok(format!("{} networks are there", records.len())),
            Err(error @ ArchiveError::ShardEnded { .. }) => Ok(error.to_string()),
            Err(error) => Err(because(&error, directory, command)),
        }
    }

    fn part(&self, directory: &Path, part: Part) -> Result<(Vec<RuleClass>, Found), Error> {
        let classes = self.classes()?;
        let rules = rule_classes().len() as u64;
        let networks = Choice::new(self.networks, "--networks").at_most(1_000_000)?;
        if networks == 0 || networks % rules != 0 {
            let reason =
                format!("{networks} is no multiple of the {rules} rules; give one such as 480");
            return Err(Error::setting("--networks", reason));
        }
        let seed = Choice::new(self.seed, "--seed").storable()?;
        let pool = threads::pool(self.threads)?;
        let archive = Archive::new(directory, classes.clone(), seed).of_part(part);
        let all = networks / rules * classes.len() as u64;
        let monitor = shown_to(self.quiet);
        let found = pool.install(|| archive.networks(all, &*monitor));
        Ok((classes, found))
    }
}

type Found = Result<Vec<NetworkRecord>, ArchiveError>;

/// The error of a command.
fn because(error: &ArchiveError, directory: &Path, command: &str) -> Error {
    match error {
        ArchiveError::Interrupted { .. } => Error::Interrupted(format!(
            "{error}, in {}; go on with: {command}",
            shown(directory)
        )),
        error => Error::Failed(error.to_string()),
    }
}

/// The class of a rule file, named after it.
fn class_of(path: &Path) -> Result<RuleClass, Error> {
    let file = RuleFile::read(path)?;
    let directory = path.parent().and_then(Path::file_name);
    let stem = match path.file_stem() {
        Some(stem) if stem != "rule" => Some(stem),
        stem => directory.or(stem),
    };
    let name = stem.map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    RuleClass::of_rule(&name, &file.feedback, &file.rule)
        .map_err(|error| Error::setting(format!("--rule {}", path.display()), error.to_string()))
}
