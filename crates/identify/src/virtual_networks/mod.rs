//! Virtual experiments: networks that learn by known rules, and what an experimenter would see of them.
//!
//! | file | what |
//! |---|---|
//! | `rule_class` | the rules that can be named, a line each |
//! | `task` | what networks learn |
//! | `plan` | which network is simulated: everything that is drawn for it |
//! | `learner` | a network that learns by its rule |
//! | `condition` | how many units are seen, in how many probes, and how much noise there is |
//! | `layer` | the 24 statistics of what is seen of a layer |
//! | `observe` | the 24 statistics of each layer under each condition |
//! | `record` | what is kept of a network |
//! | `archive` | all networks of a directory, resumable |

mod archive;
mod condition;
mod layer;
mod learner;
mod observe;
mod plan;
mod record;
mod rule_class;
mod task;

pub use archive::{Archive, ArchiveError};
pub use condition::{CONDITIONS, Condition};
pub(crate) use layer::{ActivitySums, weight_statistics};
pub use learner::{Diverged, Snapshot, learn};
pub(crate) use learner::{first_weights, lessons};
pub use plan::{ARCHITECTURES, NetworkPlan, STEPS, TIMES};
pub use record::NetworkRecord;
pub(crate) use record::halving;
pub use rule_class::{
    IncrementKind, RuleClass, RuleClassError, RuleFamily, TermDraw, null_classes, rule_classes,
};
pub use task::{LearningTask, PROBES};
