//! Recurrent networks that see a sequence and learn from it by a plasticity rule.
//!
//! ```text
//! z_t = W_rec h_(t−1) + W_in x_t      h_t = (1 − α) h_(t−1) + α φ(z_t),  h_0 = 0
//! o_t = W_out h_t                     y_t = softmax(o_t)
//! ```
//!
//! with a leak α in (0, 1] and outputs at the last step or at [each](Readout). Within a sequence the weights stay
//! as they are; after it each of the three matrices changes by the sum over time of what the rule's terms give
//! from the signals of each step:
//!
//! | | W_in | W_rec | W_out, at steps with an output |
//! |---|---|---|---|
//! | `y_pre` | x_t | h_(t−1) | h_t |
//! | `y` | h_t | h_t | y_t |
//! | `e` | e_t | e_t | y_t − target |
//! | `e_pre` | `(B_inᵀ e_t) ⊙ φ'` at x_t | e_(t−1), e_0 = 0 | e_t |
//!
//! A rule's memories run over the steps, each matrix with its own: at a step that has signals for the matrix the memory
//! changes, then terms see it; and they are kept from sequence to sequence.
//!
//! Where the hidden units' teaching signals e_t come from is a choice: [`TeachingThroughTime`].

mod architecture;
mod diagnostics;
mod network;
mod pass;
mod step;
mod teaching;

pub use architecture::{Readout, RecurrentArchitecture, RecurrentError};
pub use diagnostics::SequenceDiagnostics;
pub use network::RecurrentNetwork;
pub use pass::SequencePass;
pub use teaching::{TaughtSequence, TeachingThroughTime};
