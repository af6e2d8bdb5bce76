//! `metaplast data fetch`: a published data set into the cache.

use std::time::Duration;

use crate::arguments::Fetch;
use crate::choice::Choice;
use crate::error::Error;
use crate::fetch::{self, CACHE_VARIABLE, Fetched, Patience, Request, USUAL_PART};
use crate::output::{self, quoted};

/// More attempts, or seconds, than this are a slip of the finger.
const MOST: u64 = 86_400;

/// Runs the command.
pub(crate) fn run(arguments: &Fetch) -> Result<(), Error> {
    let name = arguments.name.as_str();
    let retries = Choice::new(arguments.retries, "--retries");
    if retries.value > MOST {
        return Err(retries.wrong(format!("choose {MOST} or less")));
    }
    let silence = Choice::new(arguments.timeout, "--timeout").at_most(MOST)?;
    let source = fetch::find(
        name,
        arguments.sources.as_deref(),
        arguments.from.as_deref(),
    )?;
    let cache = fetch::directory(arguments.cache.as_deref())?;
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
    let directory = fetched.directory.display();
    let how = match fetched.were_there {
        true => "was there, and is sound",
        false => "fetched",
    };
    format!("{directory}: {how}: {}\n", names.join(", "))
}
