//! Finding the files of a data set.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::text::read_up_to;
use crate::{DataError, Dataset, Orientation, Parts, folders, idx, mapping};

const IMAGES: &str = "-images-idx3-ubyte";
const LABELS: &str = "-labels-idx1-ubyte";
/// Longer mappings are refused; EMNIST's take a kilobyte.
const MOST_MAPPING_BYTES: u64 = 1 << 20;

impl Dataset {
    /// Reads the one pair of IDX files in a directory, as published for MNIST and EMNIST, or a
    /// directory with one directory of PNG files for each class.
    ///
    /// The pair is `NAME-images-idx3-ubyte` and `NAME-labels-idx1-ubyte`, each
    /// plain or `.gz` (plain wins where both are there). Where a directory
    /// holds several pairs, `path` may also be the file of images. Characters
    /// are named by `mapping.txt` or EMNIST's `...-mapping.txt` beside them.
    /// Images count as [transposed](Orientation::Transposed) if the files or
    /// their directory have "emnist" in their names.
    ///
    /// Without IDX files, each directory in it is a class of its name, in the order of the names'
    /// bytes, and each `.png` in that an image; names that begin with a dot, and files that are no
    /// pictures, are passed over, and pictures in other formats are refused. [`picture`](crate::picture) tells how PNG files become gray; every picture is
    /// resampled so that its longer side has 28 pixels, and put in the middle of an image of 28x28.
    /// Where all pictures together are lighter than middle gray, ink is taken to be dark, and every
    /// picture is inverted.
    ///
    /// ```no_run
    /// use metaplast_data::Dataset;
    ///
    /// let dataset = Dataset::open("data/emnist-balanced-test".as_ref())?;
    /// println!("{} images of {} classes", dataset.len(), dataset.classes());
    /// # Ok::<(), metaplast_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there is nothing at `path`, no pair or several, or if a file is not
    /// what its name says; see [`DataError`].
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let (dir, pair) = match find(path) {
            Err(DataError::NoPair { unpaired: None, .. }) if folders::has_directories(path)? => {
                return folders::open(path, directory_name(path));
            }
            found => found?,
        };
        let images = idx::read_images(&pair.images)?;
        let labels = idx::read_labels(&pair.labels)?;
        if images.count != labels.len() {
            return Err(DataError::CountMismatch {
                images: images.count,
                labels: labels.len(),
                images_path: pair.images,
                labels_path: pair.labels,
            });
        }
        let class_names = read_mapping(&dir, &pair.name)?;
        if let Some(names) = &class_names {
            let outside = labels.iter().position(|&l| usize::from(l) >= names.len());
            if let Some(i) = outside {
                return Err(DataError::LabelRange {
                    path: pair.labels,
                    offset: 8 + i as u64,
                    label: labels[i].into(),
                    classes: names.len(),
                });
            }
        }

        let dir_name = directory_name(&dir);
        let emnist = |name: &str| name.to_ascii_lowercase().contains("emnist");
        Dataset::from_parts(Parts {
            orientation: if emnist(&dir_name) || emnist(&pair.name) {
                Orientation::Transposed
            } else {
                Orientation::Upright
            },
            name: if path.is_file() { pair.name } else { dir_name },
            rows: images.rows,
            cols: images.cols,
            pixels: images.pixels,
            labels,
            class_names: class_names.unwrap_or_default(),
        })
    }
}

struct Pair {
    /// What stands in front of `-images-idx3-ubyte`.
    name: String,
    images: PathBuf,
    labels: PathBuf,
}

fn find(path: &Path) -> Result<(PathBuf, Pair), DataError> {
    let metadata = path.metadata().map_err(|cause| match cause.kind() {
        ErrorKind::NotFound => DataError::Missing { path: path.into() },
        _ => io_error(path, cause),
    })?;
    if metadata.is_dir() {
        return Ok((path.into(), only_pair(path)?));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = without_gz(&name).strip_suffix(IMAGES);
    let name = name.ok_or_else(|| DataError::NotImages { path: path.into() })?;
    let dir = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let candidates = [format!("{name}{LABELS}"), format!("{name}{LABELS}.gz")];
    // By what is there: a name that is not UTF-8 cannot be put together.
    let there = files(dir)?;
    let labels = candidates.iter().find_map(|candidate| {
        let found = there.iter().find(|(file, _)| file == candidate);
        found.map(|(_, path)| path.clone())
    });
    let labels = labels.ok_or_else(|| DataError::NoPair {
        dir: dir.into(),
        unpaired: Some(path.into()),
    })?;
    let pair = Pair {
        name: name.into(),
        images: path.into(),
        labels,
    };
    Ok((dir.into(), pair))
}

fn only_pair(dir: &Path) -> Result<Pair, DataError> {
    let mut images = BTreeMap::new();
    let mut labels = BTreeMap::new();
    for (file, path) in files(dir)? {
        let plain = without_gz(&file);
        let (name, side) = if let Some(name) = plain.strip_suffix(IMAGES) {
            (name, &mut images)
        } else if let Some(name) = plain.strip_suffix(LABELS) {
            (name, &mut labels)
        } else {
            continue;
        };
        // Unpacking a download leaves both; the plain one is faster to read.
        if plain == file || !side.contains_key(name) {
            side.insert(name.to_owned(), path);
        }
    }

    let paired = |name: &&String| labels.contains_key(*name);
    let mut names: Vec<String> = images.keys().filter(paired).cloned().collect();
    match names.len() {
        1 => {
            let name = names.remove(0);
            Ok(Pair {
                images: images.remove(&name).expect("paired"),
                labels: labels.remove(&name).expect("paired"),
                name,
            })
        }
        0 => Err(DataError::NoPair {
            dir: dir.into(),
            unpaired: images.into_values().chain(labels.into_values()).next(),
        }),
        _ => Err(DataError::Ambiguous {
            dir: dir.into(),
            names,
        }),
    }
}

/// The files of a directory with their names, which need not be UTF-8.
fn files(dir: &Path) -> Result<Vec<(String, PathBuf)>, DataError> {
    let entries = dir.read_dir().map_err(|cause| io_error(dir, cause))?;
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.map_err(|cause| io_error(dir, cause))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        Ok((name, entry.path()))
    };
    entries.map(file).collect()
}

fn without_gz(file: &str) -> &str {
    file.strip_suffix(".gz").unwrap_or(file)
}

fn directory_name(dir: &Path) -> String {
    // "." and ".." have no name of their own.
    let absolute = dir.canonicalize().unwrap_or_else(|_| dir.into());
    let named = dir.file_name().or_else(|| absolute.file_name());
    named.map_or_else(|| "data".into(), |n| n.to_string_lossy().into_owned())
}

fn read_mapping(dir: &Path, name: &str) -> Result<Option<Vec<String>>, DataError> {
    // EMNIST has one mapping for "emnist-balanced-train" and "emnist-balanced-test".
    let split = name.rsplit_once('-').map_or(name, |(split, _)| split);
    let candidates = [
        format!("{name}-mapping.txt"),
        format!("{split}-mapping.txt"),
        "mapping.txt".into(),
    ];
    for file in candidates {
        let path = dir.join(file);
        match read_up_to(&path, MOST_MAPPING_BYTES) {
            Ok(bytes) => return mapping::parse(&String::from_utf8_lossy(&bytes), &path).map(Some),
            Err(cause) if cause.kind() == ErrorKind::NotFound => {}
            Err(cause) => return Err(io_error(&path, cause)),
        }
    }
    Ok(None)
}

fn io_error(path: &Path, cause: std::io::Error) -> DataError {
    DataError::Io {
        path: path.into(),
        action: "read",
        cause,
    }
}
