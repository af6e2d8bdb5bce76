//! What the program does inside, for those who ask by `RUST_LOG`.

use std::io;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

use crate::error::Error;

const VARIABLE: &str = "RUST_LOG";

/// From now on events go to standard error, those that the environment variable `RUST_LOG` asks for:
/// `debug`, or `metaplast_runs::train=trace,info`.
pub(crate) fn listen() -> Result<(), Error> {
    let wanted = std::env::var(VARIABLE).unwrap_or_default();
    if wanted.is_empty() {
        return Ok(());
    }
    let targets: Targets = wanted.parse().map_err(|error| {
        let reason = format!("{error}; write a level such as debug, or metaplast=debug");
        Error::setting(VARIABLE, reason)
    })?;
    let layer = fmt::layer().with_ansi(false).with_writer(io::stderr);
    // A process that brings the command may run it twice, or have a subscriber of its own.
    let _ = registry().with(layer.with_filter(targets)).try_init();
    Ok(())
}
