//! Tables of images as CSV: a row for each image, with its label and its pixels, as Kaggle has MNIST.
//!
//! The first line may be a header. The label is in the column that it calls `label`, or the like; else in
//! the first. All other columns are pixels, line by line and in colour pixel by pixel.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use csv::ByteRecord;
use flate2::bufread::MultiGzDecoder;

use crate::array_shape::of_values;
use crate::label_names::LabelNames;
use crate::levels::{Levels, WANTED};
use crate::{ColorMode, DataError, Dataset, ImageForm, ImageSize, Orientation, Parts, idx};

/// Names of the column of labels, in small letters.
const LABEL: [&str; 7] = [
    "label",
    "labels",
    "class",
    "target",
    "y",
    "character",
    "digit",
];
/// A longer line is no row of an image.
const MOST_LINE: usize = 1 << 26;

/// Reads the table, plain or gzip, as [`Dataset::open`] says.
pub(crate) fn open(
    path: &Path,
    name: String,
    orientation: Orientation,
    form: &ImageForm,
) -> Result<Dataset, DataError> {
    let io_error = |cause| DataError::Io {
        path: path.into(),
        action: "read",
        cause,
    };
    let mut file = BufReader::new(File::open(path).map_err(io_error)?);
    let start = file.fill_buf().map_err(io_error)?;
    let reader: Box<dyn Read> = match start.starts_with(&[0x1f, 0x8b]) {
        true => Box::new(MultiGzDecoder::new(file)),
        false => Box::new(file),
    };
    // What a small gzip file unpacks to may be without end.
    let reader = BufReader::new(reader.take(8 * idx::MAX_BYTES));
    let table = Table { path };
    let (columns, (size, color_mode)) = table.read(reader, form)?;
    let labels = columns.labels.finish();
    let (labels, class_names) = labels.map_err(|why| table.wrong(None, why))?;
    Dataset::from_parts(Parts {
        name,
        rows: size.rows,
        cols: size.cols,
        color_mode,
        pixels: columns.levels.finish(),
        labels,
        class_names,
        orientation,
    })?
    .in_form(form)
}

struct Columns {
    levels: Levels,
    labels: LabelNames,
}

/// A table that is being read.
struct Table<'a> {
    path: &'a Path,
}

impl Table<'_> {
    fn read(
        &self,
        mut reader: impl BufRead,
        form: &ImageForm,
    ) -> Result<(Columns, (ImageSize, ColorMode)), DataError> {
        let first = self.first_line(&mut reader)?;
        let delimiter = delimiter(&first);
        let whole = (&first[..]).chain(reader);
        let mut rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .delimiter(delimiter)
            .trim(csv::Trim::All)
            .from_reader(whole);
        let mut row = ByteRecord::new();
        let mut columns = Columns {
            levels: Levels::new(),
            labels: LabelNames::default(),
        };
        let mut label_at = 0;
        let mut shape = None;
        while rows
            .read_byte_record(&mut row)
            .map_err(|error| self.damaged(&error))?
        {
            let line = row.position().map(csv::Position::line);
            let is_first = shape.is_none();
            if is_first {
                if row.len() < 2 {
                    let reason =
                        "one column; a row is a label and the pixels of an image, between commas";
                    return Err(self.wrong(line, reason.into()));
                }
                shape =
                    Some(of_values(row.len() - 1, form.size).map_err(|why| self.wrong(line, why))?);
                if let Some(at) = header(&row) {
                    label_at = at;
                    continue;
                }
            }
            self.take(&row, label_at, line, &mut columns)?;
            if columns.levels.len() as u64 > idx::MAX_BYTES {
                let reason = format!("more than {} pixels; split the table", idx::MAX_BYTES);
                return Err(self.wrong(line, reason));
            }
        }
        match shape {
            Some(shape) => Ok((columns, shape)),
            None => Err(self.wrong(None, "the table is empty".into())),
        }
    }

    /// Takes a row of an image.
    fn take(
        &self,
        row: &ByteRecord,
        label_at: usize,
        line: Option<u64>,
        columns: &mut Columns,
    ) -> Result<(), DataError> {
        for (at, field) in row.iter().enumerate() {
            if at == label_at {
                let label = String::from_utf8_lossy(field);
                if label.is_empty() {
                    return Err(self.wrong(line, "the label is missing".into()));
                }
                columns.labels.push(&label);
            } else if !number(field).is_some_and(|value| columns.levels.push(value)) {
                let field = String::from_utf8_lossy(field);
                let reason = format!("{field:?} in column {}; {WANTED}", at + 1);
                return Err(self.wrong(line, reason));
            }
        }
        Ok(())
    }

    /// The first line, with its end.
    fn first_line(&self, reader: &mut impl BufRead) -> Result<Vec<u8>, DataError> {
        let mut line = Vec::new();
        let mut start = reader.take(MOST_LINE as u64);
        start
            .read_until(b'\n', &mut line)
            .map_err(|cause| DataError::Io {
                path: self.path.into(),
                action: "read",
                cause,
            })?;
        match line.len() < MOST_LINE {
            true => Ok(line),
            false => Err(self.wrong(Some(1), "a line without an end; is this a CSV file?".into())),
        }
    }

    fn damaged(&self, error: &csv::Error) -> DataError {
        match error.kind() {
            csv::ErrorKind::UnequalLengths {
                pos,
                expected_len,
                len,
            } => {
                let line = pos.as_ref().map(csv::Position::line);
                self.wrong(line, format!("{len} columns, but {expected_len} in the first line; every row is one image"))
            }
            csv::ErrorKind::Io(cause) => {
                self.wrong(None, format!("cannot be read: {cause}; fetch it again"))
            }
            _ => self.wrong(None, "no CSV file; write it again".into()),
        }
    }

    fn wrong(&self, line: Option<u64>, reason: String) -> DataError {
        DataError::Table {
            path: self.path.into(),
            line,
            reason,
        }
    }
}

/// Commas, or what the first line has more of.
fn delimiter(line: &[u8]) -> u8 {
    let count = |byte: u8| line.iter().filter(|&&b| b == byte).count();
    let candidates = [b'\t', b';', b','];
    candidates
        .into_iter()
        .max_by_key(|&byte| count(byte))
        .expect("several")
}

/// Where the label is, if the row is a header. One word may be the label of the first image.
fn header(row: &ByteRecord) -> Option<usize> {
    let is_label = |field: &[u8]| {
        LABEL
            .iter()
            .any(|name| field.eq_ignore_ascii_case(name.as_bytes()))
    };
    let label = row.iter().position(is_label);
    let words = row.iter().filter(|field| number(field).is_none()).count();
    (label.is_some() || words > 1).then(|| label.unwrap_or(0))
}

fn number(field: &[u8]) -> Option<f64> {
    // Nearly all pixels are.
    if (1..=3).contains(&field.len()) && field.iter().all(u8::is_ascii_digit) {
        let value = field
            .iter()
            .fold(0, |n, &digit| 10 * n + u32::from(digit - b'0'));
        return Some(f64::from(value));
    }
    std::str::from_utf8(field).ok()?.parse().ok()
}
