//! SweepPlan of a sweep: every run that follows from its file.

use std::path::{Path, PathBuf};

use metaplast_runs::{Error, toml_text};

use super::entries::{SettingChange, SourceText};
use super::file::{self, Arm, SweepFile, SweptSetting};
use super::planned_run::PlannedRun;
use super::random;
use super::target::{Opened, Target};

/// Upper bound, against typing errors.
const MOST_RUNS: usize = 10_000;

/// A sweep that can be run.
#[derive(Clone, Debug)]
pub(crate) struct SweepPlan {
    pub(crate) title: Option<String>,
    pub(crate) question: Option<String>,
    pub(crate) published: Option<String>,
    /// Names of the swept settings.
    pub(crate) keys: Vec<String>,
    pub(crate) runs: Vec<PlannedRun>,
    /// On what the rules are tried when they are found.
    pub(crate) targets: Vec<Target>,
    /// Fresh tasks for each of them.
    pub(crate) tasks: u64,
}

impl SweepPlan {
    /// With the network that each run's images ask for, where nobody chose its layers.
    pub(crate) fn following_images(mut self) -> Result<Self, Error> {
        let mut opened = Opened::default();
        for planned in &mut self.runs {
            let config = &mut planned.config;
            if config.may_follow() {
                let dataset = opened.get(config.source.clone(), config.form())?;
                config.follow(&dataset)?;
            }
        }
        Ok(self)
    }

    /// From the text of a file; `changes` win over its `[base]`, and with `quick` its `[quick]` and
    /// `[quick_grid]` do too.
    pub(crate) fn read(
        path: &Path,
        text: &str,
        quick: bool,
        changes: &[SettingChange],
    ) -> Result<Self, Error> {
        let sweep: SweepFile = toml_text::parse_file(text, path)?;
        let source = SourceText { path, text };
        let mut base = file::settings(&source, sweep.base)?;
        let quickly = file::settings(&source, sweep.quick)?;
        let mut grid = file::axes(&source, sweep.grid)?;
        let quick_grid = file::axes(&source, sweep.quick_grid)?;
        if quick {
            base.extend(quickly);
            for (key, values) in quick_grid {
                match grid.iter_mut().find(|(name, _)| *name == key) {
                    Some(axis) => axis.1 = values,
                    None => grid.push((key, values)),
                }
            }
        }
        // What was asked for on the command line is not swept.
        grid.retain(|(key, _)| !changes.iter().any(|change| change.key == *key));
        base.extend(changes.iter().cloned());
        let mut arms = Vec::new();
        for arm in sweep.arm {
            arms.push(file::arm(&source, arm)?);
        }
        let too_many = |number: usize| {
            let reason = format!(
                "the sweep has {number} runs; sweep fewer values, at most {MOST_RUNS} runs"
            );
            source.wrong(0, reason)
        };
        let points = match sweep.random {
            None => {
                // Before the memory for them is taken.
                let sizes = grid.iter().map(|(_, values)| values.len());
                let number = sizes.fold(1, usize::saturating_mul);
                if number > MOST_RUNS {
                    return Err(too_many(number));
                }
                combinations(&grid)
            }
            Some(random) => {
                let byte = random.span().start;
                if !grid.is_empty() {
                    let reason = "the file has a [grid] too; keep one of the two";
                    return Err(source.wrong(byte, reason));
                }
                let points = random::points(random.into_inner());
                let points =
                    points.map_err(|(at, reason)| source.wrong(at.unwrap_or(byte), reason))?;
                for change in points.iter().flatten() {
                    file::check(&source, change)?;
                }
                points
            }
        };
        let number = points.len() * arms.len().max(1);
        if number > MOST_RUNS {
            return Err(too_many(number));
        }
        let keys = points.first().map_or(Vec::new(), |point| {
            point.iter().map(|change| change.key.clone()).collect()
        });
        let mut runs: Vec<PlannedRun> = Vec::new();
        for (name, arm) in with_none_for_no(arms) {
            for point in &points {
                let planned = PlannedRun::new(&source, &base, name.as_ref(), &arm, point)?;
                if runs.iter().any(|other| other.name == planned.name) {
                    let reason =
                        format!("two runs are called {}; name each value once", planned.name);
                    let byte = point.iter().find_map(|change| change.byte);
                    return Err(source.wrong(byte.unwrap_or(0), reason));
                }
                runs.push(planned);
            }
        }
        let tasks = match quick {
            true => sweep.quick_tasks.or(sweep.tasks),
            false => sweep.tasks,
        };
        Ok(SweepPlan {
            targets: file::targets(&source, sweep.target)?,
            tasks: file::tasks(&source, tasks.as_ref())?,
            title: sweep.title,
            question: sweep.question,
            published: sweep.published,
            keys,
            runs,
        })
    }

    /// Where each run goes below the directory of the sweep.
    pub(crate) fn directories(&self, out: &Path) -> Vec<PathBuf> {
        self.runs
            .iter()
            .map(|planned| out.join(&planned.name))
            .collect()
    }
}

/// No arms are one without a name.
fn with_none_for_no(arms: Vec<Arm>) -> Vec<(Option<String>, Vec<SettingChange>)> {
    match arms.is_empty() {
        true => vec![(None, Vec::new())],
        false => arms
            .into_iter()
            .map(|(name, arm)| (Some(name), arm))
            .collect(),
    }
}

/// Every combination of one value from each axis, the last axis fastest.
fn combinations(grid: &[SweptSetting]) -> Vec<Vec<SettingChange>> {
    grid.iter().fold(vec![Vec::new()], |points, (_, values)| {
        let extended = points.iter().flat_map(|point: &Vec<SettingChange>| {
            values.iter().map(move |value| {
                let mut point = point.clone();
                point.push(value.clone());
                point
            })
        });
        extended.collect()
    })
}

#[cfg(test)]
mod tests {
    use toml::Value;

    use super::*;

    fn read(text: &str) -> Result<SweepPlan, Error> {
        SweepPlan::read(Path::new("s.toml"), text, false, &[])
    }

    fn names(text: &str) -> Vec<String> {
        let plan = read(text).unwrap();
        plan.runs.into_iter().map(|planned| planned.name).collect()
    }

    #[test]
    fn a_grid_has_every_combination_and_names_say_which() {
        let text =
            "[base]\nepisodes = 3\n[grid]\nlambda = [0, 0.5]\nlayers = [[784, 8, 47], [784, 47]]\n";
        assert_eq!(
            names(text),
            [
                "lambda=0,layers=784-8-47",
                "lambda=0,layers=784-47",
                "lambda=0.5,layers=784-8-47",
                "lambda=0.5,layers=784-47",
            ]
        );
        let text =
            "[[arm]]\nname = \"FA\"\npreset = \"fa\"\n[[arm]]\nname = \"B/P\"\npreset = \"bp\"\n";
        let found = names(text);
        assert!(
            found[0] == "FA" && found[1].starts_with("B_P-"),
            "{found:?}"
        );
        assert_eq!(names(""), ["run"]);
    }

    #[test]
    fn later_settings_win() {
        let text = "[base]\npreset = \"bio\"\nseed = 2\n[[arm]]\nname = \"a\"\nterms = [0]\n[quick]\nseed = 3\n[quick_grid]\nlambda = [1]\n";
        let plan = read(text).unwrap();
        assert_eq!(plan.runs[0].config.rule.terms().len(), 1);
        assert_eq!(plan.runs[0].config.seed, 2);
        let change = SettingChange {
            key: "episodes".into(),
            value: Value::Integer(7),
            byte: None,
        };
        let plan = SweepPlan::read(Path::new("s.toml"), text, true, &[change]).unwrap();
        let planned = &plan.runs[0];
        assert_eq!((planned.config.seed, planned.config.episodes), (3, 7));
        assert_eq!(planned.name, "a,lambda=1");
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line, word) in [
            ("[base]\nepisode = 3\n", 2, "did you mean `episodes`?"),
            ("[base]\n\nepisodes = 0\n", 3, "0 makes no sense"),
            ("[grid]\nlambda = [0, -1]\n", 2, "lambda"),
            ("[grid]\nlambda = [\n 0,\n \"x\"]\n", 4, "lambda"),
            ("[grid]\nlambda = []\n", 2, "no values"),
            ("[grid]\nseed = [1, 1]\n", 2, "two runs"),
            ("[base]\nout = \"x\"\n", 2, "out cannot be"),
            ("[[arm]]\npreset = \"fa\"\n", 1, "needs a name"),
            ("[grid]\npreset = [\"fa\", \"fb\"]\n", 2, "fb"),
            ("[other]\n", 1, "unknown key"),
            ("[random]\ncells = 2\n[random.log]\nlr = [1, 0]\n", 4, "lr"),
        ] {
            let error = read(text).unwrap_err().to_string();
            let start = format!("s.toml: line {line}: ");
            assert!(
                error.starts_with(&start) && error.contains(word),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn random_runs_follow_from_the_seed() {
        let text = |seed: u32| {
            format!(
                "[random]\ncells = 5\nseed = {seed}\n[random.log]\nlr = [1e-4, 1e-2]\n[random.choice]\npreset = [\"fa\", \"bp\"]\n"
            )
        };
        let first = names(&text(1));
        assert_eq!(first, names(&text(1)));
        assert_ne!(first, names(&text(2)));
        assert_eq!(first.len(), 5);
        for planned in read(&text(1)).unwrap().runs {
            assert!((1e-4..=1e-2).contains(&planned.config.rate));
        }
    }
}
