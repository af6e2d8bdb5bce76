//! `metaplast discover`: plasticity rules from nothing, as a ranked list.

use clap::Args;
use metaplast_discover::experiments::Discovery;
use metaplast_experiment::Experiment;
use metaplast_runs::settings::{OneOf, heading, path_as_text, whole};
use metaplast_search::SearchMethod;

use crate::error::Error;
use crate::flags::{ChosenSettings, ExperimentFlags};
use crate::terminal::output;

const AFTER: &str = "\
A rule is a few terms, a term is made of y, e, z, W and ones by outer products, products with the \
weights, elementwise products, layer scalars and sums; terms that are equal up to a factor count once. A \
rule is meta-trained in stages and goes on as long as it is in the better half; its reward is the accuracy \
on fresh tasks less a price for each term and each step away from locality. candidates.csv below --out has \
everything that was tried, rules/1.toml and so on are the rules of the list, for `metaplast evaluate`, and \
report.html is the page. The same command goes on where it was stopped.

Examples:
  metaplast discover --quick --budget 10 --set kept=1 --set episodes=20 --out runs/found
  metaplast evaluate runs/found/rules/1.toml runs/found/rules/bio.toml --tasks 10 --rate-episodes 10";

/// Find short plasticity rules from nothing: a grammar of terms, a search, and a ranked list.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Discover {
    /// How rules are chosen [default: puct]
    #[arg(long, value_name = "METHOD", value_parser = OneOf(search_methods), help_heading = heading::RULE)]
    search: Option<String>,
    /// Rules that are tried [default: 600, or 400 with --quick]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::RULE)]
    budget: Option<u64>,
    /// From which everything random but the glyphs follows [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    seed: Option<u64>,
    /// `glyphs`, drawn on the spot; `emnist`, `mnist` or `fashion`, once fetched; or a path, as of
    /// `meta-train` [default: glyphs]
    #[arg(long, value_name = "DATA", value_parser = path_as_text(), help_heading = heading::DATA)]
    data: Option<String>,
    /// Another setting, as --show names them; repeatable
    #[arg(long, value_name = "NAME=VALUE", help_heading = heading::EPISODES)]
    set: Vec<String>,
    /// Print the settings with their meanings, and do nothing
    #[arg(long)]
    show: bool,
    #[command(flatten)]
    experiment: ExperimentFlags,
}

/// The names of all searchers.
pub(crate) fn search_methods() -> Vec<String> {
    SearchMethod::ALL
        .map(|method| method.name().to_owned())
        .to_vec()
}

/// Runs the command.
pub(crate) fn run(arguments: &Discover) -> Result<(), Error> {
    let mut chosen = ChosenSettings::new(Discovery.settings(arguments.experiment.quick));
    chosen.flag("search", arguments.search.as_deref())?;
    chosen.number("budget", arguments.budget)?;
    chosen.number("seed", arguments.seed)?;
    chosen.flag("data", arguments.data.as_deref())?;
    chosen.set(&arguments.set)?;
    if arguments.show {
        return output::print(&chosen.shown());
    }
    if !arguments.experiment.is_whole() {
        return Err(Error::setting(
            "--shard, --gather and --slurm",
            "each rule of a search depends on those before; run it as a whole, with --threads",
        ));
    }
    let command = ("metaplast discover", chosen.flags.as_str());
    arguments
        .experiment
        .run(&Discovery, &chosen.settings, command)
}
