//! What networks learn.

use metaplast_data::{Dataset, pixel};
use metaplast_plasticity::Output;
use metaplast_tensor::{Random, Tensor};

/// Inputs of a network: 14 × 14 pixels.
const INPUTS: usize = 196;
/// Examples with which a network is probed.
pub const PROBES: usize = 128;
/// Images of each character that networks learn from, and with which they are probed.
const LEARNED: usize = 50;
const PROBED: usize = 14;
/// Examples to learn from, of tasks that have no images.
const DRAWN: usize = 1000;

/// What networks learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LearningTask {
    /// Ten generated digits.
    Digits,
    /// 26 generated letters.
    Letters,
    /// To give the image of a digit or letter back, by linear outputs.
    Autoencoder,
    /// To answer as a random network does, by linear outputs; inputs are rectified Gaussian noise.
    TeacherStudent,
}

/// Inputs with targets.
#[derive(Clone, Debug)]
pub struct Examples {
    /// `[examples, inputs]`.
    pub inputs: Tensor<f64>,
    /// `[examples, outputs]`, one-hot where outputs are probabilities.
    pub targets: Tensor<f64>,
}

impl LearningTask {
    /// All.
    pub const ALL: [LearningTask; 4] = [
        LearningTask::Digits,
        LearningTask::Letters,
        LearningTask::Autoencoder,
        LearningTask::TeacherStudent,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            LearningTask::Digits => "digits",
            LearningTask::Letters => "letters",
            LearningTask::Autoencoder => "autoencoder",
            LearningTask::TeacherStudent => "teacher-student",
        }
    }

    /// Inputs of a network.
    #[must_use]
    pub fn inputs(self) -> usize {
        INPUTS
    }

    /// Outputs of a network.
    #[must_use]
    pub fn outputs(self) -> usize {
        match self {
            LearningTask::Digits | LearningTask::TeacherStudent => 10,
            LearningTask::Letters => 26,
            LearningTask::Autoencoder => INPUTS,
        }
    }

    /// What the outputs are.
    #[must_use]
    pub fn output(self) -> Output {
        match self {
            LearningTask::Digits | LearningTask::Letters => Output::Softmax,
            LearningTask::Autoencoder | LearningTask::TeacherStudent => Output::Linear,
        }
    }

    /// The images from which all networks' examples are taken.
    #[must_use]
    pub fn images() -> Dataset {
        Dataset::glyphs(LEARNED + PROBED, 1)
    }

    /// Examples to learn from, and those with which the network is probed, none of which is among them.
    /// What is random follows from `seed`; `images` are [those of all networks](Self::images).
    #[must_use]
    pub fn examples(self, images: &Dataset, seed: u64) -> (Examples, Examples) {
        let mut random = Random::new(seed);
        match self {
            LearningTask::Digits => of_images(self, images, 0..10, &mut random),
            LearningTask::Letters => of_images(self, images, 10..36, &mut random),
            LearningTask::Autoencoder => of_images(self, images, 0..36, &mut random),
            LearningTask::TeacherStudent => of_teacher(self.outputs(), &mut random),
        }
    }
}

/// Examples of classes of images.
fn of_images(
    task: LearningTask,
    images: &Dataset,
    classes: std::ops::Range<usize>,
    random: &mut Random,
) -> (Examples, Examples) {
    let first = classes.start;
    let part = |places: std::ops::Range<usize>| -> Vec<(usize, usize)> {
        let of_class = |class: usize| {
            let members = &images.of_class(class)[places.clone()];
            members.iter().map(move |&image| (image as usize, class))
        };
        classes.clone().flat_map(of_class).collect()
    };
    let mut probes = part(LEARNED..LEARNED + PROBED);
    random.shuffle(&mut probes);
    probes.truncate(PROBES);
    let examples = |chosen: &[(usize, usize)]| {
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        for &(image, class) in chosen {
            let small = halved(images.image(image), images.cols());
            match task {
                LearningTask::Autoencoder => targets.extend(&small),
                _ => {
                    let one = |k| if k == class - first { 1.0 } else { 0.0 };
                    targets.extend((0..task.outputs()).map(one));
                }
            }
            inputs.extend(small);
        }
        Examples {
            inputs: Tensor::new([chosen.len(), INPUTS], inputs),
            targets: Tensor::new([chosen.len(), task.outputs()], targets),
        }
    };
    (examples(&part(0..LEARNED)), examples(&probes))
}

/// Means of 2 × 2 pixels.
fn halved(image: &[u8], columns: usize) -> Vec<f64> {
    let at = |row: usize, column: usize| f64::from(pixel(image[row * columns + column]));
    let (rows, half) = (image.len() / columns / 2, columns / 2);
    let mean = |k: usize| {
        let (row, column) = (2 * (k / half), 2 * (k % half));
        let above = at(row, column) + at(row, column + 1);
        (above + at(row + 1, column) + at(row + 1, column + 1)) / 4.0
    };
    (0..rows * half).map(mean).collect()
}

/// Examples from a teacher with 30 rectified units, whose answers have mean 0 and variance 1 about.
fn of_teacher(outputs: usize, random: &mut Random) -> (Examples, Examples) {
    let units = 30;
    let inner = Tensor::<f64>::normal([INPUTS, units], 0.0, (2.0 / INPUTS as f64).sqrt(), random);
    let outer = Tensor::<f64>::normal([units, outputs], 0.0, (2.0 / units as f64).sqrt(), random);
    let mut draw = |n: usize| {
        let noise = Tensor::<f64>::normal([n, INPUTS], 0.0, 0.5, random);
        let inputs = noise.map(|x| f64::max(x, 0.0));
        let hidden = inputs.matmul(&inner).map(|z| f64::max(z, 0.0));
        let targets = hidden.matmul(&outer);
        Examples { inputs, targets }
    };
    (draw(DRAWN), draw(PROBES))
}
