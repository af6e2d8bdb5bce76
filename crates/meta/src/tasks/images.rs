//! Tasks on images: which class one is of, and the image itself.

use std::sync::Arc;

use metaplast_data::{Dataset, Sample, uniform_index};
use metaplast_plasticity::Output;
use rand::Rng;

use super::{Examples, SupervisedTask, SupervisedTaskError, one_hot};
use crate::images::image_batch;

/// The images of a task, in memory that tasks share.
#[derive(Clone, Debug)]
struct Images {
    dataset: Arc<Dataset>,
    /// Labels count from 0 in the order of the task's classes.
    samples: Vec<Sample>,
}

impl Images {
    /// Those of these classes: all but the last `held_out` of each class, and those.
    fn split(
        dataset: &Arc<Dataset>,
        classes: &[usize],
        held_out: usize,
    ) -> Result<[Self; 2], SupervisedTaskError> {
        if classes.is_empty() {
            return Err(SupervisedTaskError::Number {
                what: "the number of classes",
                wanted: "at least 1",
            });
        }
        let mut parts = [(); 2].map(|()| Images {
            dataset: dataset.clone(),
            samples: Vec::new(),
        });
        for (label, &class) in classes.iter().enumerate() {
            if class >= dataset.classes() {
                return Err(SupervisedTaskError::Class {
                    class,
                    dataset: dataset.name().to_owned(),
                    last: dataset.classes() - 1,
                });
            }
            let images = dataset.of_class(class);
            if held_out == 0 || images.len() <= held_out {
                return Err(SupervisedTaskError::Images {
                    class,
                    dataset: dataset.name().to_owned(),
                    images: images.len(),
                    held_out,
                });
            }
            let (first, last) = images.split_at(images.len() - held_out);
            for (part, images) in parts.iter_mut().zip([first, last]) {
                part.samples.extend(images.iter().map(|&image| Sample {
                    image: image as usize,
                    label,
                }));
            }
        }
        Ok(parts)
    }

    fn draw(&self, count: usize, rng: &mut dyn Rng) -> Vec<Sample> {
        let draws = (0..count).map(|_| self.samples[uniform_index(rng, self.samples.len())]);
        draws.collect()
    }
}

/// Telling the class of an image, among some classes of a data set: softmax outputs, one for each.
#[derive(Clone, Debug)]
pub struct Classification {
    images: Images,
    classes: usize,
}

impl Classification {
    /// The images of these classes to learn from, and the last `held_out` of each class to be judged
    /// on. Outputs are in the order of the classes.
    ///
    /// # Errors
    /// When there is no class, one does not exist, or nothing would be left on either side.
    pub fn split(
        dataset: &Arc<Dataset>,
        classes: &[usize],
        held_out: usize,
    ) -> Result<[Self; 2], SupervisedTaskError> {
        let parts = Images::split(dataset, classes, held_out)?;
        Ok(parts.map(|images| Classification {
            images,
            classes: classes.len(),
        }))
    }
}

impl SupervisedTask for Classification {
    fn name(&self) -> &str {
        "classification"
    }

    fn inputs(&self) -> usize {
        self.images.dataset.pixels_per_image()
    }

    fn outputs(&self) -> usize {
        self.classes
    }

    fn output(&self) -> Output {
        Output::Softmax
    }

    fn draw(&self, count: usize, rng: &mut dyn Rng) -> Examples {
        let samples = self.images.draw(count, rng);
        let labels: Vec<usize> = samples.iter().map(|sample| sample.label).collect();
        Examples {
            inputs: image_batch(&self.images.dataset, &samples),
            targets: one_hot(&labels, self.classes),
        }
    }
}

/// Giving the image back: linear outputs, one for each pixel.
#[derive(Clone, Debug)]
pub struct Autoencoding {
    images: Images,
}

impl Autoencoding {
    /// The images of these classes to learn from, and the last `held_out` of each class to be judged
    /// on.
    ///
    /// # Errors
    /// As [`Classification::split`].
    pub fn split(
        dataset: &Arc<Dataset>,
        classes: &[usize],
        held_out: usize,
    ) -> Result<[Self; 2], SupervisedTaskError> {
        let parts = Images::split(dataset, classes, held_out)?;
        Ok(parts.map(|images| Autoencoding { images }))
    }
}

impl SupervisedTask for Autoencoding {
    fn name(&self) -> &str {
        "autoencoder"
    }

    fn inputs(&self) -> usize {
        self.images.dataset.pixels_per_image()
    }

    fn outputs(&self) -> usize {
        self.inputs()
    }

    fn output(&self) -> Output {
        Output::Linear
    }

    fn draw(&self, count: usize, rng: &mut dyn Rng) -> Examples {
        let samples = self.images.draw(count, rng);
        let inputs = image_batch(&self.images.dataset, &samples);
        Examples {
            targets: inputs.clone(),
            inputs,
        }
    }
}
