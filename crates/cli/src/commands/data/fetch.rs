//! `metaplast data fetch`: a published data set into the cache.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use metaplast_runs::data::cache::{self, CACHE_VARIABLE};
use metaplast_runs::data::published::{self, USUAL_PART};
use metaplast_runs::settings::{Choice, OneOf, names, whole};

use crate::error::Error;
use crate::fetch::{Fetched, Patience, Request};
use crate::shell::{quoted, shown};
use crate::terminal::output;

const AFTER: &str = "\
Files are downloaded once, checked against their SHA-256, and kept in the user's cache directory, or in \
that which METAPLAST_CACHE names. A download that was broken off goes on with the same command. The \
addresses are those of crates/runs/sources.toml; --sources, or METAPLAST_SOURCES, names a file of the \
same form with changes to it.

Examples:
  metaplast data fetch mnist
  metaplast data fetch fashion --from https://mirror.example.org/fashion/ --cache cache";

/// Download a published data set into the cache, for `--data NAME`.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Fetch {
    /// Which data set
    #[arg(value_name = "NAME", value_parser = OneOf(names::data_sets))]
    name: String,
    /// What stands before the names of the files, instead of the usual address
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// A table with other addresses, checksums or limits
    #[arg(long, value_name = "FILE.toml")]
    sources: Option<PathBuf>,
    /// Directory below which each data set gets its own [default: $METAPLAST_CACHE, or `metaplast` in
    /// the user's cache directory]
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Attempts after one that failed, for each file
    #[arg(long, value_name = "N", default_value = "4", value_parser = whole, allow_negative_numbers = true)]
    retries: u64,
    /// Seconds without a byte after which an attempt has failed
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = whole, allow_negative_numbers = true)]
    timeout: u64,
    /// No progress and no summary
    #[arg(long)]
    quiet: bool,
}

/// Upper bound on attempts and on seconds, against typing errors.
const MOST: u64 = 86_400;

/// Runs the command.
pub(crate) fn run(arguments: &Fetch) -> Result<(), Error> {
    let name = arguments.name.as_str();
    let retries = Choice::new(arguments.retries, "--retries");
    if retries.value > MOST {
        return Err(retries.wrong(format!("choose {MOST} or less")).into());
    }
    let silence = Choice::new(arguments.timeout, "--timeout").at_most(MOST)?;
    let source = published::find(
        name,
        arguments.sources.as_deref(),
        arguments.from.as_deref(),
    )?;
    let cache = cache::directory(arguments.cache.as_deref())?;
    let request = Request {
        name,
        source: &source,
        cache: &cache,
        patience: Patience {
            retries: retries.value,
            silence: Duration::from_secs(silence),
        },
        quiet: arguments.quiet,
    };
    let fetched = request.run()?;
    if arguments.quiet {
        return Ok(());
    }
    let elsewhere = arguments.cache.as_ref().map_or(String::new(), |cache| {
        format!("{CACHE_VARIABLE}={} ", quoted(cache))
    });
    output::print(&format!(
        "{}\n{}next: {elsewhere}metaplast meta-train --data {name}\n",
        source.about,
        files(&fetched)
    ))?;
    let others = source.parts.keys().filter(|part| *part != USUAL_PART);
    let others: Vec<String> = others.map(|part| format!("--data {name}:{part}")).collect();
    output::line(&format!("also: {}", others.join(", ")))
}

fn files(fetched: &Fetched) -> String {
    let names = fetched.files.iter().map(|(name, _)| name.as_str());
    let names: Vec<&str> = names.collect();
    let directory = shown(&fetched.directory);
    let how = match fetched.were_there {
        true => "was there, and is sound",
        false => "fetched",
    };
    format!("{directory}: {how}: {}\n", names.join(", "))
}
