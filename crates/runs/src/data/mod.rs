//! Where images come from: drawn glyphs, published data sets once fetched, or files.

pub mod cache;
pub mod digest;
pub mod published;

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use metaplast_data::{ColorMode, Dataset, ImageForm, glyphs, split_part};

use crate::error::Error;
use crate::memory;
use published::USUAL_PART;

/// Images of each class when glyphs are drawn: as many as in the EMNIST extract of the tests.
pub const GLYPHS_PER_CLASS: u64 = 400;
/// The seed of the glyphs, which is not that of the trials.
pub const DATA_SEED: u64 = 1;
/// More glyphs of a class than this do not fit into memory.
const MOST_GLYPHS: u64 = 20_000;

/// A name for a data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// Drawn from stroke skeletons.
    Glyphs {
        /// Images of each class.
        per_class: u64,
        /// The seed of the drawing.
        seed: u64,
    },
    /// Fetched into the cache.
    Cached {
        /// The name of the data set.
        name: String,
        /// Which of its parts.
        part: String,
    },
    /// A directory with IDX files, one of these files, a directory with one of pictures for each class,
    /// or a table of images.
    Path(PathBuf),
}

impl DataSource {
    /// From the value of `--data` and the settings of the glyphs.
    ///
    /// # Errors
    /// When a data set has no such part, or the number of glyphs is out of range.
    pub fn new(data: impl AsRef<OsStr>, per_class: u64, seed: u64) -> Result<Self, Error> {
        let data = data.as_ref();
        // Names are text, and paths need not be.
        if let Some(cached) = data.to_str().map_or(Ok(None), cached)? {
            return Ok(cached);
        }
        if data != "glyphs" {
            return Ok(DataSource::Path(data.into()));
        }
        if !(1..=MOST_GLYPHS).contains(&per_class) {
            let reason = format!("{per_class} images of each class; choose 1 to {MOST_GLYPHS}");
            return Err(Error::setting("--glyphs-per-class", reason));
        }
        Ok(DataSource::Glyphs { per_class, seed })
    }

    /// Reads or draws the images, gray and in their own size.
    ///
    /// # Errors
    /// When the images cannot be read, or were not fetched.
    pub fn open(&self) -> Result<Dataset, Error> {
        self.open_in(&ImageForm::default())
    }

    /// Reads or draws the images, and brings them to a form.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when they would take too much memory in this form.
    pub fn open_in(&self, form: &ImageForm) -> Result<Dataset, Error> {
        match self {
            DataSource::Glyphs { per_class, seed } => {
                let bytes = per_class * (glyphs::CLASSES * glyphs::SIDE * glyphs::SIDE) as u64;
                let way_out = "draw fewer of each class";
                memory::check(bytes, "--glyphs-per-class", "glyphs", way_out)?;
                Ok(Dataset::glyphs(*per_class as usize, *seed).in_form(form)?)
            }
            DataSource::Cached { name, part } => {
                let dataset = Dataset::open_in(&cache::images(name, part)?, form)?;
                Ok(dataset.with_name(self.to_string()))
            }
            DataSource::Path(path) => Ok(Dataset::open_in(path, form)?),
        }
    }

    /// The same source, findable from another working directory.
    #[must_use]
    pub fn absolute(self) -> Self {
        match self {
            DataSource::Path(path) => DataSource::Path(absolute(path)),
            named => named,
        }
    }

    /// The same source, findable from another working directory and by its name in a file.
    ///
    /// # Errors
    /// When its path is not UTF-8, which a TOML file cannot hold.
    pub fn storable(self) -> Result<Self, Error> {
        let source = self.absolute();
        match &source {
            DataSource::Path(path) if path.to_str().is_none() => {
                let reason = format!(
                    "the path {} is not UTF-8, so config.toml could not name it; rename it, or make a link to it",
                    path.display()
                );
                Err(Error::setting("--data", reason))
            }
            _ => Ok(source),
        }
    }

    /// Number of images of each class and the seed, when they are drawn.
    #[must_use]
    pub fn glyphs(&self) -> Option<(u64, u64)> {
        match *self {
            DataSource::Glyphs { per_class, seed } => Some((per_class, seed)),
            DataSource::Cached { .. } | DataSource::Path(_) => None,
        }
    }
}

impl fmt::Display for DataSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataSource::Glyphs { .. } => f.write_str("glyphs"),
            DataSource::Cached { name, part } if part == USUAL_PART => f.write_str(name),
            DataSource::Cached { name, part } => write!(f, "{name}:{part}"),
            DataSource::Path(path) => Path::display(path).fmt(f),
        }
    }
}

/// The same file, or part of a file, from another working directory.
fn absolute(path: PathBuf) -> PathBuf {
    match split_part(&path) {
        Some((file, part)) => {
            let mut whole = file.canonicalize().unwrap_or(file).into_os_string();
            whole.push(format!(":{part}"));
            whole.into()
        }
        None => path.canonicalize().unwrap_or(path),
    }
}

/// What `NAME` or `NAME:PART` stands for, if it is a published data set.
fn cached(data: &str) -> Result<Option<DataSource>, Error> {
    let (name, part) = data.split_once(':').unwrap_or((data, USUAL_PART));
    let Some(source) = published::built_in().remove(name) else {
        return Ok(None);
    };
    if !source.parts.contains_key(part) {
        let parts: Vec<String> = source.parts.keys().map(|p| format!("{name}:{p}")).collect();
        let reason = format!("there is no such part; choose {}", parts.join(" or "));
        return Err(Error::setting(format!("--data {data}"), reason));
    }
    let (name, part) = (name.to_owned(), part.to_owned());
    Ok(Some(DataSource::Cached { name, part }))
}

/// A hash of everything that learning sees of a data set (FNV-1a), to tell one from another.
#[must_use]
pub fn fingerprint(dataset: &Dataset) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for n in [
        dataset.len(),
        dataset.rows(),
        dataset.cols(),
        dataset.classes(),
    ] {
        (n as u64).to_le_bytes().into_iter().for_each(&mut eat);
    }
    // What most sets do not have changes no hash of theirs.
    if dataset.color_mode() != ColorMode::Gray {
        eat(dataset.color_mode().count() as u8);
    }
    for class in 0..dataset.classes() {
        let group = dataset
            .group_of(class)
            .map_or([0; 8], |group| (group as u64 + 1).to_le_bytes());
        group
            .into_iter()
            .filter(|_| dataset.groups() > 0)
            .for_each(&mut eat);
    }
    for i in 0..dataset.len() {
        let label = (dataset.label(i) as u32).to_le_bytes();
        let bytes = if dataset.classes() > 256 { 4 } else { 1 };
        label.into_iter().take(bytes).for_each(&mut eat);
        dataset.image(i).iter().copied().for_each(&mut eat);
    }
    format!("{hash:016x}")
}
