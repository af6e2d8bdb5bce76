//! Images for training and for testing, as batches of rows.

use metaplast_data::{Dataset, pixel};
use metaplast_experiment::{Error, Settings};
use metaplast_numbers::streams::seed;
use metaplast_tensor::{Random, Tensor};

use super::OpenImages;
use super::nets::Net;

/// What the streams of a trial are for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Split,
    Weights,
    Batches,
    Inputs,
}

/// The seed of a trial's stream.
pub(super) fn trial_seed(settings: &Settings, trial: u64, purpose: Purpose) -> u64 {
    seed(&[settings.seed(), trial, purpose as u64])
}

/// The settings that choose images.
pub(super) fn with_image_settings(settings: Settings, train: u64, test: u64) -> Settings {
    settings
        .text("data", "glyphs", "images by name or path")
        .whole("classes", 10, "the first so many classes")
        .whole("train", train, "training images of each class")
        .whole("test", test, "test images of each class")
}

/// The extents of an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extents {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) channels: usize,
}

/// The images that an experiment's settings choose.
pub(super) struct Images {
    dataset: Dataset,
    classes: usize,
    train: usize,
    test: usize,
}

/// Images with their classes.
pub(super) struct Labelled {
    pub(super) images: Vec<u32>,
    pub(super) classes: Vec<usize>,
}

impl Images {
    /// Opens them, and checks that every class has enough.
    pub(super) fn open(settings: &Settings, open: OpenImages) -> Result<Self, Error> {
        let dataset = open(settings.get_text("data"))?;
        let classes = settings.whole_within("classes", 2..=dataset.classes() as u64)? as usize;
        let train = settings.whole_within("train", 1..=1_000_000)? as usize;
        let test = settings.whole_within("test", 1..=1_000_000)? as usize;
        for class in 0..classes {
            let found = dataset.of_class(class).len();
            if found < train + test {
                let reason = format!(
                    "class {} of {} has {found} images, fewer than {train} for training and {test} for \
                     testing; set train and test smaller",
                    dataset.class_name(class),
                    dataset.name()
                );
                return Err(Error::setting("train", reason));
            }
        }
        Ok(Images {
            dataset,
            classes,
            train,
            test,
        })
    }

    pub(super) fn classes(&self) -> usize {
        self.classes
    }

    pub(super) fn extents(&self) -> Extents {
        Extents {
            rows: self.dataset.rows(),
            columns: self.dataset.cols(),
            channels: self.dataset.color_mode().count(),
        }
    }

    /// Training and test images of a trial: other ones for each trial.
    pub(super) fn split(&self, seed: u64) -> (Labelled, Labelled) {
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

    /// Rows for a net, with values in 0 to 1.
    pub(super) fn rows(&self, images: &[u32], net: Net) -> Tensor<f32> {
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
                        .map(|&q| pixel(q)),
                );
            }
        }
        match net.takes_images() {
            true => Tensor::new([images.len(), channels, rows, columns], data),
            false => Tensor::new([images.len(), pixels * channels], data),
        }
    }
}

/// Mini-batches without replacement, epoch after epoch.
pub(super) struct Batches {
    random: Random,
    order: Vec<usize>,
    next: usize,
}

impl Batches {
    pub(super) fn new(images: usize, seed: u64) -> Self {
        Batches {
            random: Random::new(seed),
            order: (0..images).collect(),
            next: images,
        }
    }

    /// Places of the next batch, of at most as many as there are.
    pub(super) fn draw(&mut self, size: usize) -> Vec<usize> {
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
    pub(super) fn at(&self, places: &[usize]) -> (Vec<u32>, Vec<usize>) {
        let images = places.iter().map(|&k| self.images[k]);
        let classes = places.iter().map(|&k| self.classes[k]);
        (images.collect(), classes.collect())
    }
}
