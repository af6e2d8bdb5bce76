//! Differentiate through learning itself: meta-learned plasticity rules, exactly and in little
//! memory.
//!
//! A deep network learns online, one sample at a time, from a fresh random start; errors travel
//! back through fixed random feedback. Its update is a weighted sum of local plasticity terms,
//! `ΔW = Σ_r θ_r F^r`, with the same few θ for every synapse. The loss after 250 updates is
//! differentiated through all of them with respect to θ, and θ improves
//! (Shervani-Tabar & Rosenbaum, Nature Communications 14:1805, 2023).
//!
//! This crate only gathers the others, each of which is useful alone:
//!
//! | module | crate | what it is |
//! |---|---|---|
//! | [`tensor`] | `metaplast-tensor` | small fast arrays, and kernels with the same bits everywhere |
//! | [`autodiff`] | `metaplast-autodiff` | a tape whose reverse sweep runs weight matrices backwards |
//! | [`plasticity`] | `metaplast-plasticity` | networks, feedback pathways, plasticity terms, rules |
//! | [`data`] | `metaplast-data` | IDX data sets, generated glyphs, few-shot tasks |
//! | [`meta`] | `metaplast-meta` | episodes, meta-gradients, meta-optimisers, the trainer |
//! | [`report`] | `metaplast-report` | runs as one self-contained page of figures and tables |
//!
//! Not among them is `metaplast-runs`, which starts, resumes and reads run directories as the command
//! does: it brings a parser of command lines along.
//!
//! ```
//! use metaplast::autodiff::Tape;
//! use metaplast::plasticity::{Architecture, Feedback, Network, Pathway, Preset, Rule};
//! use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
//!
//! let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
//! let architecture = Architecture::new(vec![4, 6, 3])?;
//! let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
//! let feedback = Feedback::fixed();
//! let matrices = feedback.draw(&architecture, &mut rng);
//!
//! let tape = Tape::new();
//! let network = Network::builder(&tape, &architecture)
//!     .weights(&weights)
//!     .feedback(&feedback, &matrices)
//!     .build();
//! let (rule, theta) = Rule::preset(Preset::Bio).with_theta(&[0.1, -0.05, 0.01]).bind(&tape);
//! let x = tape.constant_with(4, |x| x.copy_from_slice(&[0.0, 1.0, 0.5, 0.2]));
//! for _ in 0..10 {
//!     network.step(&rule, x, 2);
//! }
//! let loss = network.forward(x).z[1].softmax_cross_entropy(&[2]);
//! let gradients = loss.backward(); // through all ten steps
//! assert!(gradients.wrt(theta[0]).item() < 0.0);
//! # Ok::<(), metaplast::plasticity::ArchitectureError>(())
//! ```

pub use metaplast_autodiff as autodiff;
pub use metaplast_data as data;
pub use metaplast_meta as meta;
pub use metaplast_plasticity as plasticity;
pub use metaplast_report as report;
pub use metaplast_tensor as tensor;

/// The README's example, so that it is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The same for the examples of these pages.
#[cfg(doctest)]
#[doc = include_str!("../docs/batches.md")]
#[doc = include_str!("../docs/feedback.md")]
#[doc = include_str!("../docs/own-terms.md")]
#[doc = include_str!("../docs/recurrent.md")]
#[doc = include_str!("../docs/rules-with-memory.md")]
struct Pages;
