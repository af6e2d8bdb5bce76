//! The teacher–student task: to answer as another network does.

use metaplast_autodiff::Tape;
use metaplast_plasticity::{Architecture, Network, Output, Pathway};
use metaplast_tensor::Tensor;
use rand::Rng;

use super::{Examples, SupervisedTask};
use crate::normal::normal;

/// Answering as a teacher does, a network that does not learn (Gardner & Derrida 1989): inputs are
/// independent standard normal numbers, targets the teacher's outputs.
///
/// ```
/// use metaplast_meta::tasks::{SupervisedTask, TeacherStudent};
/// use metaplast_plasticity::Architecture;
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// let task = TeacherStudent::random(&Architecture::new(vec![20, 8, 3])?, &mut rng);
/// let examples = task.draw(5, &mut rng);
/// assert_eq!(examples.targets.dims(), [5, 3]);
/// # Ok::<(), metaplast_plasticity::ArchitectureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TeacherStudent {
    architecture: Architecture,
    weights: Pathway<f64>,
}

impl TeacherStudent {
    /// A teacher of this architecture, whatever its outputs, with these weights.
    ///
    /// # Panics
    /// When they do not fit the architecture.
    #[track_caller]
    #[must_use]
    pub fn new(architecture: &Architecture, weights: Pathway<f64>) -> Self {
        let task = TeacherStudent {
            architecture: architecture.clone(),
            weights,
        };
        // Checked now and not with the first examples.
        let _ = task.answers(&Tensor::zeros([1, architecture.inputs()]));
        task
    }

    /// A teacher with random weights, drawn and scaled as those of a network that learns.
    #[must_use]
    pub fn random(architecture: &Architecture, rng: &mut dyn Rng) -> Self {
        let weights = Pathway::uniform(architecture, rng).scaled(architecture.init_scale());
        TeacherStudent::new(architecture, weights)
    }

    /// What the teacher answers to inputs, `[count, n_0]`: `[count, n_L]`.
    ///
    /// # Panics
    /// When the inputs do not have the teacher's number of columns.
    #[track_caller]
    #[must_use]
    pub fn answers(&self, inputs: &Tensor<f64>) -> Tensor<f64> {
        let tape = Tape::new();
        let teacher = Network::builder(&tape, &self.architecture)
            .weights(&self.weights)
            .build();
        let activity = teacher.forward(tape.constant(inputs));
        activity.y[self.architecture.layers()].value()
    }
}

impl SupervisedTask for TeacherStudent {
    fn name(&self) -> &str {
        "teacher-student"
    }

    fn inputs(&self) -> usize {
        self.architecture.inputs()
    }

    fn outputs(&self) -> usize {
        self.architecture.outputs()
    }

    /// Those of a softmax teacher are probabilities, for a student with softmax outputs; others are for
    /// a linear student.
    fn output(&self) -> Output {
        match self.architecture.output() {
            Output::Softmax => Output::Softmax,
            Output::Linear | Output::Softplus => Output::Linear,
        }
    }

    fn draw(&self, count: usize, mut rng: &mut dyn Rng) -> Examples {
        let numbers = count * self.inputs();
        let numbers = (0..numbers).map(|_| normal(&mut rng)).collect();
        let inputs = Tensor::new([count, self.inputs()], numbers);
        Examples {
            targets: self.answers(&inputs),
            inputs,
        }
    }
}
