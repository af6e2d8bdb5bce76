//! NumPy archives with an array of images and one of labels, as Keras has MNIST.

use std::cell::RefCell;
use std::path::Path;

use metaplast_tensor::exchange::{Problem, npz};
use metaplast_tensor::{Tensor, exchange};

use crate::array_shape::of_values;
use crate::label_names::LabelNames;
use crate::levels::{Levels, WANTED};
use crate::text::read_up_to;
use crate::{ColorMode, DataError, Dataset, ImageForm, ImageSize, Orientation, Parts, idx};

/// What arrays of images are called, in small letters,
const IMAGES: [&str; 6] = ["images", "image", "x", "data", "imgs", "img"];
/// and those of labels.
const LABELS: [&str; 6] = ["labels", "label", "y", "target", "targets", "classes"];
/// Parts of a data set in one archive; the first is taken unless another is named.
pub(crate) const PARTS: [&str; 4] = ["train", "test", "val", "valid"];

/// Reads an archive, or one part of it, as [`Dataset::open`] says.
pub(crate) fn open(
    path: &Path,
    part: Option<&str>,
    name: String,
    orientation: Orientation,
    form: &ImageForm,
) -> Result<Dataset, DataError> {
    let archive = Archive { path };
    let bytes = read_up_to(path, 8 * idx::MAX_BYTES).map_err(|cause| DataError::Io {
        path: path.into(),
        action: "read",
        cause,
    })?;
    let (images, labels) = archive.names(&bytes, part)?;
    let numbers = archive.array(&bytes, &labels)?;
    let pixels = archive.array(&bytes, &images)?;
    let count = pixels.dims[0];
    if numbers.dims[0] != count || numbers.values.len() != count {
        return Err(archive.wrong(format!(
            "`{labels}` has the shape {:?}, but `{images}` {:?}; one label is wanted for each image",
            numbers.dims, pixels.dims
        )));
    }
    let mut names = LabelNames::default();
    for &label in &numbers.values {
        names.push(&label.to_string());
    }
    let (labels, class_names) = names.finish().map_err(|why| archive.wrong(why))?;
    if !class_names.is_empty() {
        let reason = format!("a label is {}; labels are whole numbers", class_names[0]);
        return Err(archive.wrong(reason));
    }
    let layout = Layout::of(&pixels.dims, form.size).map_err(|why| {
        archive.wrong(format!("`{images}` has the shape {:?}: {why}", pixels.dims))
    })?;
    let mut levels = Levels::new();
    if let Some(value) = pixels
        .values
        .iter()
        .find(|&&value| !levels.push(value.into()))
    {
        return Err(archive.wrong(format!("`{images}` has the value {value}; {WANTED}")));
    }
    drop(pixels);
    Dataset::from_parts(Parts {
        name,
        rows: layout.size.rows,
        cols: layout.size.cols,
        color_mode: layout.color_mode,
        pixels: layout.interleaved(levels.finish()),
        labels,
        class_names,
        orientation,
    })?
    .in_form(form)
}

/// An array, of at least one axis of at least one entry.
struct Array {
    dims: Vec<usize>,
    values: Vec<f32>,
}

struct Archive<'a> {
    path: &'a Path,
}

impl Archive<'_> {
    /// The names of the arrays of images and of labels.
    fn names(&self, bytes: &[u8], part: Option<&str>) -> Result<(String, String), DataError> {
        let all = RefCell::new(Vec::new());
        let list = |name: &str| {
            all.borrow_mut().push(name.to_owned());
            false
        };
        npz::decode_only::<f32>(bytes, list).map_err(|error| self.damaged(&error))?;
        let all = all.into_inner();
        let find = |words: &[&str], part: &str| {
            let spelled = |name: &str, word: &str| match part {
                "" => name == word,
                part => name == format!("{word}_{part}") || name == format!("{part}_{word}"),
            };
            let is = |name: &&String, word: &str| spelled(&name.to_ascii_lowercase(), word);
            words
                .iter()
                .find_map(|word| all.iter().find(|name| is(name, word)).cloned())
        };
        let parts = part.map_or(vec!["", PARTS[0]], |part| vec![part]);
        let pair = |part: &str| find(&IMAGES, part).zip(find(&LABELS, part));
        parts.into_iter().find_map(pair).ok_or_else(|| {
            let part = part.map_or(String::new(), |part| format!(" of the part `{part}`"));
            self.wrong(format!(
                "no arrays of images and labels{part} among {}; call them images and labels, x and y, or x_train and y_train",
                all.join(", ")
            ))
        })
    }

    fn array(&self, bytes: &[u8], name: &str) -> Result<Array, DataError> {
        let mut found = match npz::decode_only::<f32>(bytes, |other| other == name) {
            Err(error) if matches!(error.problem(), Problem::Type { found, .. } if found == "f64") =>
            {
                let wide = npz::decode_only::<f64>(bytes, |other| other == name);
                let wide = wide.map_err(|error| self.damaged(&error))?;
                wide.into_iter()
                    .map(|(name, tensor)| (name, tensor.cast()))
                    .collect()
            }
            found => found.map_err(|error| self.damaged(&error))?,
        };
        let tensor: Tensor<f32> = found.remove(name).expect("the name is in the archive");
        let dims = tensor.dims().to_vec();
        match dims.is_empty() || tensor.is_empty() {
            true => Err(self.wrong(format!(
                "`{name}` has the shape {dims:?}; no images are there"
            ))),
            false => Ok(Array {
                dims,
                values: tensor.into_data(),
            }),
        }
    }

    fn damaged(&self, error: &exchange::Error) -> DataError {
        self.wrong(error.to_string())
    }

    fn wrong(&self, reason: String) -> DataError {
        DataError::Table {
            path: self.path.into(),
            line: None,
            reason,
        }
    }
}

/// How an image lies in an array.
struct Layout {
    size: ImageSize,
    color_mode: ColorMode,
    /// Whether all red comes first, then green, then blue.
    planes_first: bool,
}

impl Layout {
    fn of(dims: &[usize], asked: Option<ImageSize>) -> Result<Self, String> {
        let interleaved = |rows, cols, color_mode| Layout {
            size: ImageSize { rows, cols },
            color_mode,
            planes_first: false,
        };
        match *dims {
            [_, values] => {
                let (size, mode) = of_values(values, asked)?;
                Ok(interleaved(size.rows, size.cols, mode))
            }
            [_, rows, cols, 3] => Ok(interleaved(rows, cols, ColorMode::Rgb)),
            [_, rows, cols] | [_, rows, cols, 1] | [_, 1, rows, cols] => {
                Ok(interleaved(rows, cols, ColorMode::Gray))
            }
            [_, 3, rows, cols] => Ok(Layout {
                planes_first: true,
                ..interleaved(rows, cols, ColorMode::Rgb)
            }),
            _ => Err("images are images × rows × columns, with 1 or 3 channels as a last axis or behind the first".into()),
        }
    }

    fn interleaved(&self, values: Vec<u8>) -> Vec<u8> {
        if !self.planes_first {
            return values;
        }
        let pixels = self.size.rows * self.size.cols;
        let images = values.chunks_exact(3 * pixels);
        images
            .flat_map(|image| {
                (0..pixels).flat_map(move |p| [0, 1, 2].map(|c| image[c * pixels + p]))
            })
            .collect()
    }
}
