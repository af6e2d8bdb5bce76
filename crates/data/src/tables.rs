//! Files that hold a whole data set, told by the ends of their names: CSV, plain or gzip, and `.npz`.

use std::path::{Path, PathBuf};

use crate::{DataError, Dataset, ImageForm, Orientation, csv_images};

/// Part of a data set that a name like `mnist.npz:test` asks for.
#[cfg(feature = "npz")]
const PARTS: [&str; 4] = crate::npz_images::PARTS;
#[cfg(not(feature = "npz"))]
const PARTS: [&str; 0] = [];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Csv,
    Npz,
}

/// A file with a whole data set.
#[derive(Debug)]
pub(crate) struct Table {
    path: PathBuf,
    part: Option<String>,
    kind: Kind,
}

impl Table {
    /// What a path names, if it is such a file, or such a file and `:train`, `:test` or the like.
    pub(crate) fn named(path: &Path) -> Option<Self> {
        if path.is_file() {
            return Table::whole(path.into());
        }
        let (file, part) = split_part(path)?;
        let table = Table::whole(file).filter(|table| table.kind == Kind::Npz)?;
        Some(Table {
            part: Some(part),
            ..table
        })
    }

    fn whole(path: PathBuf) -> Option<Self> {
        let file = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let plain = file.strip_suffix(".gz").unwrap_or(&file);
        let is = |ending: &&str| plain.ends_with(*ending);
        let kind = if [".csv", ".tsv"].iter().any(is) {
            Kind::Csv
        } else if file.ends_with(".npz") {
            Kind::Npz
        } else {
            return None;
        };
        Some(Table {
            path,
            part: None,
            kind,
        })
    }

    /// The one such file in a directory, if there is any.
    pub(crate) fn only_one_in(dir: &Path) -> Result<Option<Self>, DataError> {
        let entries = crate::nested::visible(dir)?;
        let files = entries
            .into_iter()
            .map(|(_, path)| path)
            .filter(|path| path.is_file());
        let mut tables: Vec<Table> = files.filter_map(Table::whole).collect();
        if tables.len() > 1 {
            let names = tables
                .iter()
                .map(|table| table.path.file_name().unwrap_or_default());
            let names: Vec<String> = names
                .map(|name| name.to_string_lossy().into_owned())
                .collect();
            return Err(DataError::Ambiguous {
                dir: dir.into(),
                names,
            });
        }
        Ok(tables.pop())
    }

    pub(crate) fn open(&self, form: &ImageForm) -> Result<Dataset, DataError> {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy();
        let stem = file.split_once('.').map_or(&*file, |(stem, _)| stem);
        let name = match &self.part {
            Some(part) => format!("{stem}:{part}"),
            None => stem.to_owned(),
        };
        let orientation = match self
            .path
            .to_string_lossy()
            .to_ascii_lowercase()
            .contains("emnist")
        {
            true => Orientation::Transposed,
            false => Orientation::Upright,
        };
        match self.kind {
            Kind::Csv => csv_images::open(&self.path, name, orientation, form),
            #[cfg(feature = "npz")]
            Kind::Npz => {
                let part = self.part.as_deref();
                crate::npz_images::open(&self.path, part, name, orientation, form)
            }
            #[cfg(not(feature = "npz"))]
            Kind::Npz => Err(DataError::Table {
                path: self.path.clone(),
                line: None,
                reason: "this program was built without the feature `npz`; write the images as CSV"
                    .into(),
            }),
        }
    }
}

/// The file and the part that a path like `mnist.npz:test` names, where there is such a file.
#[must_use]
pub fn split_part(path: &Path) -> Option<(PathBuf, String)> {
    let name = path.file_name()?.to_str()?;
    let (file, part) = name.rsplit_once(':')?;
    let file = path.with_file_name(file);
    (PARTS.contains(&part) && file.is_file()).then(|| (file, part.to_owned()))
}
