//! Images with class labels, in memory.

use std::collections::BTreeMap;

use crate::{ColorMode, DataError};

/// More classes than this are refused.
pub const MOST_CLASSES: usize = 1 << 16;

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
    /// Whether a pixel is one gray value, or three of red, green and blue.
    pub color_mode: ColorMode,
    /// Values of the pixels, image by image, line by line, pixel by pixel.
    pub pixels: Vec<u8>,
    /// The class of each image.
    pub labels: Vec<u32>,
    /// Name of each class; if empty, there are as many classes as the largest
    /// label asks for, named by their numbers.
    pub class_names: Vec<String>,
    /// How the images lie; matters only for showing them.
    pub orientation: Orientation,
}

/// Images of one size, gray or in colour, with class labels, all in memory.
///
/// Classes may be in groups, as the characters of Omniglot are in alphabets. Images keep the orientation in which they are stored: learning does not
/// care, and the numbers agree with others who read the same files.
///
/// ```
/// use metaplast_data::{ColorMode, Dataset, Orientation, Parts};
///
/// let dataset = Dataset::from_parts(Parts {
///     name: "two bars".into(),
///     rows: 2,
///     cols: 2,
///     color_mode: ColorMode::Gray,
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
    color_mode: ColorMode,
    pixels: Vec<u8>,
    labels: Vec<u32>,
    class_names: Vec<String>,
    by_class: Vec<Vec<u32>>,
    orientation: Orientation,
    groups: Groups,
}

/// Which classes belong together; nothing where none do.
#[derive(Clone, Debug, Default)]
struct Groups {
    names: Vec<String>,
    of_class: Vec<u32>,
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
            color_mode,
            pixels,
            labels,
            mut class_names,
            orientation,
        } = parts;
        let wrong = |reason: String| DataError::Parts {
            name: name.clone(),
            reason,
        };

        let values = color_mode.count();
        let size = rows.checked_mul(cols).filter(|&size| size > 0);
        let size = size.and_then(|size| size.checked_mul(values));
        let size = size.ok_or_else(|| {
            wrong(format!(
                "images of {rows}x{cols} pixels are not possible; both sides must be positive"
            ))
        })?;
        let Some(&largest) = labels.iter().max() else {
            return Err(wrong("no images; at least one is needed".into()));
        };
        if largest as usize >= MOST_CLASSES || class_names.len() > MOST_CLASSES {
            let classes = class_names.len().max(largest as usize + 1);
            let reason = format!("{classes} classes; at most {MOST_CLASSES} are possible");
            return Err(wrong(reason));
        }
        if u32::try_from(labels.len()).is_err() {
            let reason = format!("{} images; at most {} are possible", labels.len(), u32::MAX);
            return Err(wrong(reason));
        }
        if labels.len().checked_mul(size) != Some(pixels.len()) {
            let (what, found) = (color_mode.values(), pixels.len());
            return Err(wrong(format!(
                "{found} {what} for {} labels; {rows}x{cols} images need {size} {what} a label",
                labels.len()
            )));
        }
        if class_names.is_empty() {
            class_names = (0..=largest).map(|c| c.to_string()).collect();
        }
        if largest as usize >= class_names.len() {
            let at = labels.iter().position(|&label| label == largest);
            return Err(wrong(format!(
                "image {} has label {largest}, but there are {} class names; name every class",
                at.expect("the largest label is one of them"),
                class_names.len()
            )));
        }

        let mut by_class = vec![Vec::new(); class_names.len()];
        for (i, &label) in labels.iter().enumerate() {
            by_class[label as usize].push(i as u32);
        }
        Ok(Dataset {
            name,
            rows,
            cols,
            color_mode,
            pixels,
            labels,
            class_names,
            by_class,
            orientation,
            groups: Groups::default(),
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

    /// Whether a pixel is one gray value, or three of red, green and blue.
    pub fn color_mode(&self) -> ColorMode {
        self.color_mode
    }

    /// Length of [`image`](Self::image): rows times columns, 784 for EMNIST; three times as many in
    /// colour.
    pub fn pixels_per_image(&self) -> usize {
        self.rows * self.cols * self.color_mode.count()
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

    /// The same images, whose class `c` belongs to the group called `groups[c]`, like a character to an
    /// alphabet. Groups are numbered in the order in which they come first.
    ///
    /// # Panics
    ///
    /// If there is not one name for each class.
    #[track_caller]
    pub fn with_groups<S: AsRef<str>>(mut self, groups: &[S]) -> Self {
        assert_eq!(groups.len(), self.classes(), "with_groups: names, classes");
        let mut numbers = BTreeMap::new();
        self.groups = Groups::default();
        for name in groups.iter().map(AsRef::as_ref) {
            let next = self.groups.names.len() as u32;
            let number = *numbers.entry(name).or_insert(next);
            if number == next {
                self.groups.names.push(name.to_owned());
            }
            self.groups.of_class.push(number);
        }
        self
    }

    /// Number of groups of classes; 0 where classes have none.
    pub fn groups(&self) -> usize {
        self.groups.names.len()
    }

    /// What group `g` is called, like the name of an alphabet.
    ///
    /// # Panics
    ///
    /// If there is no group `g`.
    pub fn group_name(&self, g: usize) -> &str {
        &self.groups.names[g]
    }

    /// The group of class `c`, where classes have groups.
    pub fn group_of(&self, c: usize) -> Option<usize> {
        self.groups.of_class.get(c).map(|&group| group as usize)
    }

    /// Values of image `i` as stored: line by line, pixel by pixel, and of a colour pixel red, green and
    /// blue.
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
            Orientation::Transposed => {
                let values = self.color_mode.count();
                let line = self.cols * values;
                let column = |x: usize| {
                    stored
                        .chunks_exact(line)
                        .map(move |l| &l[x * values..][..values])
                };
                (0..self.cols).flat_map(column).flatten().copied().collect()
            }
        }
    }

    /// The class of image `i`.
    ///
    /// # Panics
    ///
    /// If there is no image `i`.
    pub fn label(&self, i: usize) -> usize {
        self.labels[i] as usize
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
