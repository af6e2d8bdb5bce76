//! A directory with one directory of PNG files for each class.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::picture::Picture;
use crate::{DataError, Dataset, Orientation, Parts, idx};

/// Rows and columns of every image.
pub(crate) const SIDE: usize = 28;
/// Labels are bytes.
const MOST_CLASSES: usize = 256;
/// How names of pictures end that are not read.
const UNREAD: [&str; 13] = [
    "jpg", "jpeg", "jpe", "gif", "bmp", "tif", "tiff", "webp", "pgm", "ppm", "pbm", "heic", "svg",
];

/// Whether a directory has directories in it, hidden ones apart.
pub(crate) fn has_directories(dir: &Path) -> Result<bool, DataError> {
    Ok(visible(dir)?.iter().any(|(_, path)| path.is_dir()))
}

/// Reads the classes below `dir`, as [`Dataset::open`] says.
pub(crate) fn open(dir: &Path, name: String) -> Result<Dataset, DataError> {
    let classes = visible(dir)?;
    let classes: Vec<(OsString, PathBuf)> = classes
        .into_iter()
        .filter(|(_, path)| path.is_dir())
        .collect();
    if classes.len() > MOST_CLASSES {
        let reason = format!(
            "{} directories, one for each class; at most {MOST_CLASSES} are possible: move some away",
            classes.len()
        );
        return Err(wrong(dir, reason));
    }
    let (mut pictures, mut labels, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for (label, (class, path)) in classes.into_iter().enumerate() {
        let files = png_files(&path)?;
        let all = pictures.len() + files.len();
        if (all * SIDE * SIDE) as u64 > idx::MAX_BYTES {
            let most = idx::MAX_BYTES as usize / (SIDE * SIDE);
            let reason = format!("{all} PNG files so far; at most {most} are possible");
            return Err(wrong(&path, reason));
        }
        for file in files {
            pictures.push(Picture::read(&file)?.fitted(SIDE));
            labels.push(label as u8);
        }
        names.push(class.to_string_lossy().into_owned());
    }
    let dark_on_light = is_dark_on_light(&pictures);
    let pixels = pictures
        .iter()
        .flat_map(|picture| framed(picture, dark_on_light))
        .collect();
    Dataset::from_parts(Parts {
        name,
        rows: SIDE,
        cols: SIDE,
        pixels,
        labels,
        class_names: names,
        orientation: Orientation::Upright,
    })
}

/// The PNG files of a class, at least one.
fn png_files(dir: &Path) -> Result<Vec<PathBuf>, DataError> {
    let ending = |path: &Path| {
        let ending = path.extension().unwrap_or_default();
        ending.to_string_lossy().to_ascii_lowercase()
    };
    let files = visible(dir)?.into_iter().map(|(_, path)| path);
    let files: Vec<PathBuf> = files.filter(|path| !path.is_dir()).collect();
    // Half of the images would be missing without a word.
    let unread = |path: &&PathBuf| UNREAD.contains(&ending(path).as_str());
    if let Some(path) = files.iter().find(unread) {
        let reason = "only PNG files are read, and this picture would be passed over; convert it, or move it away";
        return Err(wrong(path, reason.into()));
    }
    let files: Vec<PathBuf> = files
        .into_iter()
        .filter(|path| ending(path) == "png")
        .collect();
    if files.is_empty() {
        let reason = "no PNG file here; a data set has one directory of them for each class, and no other directories";
        return Err(wrong(dir, reason.into()));
    }
    Ok(files)
}

/// What is in a directory, hidden files apart, sorted by name: the order in which a file system
/// lists it decides nothing.
fn visible(dir: &Path) -> Result<Vec<(OsString, PathBuf)>, DataError> {
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
    entries.sort();
    Ok(entries)
}

/// Whether the pictures are, all together, more light than dark.
fn is_dark_on_light(pictures: &[Picture]) -> bool {
    let pixels = || pictures.iter().flat_map(|picture| &picture.gray);
    let sum: u64 = pixels().map(|&gray| u64::from(gray)).sum();
    2 * sum > 255 * pixels().count() as u64
}

/// The picture in the middle of an image of [`SIDE`] × [`SIDE`], ink light on dark.
fn framed(picture: &Picture, invert: bool) -> Vec<u8> {
    let mut image = vec![0; SIDE * SIDE];
    let (top, left) = ((SIDE - picture.rows) / 2, (SIDE - picture.cols) / 2);
    for (y, line) in picture.gray.chunks_exact(picture.cols).enumerate() {
        let at = (top + y) * SIDE + left;
        for (pixel, &gray) in image[at..at + picture.cols].iter_mut().zip(line) {
            *pixel = if invert { 255 - gray } else { gray };
        }
    }
    image
}

fn wrong(path: &Path, reason: String) -> DataError {
    DataError::Picture {
        path: path.into(),
        reason,
    }
}
