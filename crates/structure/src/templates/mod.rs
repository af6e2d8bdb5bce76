//! Candidates for rules, made by templates from the relations that there are.

mod local;
mod path;
mod prior;
mod relation;
mod similarity;

use std::fmt;

use crate::logic::LogicalRule;

pub use local::{Feature, local_rules};
pub use path::path_rules;
pub use prior::prior_rules;
pub use relation::TypedRelation;
pub use similarity::similarity_rules;

/// What a rule was made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Template {
    /// A chain of relations from one argument of the target to the other.
    Path,
    /// The target of what is similar.
    Similarity,
    /// Features of the pair itself.
    Local,
    /// Nothing: the target is rather true or rather false.
    Prior,
}

/// Which signs of the head rules are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadSigns {
    /// The target follows.
    Positive,
    /// The target's negation follows.
    Negative,
    /// One rule of each.
    Both,
}

/// A rule that a search may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateRule {
    /// The rule.
    pub rule: LogicalRule,
    /// What it was made by.
    pub template: Template,
    /// Whether it counts as one that explains.
    pub explainable: bool,
}

impl CandidateRule {
    /// Rules of one template; those explain that [contain](LogicalRule::contains_any) a predicate that does.
    pub fn of(
        template: Template,
        rules: impl IntoIterator<Item = LogicalRule>,
        explaining: &[String],
    ) -> Vec<Self> {
        let candidate = |rule: LogicalRule| CandidateRule {
            explainable: rule.contains_any(explaining),
            template,
            rule,
        };
        rules.into_iter().map(candidate).collect()
    }
}

impl HeadSigns {
    /// The rules of a body with the target, `A` and `B` for its arguments, as the head.
    fn rules(self, rule: &LogicalRule) -> Vec<LogicalRule> {
        let negative = LogicalRule {
            body: rule.body.clone(),
            head: rule.head.negation(),
        };
        match self {
            HeadSigns::Positive => vec![rule.clone()],
            HeadSigns::Negative => vec![negative],
            HeadSigns::Both => vec![rule.clone(), negative],
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Template::Path => "path",
            Template::Similarity => "similarity",
            Template::Local => "local",
            Template::Prior => "prior",
        })
    }
}
