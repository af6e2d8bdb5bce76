//! The subcommands: each file holds the arguments of one and what it does. The list is below.

pub(crate) mod completions;
mod data;
pub(crate) mod discover;
mod evaluate;
mod explain;
mod fit;
mod gradcheck;
mod identify;
pub(crate) mod man;
pub(crate) mod meta_train;
mod predictive;
mod report;
pub(crate) mod reproduce;
mod simulate;
mod soak;
mod subcommands;
mod sweep;
mod verify;

use subcommands::commands;

commands! {
    /// What to do, in the order shown to users.
    Command:
    meta_train::MetaTrain,
    evaluate::Evaluate,
    simulate::Simulate,
    fit::Fit,
    explain::Explain,
    sweep::Sweep,
    discover::Discover,
    reproduce::Reproduce,
    predictive::Predictive,
    identify::Identify,
    report::ReportArguments as "report",
    gradcheck::Gradcheck,
    verify::Verify,
    soak::Soak,
    data::Data,
}
