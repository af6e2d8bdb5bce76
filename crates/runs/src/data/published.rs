//! Where the published data sets are, and what is expected there: a table that comes with the
//! program, and changes to it from the user.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::digest::Digest;
use crate::directory::file::read_text;
use crate::error::Error;
use crate::toml_text;

/// The table that comes with the program.
const TABLE: &str = include_str!("../../sources.toml");
/// The name of a file with changes to it.
pub const SOURCES_VARIABLE: &str = "METAPLAST_SOURCES";
/// The part of a data set that its bare name stands for.
pub const USUAL_PART: &str = "train";

/// A published data set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What it is, and whose.
    pub about: String,
    /// What stands before the names of the files; ends in `/`.
    pub address: String,
    /// Parts that `--data NAME:PART` reads, by their files of images.
    pub parts: BTreeMap<String, String>,
    /// What is downloaded.
    pub files: BTreeMap<String, RemoteFile>,
    /// What is taken out of the one archive that is downloaded, if it is one.
    #[serde(default)]
    pub members: Vec<String>,
}

/// A file that is downloaded.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteFile {
    /// `None` when what comes first is taken for right.
    #[serde(deserialize_with = "digest")]
    pub sha256: Option<Digest>,
    /// More than this is not accepted.
    pub most_bytes: u64,
}

/// Changes to a [`Source`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceChange {
    address: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, FileChange>,
}

/// Changes to a [`RemoteFile`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileChange {
    #[serde(default, deserialize_with = "some_digest")]
    sha256: Option<Option<Digest>>,
    most_bytes: Option<u64>,
}

impl Source {
    /// The names of the files that are there after fetching.
    pub fn kept(&self) -> Vec<&str> {
        match self.members.is_empty() {
            true => self.files.keys().map(String::as_str).collect(),
            false => self.members.iter().map(|name| base_name(name)).collect(),
        }
    }
}

/// What stands behind the last `/`.
#[must_use]
pub fn base_name(member: &str) -> &str {
    member.rsplit('/').next().expect("at least one piece")
}

/// The sources that come with the program, by name.
#[must_use]
pub fn built_in() -> BTreeMap<String, Source> {
    toml_text::parse(TABLE).expect("the table is right")
}

/// The source of this name with the user's changes from `--sources`, the environment and `--from`.
///
/// # Errors
/// When the table of the user cannot be read, no data set has the name, or the address is none.
pub fn find(name: &str, file: Option<&Path>, address: Option<&str>) -> Result<Source, Error> {
    let mut sources = built_in();
    let file = file.map(PathBuf::from).or_else(|| {
        let named = std::env::var_os(SOURCES_VARIABLE).filter(|name| !name.is_empty());
        named.map(PathBuf::from)
    });
    if let Some(path) = file {
        change(&mut sources, &read_text(&path)?, &path)?;
    }
    let names: Vec<&str> = sources.keys().map(String::as_str).collect();
    let names = names.join(", ");
    let mut source = sources
        .remove(name)
        .ok_or_else(|| Error::setting(name, format!("no such data set; choose one of {names}")))?;
    if let Some(address) = address {
        source.address = checked_address(address)
            .map_err(|reason| Error::setting(format!("--from {address}"), reason))?;
    }
    Ok(source)
}

/// Applies the text of a user's table.
fn change(sources: &mut BTreeMap<String, Source>, text: &str, path: &Path) -> Result<(), Error> {
    let changes: BTreeMap<String, SourceChange> = toml_text::parse_file(text, path)?;
    let wrong = |reason: String| Error::File {
        path: path.into(),
        line: None,
        reason,
    };
    for (name, change) in changes {
        let names: Vec<&String> = sources.keys().collect();
        let unknown = format!("no data set is called `{name}`; choose among {names:?}");
        let source = sources.get_mut(&name).ok_or_else(|| wrong(unknown))?;
        if let Some(address) = change.address {
            source.address =
                checked_address(&address).map_err(|reason| wrong(format!("{name}: {reason}")))?;
        }
        for (file, change) in change.files {
            let names: Vec<&String> = source.files.keys().collect();
            let unknown = format!("{name} has no file `{file}`; choose among {names:?}");
            let file = source.files.get_mut(&file).ok_or_else(|| wrong(unknown))?;
            if let Some(sha256) = change.sha256 {
                file.sha256 = sha256;
            }
            if let Some(most) = change.most_bytes {
                file.most_bytes = most;
            }
        }
    }
    Ok(())
}

/// An address with a `/` at its end.
fn checked_address(address: &str) -> Result<String, String> {
    let known = ["http://", "https://"]
        .iter()
        .any(|scheme| address.len() > scheme.len() && address.starts_with(scheme));
    if !known || address.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(format!(
            "{address:?} is no address; give what stands before the names of the files, like https://example.org/mnist/"
        ));
    }
    Ok(match address.ends_with('/') {
        true => address.to_owned(),
        false => format!("{address}/"),
    })
}

fn digest<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Digest>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "unknown" => Ok(None),
        text => text.parse().map(Some).map_err(serde::de::Error::custom),
    }
}

fn some_digest<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<Digest>>, D::Error> {
    digest(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        let sources = built_in();
        assert_eq!(sources.len(), 3);
        for (name, source) in &sources {
            assert_eq!(
                checked_address(&source.address).as_ref(),
                Ok(&source.address)
            );
            assert!(source.parts.contains_key(USUAL_PART), "{name}");
            assert!(
                source.members.is_empty() || source.files.len() == 1,
                "{name}"
            );
            let kept = source.kept();
            for images in source.parts.values() {
                let labels = images.replace("images-idx3", "labels-idx1");
                assert!(kept.contains(&images.as_str()) && kept.contains(&labels.as_str()));
            }
            for file in source.files.values() {
                assert!(file.sha256.is_some(), "{name}");
            }
        }
    }

    #[test]
    fn a_users_table_changes_what_it_names() {
        let path = Path::new("own.toml");
        let images = "train-images-idx3-ubyte.gz";
        let mut sources = built_in();
        let text = format!(
            "[mnist]\naddress = \"https://example.org/m\"\n[mnist.files.\"{images}\"]\nsha256 = \"unknown\"\nmost_bytes = 7\n"
        );
        change(&mut sources, &text, path).unwrap();
        let mnist = &sources["mnist"];
        assert_eq!(mnist.address, "https://example.org/m/");
        assert_eq!(mnist.files[images].most_bytes, 7);
        assert!(mnist.files[images].sha256.is_none());
        assert!(mnist.files["t10k-images-idx3-ubyte.gz"].sha256.is_some());

        for (text, words) in [
            ("[kmnist]\n", "no data set is called `kmnist`"),
            ("[mnist.files.\"a.gz\"]\nmost_bytes = 1\n", "no file `a.gz`"),
            ("[mnist]\naddress = \"ftp://x/\"\n", "is no address"),
            (
                "[mnist]\nadress = \"http://x/\"\n",
                "line 2: unknown key `adress`; did you mean `address`?",
            ),
            (
                "[mnist.files.\"t10k-images-idx3-ubyte.gz\"]\nsha256 = \"12\"\n",
                "line 2: \"12\" is no SHA-256",
            ),
        ] {
            let error = change(&mut built_in(), text, path).unwrap_err().to_string();
            assert!(
                error.starts_with("own.toml: ") && error.contains(words),
                "{error}"
            );
        }
    }
}
