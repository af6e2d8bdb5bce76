//! Learning which weighted rules explain relational data.
//!
//! Rules of first-order logic with weights, put on relations, make a density over the atoms that are to be
//! predicted. Structure search looks for few rules that predict well, and whose ground rules explain each
//! prediction, after V. Embar, S. Srinivasan and L. Getoor, *Learning explainable templated graphical
//! models*, UAI 2022 (PMLR 180:621–630).

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
    FriendsAndSmokers, GroundArea, HeldOut, HeldOutSearch, PlantedDomain, PlantedRule, UwCse,
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
pub use relations::{Area, Areas, AreasError, Atom, Database, Target, Truth};
pub use search::{FoundModel, GreedySearch, ModelScore, RandomSearch, StructureSearch};
pub use stability::{ChangedPart, EvidenceChange};
pub use templates::{
    CandidateRule, Feature, HeadSigns, Template, TypedRelation, local_rules, path_rules,
    prior_rules, similarity_rules,
};
