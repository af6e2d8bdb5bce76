//! The same learning by a [`Network`] of linear units under a plasticity rule (F5).

use metaplast_autodiff::{Tape, Var};
use metaplast_plasticity::{
    Activations, Architecture, BackwardPass, Feedback, FeedbackPathway, Network, Number, Output,
    Pathway, Preset, Rule, TeachingPass, TeachingSignals,
};
use metaplast_tensor::Tensor;

use crate::factors::Factors;
use crate::problem::{FactorisationProblem, InputBatch};

/// A two-layer network of linear units, `x ↦ Z W x`, that learns a full batch by the pseudo-gradient F0 of
/// `metaplast-plasticity` with a fixed or the transposed matrix on the way back.
///
/// It is a [`Network`] whose feedback pathway gives teaching signals and activity of linear units. In a
/// step all samples pass with the weights from before it, and each then adds `−(η/N) e yᵀ`.
///
/// ```
/// use metaplast_low_rank::{Factorisation, FactorisationMethod, Factors, InputBatch, LinearNetwork};
/// use metaplast_low_rank::{TargetMatrix, random_backward};
/// use metaplast_tensor::Random;
///
/// let mut random = Random::new(1);
/// let target = TargetMatrix::diagonal(&[1.0, 0.5, 0.2]);
/// let batch = InputBatch::isotropic(&target, 6, &mut random);
/// let b = random_backward(3, 2, &mut random);
/// let start = Factors::random([3, 3], 2, 1.0, &mut random);
///
/// let method = FactorisationMethod::FeedbackAlignment;
/// let mut matrices = Factorisation::new(&target, method, 0.1, start.clone(), b.clone());
/// let mut network = LinearNetwork::feedback_alignment(start, b);
/// for _ in 0..10 {
///     matrices.step();
///     network.step(&batch, 0.1);
/// }
/// let difference = network.factors().product() - matrices.factors().product();
/// assert!(difference.norm() < 1e-13);
/// ```
#[derive(Clone, Debug)]
pub struct LinearNetwork {
    architecture: Architecture,
    weights: Pathway<f64>,
    feedback: Feedback,
    matrices: Pathway<f64>,
}

impl LinearNetwork {
    /// Of these factors, with errors sent back through Bᵀ, B of shape `[n, r]`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[must_use]
    #[track_caller]
    pub fn feedback_alignment(factors: Factors, backward: Tensor<f64>) -> Self {
        Self::new(factors, LinearUnits { symmetric: false }, Some(backward))
    }

    /// Of these factors, with errors sent back through Zᵀ.
    #[must_use]
    pub fn gradient_descent(factors: Factors) -> Self {
        Self::new(factors, LinearUnits { symmetric: true }, None)
    }

    #[track_caller]
    fn new(factors: Factors, units: LinearUnits, backward: Option<Tensor<f64>>) -> Self {
        let [inner, m] = [factors.inner(), factors.representation.dims()[1]];
        let n = factors.readout.dims()[0];
        let architecture = Architecture::new(vec![m, inner, n])
            .unwrap_or_else(|error| panic!("linear network: {error}"));
        // No term asks for what comes back to the input.
        let matrices = backward.map(|b| Pathway::from_matrices(&[Tensor::zeros([inner, m]), b]));
        LinearNetwork {
            architecture: architecture.with_output(Output::Linear),
            weights: Pathway::from_matrices(&[factors.representation, factors.readout]),
            feedback: Feedback::new(units),
            matrices: matrices.unwrap_or_else(Pathway::none),
        }
    }

    /// Z and W.
    #[must_use]
    pub fn factors(&self) -> Factors {
        let matrices = self.weights.matrices();
        Factors::new(matrices[1].clone(), matrices[0].clone())
    }

    /// One step of size η on a full batch.
    ///
    /// # Panics
    /// When the batch has another number of inputs or outputs.
    #[track_caller]
    pub fn step(&mut self, batch: &InputBatch, eta: f64) {
        let sizes = self.architecture.sizes();
        assert!(
            batch.extents() == [sizes[2], sizes[0]],
            "linear network of sizes {sizes:?}: a batch with inputs of shape {}, targets of shape {}",
            batch.inputs().shape(),
            batch.targets().shape()
        );
        let tape = Tape::new();
        let network = Network::builder(&tape, &self.architecture)
            .weights(&self.weights)
            .feedback(&self.feedback, &self.matrices)
            .build();
        let rate = eta / batch.samples() as f64;
        let rule = Rule::preset(Preset::Fa)
            .with_theta(&[rate])
            .bind_constant(&tape);
        let (inputs, targets) = (batch.inputs().transpose(), batch.targets().transpose());
        let vector = |row: &[f64]| tape.constant_with(row.len(), |x| x.copy_from_slice(row));
        let passed: Vec<TeachingSignals<'_, f64>> = inputs
            .rows()
            .zip(targets.rows())
            .map(|(x, t)| network.teach_towards(&network.forward(vector(x)), vector(t)))
            .collect();
        for signals in &passed {
            let activity = signals
                .activity
                .as_ref()
                .expect("linear units have their own");
            network.learn(&rule, activity, &signals.errors, None);
        }
        self.weights = network.weights();
    }
}

/// The feedback pathway of networks of linear units: activity `y_l = W_l y_(l−1)` and teaching signals
/// `e_(l−1) = B_lᵀ e_l` without a slope.
#[derive(Debug)]
struct LinearUnits {
    /// Whether B is W.
    symmetric: bool,
}

impl<T: Number> FeedbackPathway<T> for LinearUnits {
    fn name(&self) -> &str {
        match self.symmetric {
            true => "linear-symmetric",
            false => "linear-fixed",
        }
    }

    fn shapes(&self, architecture: &Architecture) -> Vec<[usize; 2]> {
        match self.symmetric {
            true => Vec::new(),
            false => architecture.shapes(),
        }
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        let matrix = match self.symmetric {
            true => pass.weights(),
            false => pass.matrix(),
        };
        pass.through(matrix, pass.error())
    }

    fn teaching_signals<'t>(&self, pass: &TeachingPass<'_, 't, T>) -> TeachingSignals<'t, T> {
        let input = pass.activations().y[0];
        let mut activity = Activations::new(
            std::iter::once(input).collect(),
            std::iter::empty().collect(),
        );
        for layer in 0..pass.layers() {
            let z = pass.project(layer, activity.y[layer]);
            activity.z.push(z);
            activity.y.push(z);
        }
        let mut errors = pass.output_errors();
        let last = pass.layers() - 1;
        errors[last] = activity.y[pass.layers()] - pass.target();
        for layer in (1..pass.layers()).rev() {
            errors[layer - 1] = self.back(&pass.through_layer(layer, errors[layer]));
        }
        TeachingSignals::new(errors).beside(activity)
    }
}
