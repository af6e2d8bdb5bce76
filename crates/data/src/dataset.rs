//! Gray images with class labels, in memory.

use crate::DataError;

/// A gray value as the network sees it: 0 for no ink, 1 for full ink.
///
/// ```
/// assert_eq!(metaplast_data::pixel(51), 0.2);
/// ```
#[inline]
pub fn pixel(q: u8) -> f32 {
    f32::from(q) / 255.0
}

/// How the stored lines of an image relate to the upright character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// A stored line is a line of the character, as in MNIST.
    Upright,
    /// A stored line is a column of the character, as in EMNIST.
    Transposed,
}

/// What a [`Dataset`] is made of; see [`Dataset::from_parts`].
#[derive(Clone, Debug)]
pub struct Parts {
    /// Name for messages and logs.
    pub name: String,
    /// Stored lines of an image.
    pub rows: usize,
    /// Stored pixels of a line.
    pub cols: usize,
    /// Gray values, image by image, line by line.
    pub pixels: Vec<u8>,
    /// The class of each image.
    pub labels: Vec<u8>,
    /// Name of each class; if empty, there are as many classes as the largest
    /// label asks for, named by their numbers.
    pub class_names: Vec<String>,
    /// How the images lie; matters only for showing them.
    pub orientation: Orientation,
}

/// Gray images of one size with class labels, all in memory.
///
/// Images keep the orientation in which they are stored: learning does not
/// care, and the numbers agree with others who read the same files.
///
/// ```
/// use metaplast_data::{Dataset, Orientation, Parts};
///
/// let dataset = Dataset::from_parts(Parts {
///     name: "two bars".into(),
///     rows: 2,
///     cols: 2,
///     pixels: vec![255, 255, 0, 0, 255, 0, 255, 0],
///     labels: vec![0, 1],
///     class_names: vec!["-".into(), "|".into()],
///     orientation: Orientation::Upright,
/// })?;
/// assert_eq!(dataset.image(1), [255, 0, 255, 0]);
/// assert_eq!(dataset.class_name(dataset.label(1)), "|");
/// # Ok::<(), metaplast_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dataset {
    name: String,
    rows: usize,
    cols: usize,
    pixels: Vec<u8>,
    labels: Vec<u8>,
    class_names: Vec<String>,
    by_class: Vec<Vec<u32>>,
    orientation: Orientation,
}

impl Dataset {
    /// Puts a data set together.
    ///
    /// # Errors
    ///
    /// If there are no images, a size is zero, the number of pixels does not
    /// fit the number of labels, or a label has no class.
    pub fn from_parts(parts: Parts) -> Result<Self, DataError> {
        let Parts {
            name,
            rows,
            cols,
            pixels,
            labels,
            mut class_names,
            orientation,
        } = parts;
        let wrong = |reason: String| DataError::Parts {
            name: name.clone(),
            reason,
        };

        let size = rows.checked_mul(cols).filter(|&size| size > 0);
        let size = size.ok_or_else(|| {
            wrong(format!(
                "images of {rows}x{cols} pixels are not possible; both sides must be positive"
            ))
        })?;
        let Some(&largest) = labels.iter().max() else {
            return Err(wrong("no images; at least one is needed".into()));
        };
        if u32::try_from(labels.len()).is_err() {
            let reason = format!("{} images; at most {} are possible", labels.len(), u32::MAX);
            return Err(wrong(reason));
        }
        if labels.len().checked_mul(size) != Some(pixels.len()) {
            return Err(wrong(format!(
                "{} pixels for {} labels; {rows}x{cols} images need {size} pixels a label",
                pixels.len(),
                labels.len()
            )));
        }
        if class_names.is_empty() {
            class_names = (0..=largest).map(|c| c.to_string()).collect();
        }
        if usize::from(largest) >= class_names.len() {
            let at = labels.iter().position(|&label| label == largest);
            return Err(wrong(format!(
                "image {} has label {largest}, but there are {} class names; name every class",
                at.expect("the largest label is one of them"),
                class_names.len()
            )));
        }

        let mut by_class = vec![Vec::new(); class_names.len()];
        for (i, &label) in labels.iter().enumerate() {
            by_class[usize::from(label)].push(i as u32);
        }
        Ok(Dataset {
            name,
            rows,
            cols,
            pixels,
            labels,
            class_names,
            by_class,
            orientation,
        })
    }

    /// The name of its directory, or `"glyphs"`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Always false: a data set has at least one image.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Stored lines of an image.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Stored pixels of a line.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Length of [`image`](Self::image): rows times columns, 784 for EMNIST.
    pub fn pixels_per_image(&self) -> usize {
        self.rows * self.cols
    }

    /// Number of classes, those without any image included.
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }

    /// How the images lie in memory.
    pub fn orientation(&self) -> Orientation {
        self.orientation
    }

    /// The same images under another name for messages and logs.
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The same images, shown the other way by [`upright`](Self::upright).
    pub fn with_orientation(mut self, orientation: Orientation) -> Self {
        self.orientation = orientation;
        self
    }

    /// Gray values of image `i` as stored.
    ///
    /// # Panics
    ///
    /// If there is no image `i`.
    pub fn image(&self, i: usize) -> &[u8] {
        let size = self.pixels_per_image();
        &self.pixels[i * size..(i + 1) * size]
    }

    /// Image `i` as one would read it, for showing only.
    ///
    /// Where images are stored transposed, the result has
    /// [`cols`](Self::cols) lines of [`rows`](Self::rows) pixels.
    ///
    /// # Panics
    ///
    /// If there is no image `i`.
    pub fn upright(&self, i: usize) -> Vec<u8> {
        let stored = self.image(i);
        match self.orientation {
            Orientation::Upright => stored.to_vec(),
            Orientation::Transposed => (0..self.cols)
                .flat_map(|x| stored[x..].iter().step_by(self.cols))
                .copied()
                .collect(),
        }
    }

    /// The class of image `i`.
    ///
    /// # Panics
    ///
    /// If there is no image `i`.
    pub fn label(&self, i: usize) -> usize {
        self.labels[i].into()
    }

    /// What class `c` is called: the character, or the number where none is known.
    ///
    /// # Panics
    ///
    /// If there is no class `c`.
    pub fn class_name(&self, c: usize) -> &str {
        &self.class_names[c]
    }

    /// The images of class `c`, in the order of the file.
    ///
    /// # Panics
    ///
    /// If there is no class `c`.
    pub fn of_class(&self, c: usize) -> &[u32] {
        &self.by_class[c]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        Parts {
            name: "tiny".into(),
            rows: 2,
            cols: 3,
            pixels: (0..18).collect(),
            labels: vec![2, 0, 2],
            class_names: Vec::new(),
            orientation: Orientation::Transposed,
        }
    }

    #[test]
    fn images_labels_and_classes() {
        let d = Dataset::from_parts(parts()).unwrap();
        assert_eq!((d.len(), d.rows(), d.cols(), d.classes()), (3, 2, 3, 3));
        assert_eq!(d.image(1), [6, 7, 8, 9, 10, 11]);
        assert_eq!(d.upright(1), [6, 9, 7, 10, 8, 11]);
        assert_eq!((d.of_class(0), d.of_class(1)), (&[1][..], &[][..]));
        assert_eq!(d.of_class(2), [0, 2]);
        assert_eq!((d.label(2), d.class_name(2)), (2, "2"));
        let d = d.with_orientation(Orientation::Upright);
        assert_eq!(d.upright(1), d.image(1));
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let check = |change: &dyn Fn(&mut Parts), message: &str| {
            let mut p = parts();
            change(&mut p);
            let text = Dataset::from_parts(p).unwrap_err().to_string();
            assert_eq!(text, format!("data set \"tiny\": {message}"));
        };
        check(
            &|p| p.rows = 0,
            "images of 0x3 pixels are not possible; both sides must be positive",
        );
        check(&|p| p.labels.clear(), "no images; at least one is needed");
        check(
            &|p| p.labels.push(0),
            "18 pixels for 4 labels; 2x3 images need 6 pixels a label",
        );
        check(
            &|p| p.class_names = vec!["a".into(), "b".into()],
            "image 0 has label 2, but there are 2 class names; name every class",
        );
    }
}
