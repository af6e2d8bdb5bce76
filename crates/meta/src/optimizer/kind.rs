//! Kinds of meta-optimisers, as a setting.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

use super::adam::Adam;
use super::meta_optimizer::{Beginning, MetaOptimizer};
use super::sgd::Sgd;
use super::state::{OptimizerState, UnfitOptimizer};
use super::steady::Steady;

/// Which meta-optimiser, as a setting: one of the built-in ones, or [one's own](Self::own).
///
/// Kinds are told apart by their names.
#[derive(Clone)]
pub struct OptimizerKind {
    name: Cow<'static, str>,
    make: Make,
}

#[derive(Clone)]
enum Make {
    BuiltIn(fn(&Beginning<'_>) -> Box<dyn MetaOptimizer>),
    Own(Arc<OwnMake>),
}

type OwnMake = dyn Fn(&Beginning<'_>) -> Box<dyn MetaOptimizer> + Send + Sync;

impl OptimizerKind {
    /// [`Steady`]: Adam that knows the terms' sizes and steps back from divergence with care.
    pub const STEADY: OptimizerKind = OptimizerKind::built_in("steady", |beginning| {
        Box::new(Steady::new(beginning.rate, &beginning.term_sizes()))
    });
    /// [`Adam`], as published.
    pub const ADAM: OptimizerKind =
        OptimizerKind::built_in("adam", |beginning| Box::new(Adam::new(beginning.rate)));
    /// [`Sgd`]
    pub const SGD: OptimizerKind =
        OptimizerKind::built_in("sgd", |beginning| Box::new(Sgd::new(beginning.rate)));

    /// Every built-in kind, in the order shown to users.
    pub const ALL: [OptimizerKind; 3] = [Self::STEADY, Self::ADAM, Self::SGD];

    const fn built_in(
        name: &'static str,
        make: fn(&Beginning<'_>) -> Box<dyn MetaOptimizer>,
    ) -> Self {
        OptimizerKind {
            name: Cow::Borrowed(name),
            make: Make::BuiltIn(make),
        }
    }

    /// A meta-optimiser of one's own, made anew for each trial; see [`MetaOptimizer`] for an example.
    /// The name is what checkpoints hold.
    #[must_use]
    pub fn own(
        name: impl Into<String>,
        make: impl Fn(&Beginning<'_>) -> Box<dyn MetaOptimizer> + Send + Sync + 'static,
    ) -> Self {
        OptimizerKind {
            name: Cow::Owned(name.into()),
            make: Make::Own(Arc::new(make)),
        }
    }

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A new optimiser of this kind.
    #[must_use]
    pub fn make(&self, beginning: &Beginning<'_>) -> Box<dyn MetaOptimizer> {
        match &self.make {
            Make::BuiltIn(make) => make(beginning),
            Make::Own(make) => make(beginning),
        }
    }

    /// An optimiser of this kind that goes on from a saved state.
    ///
    /// # Errors
    /// When no optimiser of this kind for this many coefficients can have saved it.
    pub fn restored(
        &self,
        rate: f64,
        coefficients: usize,
        state: &OptimizerState,
    ) -> Result<Box<dyn MetaOptimizer>, UnfitOptimizer> {
        // The state tells the sizes that were measured.
        let unknown = || vec![1.0; coefficients];
        let mut optimizer = self.make(&Beginning::new(rate, coefficients, &unknown));
        optimizer.restore(state, coefficients)?;
        Ok(optimizer)
    }
}

impl Default for OptimizerKind {
    fn default() -> Self {
        OptimizerKind::STEADY
    }
}

impl PartialEq for OptimizerKind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for OptimizerKind {}

impl fmt::Debug for OptimizerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OptimizerKind").field(&self.name).finish()
    }
}

impl fmt::Display for OptimizerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no built-in [`OptimizerKind`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown optimizer `{0}`; choose steady, adam or sgd")]
pub struct UnknownOptimizer(pub String);

impl FromStr for OptimizerKind {
    type Err = UnknownOptimizer;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        OptimizerKind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownOptimizer(name.to_owned()))
    }
}
