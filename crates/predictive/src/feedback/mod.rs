//! Predictive feedback: teaching signals that come from predictive-coding inference on the network
//! itself, for any plasticity rule.
//!
//! The network is the plasticity crate's, a chain of layers without biases, `z_l = W_l y_(l−1)`,
//! `y_l = softplus(z_l)`, `y_L = softmax(z_L)`. Every hidden layer l holds a belief v_l about its own
//! activity, which the layer below predicts. With the target at the output clamped, beliefs move so
//! that all prediction errors together become small, and the errors that remain are the teaching
//! signals e_l, in the place of those that backpropagation sends down (Whittington & Bogacz 2017;
//! Millidge, Tschantz & Buckley 2022; Rosenbaum, *On the relationship between predictive coding and
//! backpropagation*, PLoS ONE 17(3):e0266102, 2022).
//!
//! The name of the pathway carries all that can be chosen, in files and on the command line:
//!
//! ```text
//! predictive                                                       the defaults
//! predictive(strict,eta=0.1,n=20,cut=y,back=W,y=activation)        the same, as files and runs print it
//! ```
//!
//! - *Scheme.* `strict` descends the energy `F = 𝓛 + ½ Σ ‖ε_l‖²` and gives the errors of the last
//!   beliefs; `strict-released` gives those from before the last change, as the released program does.
//!   `fixed-pred` holds predictions at the forward pass, which makes it backpropagation times a
//!   [known factor](crate::fixed_prediction_factor) in each layer, after n − 1 relaxations of the errors
//!   as in the released program, with beliefs after n. It costs one pass back whatever n is; strict inference costs about n passes
//!   over all layers but the first.
//! - *Cut.* Beliefs live on activities (`cut=y`; `e_l = ε_l ⊙ σ'(z_l)`) or on pre-activations (`cut=z`;
//!   `e_l = ε_l`). Strict inference differs between the two, fixed prediction does not.
//! - *Backward weights.* Errors come back through `W` (`back=W`) or through fixed random weights B
//!   (`back=fixed`). The input's synthetic error, which some terms use, is
//!   `e_0 = (W_1ᵀ e_1) ⊙ (1 − exp(−β y_0))`, or with B_1. With B strict inference has no energy:
//!   nothing promises that errors fall, and large rates diverge.
//! - *Activity.* The rule's terms see the activity of the forward pass (`y=activation`) or the relaxed
//!   beliefs, with `z_l = W_l y_(l−1)` of them (`y=belief`).
//! - *Momentum.* `momentum=0.8` adds a share of a belief's last change to its next one.
//!
//! A signal that is not finite makes the weights so, and the episode diverges as it does by any other
//! cause.
//!
//! # Meta-gradient
//! The inference is a part of the tape, so the meta-gradient passes through every iteration, W and B
//! included where they count. What is kept are vectors: in strict inference on a network with h hidden
//! units four of h numbers for each iteration with beliefs on activities, five on pre-activations.
//! With `gradient=equilibrium` one linear solve with ∇²F stands for the iterations, see
//! [`InferenceGradient::Equilibrium`]; it is the derivative of the point of rest, and right in so far as
//! n iterations come to rest.
//!
//! ```
//! use metaplast_autodiff::Tape;
//! use metaplast_plasticity::{Architecture, Feedback, Network, Pathway};
//! use metaplast_predictive::feedback::{PredictiveFeedback, pathways};
//! use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
//!
//! let architecture = Architecture::new(vec![4, 6, 5, 3])?;
//! let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
//! let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
//! let feedback = PredictiveFeedback::default().feedback()?;
//!
//! let tape = Tape::new();
//! let network = Network::builder(&tape, &architecture)
//!     .weights(&weights)
//!     .feedback(&feedback, &feedback.draw(&architecture, &mut rng))
//!     .build();
//! let activations = network.forward(tape.constant_with(4, |x| x.fill(0.5)));
//! let e = network.errors(&activations, 2);
//! assert_eq!(e[0].shape().dims(), [6]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod elementwise;
mod equilibrium;
mod parameters;
mod strict;

pub use parameters::{
    BackwardWeights, Cut, InferenceGradient, InferenceScheme, ParameterError, PredictiveFeedback,
    SeenActivity,
};

use metaplast_autodiff::Var;
use metaplast_plasticity::{
    Activation, Activations, Architecture, BackwardPass, Feedback, FeedbackPathway, Number,
    TeachingPass, TeachingSignals,
};

use self::strict::{NetworkInference, zeros_like};
use crate::factor::factors;

/// The name without parameters.
const NAME: &str = "predictive";

/// The feedback pathways of this crate, for a list of those that can be named.
#[must_use]
pub fn pathways() -> [Feedback; 1] {
    [Feedback::new(Predictive::of(PredictiveFeedback::default()))]
}

impl PredictiveFeedback {
    /// The pathway.
    ///
    /// # Errors
    /// When the parameters [cannot be](Self::check).
    pub fn feedback(&self) -> Result<Feedback, ParameterError> {
        self.check()?;
        Ok(Feedback::new(Predictive::of(*self)))
    }
}

/// The pathway with its name.
#[derive(Debug)]
struct Predictive {
    parameters: PredictiveFeedback,
    name: String,
}

impl Predictive {
    fn of(parameters: PredictiveFeedback) -> Self {
        Predictive {
            parameters,
            name: format!("{NAME}({parameters})"),
        }
    }

    fn fixed_prediction<'t, T: Number>(
        &self,
        pass: &TeachingPass<'_, 't, T>,
    ) -> TeachingSignals<'t, T> {
        let PredictiveFeedback {
            rate, iterations, ..
        } = self.parameters;
        let layers = pass.layers();
        let relaxed = |count: usize| factors(layers, count, rate);
        let (errors_at, beliefs_at) = (relaxed(iterations - 1), relaxed(iterations));
        let own = pass.activations();
        let mut errors = pass.output_errors();
        let mut y = own.y.clone();
        let mut delta = pass.output_error();
        for layer in (1..layers).rev() {
            let back = self.back(&pass.through_layer(layer, delta));
            delta = pass.times_slope(back, layer);
            // An exact factor of 1 is backpropagation, bit for bit.
            let times = |x: Var<'t, T>, share: f64| if share == 1.0 { x } else { x * share };
            let k = layers - layer;
            errors[layer - 1] = times(delta, errors_at[k]);
            if self.parameters.activity == SeenActivity::Belief {
                y[layer] = match self.parameters.cut {
                    Cut::Activity => y[layer] - times(back, beliefs_at[k]),
                    Cut::PreActivation => {
                        let moved = own.z[layer - 1] - times(delta, beliefs_at[k]);
                        moved.softplus(pass.architecture().beta())
                    }
                };
            }
        }
        let signals = TeachingSignals::new(errors);
        match self.parameters.activity {
            SeenActivity::Activation => signals,
            SeenActivity::Belief => signals.beside(activity_of(pass, y)),
        }
    }

    fn strict<'t, T: Number>(&self, pass: &TeachingPass<'_, 't, T>) -> TeachingSignals<'t, T> {
        let inference = NetworkInference::new(&self.parameters, self, pass);
        let (beliefs, before) = match self.parameters.gradient {
            InferenceGradient::Unrolled => inference.relax(),
            InferenceGradient::Equilibrium => inference.come_to_rest(),
        };
        let predictions = inference.predictions(&beliefs);
        let errors = match self.parameters.scheme {
            InferenceScheme::StrictReleased => inference.released_errors(&before, &predictions),
            _ => inference.errors(&beliefs, &predictions),
        };
        let errors = errors.iter().zip(&pass.activations().z);
        let errors = errors.map(|(e, &z)| e.unwrap_or_else(|| zeros_like(z)));
        let signals = TeachingSignals::new(errors.collect());
        match self.parameters.activity {
            SeenActivity::Activation => signals,
            SeenActivity::Belief => signals.beside(inference.beliefs(&beliefs, &predictions)),
        }
    }
}

/// Activity with these `y_0..y_(L−1)`, and the pre-activations and outputs that follow from them.
fn activity_of<'t, T: Number>(
    pass: &TeachingPass<'_, 't, T>,
    mut y: smallvec::SmallVec<[Var<'t, T>; 12]>,
) -> Activations<'t, T> {
    let layers = pass.layers();
    let mut z = pass.activations().z.clone();
    for layer in 1..layers {
        z[layer] = pass.project(layer, y[layer]);
    }
    y[layers] = pass.output(z[layers - 1]);
    Activations::new(y, z)
}

impl<T: Number> FeedbackPathway<T> for Predictive {
    /// In fully connected networks of softplus units.
    fn check(&self, architecture: &Architecture) -> Result<(), String> {
        let softplus = architecture.activation() == Activation::Softplus;
        let chain = architecture.is_fully_connected() && !architecture.has_skips();
        match chain && softplus {
            true => Ok(()),
            false => Err("infers activity in fully connected layers of softplus units without skips; choose those, or feedback fixed or symmetric".to_owned()),
        }
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn with_parameters(&self, parameters: &str) -> Result<Feedback, String> {
        let read: PredictiveFeedback = parameters
            .parse()
            .map_err(|error: ParameterError| error.to_string())?;
        Ok(Feedback::new(Predictive::of(read)))
    }

    /// Those of `B_1..B_L`; none where errors come back through W.
    fn shapes(&self, architecture: &Architecture) -> Vec<[usize; 2]> {
        match self.parameters.backward {
            BackwardWeights::Forward => Vec::new(),
            BackwardWeights::Fixed => architecture.shapes(),
        }
    }

    fn back<'t>(&self, pass: &BackwardPass<'_, 't, T>) -> Var<'t, T> {
        let matrix = match self.parameters.backward {
            BackwardWeights::Forward => pass.weights(),
            BackwardWeights::Fixed => pass.matrix(),
        };
        pass.through(matrix, pass.error())
    }

    fn teaching_signals<'t>(&self, pass: &TeachingPass<'_, 't, T>) -> TeachingSignals<'t, T> {
        match self.parameters.scheme {
            InferenceScheme::FixedPrediction => self.fixed_prediction(pass),
            _ => self.strict(pass),
        }
    }
}
