//! A feedback pathway as a value.

use std::fmt;
use std::sync::Arc;

use rand::Rng;

use crate::architecture::Architecture;
use crate::feedback::pathway::{EveryPathway, FeedbackPathway, Storage};
use crate::names::{Library, Named};
use crate::network_error::NetworkError;
use crate::number::Number;
use crate::pathway::Pathway;
use crate::recurrent::TeachingThroughTime;

/// A feedback pathway: what takes the place of `B_lᵀ e_l` in `e_(l−1) = (B_lᵀ e_l) ⊙ σ'`.
///
/// Cheap to clone. There is a constructor for each that is built in, and [`new`](Self::new) for one's
/// own; two are equal when they have the same name.
///
/// ```
/// use metaplast_plasticity::{Architecture, Feedback, Pathway};
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let architecture = Architecture::new(vec![4, 5, 3])?;
/// let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
/// let direct = Feedback::direct();
/// let matrices: Pathway<f32> = direct.draw(&architecture, &mut rng);
/// assert_eq!(matrices.matrices()[0].dims(), [3, 4]);
/// assert_eq!(direct.to_string(), "dfa");
/// # Ok::<(), metaplast_plasticity::ArchitectureError>(())
/// ```
#[derive(Clone)]
pub struct Feedback(Arc<dyn EveryPathway>);

impl Feedback {
    /// A pathway of one's own; see [`FeedbackPathway`].
    pub fn new(pathway: impl EveryPathway + 'static) -> Self {
        Feedback(Arc::new(pathway))
    }

    pub(crate) fn of<T: Number>(&self) -> &dyn FeedbackPathway<T> {
        T::of(&*self.0)
    }

    /// The name on the command line and in files, with all its parameters where it has some.
    #[must_use]
    pub fn name(&self) -> &str {
        // What is said of a pathway is the same for all number types.
        self.of::<f64>().name()
    }

    /// The shapes of the matrices that it has of its own, `[rows, columns]` as the paper writes
    /// them, first layer first; none where the forward weights are all it needs.
    #[must_use]
    pub fn shapes(&self, architecture: &Architecture) -> Vec<[usize; 2]> {
        self.of::<f64>().shapes(architecture)
    }

    /// Whether it can pass errors back in a network of this architecture.
    ///
    /// # Errors
    /// When it cannot.
    pub fn check(&self, architecture: &Architecture) -> Result<(), NetworkError> {
        let checked = match (architecture.is_recurrent(), self.through_time()) {
            (false, _) => self.of::<f64>().check(architecture),
            (true, Some(_)) => Ok(()),
            (true, None) => Err(
                "passes no errors back through time; choose fixed, symmetric, attached or e-prop"
                    .to_owned(),
            ),
        };
        checked.map_err(|reason| NetworkError::Unsupported {
            feedback: self.name().to_owned(),
            reason,
        })
    }

    /// What it is in a [recurrent network](crate::recurrent), where it can be there.
    ///
    /// ```
    /// use metaplast_plasticity::{Feedback, TeachingThroughTime};
    ///
    /// let teaching = Feedback::fixed().through_time();
    /// assert_eq!(teaching, Some(TeachingThroughTime::RandomFeedback));
    /// assert_eq!(Feedback::direct().through_time(), None);
    /// ```
    #[must_use]
    pub fn through_time(&self) -> Option<TeachingThroughTime> {
        self.of::<f64>().through_time()
    }

    /// Whether its matrices change while the network learns.
    #[must_use]
    pub fn learns(&self) -> bool {
        self.of::<f64>().storage() == Storage::Carried
    }

    /// Whether noise that is drawn in the online steps goes into its matrices.
    #[must_use]
    pub fn draws_noise(&self) -> bool {
        self.of::<f64>().draws_noise()
    }

    /// Whether it needs the first layer's weights or input, in steps whose rule asks for `e_0` or not; see
    /// [`FeedbackPathway::reads_first_layer`](crate::FeedbackPathway::reads_first_layer).
    #[must_use]
    pub fn reads_first_layer(&self, input_error: bool) -> bool {
        self.of::<f64>().reads_first_layer(input_error)
    }

    /// Fresh random matrices of its [shapes](Self::shapes).
    #[must_use]
    pub fn draw<T: Number>(&self, architecture: &Architecture, rng: &mut dyn Rng) -> Pathway<T> {
        self.of::<T>().draw(architecture, rng)
    }
}

impl fmt::Display for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.of::<f64>(), f)
    }
}

impl PartialEq for Feedback {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Feedback {}

impl Named for Feedback {
    const KIND: &'static str = "feedback";

    fn name(&self) -> &str {
        Feedback::name(self)
    }

    fn with_parameters(&self, parameters: &str) -> Result<Self, String> {
        self.of::<f64>().with_parameters(parameters)
    }
}

/// Feedback pathways by name; the default has those that are built in.
///
/// ```
/// use metaplast_plasticity::{Feedback, FeedbackLibrary};
///
/// let library = FeedbackLibrary::default();
/// assert_eq!(library.find("kolen-pollack"), Ok(Feedback::kolen_pollack()));
/// let error = library.find("x").unwrap_err().to_string();
/// assert!(error.starts_with("unknown feedback `x`; choose fixed, symmetric, "));
/// ```
pub type FeedbackLibrary = Library<Feedback>;

/// Gives [`Feedback`] a constructor for each built-in pathway, and the list of all.
macro_rules! feedbacks {
    ($($(#[$doc:meta])* $name:ident: $pathway:expr;)*) => {
        impl Feedback {
            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name() -> Self {
                    Feedback::new($pathway)
                }
            )*

            /// Every built-in pathway, in the order shown to users.
            #[must_use]
            pub fn built_in() -> [Self; [$(stringify!($name)),*].len()] {
                [$(Feedback::$name()),*]
            }

            /// Every built-in pathway that can pass errors back in such a network, in the same order.
            #[must_use]
            pub fn built_in_for(architecture: &$crate::Architecture) -> Vec<Self> {
                let mut all = Vec::from(Feedback::built_in());
                all.retain(|feedback| feedback.check(architecture).is_ok());
                all
            }
        }

        impl Default for $crate::FeedbackLibrary {
            fn default() -> Self {
                $crate::names::Library::new(Feedback::built_in())
            }
        }
    };
}

pub(crate) use feedbacks;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        let library = FeedbackLibrary::default();
        for feedback in Feedback::built_in() {
            assert_eq!(library.find(&feedback.to_string()), Ok(feedback));
        }
        let error = library.find("random").unwrap_err().to_string();
        assert_eq!(
            error,
            "unknown feedback `random`; choose fixed, symmetric, attached, dfa, sign-symmetric, kolen-pollack, weight-mirror, information or e-prop"
        );
    }
}
