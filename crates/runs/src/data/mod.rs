//! Where images come from: drawn glyphs, published data sets once fetched, or files.

pub mod cache;
pub mod digest;
pub mod published;

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use metaplast_data::{Dataset, glyphs};

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
    /// A directory with IDX files, one of these files, or a directory with one of PNG files for each
    /// class.
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

    /// Reads or draws the images.
    ///
    /// # Errors
    /// When the images cannot be read, or were not fetched.
    pub fn open(&self) -> Result<Dataset, Error> {
        match self {
            DataSource::Glyphs { per_class, seed } => {
                let bytes = per_class * (glyphs::CLASSES * glyphs::SIDE * glyphs::SIDE) as u64;
                let way_out = "draw fewer of each class";
                memory::check(bytes, "--glyphs-per-class", "glyphs", way_out)?;
                Ok(Dataset::glyphs(*per_class as usize, *seed))
            }
            DataSource::Cached { name, part } => {
                let dataset = Dataset::open(&cache::images(name, part)?)?;
                Ok(dataset.with_name(self.to_string()))
            }
            DataSource::Path(path) => Ok(Dataset::open(path)?),
        }
    }

    /// The same source, findable from another working directory.
    #[must_use]
    pub fn absolute(self) -> Self {
        match self {
            DataSource::Path(path) => DataSource::Path(path.canonicalize().unwrap_or(path)),
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
    for i in 0..dataset.len() {
        eat(dataset.label(i) as u8);
        dataset.image(i).iter().copied().for_each(&mut eat);
    }
    format!("{hash:016x}")
}
