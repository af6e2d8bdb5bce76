//! A feedback pathway with its matrices on a tape.

use std::sync::Arc;

use metaplast_autodiff::{State, Tape, Var};

use crate::architecture::Architecture;
use crate::feedback::handle::Feedback;
use crate::feedback::online_step::OnlineStep;
use crate::feedback::pathway::{BackwardPass, FedBack, FeedbackPathway, Matrices, Storage};
use crate::feedback::teaching::{TeachingPass, TeachingSignals};
use crate::forward::Activations;
use crate::network_error::NetworkError;
use crate::number::Number;
use crate::pathway::Pathway;

/// A pathway with its matrices on a tape, for one episode.
pub(crate) struct FeedbackOnTape<'t, T: Number> {
    feedback: Feedback,
    matrices: Matrices<'t, T>,
    /// For what is random in the episode.
    pub(crate) seed: u64,
}

impl<'t, T: Number> FeedbackOnTape<'t, T> {
    /// With matrices that are drawn or given, or, of a pathway that learns, on a tape already.
    ///
    /// # Errors
    /// When they do not have the shapes that the pathway needs.
    #[track_caller]
    pub(crate) fn new(
        tape: &'t Tape<T>,
        architecture: &Architecture,
        feedback: Feedback,
        given: Option<&Pathway<T>>,
        carried: &[State<'t, T>],
        seed: u64,
    ) -> Result<Self, NetworkError> {
        let pathway = feedback.of::<T>();
        let (shapes, storage) = (pathway.shapes(architecture), pathway.storage());
        let unfit = |reason: String| NetworkError::FeedbackStates {
            feedback: feedback.to_string(),
            reason,
        };
        let mut matrices = Matrices {
            states: Vec::new(),
            tensors: Vec::new(),
        };
        if storage == Storage::Carried && !carried.is_empty() {
            let fits = |(state, [rows, columns]): (&State<'t, T>, &[usize; 2])| {
                state.shape().dims() == [*columns, *rows]
            };
            if carried.len() != shapes.len() || !carried.iter().zip(&shapes).all(fits) {
                let reason =
                    format!("the states are not the transposes of matrices of shapes {shapes:?}");
                return Err(unfit(reason));
            }
            matrices.states = carried.to_vec();
        } else {
            if !carried.is_empty() {
                return Err(unfit(format!("{} states more than layers", carried.len())));
            }
            let none = Pathway::none();
            let given = given.unwrap_or(&none);
            let fits = given.check(&shapes);
            fits.map_err(|error| NetworkError::Feedback {
                feedback: feedback.to_string(),
                error,
            })?;
            let transposed = given.transposed().iter();
            match storage {
                Storage::BesideTape => {
                    matrices.tensors = transposed.map(|b| Arc::new(b.clone())).collect();
                }
                _ => matrices.states = transposed.map(|b| tape.state(b)).collect(),
            }
        }
        Ok(FeedbackOnTape {
            feedback,
            matrices,
            seed,
        })
    }

    /// A pathway that has no matrices of its own.
    pub(crate) fn without_matrices(feedback: Feedback) -> Self {
        FeedbackOnTape {
            feedback,
            matrices: Matrices {
                states: Vec::new(),
                tensors: Vec::new(),
            },
            seed: 0,
        }
    }

    pub(crate) fn feedback(&self) -> &Feedback {
        &self.feedback
    }

    /// The matrices that go from step to step, kept transposed.
    pub(crate) fn carried(&self) -> &[State<'t, T>] {
        match self.pathway().storage() {
            Storage::Carried => &self.matrices.states,
            _ => &[],
        }
    }

    fn pathway(&self) -> &dyn FeedbackPathway<T> {
        self.feedback.of()
    }

    /// The matrix `B_1ᵀ` and the error that `e_0` is the product of, times the slope of the input, if it is that and
    /// the matrix never changes; from `e_1` and `e_L`.
    pub(crate) fn input_product(
        &self,
        (error, output_error): (Var<'t, T>, Var<'t, T>),
    ) -> Option<(State<'t, T>, Var<'t, T>)> {
        let error = match self.pathway().multiplies()? {
            FedBack::Error => error,
            FedBack::OutputError => output_error,
        };
        Some((self.matrices.states[0], error))
    }

    /// `(B_lᵀ e_l) ⊙ φ'`, with the slope φ' of `y_(l−1)`; `layer` counts from 0.
    pub(crate) fn error_below(
        &self,
        weights: &[State<'t, T>],
        layer: usize,
        (error, output_error): (Var<'t, T>, Var<'t, T>),
        activity: Var<'t, T>,
        architecture: &Architecture,
    ) -> Var<'t, T> {
        let pathway = self.pathway();
        let back = pathway.back(&BackwardPass {
            weights,
            matrices: &self.matrices,
            layer,
            error,
            output_error,
            activity,
            activation: architecture.activation(),
            connection: architecture.connection(layer),
        });
        architecture.times_slope(back, activity)
    }

    /// `e_1..e_L`, from the activity of the network, the factors of its pre-activations and the target of
    /// its outputs.
    pub(crate) fn teaching_signals(
        &self,
        weights: &[State<'t, T>],
        architecture: &Architecture,
        activations: &Activations<'t, T>,
        gains: &[Option<Var<'t, T>>],
        target: Var<'t, T>,
    ) -> TeachingSignals<'t, T> {
        let last = architecture.layers();
        let difference = activations.y[last] - target;
        self.pathway().teaching_signals(&TeachingPass {
            weights,
            matrices: &self.matrices,
            architecture,
            activations,
            gains,
            target,
            output_error: gains[last - 1].map_or(difference, |gain| difference * gain),
        })
    }

    /// What the pathway does after an online step.
    pub(crate) fn after_step(&self, step: OnlineStep<'_, 't, T>) {
        self.pathway().after_step(&step);
    }

    pub(crate) fn matrices(&self) -> &Matrices<'t, T> {
        &self.matrices
    }
}
