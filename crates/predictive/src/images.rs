//! Images for training and for testing, as rows for nets.

use metaplast_data::{Dataset, pixel};
use metaplast_tensor::{Random, Scalar, Tensor};
use thiserror::Error;

use crate::nets::Net;

/// The extents of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extents {
    /// Lines of pixels.
    pub rows: usize,
    /// Pixels of a line.
    pub columns: usize,
    /// Numbers of a pixel.
    pub channels: usize,
}

/// A class of a data set that has too few images, or no such number of classes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImagesError {
    /// Fewer classes than were asked for, or fewer than two asked for.
    #[error("{classes} classes, but {name} has {found}; choose 2 to {found}")]
    Classes {
        /// As many as were asked for.
        classes: usize,
        /// The data set.
        name: String,
        /// As many as it has.
        found: usize,
    },
    /// A class with too few images.
    #[error(
        "class {class} of {name} has {found} images, fewer than {train} for training and {test} for testing; take \
         fewer of each"
    )]
    TooFew {
        /// The class, by its name.
        class: String,
        /// The data set.
        name: String,
        /// Its images.
        found: usize,
        /// As many as training asked for.
        train: usize,
        /// As many as testing asked for.
        test: usize,
    },
}

/// The first classes of a data set, with so many images of each for training and for testing.
#[derive(Clone, Debug)]
pub struct ClassImages {
    dataset: Dataset,
    classes: usize,
    train: usize,
    test: usize,
}

/// Images of a data set, by their numbers, with their classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// Their numbers in the data set.
    pub images: Vec<u32>,
    /// The class of each.
    pub classes: Vec<usize>,
}

impl ClassImages {
    /// The first `classes` classes, `train` and `test` images of each.
    ///
    /// # Errors
    /// When there are fewer classes, or a class has fewer images.
    pub fn new(
        dataset: Dataset,
        classes: usize,
        train: usize,
        test: usize,
    ) -> Result<Self, ImagesError> {
        let name = || dataset.name().to_owned();
        if !(2..=dataset.classes()).contains(&classes) {
            return Err(ImagesError::Classes {
                classes,
                name: name(),
                found: dataset.classes(),
            });
        }
        let counts = (0..classes).map(|class| (class, dataset.of_class(class).len()));
        let few = counts.into_iter().find(|(_, found)| *found < train + test);
        if let Some((class, found)) = few {
            return Err(ImagesError::TooFew {
                class: dataset.class_name(class).to_owned(),
                name: name(),
                found,
                train,
                test,
            });
        }
        Ok(ClassImages {
            dataset,
            classes,
            train,
            test,
        })
    }

    /// The data set.
    #[must_use]
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The number of classes.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The extents of each image.
    #[must_use]
    pub fn extents(&self) -> Extents {
        Extents {
            rows: self.dataset.rows(),
            columns: self.dataset.cols(),
            channels: self.dataset.color_mode().count(),
        }
    }

    /// Images for training and others for testing, drawn anew for each seed, class by class.
    #[must_use]
    pub fn split(&self, seed: u64) -> (Labelled, Labelled) {
        let mut random = Random::new(seed);
        let none = || Labelled {
            images: Vec::new(),
            classes: Vec::new(),
        };
        let (mut train, mut test) = (none(), none());
        for class in 0..self.classes {
            let mut all = self.dataset.of_class(class).to_vec();
            random.shuffle(&mut all);
            for (part, images) in [
                (&mut train, &all[..self.train]),
                (&mut test, &all[self.train..self.train + self.test]),
            ] {
                part.images.extend(images);
                part.classes.extend(images.iter().map(|_| class));
            }
        }
        (train, test)
    }

    /// Rows for a net, `[n, channels, rows, columns]` or `[n, pixels]`, with values in 0 to 1.
    ///
    /// # Panics
    /// When there is no such image.
    #[must_use]
    pub fn rows<T: Scalar>(&self, images: &[u32], net: Net) -> Tensor<T> {
        let Extents {
            rows,
            columns,
            channels,
        } = self.extents();
        let pixels = rows * columns;
        let mut data = Vec::with_capacity(images.len() * pixels * channels);
        for &image in images {
            let stored = self.dataset.image(image as usize);
            // Stored pixel by pixel, wanted channel by channel.
            for channel in 0..channels {
                data.extend(
                    stored[channel..]
                        .iter()
                        .step_by(channels)
                        .map(|&q| T::from_f64(f64::from(pixel(q)))),
                );
            }
        }
        match net.takes_images() {
            true => Tensor::new([images.len(), channels, rows, columns], data),
            false => Tensor::new([images.len(), pixels * channels], data),
        }
    }
}

/// Mini-batches without replacement, epoch after epoch; what remains of an epoch is left out.
#[derive(Clone, Debug)]
pub struct Batches {
    random: Random,
    order: Vec<usize>,
    next: usize,
}

impl Batches {
    /// Of so many images, in an order that follows from the seed.
    #[must_use]
    pub fn new(images: usize, seed: u64) -> Self {
        Batches {
            random: Random::new(seed),
            order: (0..images).collect(),
            next: images,
        }
    }

    /// Places of the next batch, of at most as many as there are.
    pub fn draw(&mut self, size: usize) -> Vec<usize> {
        let size = size.min(self.order.len());
        if self.next + size > self.order.len() {
            self.random.shuffle(&mut self.order);
            self.next = 0;
        }
        self.next += size;
        self.order[self.next - size..self.next].to_vec()
    }
}

impl Labelled {
    /// The images and classes at these places.
    ///
    /// # Panics
    /// When there is no such place.
    #[must_use]
    pub fn at(&self, places: &[usize]) -> (Vec<u32>, Vec<usize>) {
        let images = places.iter().map(|&k| self.images[k]);
        let classes = places.iter().map(|&k| self.classes[k]);
        (images.collect(), classes.collect())
    }
}
