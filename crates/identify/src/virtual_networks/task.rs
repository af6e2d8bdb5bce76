//! What networks learn.

use std::sync::Arc;

use metaplast_data::{Dataset, ImageForm, ImageSize};
use metaplast_meta::tasks::{
    Autoencoding, Classification, Examples, GaussianMixture, SupervisedTask, TeacherStudent,
};
use metaplast_numbers::streams::stream;
use metaplast_plasticity::{Architecture, Output};
use metaplast_tensor::Tensor;
use rand::Rng;

/// Pixels of a side of an image.
const SIDE: usize = 14;
/// Examples with which a network is probed.
pub const PROBES: usize = 128;
/// Images of each character, and those of them with which networks are probed.
const IMAGES: usize = 64;
const HELD_OUT: usize = 14;
/// Examples from which a network learns.
const LEARNED: usize = 1600;
/// Hidden units of a teacher.
const TEACHER: usize = 30;
/// Clouds of a mixture, and the standard deviation about their centres, in that of the centres.
const CLOUDS: usize = 10;
const SPREAD: f64 = 4.0;

/// What networks learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LearningTask {
    /// Ten generated digits.
    Digits,
    /// 26 generated letters.
    Letters,
    /// From which of ten Gaussian clouds a point comes, whose coordinates below 0 are set to 0.
    Mixture,
    /// To give the image of a digit or letter back, by linear outputs.
    Autoencoder,
    /// To answer rectified Gaussian inputs as a random network does, by linear outputs.
    TeacherStudent,
}

impl LearningTask {
    /// All.
    pub const ALL: [LearningTask; 5] = [
        LearningTask::Digits,
        LearningTask::Letters,
        LearningTask::Mixture,
        LearningTask::Autoencoder,
        LearningTask::TeacherStudent,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            LearningTask::Digits => "digits",
            LearningTask::Letters => "letters",
            LearningTask::Mixture => "mixture",
            LearningTask::Autoencoder => "autoencoder",
            LearningTask::TeacherStudent => "teacher-student",
        }
    }

    /// Inputs of a network.
    #[must_use]
    pub fn inputs(self) -> usize {
        SIDE * SIDE
    }

    /// Outputs of a network.
    #[must_use]
    pub fn outputs(self) -> usize {
        match self {
            LearningTask::Digits | LearningTask::TeacherStudent => 10,
            LearningTask::Letters => 26,
            LearningTask::Mixture => CLOUDS,
            LearningTask::Autoencoder => self.inputs(),
        }
    }

    /// What the outputs are.
    #[must_use]
    pub fn output(self) -> Output {
        match self {
            LearningTask::Digits | LearningTask::Letters | LearningTask::Mixture => Output::Softmax,
            LearningTask::Autoencoder | LearningTask::TeacherStudent => Output::Linear,
        }
    }

    /// The images from which all networks' examples are taken, of 14 × 14 pixels.
    ///
    /// # Panics
    /// Never: generated images can be brought to that form.
    #[must_use]
    pub fn images() -> Arc<Dataset> {
        let form = ImageForm {
            size: Some(ImageSize::square(SIDE)),
            ..ImageForm::default()
        };
        let images = Dataset::glyphs(IMAGES, 1).in_form(&form);
        Arc::new(images.expect("glyphs can be made smaller"))
    }

    /// Examples from which a network learns, and those with which it is probed; no image is among both.
    /// What is random follows from `seed`; `images` are [those of all networks](Self::images).
    ///
    /// # Panics
    /// When the images are others.
    #[must_use]
    pub fn examples(self, images: &Arc<Dataset>, seed: u64) -> [Examples; 2] {
        let mut rng = stream(&[seed, 6]);
        let classes: Vec<usize> = match self {
            LearningTask::Digits => (0..10).collect(),
            LearningTask::Letters => (10..36).collect(),
            _ => (0..36).collect(),
        };
        let counts = [LEARNED, PROBES];
        let drawn = |parts: [&dyn SupervisedTask; 2], rng: &mut dyn Rng| {
            [0, 1].map(|k| parts[k].draw(counts[k], rng))
        };
        match self {
            LearningTask::Digits | LearningTask::Letters => {
                let parts = Classification::split(images, &classes, HELD_OUT);
                let [learned, probed] = parts.expect("these are the images");
                drawn([&learned, &probed], &mut rng)
            }
            LearningTask::Autoencoder => {
                let parts = Autoencoding::split(images, &classes, HELD_OUT);
                let [learned, probed] = parts.expect("these are the images");
                drawn([&learned, &probed], &mut rng)
            }
            LearningTask::Mixture => {
                // Coordinates have variance 1, as those of a teacher's inputs.
                let scale = 1.0 / (1.0 + SPREAD * SPREAD).sqrt();
                let unit = GaussianMixture::random(self.inputs(), CLOUDS, 0.0, &mut rng);
                let centres = unit.map(|unit| unit.centres().map(|x| scale * x));
                let task = centres.and_then(|c| GaussianMixture::new(c, scale * SPREAD));
                let task = task.expect("the mixture is possible");
                drawn([&task, &task], &mut rng).map(|drawn| Examples {
                    inputs: rectified(&drawn.inputs),
                    ..drawn
                })
            }
            LearningTask::TeacherStudent => {
                let sizes = vec![self.inputs(), TEACHER, self.outputs()];
                let teacher = Architecture::new(sizes).expect("the sizes are possible");
                let teacher = teacher.with_output(self.output());
                let task = TeacherStudent::random(&teacher, &mut rng);
                drawn([&task, &task], &mut rng).map(|drawn| {
                    let inputs = rectified(&drawn.inputs);
                    let targets = task.answers(&inputs);
                    Examples { inputs, targets }
                })
            }
        }
    }
}

/// Inputs as units could give them: the error of a negative one would be beyond bounds.
fn rectified(inputs: &Tensor<f64>) -> Tensor<f64> {
    inputs.map(|x| x.max(0.0))
}
