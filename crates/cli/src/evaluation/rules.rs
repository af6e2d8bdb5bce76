//! Rules of an evaluation, read from their files.

use std::path::{Path, PathBuf};

use metaplast_meta::QueryLoss;
use metaplast_runs::rule::{RuleFile, rule_name};
use metaplast_runs::settings::network::check_scored;

use crate::error::Error;
use crate::flags::task_setup::{self, FoundRule, TaskSetup};
use crate::libraries;

/// A rule and its file.
pub(crate) struct GivenRule {
    pub(crate) path: PathBuf,
    pub(crate) file: RuleFile,
}

impl GivenRule {
    fn read(path: &Path) -> Result<Self, Error> {
        Ok(GivenRule {
            path: path.to_owned(),
            file: RuleFile::read_with(path, &libraries::all())?,
        })
    }

    pub(crate) fn found(&self) -> FoundRule<'_> {
        FoundRule::new(&self.path, &self.file)
    }
}

/// At least one rule; what is asked of tasks and not of rules is as the first was found.
pub(crate) struct GivenRules(Vec<GivenRule>);

impl GivenRules {
    /// Reads the files, none of which may be given twice.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        for (k, path) in paths.iter().enumerate() {
            if paths[..k].contains(path) {
                let origin = path.display().to_string();
                return Err(Error::setting(
                    origin,
                    "the rule is given twice; name it once",
                ));
            }
        }
        let rules: Result<Vec<GivenRule>, Error> =
            paths.iter().map(|path| GivenRule::read(path)).collect();
        rules.map(GivenRules)
    }

    pub(crate) fn first(&self) -> &GivenRule {
        &self.0[0]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &GivenRule> {
        self.0.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What tables call a rule.
    pub(crate) fn name(&self, rule: &GivenRule) -> String {
        let name = rule_name(&rule.file.rule, &rule.file.feedback);
        match self.0.len() {
            1 => format!("rule ({name})"),
            _ => format!("{} ({name})", rule.path.display()),
        }
    }

    /// The classes on which the rules are tried and those on which they were, or may have been, found: of
    /// several rules those that are so for all.
    pub(crate) fn classes(
        &self,
        setup: &TaskSetup,
        which: Option<&str>,
    ) -> Result<(Vec<usize>, Vec<usize>), Error> {
        let (mut tried, mut learned) = setup.classes(which, self.first().found())?;
        for rule in &self.0[1..] {
            let (also_tried, also_learned) = setup.classes(which, rule.found())?;
            tried.retain(|class| also_tried.contains(class));
            learned.retain(|class| also_learned.contains(class));
            if tried.is_empty() || learned.is_empty() {
                let origin = format!("{}: provenance.held_out_classes", rule.path.display());
                let reason = "no class is held out for this rule and those before it alike; use --classes all";
                return Err(Error::setting(origin, reason));
            }
        }
        Ok((tried, learned))
    }

    /// Checks that each network takes the images.
    pub(crate) fn check_fit(&self, setup: &TaskSetup) -> Result<(), Error> {
        for rule in &self.0 {
            setup.check_fits(&rule.file.architecture, &task_setup::layers_of(&rule.path))?;
        }
        Ok(())
    }

    /// Checks that each network can be scored by a loss.
    pub(crate) fn check_scored(&self, query_loss: QueryLoss) -> Result<(), Error> {
        for rule in &self.0 {
            check_scored(&rule.file.architecture, query_loss)
                .map_err(|reason| Error::setting("--query-loss", reason))?;
        }
        Ok(())
    }
}
