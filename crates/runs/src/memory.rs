//! Memory that work will need, asked for before it begins.
//!
//! A program that runs out of memory is ended where it stands, without a word of its own. So what is
//! large is estimated, and asked of the operating system as one piece, which is given back at once:
//! limits of the process (`ulimit -v`) and sizes beyond the machine's are found. What other programs
//! take later is not.

use metaplast_meta::gradient::{GradientMode, estimate, least_bytes};
use metaplast_meta::{Episode, Model, Precision};

use crate::error::Error;
use crate::settings::ByteSize;

/// Of an estimate, what comes on top: lists that grow, buffers of files.
const MORE: u64 = 8;
/// Bytes that are asked for at the least. When a smaller piece is given back, glibc keeps pieces of its
/// size in its heap from then on instead of returning them to the system, and episodes take more.
const LEAST: u64 = 33 << 20;

/// Refuses work for which there is no memory.
///
/// # Errors
/// As one of `origin`, with the size and the way out.
pub fn check(bytes: u64, origin: &str, what: &str, way_out: &str) -> Result<(), Error> {
    let asked = bytes.saturating_add(bytes / MORE).max(LEAST);
    let mut piece: Vec<u8> = Vec::new();
    let refused = match usize::try_from(asked) {
        Ok(asked) => piece.try_reserve_exact(asked).is_err(),
        Err(_) => true,
    };
    match refused {
        false => Ok(()),
        true => {
            let size = ByteSize(bytes);
            let reason = format!("{what} takes {size} of memory, more than can be had; {way_out}");
            Err(Error::setting(origin, reason))
        }
    }
}

/// Refuses networks, so many at once, whose weights there is no memory for, before they are drawn.
///
/// # Errors
/// As one of `origin`, the layers.
pub fn check_networks(
    model: &Model,
    precision: Precision,
    at_once: u64,
    origin: &str,
) -> Result<(), Error> {
    let bytes = least_bytes(model, precision);
    let what = "a network of these layers";
    check(bytes, origin, what, "make them smaller")?;
    let what = format!("a network of these layers for each of {at_once} threads");
    check(
        bytes.saturating_mul(at_once),
        "--threads",
        &what,
        "ask for fewer",
    )
}

/// What to name in errors about the memory of episodes.
#[derive(Clone, Copy, Debug)]
pub struct Origins<'a> {
    /// Where the layers come from,
    pub layers: &'a str,
    /// and the number of steps.
    pub steps: &'a str,
    /// A way to take less memory for as many steps, such as `; or give a budget by --memory`, if the
    /// command has one.
    pub other_way: &'a str,
}

/// Refuses episodes, so many at once, that there is no memory for.
///
/// # Errors
/// When there is not, as one of the layers, the steps or `--threads`.
pub fn check_episodes(
    episode: &Episode<'_>,
    precision: Precision,
    mode: GradientMode,
    at_once: u64,
    origins: Origins<'_>,
) -> Result<(), Error> {
    check_networks(episode.model, precision, 1, origins.layers)?;
    let bytes = estimate(episode, precision, mode);
    let is_long = episode.steps > episode.examples.support_len();
    let (origin, less) = match is_long {
        true => (origins.steps, "take fewer"),
        false => (origins.layers, "make them smaller"),
    };
    let other_way = origins.other_way;
    let what = format!("an episode of {} steps", episode.steps);
    check(bytes, origin, &what, &format!("{less}{other_way}"))?;
    let what = format!("{at_once} episodes at once");
    let way_out = format!("ask for fewer{other_way}");
    check(bytes.saturating_mul(at_once), "--threads", &what, &way_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_machine_has_is_refused_with_its_size() {
        assert!(check(1 << 20, "--layers", "this", "").is_ok());
        let refused = check(1 << 60, "--steps", "an episode", "give --memory").unwrap_err();
        let text = refused.to_string();
        assert!(
            text.starts_with("--steps: an episode takes 1152921"),
            "{text}"
        );
        assert!(
            text.ends_with("more than can be had; give --memory"),
            "{text}"
        );
    }
}
