//! One file from an HTTP server to the disk, whole or not at all, going on where it was broken off.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use metaplast_runs::Error;
use metaplast_runs::data::digest::Digest;
use metaplast_runs::directory::file::{read_text, sync_directory, write_whole};
use metaplast_runs::toml_text;
use serde::{Deserialize, Serialize};
use tracing::debug;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body};

use super::meter::Meter;

/// Bytes that are read and written at once.
const PIECE: usize = 1 << 16;
/// From the first attempt to the second; each wait after it is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How patient downloads are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Attempts after the first.
    pub(crate) retries: u64,
    /// Without a byte for longer than this, an attempt is given up.
    pub(crate) silence: Duration,
}

/// A file to download.
#[derive(Debug)]
pub(crate) struct Download<'a> {
    /// The whole address.
    pub(crate) address: &'a str,
    /// The name on the disk, which exists only once everything is right.
    pub(crate) path: &'a Path,
    /// What must come.
    pub(crate) expected: Option<Expected>,
    /// More is not accepted.
    pub(crate) most_bytes: u64,
    pub(crate) patience: Patience,
}

/// A checksum and who says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) sha256: Digest,
    /// What to do when another one comes.
    pub(crate) way_out: &'static str,
}

/// What a partial file was the beginning of.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct PartialOrigin {
    address: String,
    /// The server's tag or date, by which it knows its own version of the file.
    version: Option<String>,
}

/// Why an attempt failed.
enum Failure {
    /// Another attempt may succeed.
    Passing(String),
    /// Another one would fail as well.
    Lasting(String),
    /// This machine is to blame.
    Here(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Here(error)
    }
}

impl Download<'_> {
    /// Downloads the file, unless it turns out not to be the expected one.
    pub(crate) fn run(&self, meter: &Meter) -> Result<Digest, Error> {
        let encrypted = self.address.starts_with("https://");
        if encrypted && !cfg!(feature = "https") {
            return Err(self.failed(
                "this metaplast was built without https; build it with `--features https`, name an address with http:// by --from URL, or download the files by other means",
            ));
        }
        let config = Agent::config_builder()
            .timeout_connect(Some(self.patience.silence))
            .timeout_recv_response(Some(self.patience.silence))
            .timeout_per_read(Some(self.patience.silence))
            .http_status_as_error(false)
            .https_only(encrypted)
            .user_agent(concat!("metaplast/", env!("CARGO_PKG_VERSION")))
            .build();
        let agent = Agent::new_with_config(config);
        let mut wait = FIRST_WAIT;
        for attempt in 0.. {
            let reason = match self.attempt(&agent, meter) {
                Ok(digest) => return Ok(digest),
                Err(Failure::Here(error)) => return Err(error),
                Err(Failure::Lasting(reason)) => return Err(self.failed(&reason)),
                Err(Failure::Passing(reason)) => reason,
            };
            if attempt == self.patience.retries {
                let times = match attempt {
                    0 => String::new(),
                    n => format!(" (attempt {} of {0})", n + 1),
                };
                let reason = format!(
                    "{reason}{times}; the same command goes on where this one stopped, or name a mirror by --from URL"
                );
                return Err(self.failed(&reason));
            }
            meter.say(&format!(
                "{}: {reason}; trying again in {:.1} s",
                self.address,
                wait.as_secs_f64()
            ));
            thread::sleep(wait);
            wait = (2 * wait).min(LONGEST_WAIT);
        }
        unreachable!("attempts come to an end")
    }

    fn failed(&self, reason: &str) -> Error {
        Error::Failed(format!("{}: {reason}", self.address))
    }

    fn attempt(&self, agent: &Agent, meter: &Meter) -> Result<Digest, Failure> {
        let partial = Partial::beside(self.path);
        let had = self.resumable(&partial)?;
        let mut request = agent
            .get(self.address)
            .header(header::ACCEPT_ENCODING, "identity");
        if let Some((bytes, version)) = &had {
            request = request.header(header::RANGE, format!("bytes={bytes}-"));
            if let Some(version) = version {
                request = request.header(header::IF_RANGE, version);
            }
        }
        let response = request.call().map_err(failure)?;
        let status = response.status();
        debug!(address = self.address, %status, ?had, "answered");
        let begin = match (status, &had) {
            (StatusCode::OK, _) => 0,
            (StatusCode::PARTIAL_CONTENT, Some((bytes, _))) => {
                if range_begin(&response) != Some(*bytes) {
                    return self.afresh(agent, &partial, meter);
                }
                *bytes
            }
            // What is here is no beginning of what the server has.
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(_)) => {
                return self.afresh(agent, &partial, meter);
            }
            _ if is_passing(status) => {
                return Err(passing(format!("the server answered {status}")));
            }
            _ => {
                return Err(Failure::Lasting(format!(
                    "the server answered {status}; name another address by --from URL, or in a file by --sources"
                )));
            }
        };
        self.receive(&partial, begin, response, meter)?;
        let found = Digest::of_file(&partial.data)?;
        match self.expected {
            Some(expected) if expected.sha256 != found => {
                if begin > 0 {
                    // The pieces may have been of two versions.
                    return self.afresh(agent, &partial, meter);
                }
                partial.remove()?;
                Err(Failure::Lasting(format!(
                    "the SHA-256 is {found} and not {}; {}",
                    expected.sha256, expected.way_out
                )))
            }
            _ => {
                partial.become_whole(self.path)?;
                Ok(found)
            }
        }
    }

    /// Begins again, with nothing to go on with.
    fn afresh(&self, agent: &Agent, partial: &Partial, meter: &Meter) -> Result<Digest, Failure> {
        partial.remove()?;
        meter.say(&format!(
            "{}: what is here does not fit; from the beginning",
            self.address
        ));
        self.attempt(agent, meter)
    }

    /// How many bytes are here of what a server may go on with, and of which version.
    fn resumable(&self, partial: &Partial) -> Result<Option<(u64, Option<String>)>, Error> {
        let bytes = match fs::metadata(&partial.data) {
            Ok(metadata) => metadata.len(),
            Err(_) => return Ok(None),
        };
        let beginning = read_text(&partial.about)
            .ok()
            .and_then(|text| toml_text::parse::<PartialOrigin>(&text).ok())
            .filter(|beginning| beginning.address == self.address);
        match beginning {
            // Without a version and without a checksum, pieces of two files could be put together.
            Some(PartialOrigin { version, .. })
                if bytes > 0 && (version.is_some() || self.expected.is_some()) =>
            {
                Ok(Some((bytes, version)))
            }
            _ => {
                partial.remove()?;
                Ok(None)
            }
        }
    }

    /// Writes the body behind the first `begin` bytes.
    fn receive(
        &self,
        partial: &Partial,
        begin: u64,
        mut response: Response<Body>,
        meter: &Meter,
    ) -> Result<(), Failure> {
        let all = response
            .body()
            .content_length()
            .map(|length| begin.saturating_add(length));
        if all.is_some_and(|all| all > self.most_bytes) {
            partial.remove()?;
            return Err(self.too_long(&format!("announces {} bytes", all.unwrap_or(0))));
        }
        let io_error = |cause| Error::io(&partial.data, "write", cause);
        let mut file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(begin == 0)
            .append(begin > 0)
            .open(&partial.data)
            .map_err(io_error)?;
        if begin == 0 {
            let beginning = PartialOrigin {
                address: self.address.into(),
                version: version(&response),
            };
            let text = toml_text::write(&beginning);
            write_whole(&partial.about, text.as_bytes())?;
        }
        meter.begin(begin, all);
        let mut body = response.body_mut().as_reader();
        let (mut here, mut piece) = (begin, vec![0; PIECE]);
        let ended = loop {
            match body.read(&mut piece) {
                Ok(0) => break None,
                Ok(n) => {
                    here += n as u64;
                    if here > self.most_bytes {
                        drop(file);
                        partial.remove()?;
                        return Err(self.too_long("goes on"));
                    }
                    file.write_all(&piece[..n]).map_err(io_error)?;
                    meter.advance(n as u64);
                }
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => break Some(cause),
            }
        };
        file.sync_all().map_err(io_error)?;
        let of = all.map_or(String::new(), |all| format!(" of {all}"));
        match (ended, all) {
            (Some(cause), _) => Err(passing(format!(
                "broken off after {here}{of} bytes: {cause}"
            ))),
            (None, Some(all)) if here < all => {
                Err(passing(format!("broken off after {here}{of} bytes")))
            }
            (None, _) => Ok(()),
        }
    }

    fn too_long(&self, what: &str) -> Failure {
        Failure::Lasting(format!(
            "the server {what} where at most {} are expected; name another address by --from URL, or set `most_bytes` in a file for --sources",
            self.most_bytes
        ))
    }
}

/// What there is of a file so far, under names of its own.
struct Partial {
    data: PathBuf,
    /// A [`PartialOrigin`].
    about: PathBuf,
}

impl Partial {
    fn beside(path: &Path) -> Self {
        let named = |ending: &str| {
            let mut name = OsString::from(".");
            name.push(path.file_name().unwrap_or_default());
            name.push(ending);
            path.with_file_name(name)
        };
        Partial {
            data: named(".partial"),
            about: named(".partial.toml"),
        }
    }

    /// Gives it its name.
    fn become_whole(&self, path: &Path) -> Result<(), Error> {
        fs::rename(&self.data, path)
            .and_then(|()| sync_directory(path))
            .map_err(|cause| Error::io(path, "write", cause))?;
        self.remove()
    }

    fn remove(&self) -> Result<(), Error> {
        for path in [&self.data, &self.about] {
            match fs::remove_file(path) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::io(path, "remove", cause));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn passing(reason: impl Into<String>) -> Failure {
    Failure::Passing(reason.into())
}

/// A request that was not answered.
fn failure(error: ureq::Error) -> Failure {
    match error {
        ureq::Error::Io(cause) => passing(format!("no answer: {cause}")),
        ureq::Error::HostNotFound => passing("the host is not known; is there a network?"),
        ureq::Error::Timeout(_) => passing("no answer in time"),
        ureq::Error::ConnectionFailed => passing("no connection"),
        other => Failure::Lasting(format!("{other}; name another address by --from URL")),
    }
}

/// Whether a server may answer otherwise later.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS].contains(&status)
}

/// Where the piece begins that the server sent, from `Content-Range: bytes BEGIN-END/ALL`.
fn range_begin(response: &Response<Body>) -> Option<u64> {
    let range = response
        .headers()
        .get(header::CONTENT_RANGE)?
        .to_str()
        .ok()?;
    let (begin, _) = range.strip_prefix("bytes ")?.split_once('-')?;
    begin.trim().parse().ok()
}

/// By what the server tells versions of the file apart: a strong tag, or else a date.
fn version(response: &Response<Body>) -> Option<String> {
    let get = |name| response.headers().get(name)?.to_str().ok();
    let tag = get(header::ETAG).filter(|tag| tag.starts_with('"'));
    tag.or_else(|| get(header::LAST_MODIFIED))
        .map(str::to_owned)
}
