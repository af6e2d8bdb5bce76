//! A directory with one directory of pictures for each class, as a data set.

use std::path::Path;

use crate::form::check_bytes;
use crate::nested::{ClassDirectory, classes, visible};
use crate::planes::Planes;
use crate::{ColorMode, DataError, Dataset, ImageForm, ImageSize, Orientation, Parts, decode};

/// Rows and columns of every image, unless told otherwise.
const SIZE: ImageSize = ImageSize::square(28);

/// Whether a directory has directories in it, hidden ones apart.
pub(crate) fn has_directories(dir: &Path) -> Result<bool, DataError> {
    Ok(visible(dir)?.iter().any(|(_, path)| path.is_dir()))
}

/// Reads the classes below `dir`, as [`Dataset::open`] says.
pub(crate) fn open(dir: &Path, name: String, form: &ImageForm) -> Result<Dataset, DataError> {
    let size = form.size.unwrap_or(SIZE);
    let values = size.rows * size.cols * form.color_mode.count();
    let classes = classes(dir)?;
    let (mut pictures, mut labels) = (Vec::new(), Vec::new());
    for (label, class) in (0..).zip(&classes) {
        check_bytes(&name, pictures.len() + class.pictures.len(), values)?;
        for file in &class.pictures {
            let planes = decode::read(file)?.planes(form.color_mode, file)?;
            pictures.push(planes.within(size));
            labels.push(label);
        }
    }
    // Colours say nothing about what is ink.
    let invert = form.color_mode == ColorMode::Gray && is_dark_on_light(&pictures);
    let mut pixels = Vec::with_capacity(check_bytes(&name, pictures.len(), values)?);
    for picture in &pictures {
        pixels.extend(picture.framed(size, invert));
    }
    let dataset = Dataset::from_parts(Parts {
        name,
        rows: size.rows,
        cols: size.cols,
        color_mode: form.color_mode,
        pixels,
        labels,
        class_names: classes.iter().map(|class| class.name.clone()).collect(),
        orientation: Orientation::Upright,
    })?;
    Ok(with_groups(dataset, &classes))
}

/// Classes side by side have no groups.
fn with_groups(dataset: Dataset, classes: &[ClassDirectory]) -> Dataset {
    let groups: Vec<&str> = classes.iter().map(|class| class.group.as_str()).collect();
    match groups.iter().all(|group| group.is_empty()) {
        true => dataset,
        false => dataset.with_groups(&groups),
    }
}

/// Whether the pictures are, all together, more light than dark.
fn is_dark_on_light(pictures: &[Planes]) -> bool {
    let values = || pictures.iter().flat_map(Planes::values);
    let sum: u64 = values().map(u64::from).sum();
    2 * sum > 255 * values().count() as u64
}
