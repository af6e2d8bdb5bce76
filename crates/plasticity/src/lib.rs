//! Networks that learn online, one sample at a time, by local plasticity rules.
//!
//! The model is that of Shervani-Tabar & Rosenbaum, *Meta-learning biologically plausible
//! plasticity rules with random feedback pathways*, Nature Communications 14:1805 (2023). Layers
//! l = 1..L have weights `W_l` of shape `[n_l, n_(l−1)]` and no biases:
//!
//! ```text
//! z_l = W_l y_(l−1)          y_l = σ(z_l), σ softplus with β = 10;   y_L = softmax(z_L)
//! e_L = y_L − onehot(label)  e_(l−1) = (B_lᵀ e_l) ⊙ (1 − exp(−β y_(l−1)))
//! W_l ← W_l + Σ_r θ_r F^r_l
//! ```
//!
//! - [`Architecture`] and [`Pathway`]: sizes, and one matrix per layer for the forward weights `W`
//!   or the feedback weights `B`.
//! - [`Network`]: both pathways on a tape; [`Network::step`] is one online step.
//! - [`Term`]: one plasticity term `F^r`, of the [`pool()`] or one's own, see [`terms`];
//!   [`Rule`]: terms with coefficients θ.
//! - [`Feedback`]: how errors travel back; [`FeedbackPathway`] is what one is made of.
//! - [`Network::step_batch`], [`NetworkLearner`]: learning from small batches, with momentum, Adam or drift
//!   around the rule's increments.
//! - [`RecurrentNetwork`]: hidden units that see their own past, sequences, and teaching signals through time.
//! - [`diagnostics`]: alignment angles, orthonormality error, weight norms.
//!
//! The same code runs with and without a gradient: with [`Tape::var`](metaplast_autodiff::Tape::var)
//! coefficients the tape differentiates through every step; without, cut the tape back after each
//! step and nothing is kept.
//!
//! ```
//! use metaplast_autodiff::Tape;
//! use metaplast_plasticity::{Architecture, Feedback, Network, Pathway, Preset, Rule};
//! use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
//!
//! let architecture = Architecture::new(vec![4, 5, 3]).unwrap();
//! let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
//! let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
//! let feedback = Feedback::fixed();
//! let matrices = feedback.draw(&architecture, &mut rng);
//!
//! let tape = Tape::new();
//! let network = Network::builder(&tape, &architecture)
//!     .weights(&weights)
//!     .feedback(&feedback, &matrices)
//!     .build();
//! let rule = Rule::preset(Preset::Bio).with_theta(&[0.01, -0.02, 0.005]).bind_constant(&tape);
//! let x = tape.constant_with(4, |x| x.copy_from_slice(&[0.0, 1.0, 0.5, 0.0]));
//! network.step(&rule, x, 2);
//! assert_ne!(network.weights().matrices(), weights.matrices());
//! ```

mod activation;
mod architecture;
mod batch;
mod coefficient;
mod connection;
mod custom_memory;
mod derivation;
pub mod diagnostics;
mod errors;
pub mod feedback;
mod forward;
mod function;
mod gram;
mod increments;
mod known_rules;
mod layers;
mod learner;
mod locality;
mod memory;
mod memory_values;
mod named_values;
mod names;
mod network;
mod network_error;
mod number;
mod online;
mod pathway;
mod perturbation;
mod places;
mod pooling;
mod preset;
pub mod recurrent;
mod reward;
mod rule;
mod signals;
mod step_signals;
pub mod terms;
pub mod text;
mod unit_parameters;
mod update;

pub use metaplast_numbers::digits;

pub use activation::Activation;
pub use architecture::{Architecture, ArchitectureError, BETA, Output};
pub use coefficient::Coefficient;
pub use custom_memory::{CustomMemory, EveryMemory};
pub use feedback::alignment::AlignmentRegulariser;
pub use feedback::handle::{Feedback, FeedbackLibrary};
pub use feedback::information::{AlignmentInput, InformationAlignment, InformationError};
pub use feedback::online_step::OnlineStep;
pub use feedback::pathway::{BackwardPass, EveryPathway, FedBack, FeedbackPathway, Storage};
pub use feedback::teaching::{SkippedErrors, TeachingPass, TeachingSignals};
pub use forward::Activations;
pub use gram::{GramError, GramLayer, KnownInputs};
pub use increments::{IncrementError, IncrementOptimizer, RandomDrift};
pub use known_rules::KnownRule;
pub use layers::{LayersError, LayersReason};
pub use learner::NetworkLearner;
pub use locality::Locality;
pub use memory::{Memory, MemoryLibrary};
pub use memory_values::Remembered;
pub use names::{Library, NameError, Named, UnknownName};
pub use network::{Network, NetworkBuilder};
pub use network_error::NetworkError;
pub use number::{Number, TANGENTS};
pub use pathway::{Pathway, PathwayError};
pub use perturbation::{PERTURBATION, Perturbed};
pub use preset::Preset;
pub use recurrent::{
    Readout, RecurrentArchitecture, RecurrentError, RecurrentNetwork, SequenceDiagnostics,
    SequencePass, TaughtSequence, TeachingThroughTime,
};
pub use rule::bound::BoundRule;
pub use rule::{CoefficientInfo, Rule, RuleError};
pub use signals::LayerSignals;
pub use terms::custom::{CustomTerm, EveryTerm};
pub use terms::expression;
pub use terms::pool::{TermLibrary, pool};
pub use terms::term::Term;
pub use text::{NamedSignal, SignalShape};
pub use update::LayerUpdate;

/// The README's example, so that it is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
