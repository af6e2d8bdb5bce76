//! `SWEEP.toml`: which settings, and the cells that follow from it.

use std::path::{Path, PathBuf};

use metaplast_runs::rule::rule_name;
use metaplast_runs::settings::{Config, Settings};
use metaplast_runs::{Error, line_of};
use serde::Deserialize;
use toml::{Spanned, Table, Value};

use super::entries::{Change, Entries};
use super::random::{self, RandomFile};
use super::target::Target;

/// More cells than this are a slip of the finger.
const MOST_CELLS: usize = 10_000;
/// On so many fresh tasks a rule is tried.
const TASKS: u64 = 100;
/// More than this are a slip of the finger.
const MOST_TASKS: u64 = 100_000;
/// Longer names make trouble on some file systems.
const LONGEST_NAME: usize = 120;
/// Settings that a sweep decides for its cells, or that do not change results.
const NOT_SWEPT: [&str; 7] = [
    "out",
    "quiet",
    "json",
    "threads",
    "checkpoint_every",
    "data_fingerprint",
    "config",
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SweepFile {
    title: Option<String>,
    question: Option<String>,
    published: Option<String>,
    #[serde(default)]
    base: Entries<Value>,
    #[serde(default)]
    arm: Vec<Spanned<Entries<Value>>>,
    #[serde(default)]
    grid: Entries<Vec<Spanned<Value>>>,
    random: Option<Spanned<RandomFile>>,
    /// On what the rules are tried when they are found.
    #[serde(default)]
    target: Vec<Spanned<Target>>,
    /// Fresh tasks for each of them.
    tasks: Option<Spanned<u64>>,
    /// For `reproduce --quick`.
    #[serde(default)]
    quick: Entries<Value>,
    #[serde(default)]
    quick_grid: Entries<Vec<Spanned<Value>>>,
    quick_tasks: Option<Spanned<u64>>,
}

/// One meta-training of a sweep.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// The name of its directory.
    pub(crate) name: String,
    /// The arm it belongs to.
    pub(crate) arm: Option<String>,
    /// The swept settings, as they are shown.
    pub(crate) point: Vec<(String, String)>,
    pub(crate) config: Config,
}

impl Cell {
    /// What legends and tables call it.
    pub(crate) fn title(&self) -> String {
        let point = self.point.iter().map(|(key, value)| match key.as_str() {
            "lambda" => format!("λ = {value}"),
            "layers" => value.clone(),
            key => format!("{} = {value}", key.replace('_', " ")),
        });
        let parts: Vec<String> = self.arm.clone().into_iter().chain(point).collect();
        parts.join(", ")
    }

    /// What its rule is called.
    pub(crate) fn config_name(&self) -> String {
        rule_name(&self.config.rule, self.config.feedback)
    }
}

/// A sweep that can be run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) title: Option<String>,
    pub(crate) question: Option<String>,
    pub(crate) published: Option<String>,
    /// Names of the swept settings.
    pub(crate) keys: Vec<String>,
    pub(crate) cells: Vec<Cell>,
    /// On what the rules are tried when they are found.
    pub(crate) targets: Vec<Target>,
    /// Fresh tasks for each of them.
    pub(crate) tasks: u64,
}

/// The text of a sweep file, for errors.
struct Source<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source<'_> {
    fn wrong(&self, byte: usize, reason: impl Into<String>) -> Error {
        Error::File {
            path: self.path.into(),
            line: Some(line_of(self.text, byte)),
            reason: reason.into(),
        }
    }
}

impl Plan {
    /// From the text of a file; `changes` win over its `[base]`, and with `quick` its `[quick]` and
    /// `[quick_grid]` do too.
    pub(crate) fn read(
        path: &Path,
        text: &str,
        quick: bool,
        changes: &[Change],
    ) -> Result<Self, Error> {
        let file: SweepFile =
            toml::from_str(text).map_err(|error| Error::toml(path, text, &error))?;
        let source = Source { path, text };
        let mut base = settings(&source, file.base)?;
        let quickly = settings(&source, file.quick)?;
        let mut grid = axes(&source, file.grid)?;
        let quick_grid = axes(&source, file.quick_grid)?;
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
        for arm in file.arm {
            arms.push(self::arm(&source, arm)?);
        }
        let too_many = |number: usize| {
            let reason = format!(
                "the sweep has {number} cells; sweep fewer values, at most {MOST_CELLS} cells"
            );
            source.wrong(0, reason)
        };
        let points = match file.random {
            None => {
                // Before the memory for them is taken.
                let sizes = grid.iter().map(|(_, values)| values.len());
                let number = sizes.fold(1, usize::saturating_mul);
                if number > MOST_CELLS {
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
                    check(&source, change)?;
                }
                points
            }
        };
        let number = points.len() * arms.len().max(1);
        if number > MOST_CELLS {
            return Err(too_many(number));
        }
        let keys = points.first().map_or(Vec::new(), |point| {
            point.iter().map(|change| change.key.clone()).collect()
        });
        let mut cells: Vec<Cell> = Vec::new();
        for (name, arm) in with_none_for_no(arms) {
            for point in &points {
                let cell = cell(&source, &base, name.as_ref(), &arm, point)?;
                if cells.iter().any(|other| other.name == cell.name) {
                    let reason =
                        format!("two cells are called {}; name each value once", cell.name);
                    let byte = point.iter().find_map(|change| change.byte);
                    return Err(source.wrong(byte.unwrap_or(0), reason));
                }
                cells.push(cell);
            }
        }
        let tasks = match quick {
            true => file.quick_tasks.or(file.tasks),
            false => file.tasks,
        };
        Ok(Plan {
            targets: targets(&source, file.target)?,
            tasks: tasks.map_or(Ok(TASKS), |tasks| self::tasks(&source, &tasks))?,
            title: file.title,
            question: file.question,
            published: file.published,
            keys,
            cells,
        })
    }

    /// Where each cell goes below the directory of the sweep.
    pub(crate) fn directories(&self, out: &Path) -> Vec<PathBuf> {
        self.cells.iter().map(|cell| out.join(&cell.name)).collect()
    }
}

fn targets(source: &Source<'_>, targets: Vec<Spanned<Target>>) -> Result<Vec<Target>, Error> {
    let mut read: Vec<Target> = Vec::new();
    for target in targets {
        let byte = target.span().start;
        let target = target.into_inner();
        if target.name.is_empty() || read.iter().any(|other| other.name == target.name) {
            let reason = format!(
                "a [[target]] needs a name of its own, not {:?}",
                target.name
            );
            return Err(source.wrong(byte, reason));
        }
        read.push(target);
    }
    Ok(read)
}

fn tasks(source: &Source<'_>, tasks: &Spanned<u64>) -> Result<u64, Error> {
    match *tasks.get_ref() {
        n if (1..=MOST_TASKS).contains(&n) => Ok(n),
        n => {
            let reason = format!("{n} tasks; choose 1 to {MOST_TASKS}");
            Err(source.wrong(tasks.span().start, reason))
        }
    }
}

type Arm = (String, Vec<Change>);

/// No arms are one without a name.
fn with_none_for_no(arms: Vec<Arm>) -> Vec<(Option<String>, Vec<Change>)> {
    match arms.is_empty() {
        true => vec![(None, Vec::new())],
        false => arms
            .into_iter()
            .map(|(name, arm)| (Some(name), arm))
            .collect(),
    }
}

/// Checks key and value of one setting.
fn check(source: &Source<'_>, change: &Change) -> Result<(), Error> {
    let byte = change.byte.unwrap_or(0);
    let (key, value) = (&change.key, &change.value);
    if NOT_SWEPT.contains(&key.as_str()) {
        let reason =
            format!("{key} cannot be a setting of a sweep; give it as a flag, if there is one");
        return Err(source.wrong(byte, reason));
    }
    let alone = Table::from_iter([(key.clone(), value.clone())]);
    let fits = Settings::deserialize(alone)
        .map_err(|error| source.wrong(byte, format!("{key}: {}", error.message())));
    fits.map(|_| ())
}

fn settings(source: &Source<'_>, entries: Entries<Value>) -> Result<Vec<Change>, Error> {
    let changes = entries.0.into_iter().map(|(key, value)| {
        let change = Change {
            byte: Some(key.span().start),
            key: key.into_inner(),
            value: value.into_inner(),
        };
        check(source, &change).map(|()| change)
    });
    changes.collect()
}

type Axis = (String, Vec<Change>);

fn axes(source: &Source<'_>, entries: Entries<Vec<Spanned<Value>>>) -> Result<Vec<Axis>, Error> {
    let mut axes = Vec::new();
    for (key, values) in entries.0 {
        let byte = key.span().start;
        let key = key.into_inner();
        let mut changes = Vec::new();
        for value in values.into_inner() {
            let change = Change {
                byte: Some(value.span().start),
                key: key.clone(),
                value: value.into_inner(),
            };
            check(source, &change)?;
            changes.push(change);
        }
        if changes.is_empty() {
            let reason = format!("{key} has no values; list some, or delete the key");
            return Err(source.wrong(byte, reason));
        }
        axes.push((key, changes));
    }
    Ok(axes)
}

fn arm(source: &Source<'_>, arm: Spanned<Entries<Value>>) -> Result<Arm, Error> {
    let byte = arm.span().start;
    let (name, rest): (Vec<_>, Vec<_>) = arm
        .into_inner()
        .0
        .into_iter()
        .partition(|(key, _)| key.get_ref() == "name");
    let name = name.into_iter().next().map(|(_, value)| value.into_inner());
    let Some(Value::String(name)) = name.filter(|name| name.as_str() != Some("")) else {
        return Err(source.wrong(byte, "an [[arm]] needs a name, such as name = \"FA\""));
    };
    Ok((name, settings(source, Entries(rest))?))
}

/// Every combination of one value from each axis, the last axis fastest.
fn combinations(grid: &[Axis]) -> Vec<Vec<Change>> {
    grid.iter().fold(vec![Vec::new()], |points, (_, values)| {
        let extended = points.iter().flat_map(|point: &Vec<Change>| {
            values.iter().map(move |value| {
                let mut point = point.clone();
                point.push(value.clone());
                point
            })
        });
        extended.collect()
    })
}

fn cell(
    source: &Source<'_>,
    base: &[Change],
    arm: Option<&String>,
    of_arm: &[Change],
    point: &[Change],
) -> Result<Cell, Error> {
    let mut table = Table::new();
    let mut places: Vec<&Change> = Vec::new();
    for change in base.iter().chain(of_arm).chain(point) {
        // What comes later wins, and of two names for the same thing too.
        for other in rivals(&change.key) {
            table.remove(*other);
        }
        table.insert(change.key.clone(), change.value.clone());
        places.retain(|other| other.key != change.key);
        places.push(change);
    }
    let settings = Settings::deserialize(table).expect("each was checked alone");
    let config = Config::resolve(&Settings::default(), &settings, Some(source.path));
    let config = config.map_err(|error| with_line(source, &places, error))?;
    let shown = |change: &Change| (change.key.clone(), shown(&change.value));
    let point: Vec<(String, String)> = point.iter().map(shown).collect();
    Ok(Cell {
        name: directory_name(arm, &point),
        arm: arm.cloned(),
        point,
        config,
    })
}

/// Settings that say the same as another one.
fn rivals(key: &str) -> &'static [&'static str] {
    match key {
        "preset" => &["terms", "feedback"],
        "terms" => &["preset"],
        _ => &[],
    }
}

/// Adds the line to an error that names a key of the file.
fn with_line(source: &Source<'_>, places: &[&Change], error: Error) -> Error {
    let Error::Setting { origin, reason } = &error else {
        return error;
    };
    let file = format!("{}: ", source.path.display());
    let key = origin.strip_prefix(&file).map(str::to_owned);
    let key = key.or_else(|| origin.strip_prefix("--").map(|flag| flag.replace('-', "_")));
    let place = places
        .iter()
        .find(|change| Some(&change.key) == key.as_ref());
    match place.and_then(|change| change.byte) {
        Some(byte) => source.wrong(byte, format!("{}: {reason}", key.unwrap_or_default())),
        None => error,
    }
}

/// A value in names and tables.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(shown).collect();
            values.join("-")
        }
        other => other.to_string(),
    }
}

/// `FA,lambda=0.01`: what tells the cell from the others, in characters that every file system takes.
fn directory_name(arm: Option<&String>, point: &[(String, String)]) -> String {
    let settings = point.iter().map(|(key, value)| format!("{key}={value}"));
    let parts: Vec<String> = arm.cloned().into_iter().chain(settings).collect();
    let name = match parts.is_empty() {
        true => "run".to_owned(),
        false => parts.join(","),
    };
    let plain = |c: char| c.is_alphanumeric() || "._-+,=".contains(c);
    let safe: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    let safe = safe.trim_start_matches('.').to_owned();
    if safe.len() <= LONGEST_NAME && safe == name {
        return safe;
    }
    // Two names may differ only in what was replaced or cut off.
    let cut: String = safe.chars().take(LONGEST_NAME / 2).collect();
    format!("{cut}-{:08x}", hash(&name))
}

/// FNV-1a.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Plan, Error> {
        Plan::read(Path::new("s.toml"), text, false, &[])
    }

    fn names(text: &str) -> Vec<String> {
        let plan = read(text).unwrap();
        plan.cells.into_iter().map(|cell| cell.name).collect()
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
        assert_eq!(plan.cells[0].config.rule.infos().count(), 1);
        assert_eq!(plan.cells[0].config.seed, 2);
        let change = Change {
            key: "episodes".into(),
            value: Value::Integer(7),
            byte: None,
        };
        let plan = Plan::read(Path::new("s.toml"), text, true, &[change]).unwrap();
        let cell = &plan.cells[0];
        assert_eq!((cell.config.seed, cell.config.episodes), (3, 7));
        assert_eq!(cell.name, "a,lambda=1");
    }

    #[test]
    fn errors_name_the_line() {
        for (text, line, word) in [
            ("[base]\nepisode = 3\n", 2, "unknown field"),
            ("[base]\n\nepisodes = 0\n", 3, "0 makes no sense"),
            ("[grid]\nlambda = [0, -1]\n", 2, "lambda"),
            ("[grid]\nlambda = [\n 0,\n \"x\"]\n", 4, "lambda"),
            ("[grid]\nlambda = []\n", 2, "no values"),
            ("[grid]\nseed = [1, 1]\n", 2, "two cells"),
            ("[base]\nout = \"x\"\n", 2, "out cannot be"),
            ("[[arm]]\npreset = \"fa\"\n", 1, "needs a name"),
            ("[grid]\npreset = [\"fa\", \"fb\"]\n", 2, "fb"),
            ("[other]\n", 1, "unknown field"),
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
    fn random_cells_follow_from_the_seed() {
        let text = |seed: u32| {
            format!(
                "[random]\ncells = 5\nseed = {seed}\n[random.log]\nlr = [1e-4, 1e-2]\n[random.choice]\npreset = [\"fa\", \"bp\"]\n"
            )
        };
        let first = names(&text(1));
        assert_eq!(first, names(&text(1)));
        assert_ne!(first, names(&text(2)));
        assert_eq!(first.len(), 5);
        for cell in read(&text(1)).unwrap().cells {
            assert!((1e-4..=1e-2).contains(&cell.config.rate));
        }
    }
}
