//! Class directories: a directory of pictures for each class, side by side or in groups, as Omniglot has
//! one for each alphabet with one for each character in it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use metaplast_numbers::sorting::sort;

use crate::decode::{FORMATS, Named, named, wrong};
use crate::{DataError, MOST_CLASSES};

/// Deeper directories are refused: a link that leads up would have no end.
const MOST_DEPTH: usize = 8;

/// A directory of pictures.
#[derive(Debug)]
pub(crate) struct ClassDirectory {
    /// Its path below the data set's directory, with `/` between directories.
    pub(crate) name: String,
    /// The same of the directory that it is in; empty for the data set's own.
    pub(crate) group: String,
    /// At least one, in the order of the bytes of their names.
    pub(crate) pictures: Vec<PathBuf>,
}

/// The classes below `dir`, in the order of the bytes of their names at every depth.
pub(crate) fn classes(dir: &Path) -> Result<Vec<ClassDirectory>, DataError> {
    let mut found = Vec::new();
    walk(dir, "", 0, &mut found)?;
    Ok(found)
}

fn walk(
    dir: &Path,
    name: &str,
    depth: usize,
    found: &mut Vec<ClassDirectory>,
) -> Result<(), DataError> {
    if depth > MOST_DEPTH {
        let reason = format!(
            "more than {MOST_DEPTH} directories below each other; is there a link that leads up?"
        );
        return Err(wrong(dir, reason));
    }
    let (directories, files): (Vec<_>, Vec<_>) = visible(dir)?
        .into_iter()
        .partition(|(_, path)| path.is_dir());
    let files: Vec<PathBuf> = files.into_iter().map(|(_, path)| path).collect();
    // Half of the images would be missing without a word.
    if let Some(path) = files
        .iter()
        .find(|path| named(path) == Named::UnreadPicture)
    {
        let reason = format!(
            "only {FORMATS} files are read, and this picture would be passed over; convert it, or move it away"
        );
        return Err(wrong(path, reason));
    }
    let pictures = files
        .into_iter()
        .filter(|path| named(path) == Named::Picture);
    let pictures: Vec<PathBuf> = pictures.collect();
    match (directories.is_empty(), pictures.first()) {
        (false, None) => {}
        (false, Some(picture)) => {
            let reason = "a picture beside directories belongs to no class; move it into the directory of its class";
            return Err(wrong(picture, reason.into()));
        }
        (true, None) => {
            let reason = format!(
                "no {FORMATS} file here; a data set has one directory of them for each class, and no other directories"
            );
            return Err(wrong(dir, reason));
        }
        (true, Some(_)) => {
            if found.len() == MOST_CLASSES {
                let reason = format!("more than {MOST_CLASSES} classes; move some away");
                return Err(wrong(dir, reason));
            }
            let group = name.rsplit_once('/').map_or("", |(group, _)| group);
            found.push(ClassDirectory {
                name: name.to_owned(),
                group: group.to_owned(),
                pictures,
            });
            return Ok(());
        }
    }
    for (below, path) in directories {
        let below = below.to_string_lossy();
        let below = match name {
            "" => below.into_owned(),
            name => format!("{name}/{below}"),
        };
        walk(&path, &below, depth + 1, found)?;
    }
    Ok(())
}

/// What is in a directory, hidden files apart, sorted by name: the order in which a file system
/// lists it decides nothing.
pub(crate) fn visible(dir: &Path) -> Result<Vec<(OsString, PathBuf)>, DataError> {
    let io_error = |cause| DataError::Io {
        path: dir.into(),
        action: "read",
        cause,
    };
    let mut entries = Vec::new();
    for entry in fs::read_dir(dir).map_err(io_error)? {
        let entry = entry.map_err(io_error)?;
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(b".") {
            entries.push((name, entry.path()));
        }
    }
    sort(&mut entries);
    Ok(entries)
}
