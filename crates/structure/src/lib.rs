//! Learning which weighted rules explain relational data.
//!
//! Rules of first-order logic with weights, put on relations, make a density over the atoms that are to be predicted.
//! Structure search looks for few rules that predict well, and whose ground rules explain each prediction, after V. Embar,
//! S. Srinivasan and L. Getoor, *Learning explainable templated graphical models*, UAI 2022 (PMLR 180:621–630). Atoms y
//! are in \[0, 1\]ⁿ; each ground rule g of a rule r is a squared hinge of a linear form:
//!
//! ```text
//! φ_g(y) = max(0, c_g + Σ_a k_ga y_a)²        p(y | x) ∝ exp(−Σ_r w_r Σ_(g∈r) φ_g(y))
//! ```
//!
//! | job | items |
//! |---|---|
//! | data | [`Database`], [`Areas`] |
//! | rules, their texts and truth | [`LogicalRule`], [`Literal`] |
//! | candidates | [`path_rules`], [`similarity_rules`], [`local_rules`], [`prior_rules`], [`CandidateRule`] |
//! | rules on data | [`Grounding`], [`GroundModel`] |
//! | weights of rules by themselves | [`PiecewiseLikelihood`], whose integrals are exact |
//! | weights of rules together | [`Pseudolikelihood`]; [`BinaryLikelihood`] for few atoms |
//! | predictions | [`MapSolver`] |
//! | why | [`Explanation`] |
//! | how far a change of the evidence reaches | [`EvidenceChange`] |
//! | which rules | [`StructureSearch`] by [`GreedySearch`] or [`RandomRuleSets`] |
//! | domains | [`UwCse`] and [`AreaLeftOut`], [`PlantedDomain`], [`FriendsAndSmokers`] |
//! | the experiment | [`experiments`] |
//!
//! The article's text was not at hand; the method is read from the authors' program, and the bounds of stability are ours.

mod average_precision;
mod domains;
pub mod experiments;
mod explanation;
mod ground_model;
mod grounding;
mod likelihood;
mod logic;
mod map_solver;
mod relations;
mod search;
mod stability;
mod templates;

pub use average_precision::average_precision;
pub use domains::{
    AreaLeftOut, AreaSearch, FriendsAndSmokers, GroundArea, PlantedDomain, PlantedRule, UwCse,
    ground_areas,
};
pub use explanation::{Explanation, Pull};
pub use ground_model::{GroundModel, GroundModelBuilder};
pub use grounding::{GroundRule, Grounding, GroundingError};
pub use likelihood::{
    BinaryLikelihood, FittedWeight, JointFit, PiecewiseLikelihood, Pseudolikelihood,
    RuleLikelihood, TruthValues, WeightLikelihood, WeightPenalty,
};
pub use logic::{Argument, Literal, LogicalRule, RuleTextError};
pub use map_solver::{MapOptimum, MapSolver};
pub use relations::{Area, Areas, AreasError, Atom, Database, PredictedRelation, Truth};
pub use search::{FoundModel, GreedySearch, ModelScore, RandomRuleSets, StructureSearch};
pub use stability::{ChangedPart, EvidenceChange};
pub use templates::{
    CandidateRule, Feature, HeadSigns, Template, TypedRelation, local_rules, path_rules,
    prior_rules, similarity_rules,
};

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
