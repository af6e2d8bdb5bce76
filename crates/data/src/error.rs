//! What can be wrong with files, parts and requests.

use std::io;
use std::path::PathBuf;

use crate::text::way_out;

/// Why data could not be read, written, put together or sampled from.
///
/// Each message is one line: where, what is wrong, and a way out. Causes from
/// the operating system are part of the message, not of the source chain.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The path given as a data set does not exist.
    #[error(
        "{}: no such file or directory; name a directory with IDX files, or with a directory of pictures for each class, a table of images (.csv or .npz), or use the built-in glyphs",
        path.display()
    )]
    Missing {
        /// The path as given.
        path: PathBuf,
    },

    /// A directory without any pair of IDX files.
    #[error(
        "{}: no pair of IDX files here, no directories of pictures, and no table (.csv or .npz); looked for NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte, plain or .gz{}",
        dir.display(),
        unpaired.as_ref().map(|p| format!(" ({} has no partner)", p.display())).unwrap_or_default()
    )]
    NoPair {
        /// The directory that was searched.
        dir: PathBuf,
        /// A file that would have been half of a pair.
        unpaired: Option<PathBuf>,
    },

    /// A directory with several pairs of IDX files, or several tables.
    #[error(
        "{}: holds several data sets ({}); give the path of one file of images instead of the directory",
        dir.display(),
        names.join(", ")
    )]
    Ambiguous {
        /// The directory that was searched.
        dir: PathBuf,
        /// The names in front of `-images-idx3-ubyte`, or those of the tables, sorted.
        names: Vec<String>,
    },

    /// A single file was given whose name does not tell where its labels are.
    #[error(
        "{}: not named like IDX images (NAME-images-idx3-ubyte, plain or .gz), so its labels cannot be found, nor like a table (.csv or .npz); rename it or give its directory",
        path.display()
    )]
    NotImages {
        /// The file as given.
        path: PathBuf,
    },

    /// The operating system refused to read or write.
    #[error("{}: cannot {action}: {cause}{}", path.display(), way_out(cause))]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// "read" or "write".
        action: &'static str,
        /// What the operating system said.
        cause: io::Error,
    },

    /// The file ends too early.
    #[error(
        "{}: ends after {found} of {expected} bytes; fetch or copy the file again",
        path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Size in bytes (uncompressed) that the header announces; if the header itself is cut, its size.
        expected: u64,
        /// Bytes that were there.
        found: u64,
    },

    /// The gzip stream is damaged or cut short.
    #[error(
        "{}: damaged gzip stream after {offset} uncompressed bytes: {cause}; fetch or copy the file again",
        path.display()
    )]
    Gzip {
        /// The file.
        path: PathBuf,
        /// Bytes that could be unpacked before.
        offset: u64,
        /// What the decoder said.
        cause: io::Error,
    },

    /// There is more in the file than its header says.
    #[error(
        "{}: data go on after byte {expected}, where they should end by the header; the header or the file is wrong, fetch it again",
        path.display()
    )]
    Trailing {
        /// The file.
        path: PathBuf,
        /// Size in bytes (uncompressed) that the header announces.
        expected: u64,
    },

    /// The first four bytes are not those of the wanted kind of IDX file.
    #[error(
        "{}: magic number at byte 0 is {found:#010x}, but IDX {what} start with {expected:#010x}; {}",
        path.display(),
        magic_hint(*found)
    )]
    Magic {
        /// The file.
        path: PathBuf,
        /// "images" or "labels".
        what: &'static str,
        /// The number found.
        found: u32,
        /// The number wanted.
        expected: u32,
    },

    /// The header announces more than this crate is willing to hold in memory.
    #[error(
        "{}: header announces {declared} bytes, above the limit of {limit}; split the file, or check that it is an IDX file",
        path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Announced size in bytes, headers included.
        declared: u128,
        /// [`idx::MAX_BYTES`](crate::idx::MAX_BYTES).
        limit: u64,
    },

    /// A header field that must be positive is zero.
    #[error(
        "{}: number of {field} at byte {offset} is 0; a data set needs at least one image of one pixel",
        path.display()
    )]
    ZeroSize {
        /// The file.
        path: PathBuf,
        /// "images", "rows", "columns" or "labels".
        field: &'static str,
        /// Where the field stands in the file.
        offset: u64,
    },

    /// Images and labels do not belong together.
    #[error(
        "{}: {labels} labels, but {} holds {images} images; the two files must come from the same data set",
        labels_path.display(),
        images_path.display()
    )]
    CountMismatch {
        /// The file of images.
        images_path: PathBuf,
        /// The file of labels.
        labels_path: PathBuf,
        /// Number of images.
        images: usize,
        /// Number of labels.
        labels: usize,
    },

    /// A label for which there is no class.
    #[error(
        "{}: label {label} at byte {offset}, but the mapping names {classes} classes (0 to {}); use the mapping that belongs to these labels",
        path.display(),
        classes.saturating_sub(1)
    )]
    LabelRange {
        /// The file of labels.
        path: PathBuf,
        /// Where the label stands in the (uncompressed) file.
        offset: u64,
        /// The label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },

    /// A line of a mapping file cannot be understood.
    #[error(
        "{}: line {line}: {reason}; a line is a label (0 to 255) and one or more character codes, like \"10 65\"",
        path.display()
    )]
    Mapping {
        /// The mapping file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },

    /// A picture, or a directory of them, that cannot be used.
    #[error("{}: {reason}", path.display())]
    Picture {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it, and a way out.
        reason: String,
    },

    /// A table or arrays of images that cannot be used.
    #[error(
        "{}: {}{reason}",
        path.display(),
        line.map(|n| format!("line {n}: ")).unwrap_or_default()
    )]
    Table {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1, of a table.
        line: Option<u64>,
        /// What is wrong, and a way out.
        reason: String,
    },

    /// Parts that do not make a data set.
    #[error("data set {name:?}: {reason}")]
    Parts {
        /// The name given to the data set.
        name: String,
        /// What does not fit, and what would.
        reason: String,
    },

    /// More classes asked for in a task than there are.
    #[error(
        "data set {dataset:?} offers {classes} classes for a task of {ways}; lower the ways to {classes} or allow more classes"
    )]
    TooFewClasses {
        /// Name of the data set.
        dataset: String,
        /// Classes wanted in a task.
        ways: usize,
        /// Classes allowed.
        classes: usize,
    },

    /// A class with fewer images than a task takes from it.
    #[error(
        "data set {dataset:?}: class {class} ({class_name:?}) has {images} images, but {shots} shots and {queries} queries need {}; lower them or leave the class out",
        shots.saturating_add(*queries)
    )]
    TooFewImages {
        /// Name of the data set.
        dataset: String,
        /// The class.
        class: usize,
        /// Its name.
        class_name: String,
        /// Images it has.
        images: usize,
        /// Support images wanted.
        shots: usize,
        /// Query images wanted.
        queries: usize,
    },

    /// A task without classes, support or queries.
    #[error("{what} must be at least 1 in a task")]
    EmptyTask {
        /// "ways", "shots" or "queries".
        what: &'static str,
    },

    /// A list of allowed classes names one that does not exist, or one twice.
    #[error("data set {dataset:?}: class {class} {reason}")]
    ClassList {
        /// Name of the data set.
        dataset: String,
        /// The class in question.
        class: usize,
        /// What is wrong with it.
        reason: String,
    },

    /// Tasks within groups of classes that cannot be drawn.
    #[error("data set {dataset:?}: {reason}")]
    Groups {
        /// Name of the data set.
        dataset: String,
        /// What is wrong, and a way out.
        reason: String,
    },

    /// A grouping of that name does not exist.
    #[error("unknown grouping {0:?}; choose \"across\" or \"within\"")]
    UnknownGrouping(String),

    /// A way of sampling of that name does not exist.
    #[error("unknown sampling {0:?}; choose \"fresh\" or \"paper\"")]
    UnknownSampling(String),

    /// A colour mode of that name does not exist.
    #[error("unknown colour mode {0:?}; choose \"gray\" or \"rgb\"")]
    UnknownColorMode(String),
}

fn magic_hint(found: u32) -> &'static str {
    match found {
        0x0000_0801 => "this file holds labels: are images and labels swapped?",
        0x0000_0803 => "this file holds images: are images and labels swapped?",
        0x504b_0304 => "this is a zip archive, unpack it first",
        _ => "check that it is an IDX file of unsigned bytes",
    }
}
