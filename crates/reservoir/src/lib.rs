//! Reservoirs of rate units whose readouts learn: FORCE from a target, RMHL and SUPERTREX from a
//! reward.
//!
//! The system is that of R. Pyle and R. Rosenbaum, *A reservoir computing model of reward-modulated
//! motor learning and automaticity*, Neural Computation 31(7):1430–1461 (2019). Two linear readouts
//! of one reservoir add up to the outputs. The *exploratory* pathway (basal ganglia) tries out small
//! changes and keeps what the reward favours; the *mastery* pathway (cortex) learns by recursive
//! least squares what the exploratory one does, once that does it well.
//!
//! | module's job | types |
//! |---|---|
//! | what is fixed | [`Reservoir`], [`Constants`], [`Draws`] and [`Seeded`] |
//! | what is to be learned | [`MovementTask`], [`TargetCurve`], [`Effector`]: [`Direct`], [`Arm`], [`FromFn`] |
//! | how it is learned | [`LearningRule`], [`Algorithm`], [`Coefficients`], [`Steadiness`]; [`Variant`] for published ones |
//! | what happens when | [`PeriodSchedule`], [`Period`], [`OutputFeedback`], [`Reward`] |
//! | a run | [`Simulation`], [`ReservoirState`], [`Step`], [`Diverged`] |
//! | derivatives by the rule's coefficients | [`RecordedRun`], [`Lesson`] |
//! | a published run | [`PublishedTrial`], [`PublishedTask`], [`Deviation`] |
//!
//! A step of 1000 units reads the 95,000 connections once, and every tenth step of a pathway that
//! learns by least squares the lower half of P, half a million numbers, once.
//!
//! All is generic over the number type. Dual numbers carry derivatives with respect to any
//! [coefficient](Coefficients) through a run.

mod deviation;
mod divergence;
mod draws;
mod effector;
pub mod experiments;
mod functions;
mod inverse_correlation;
mod learning;
mod lesson;
mod published;
mod recorded;
mod recorded_ops;
mod reservoir;
mod rule;
mod schedule;
mod simulation;
mod state;
mod target;
mod task;
mod trial;

pub use deviation::{Deviation, DeviationMeter, SATISFACTORY};
pub use divergence::{Diverged, WatchedQuantity};
pub use draws::{Draws, Seeded};
pub use effector::{Arm, Direct, Effector, FromFn};
pub use functions::{exploration, gate, modulation};
pub use inverse_correlation::InverseCorrelation;
pub use lesson::Lesson;
pub use published::{PublishedTask, UnknownVariant, Variant};
pub use recorded::RecordedRun;
pub use reservoir::{Constants, Reservoir};
pub use rule::{
    Algorithm, Coefficients, CostReference, DivergenceLimits, LearningRule, MasteryTarget,
    Steadiness,
};
pub use schedule::{OutputFeedback, Period, PeriodSchedule, Reward};
pub use simulation::{Simulation, Step};
pub use state::ReservoirState;
pub use target::TargetCurve;
pub use task::MovementTask;
pub use trial::{PublishedTrial, Test};

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
