//! Finding the files of a data set.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use metaplast_numbers::sorting::sort_by_key;

use crate::idx_names::{IdxName, Side};
use crate::tables::Table;
use crate::text::read_up_to;
use crate::{ColorMode, DataError, Dataset, ImageForm, Orientation, Parts, folders, idx, mapping};

/// Longer mappings are refused; EMNIST's take a kilobyte.
const MOST_MAPPING_BYTES: u64 = 1 << 20;

impl Dataset {
    /// Reads the one pair of IDX files in a directory, as published for MNIST and EMNIST, or a
    /// directory with one directory of PNG files for each class.
    ///
    /// The pair is `NAME-images-idx3-ubyte` and `NAME-labels-idx1-ubyte`, each
    /// plain or `.gz` (plain wins where both are there); a dot for a hyphen, as in
    /// `NAME-images.idx3-ubyte`, and capitals are read as well. Where a directory
    /// holds several pairs, `path` may also be the file of images. Characters
    /// are named by `mapping.txt` or EMNIST's `...-mapping.txt` beside them.
    /// Images count as [transposed](Orientation::Transposed) if the files or
    /// their directory have "emnist" in their names.
    ///
    /// Without IDX files, each directory in it is a class of its name, in the order of the names'
    /// bytes, and each PNG, JPEG, PNM or BMP file in that an image; names that begin with a dot, and files
    /// that are no pictures, are passed over, and pictures in other formats are refused. Directories may be nested: those that hold pictures are the classes,
    /// and those above them their [groups](Self::groups). [`picture`](crate::picture) tells how pictures
    /// become gray; every one is resampled so that its longer side has 28 pixels, and put in the middle
    /// of an image of 28x28. Where all pictures together are lighter than middle gray, ink is taken to
    /// be dark, and every picture is inverted.
    ///
    /// A whole data set may also be one file, or the only one of its kind in a directory:
    ///
    /// - a table with the ending `.csv` or `.csv.gz` (`.tsv`), a row for each image, whose label is in the
    ///   column called `label`, or the like, and else in the first;
    /// - a NumPy archive `.npz` with the arrays `images` and `labels`, `x` and `y`, or `x_train` and
    ///   `y_train`, of numbers of any kind; of several parts that of training is taken, unless the path
    ///   ends in one, as in `mnist.npz:test`. It is read with the feature `npz`.
    ///
    /// Their images are square, in gray or in interleaved colour, unless arrays have axes for rows and
    /// columns, or a form says which they are. Where no value is above 1, 1 is full ink.
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
        Dataset::open_in(path, &ImageForm::default())
    }

    /// Reads images as [`open`](Self::open) does, and brings them to a form. Pictures are brought from
    /// their own size to that of the form at once.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), or when the images would take too much memory in this form.
    pub fn open_in(path: &Path, form: &ImageForm) -> Result<Self, DataError> {
        if let Some(table) = Table::named(path) {
            return table.open(form);
        }
        let (dir, pair) = match find(path) {
            Err(DataError::NoPair {
                unpaired: None,
                dir,
            }) => {
                if let Some(table) = Table::only_one_in(path)? {
                    return table.open(form);
                }
                if folders::has_directories(path)? {
                    return folders::open(path, directory_name(path), form);
                }
                return Err(DataError::NoPair {
                    unpaired: None,
                    dir,
                });
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
            color_mode: ColorMode::Gray,
            pixels: images.pixels,
            labels: labels.into_iter().map(u32::from).collect(),
            class_names: class_names.unwrap_or_default(),
        })?
        .in_form(form)
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
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let name = IdxName::read(&file).filter(|name| name.side == Side::Images);
    let name = name.ok_or_else(|| DataError::NotImages { path: path.into() })?;
    let dir = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let labels = idx_files(dir)?.labels.remove(&key(name.pair));
    let labels = labels.ok_or_else(|| DataError::NoPair {
        dir: dir.into(),
        unpaired: Some(path.into()),
    })?;
    let pair = Pair {
        name: name.pair.into(),
        images: path.into(),
        labels,
    };
    Ok((dir.into(), pair))
}

fn only_pair(dir: &Path) -> Result<Pair, DataError> {
    let IdxFiles {
        names,
        mut images,
        mut labels,
    } = idx_files(dir)?;
    let paired = |key: &&String| labels.contains_key(*key);
    let mut keys: Vec<String> = images.keys().filter(paired).cloned().collect();
    match keys.len() {
        1 => {
            let key = keys.remove(0);
            Ok(Pair {
                images: images.remove(&key).expect("paired"),
                labels: labels.remove(&key).expect("paired"),
                name: names[&key].clone(),
            })
        }
        0 => Err(DataError::NoPair {
            dir: dir.into(),
            unpaired: images.into_values().chain(labels.into_values()).next(),
        }),
        _ => Err(DataError::Ambiguous {
            dir: dir.into(),
            names: keys.iter().map(|key| names[key].clone()).collect(),
        }),
    }
}

/// IDX files by the names of their pairs in small letters, and these names as they are.
struct IdxFiles {
    names: BTreeMap<String, String>,
    images: BTreeMap<String, PathBuf>,
    labels: BTreeMap<String, PathBuf>,
}

fn idx_files(dir: &Path) -> Result<IdxFiles, DataError> {
    let mut found = IdxFiles {
        names: BTreeMap::new(),
        images: BTreeMap::new(),
        labels: BTreeMap::new(),
    };
    let entries = dir.read_dir().map_err(|cause| io_error(dir, cause))?;
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|cause| io_error(dir, cause))?;
        // Names need not be UTF-8.
        files.push((
            entry.file_name().to_string_lossy().into_owned(),
            entry.path(),
        ));
    }
    // Unpacking a download leaves both; the plain one is faster to read.
    sort_by_key(&mut files, |(file, _)| {
        (
            IdxName::read(file).is_some_and(|name| name.packed),
            file.clone(),
        )
    });
    for (file, path) in files {
        let Some(name) = IdxName::read(&file).filter(|_| !path.is_dir()) else {
            continue;
        };
        let key = key(name.pair);
        let side = match name.side {
            Side::Images => &mut found.images,
            Side::Labels => &mut found.labels,
        };
        side.entry(key.clone()).or_insert(path);
        found
            .names
            .entry(key)
            .or_insert_with(|| name.pair.to_owned());
    }
    Ok(found)
}

/// A pair may be `Train` in one file and `train` in the other.
fn key(pair: &str) -> String {
    pair.to_ascii_lowercase()
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
