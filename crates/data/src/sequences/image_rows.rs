//! Image rows: images as sequences, read from top to bottom.

use super::{LabelledSequence, SequenceTask};
use crate::{Dataset, Orientation, Sample, Task, pixel};

/// The images of a task as sequences: each upright image row by row, a step for each row and an input for each
/// column (Le, Jaitly & Hinton 2015 went pixel by pixel). Labels are places in the classes of the task.
///
/// ```
/// use metaplast_data::sequences::image_rows;
/// use metaplast_data::{Dataset, Sampling, TaskSampler};
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let dataset = Dataset::glyphs(3, 1);
/// let sampler = TaskSampler::new(&dataset, 5, 2, 1, Sampling::Fresh)?;
/// let task = sampler.sample(&dataset, &mut Xoshiro256PlusPlus::seed_from_u64(1));
/// let sequences = image_rows(&dataset, &task);
/// let first = &sequences.support[0];
/// assert_eq!((first.inputs.len(), first.inputs[0].len()), (28, 28));
/// assert_eq!(task.classes[first.label], task.support[0].label);
/// # Ok::<(), metaplast_data::DataError>(())
/// ```
///
/// # Panics
/// When the task is of another data set.
pub fn image_rows(dataset: &Dataset, task: &Task) -> SequenceTask {
    let width = match dataset.orientation() {
        Orientation::Upright => dataset.cols(),
        Orientation::Transposed => dataset.rows(),
    };
    let width = width * dataset.pixels_per_image() / (dataset.rows() * dataset.cols());
    let place = |label: usize| task.classes.iter().position(|&class| class == label);
    let sequence = |sample: &Sample| {
        let upright = dataset.upright(sample.image);
        let rows = upright.chunks(width);
        LabelledSequence {
            inputs: rows
                .map(|row| row.iter().map(|&q| pixel(q)).collect())
                .collect(),
            label: place(sample.label).expect("the image is of a class of the task"),
        }
    };
    SequenceTask {
        support: task.support.iter().map(sequence).collect(),
        query: task.query.iter().map(sequence).collect(),
    }
}
