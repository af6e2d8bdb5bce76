//! `metaplast sweep`: meta-train with many settings.

use std::path::PathBuf;

use clap::Args;
use metaplast_experiment::{Experiment, Part};
use metaplast_runs::directory::file::read_text;
use metaplast_runs::directory::names::RUNS;
use metaplast_runs::settings::{Choice, OneOf, whole};
use metaplast_search::SearchMethod;

use crate::commands::discover::search_methods;
use crate::error::Error;
use crate::experiments::ExperimentRun;
use crate::flags::PartFlags;
use crate::shell::quoted;
use crate::sweep::{SweepExperiment, SweepSearch};

const AFTER: &str = "\
A sweep file says which settings of meta-train are to be tried. [base] holds what all runs share, \
[grid] lists of values of which every combination is run, and each [[arm]] settings that go together, \
under a name; every arm meets the whole grid. Instead of [grid] there may be [random] with cells, seed \
and the tables [random.uniform], [random.log] (two ends each) and [random.choice] (lists). title, \
question and published are for the page. With one [[target]] or more, the rules that were found are \
tried on fresh tasks, `tasks` in number (100): name, and if they are to differ from the runs', data, \
ways, shots, queries, and classes (\"learned\", \"held-out\" or \"all\").

  question = \"Which terms survive at which λ?\"
  [base]
  preset = \"pool\"
  episodes = 100
  [grid]
  lambda = [0, 0.1, 1]

With --search a searcher chooses which of the runs are done, --budget in number, by the accuracy of those \
before: `random`, `uct`, `evolution`, or `puct`, a tree with a policy and a value that are fitted to what \
was tried. search.csv has them in order.

Each run is an ordinary run directory below --out, named by its settings. The same command goes on \
where it was stopped: what is finished is not run again. At the end there are a table, sweep.csv with \
intervals, and report.html.

Example:
  printf '[base]\\nepisodes = 8\\nshots = 5\\n[grid]\\nlr = [1e-3, 3e-3]\\n' > lr.toml
  metaplast sweep lr.toml
  metaplast sweep lr.toml --search random --budget 1 --out runs/lr-searched";

/// Meta-train with many settings, in parallel.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Sweep {
    /// Which settings
    #[arg(value_name = "SWEEP.toml")]
    file: PathBuf,
    /// Do not run every combination: let a searcher choose
    #[arg(long, value_name = "METHOD", value_parser = OneOf(search_methods))]
    search: Option<String>,
    /// Runs that a searcher may choose [default: 20]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    budget: Option<u64>,
    /// From which the choices follow [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    search_seed: Option<u64>,
    /// Directory for the runs; those that are there already are kept [default: runs/ and the file's
    /// name]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    threads: Option<u64>,
    /// No progress, only the table
    #[arg(long)]
    quiet: bool,
    /// One JSON object for each run instead of the table, and nothing else
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    part: PartFlags,
}

/// Runs the command.
pub(crate) fn run(arguments: &Sweep) -> Result<(), Error> {
    let contents = read_text(&arguments.file)?;
    let stem = arguments.file.file_stem().unwrap_or_default();
    let experiment = SweepExperiment::read(&stem.to_string_lossy(), &arguments.file, &contents)?;
    let search = search(arguments)?;
    let experiment = experiment.searched(search);
    let out = arguments.out.clone();
    let out = out.unwrap_or_else(|| PathBuf::from(RUNS).join(stem));
    let searched = search.map_or(String::new(), |search| {
        let SweepSearch {
            method,
            budget,
            seed,
        } = search;
        format!(
            " --search {} --budget {budget} --search-seed {seed}",
            method.name()
        )
    });
    let command = format!(
        "metaplast sweep {}{searched} --out {}",
        quoted(&arguments.file),
        quoted(&out)
    );
    let settings = experiment.settings(false);
    let whole = ExperimentRun {
        experiment: &experiment,
        settings: &settings,
        quick: false,
        out: &out,
        threads: arguments.threads,
        quiet: arguments.quiet,
        json: arguments.json,
        part: arguments.part.part(),
        tasks: arguments.part.tasks(Some(experiment.runs())),
        command,
    };
    whole.run()
}

/// Who chooses the runs, if anybody does.
fn search(arguments: &Sweep) -> Result<Option<SweepSearch>, Error> {
    let Some(name) = &arguments.search else {
        let given = [
            ("--budget", arguments.budget),
            ("--search-seed", arguments.search_seed),
        ];
        return match given.into_iter().find(|(_, value)| value.is_some()) {
            Some((flag, _)) => Err(Error::setting(
                flag,
                "is for a search; give --search METHOD",
            )),
            None => Ok(None),
        };
    };
    let method: SearchMethod = name
        .parse()
        .map_err(|reason: String| Error::setting("--search", reason))?;
    if arguments.part.part() != Part::Whole || arguments.part.tasks(None).is_some() {
        return Err(Error::setting(
            "--search",
            "each run of a search depends on those before; leave out --shard, --gather and --slurm",
        ));
    }
    let budget = Choice::new(arguments.budget.unwrap_or(20), "--budget").at_most(10_000)?;
    Ok(Some(SweepSearch {
        method,
        budget: budget as usize,
        seed: arguments.search_seed.unwrap_or(1),
    }))
}
