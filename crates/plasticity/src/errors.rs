//! Teaching signals: how the output's error reaches the layers below.

use metaplast_autodiff::Var;
use metaplast_tensor::Tensor;
use smallvec::SmallVec;

use crate::feedback::on_tape::FeedbackOnTape;
use crate::feedback::teaching::TeachingSignals;
use crate::forward::Activations;
use crate::network::{Layers, Network};
use crate::number::Number;

impl<'t, T: Number> Network<'t, T> {
    /// The teaching signals `e_1..e_L` for one sample with this label; place l−1 holds `e_l`.
    ///
    /// # Panics
    /// When the label is not below the number of outputs.
    #[track_caller]
    #[must_use]
    pub fn errors(
        &self,
        activations: &Activations<'t, T>,
        label: usize,
    ) -> SmallVec<[Var<'t, T>; 12]> {
        self.teach(activations, label).errors
    }

    /// The teaching signals for one sample with this label, and the activity that the rule sees with
    /// them, which some [pathways](crate::Feedback) change.
    ///
    /// # Panics
    /// When the label is not below the number of outputs.
    #[track_caller]
    #[must_use]
    pub fn teach(&self, activations: &Activations<'t, T>, label: usize) -> TeachingSignals<'t, T> {
        self.signals(activations, self.one_hot(label), self.feedback())
    }

    /// The target of a label: 1 there, and 0 elsewhere.
    #[track_caller]
    pub(crate) fn one_hot(&self, label: usize) -> Var<'t, T> {
        let outputs = self.architecture().outputs();
        assert!(label < outputs, "errors: label {label}, {outputs} outputs");
        let fill = |target: &mut [T]| target[label] = T::ONE;
        self.tape().constant_with(outputs, fill)
    }

    /// [`teach`](Self::teach) with the target `t`, `[n_L]`, for the outputs: `e_L = y_L − t`.
    ///
    /// # Panics
    /// When the target does not have the size of the output.
    #[track_caller]
    #[must_use]
    pub fn teach_towards(
        &self,
        activations: &Activations<'t, T>,
        target: Var<'t, T>,
    ) -> TeachingSignals<'t, T> {
        let outputs = self.architecture().outputs();
        assert_eq!(target.shape().dims(), [outputs], "errors: target");
        self.signals(activations, target, self.feedback())
    }

    /// The input's synthetic teaching signal `e_0 = (B_1ᵀ e_1) ⊙ (1 − exp(−β y_0))`, which several
    /// terms use in the first layer; `errors` as [`errors`](Self::errors) gives them. The
    /// [feedback pathway](crate::Feedback) says what takes the place of `B_1ᵀ e_1`.
    #[track_caller]
    #[must_use]
    pub fn input_error(
        &self,
        activations: &Activations<'t, T>,
        errors: &[Var<'t, T>],
    ) -> Var<'t, T> {
        let top = errors[errors.len() - 1];
        self.error_below(0, (errors[0], top), activations.y[0])
    }

    /// `e_1..e_L` for a batch whose labels are given.
    pub(crate) fn batch_errors(
        &self,
        activations: &Activations<'t, T>,
        labels: &[usize],
        feedback: &FeedbackOnTape<'t, T>,
    ) -> Layers<Var<'t, T>> {
        let outputs = self.architecture().outputs();
        // One row of targets would be stretched to any number of samples.
        let samples = activations.y[0].shape();
        assert!(
            samples.rank() == 2 && samples.dims()[0] == labels.len(),
            "errors: {} labels for inputs of shape {samples}; give one label for each row",
            labels.len()
        );
        let mut target = Tensor::zeros([labels.len(), outputs]);
        for (row, &label) in target.data_mut().chunks_mut(outputs).zip(labels) {
            assert!(label < outputs, "errors: label {label}, {outputs} outputs");
            row[label] = T::ONE;
        }
        let target = self.tape().constant(&target);
        self.signals(activations, target, feedback).errors
    }

    /// The teaching signals `e_1..e_L` for one sample with the target `t`, `[n_L]`, for the outputs:
    /// `e_L = y_L − t`.
    ///
    /// # Panics
    /// When the target does not have the size of the output.
    #[track_caller]
    #[must_use]
    pub fn errors_towards(
        &self,
        activations: &Activations<'t, T>,
        target: Var<'t, T>,
    ) -> SmallVec<[Var<'t, T>; 12]> {
        self.teach_towards(activations, target).errors
    }

    fn signals(
        &self,
        activations: &Activations<'t, T>,
        target: Var<'t, T>,
        feedback: &FeedbackOnTape<'t, T>,
    ) -> TeachingSignals<'t, T> {
        let gains = self.gains();
        feedback.teaching_signals(
            self.states(),
            self.architecture(),
            activations,
            &gains,
            target,
        )
    }

    /// `e_(l−1) = (B_lᵀ e_l) ⊙ (1 − exp(−β y_(l−1)))`, from `e_l` and `e_L`; `layer` counts from 0.
    pub(crate) fn error_below(
        &self,
        layer: usize,
        errors: (Var<'t, T>, Var<'t, T>),
        pre: Var<'t, T>,
    ) -> Var<'t, T> {
        self.error_by(self.feedback(), layer, errors, pre)
    }

    /// The same by another feedback pathway.
    pub(crate) fn error_by(
        &self,
        feedback: &FeedbackOnTape<'t, T>,
        layer: usize,
        errors: (Var<'t, T>, Var<'t, T>),
        pre: Var<'t, T>,
    ) -> Var<'t, T> {
        feedback.error_below(self.states(), layer, errors, pre, self.architecture())
    }
}
