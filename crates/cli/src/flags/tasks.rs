//! Flags about tasks that several commands share.

use clap::Args;
use metaplast_runs::settings::{OneOf, heading, names, whole};

use super::data::DataFlags;

/// Where tasks come from; what is left open is as the rule was found, or has a default.
#[derive(Args, Debug)]
pub(crate) struct TaskFlags {
    #[command(flatten)]
    pub(crate) data: DataFlags,
    /// Images of a task: drawn afresh, or the first of each class [default: as the rule was found, or fresh]
    #[arg(long, value_name = "WAY", value_parser = OneOf(names::samplings), help_heading = heading::DATA)]
    pub(crate) sampling: Option<String>,
    /// Classes of a task: across the groups that nested directories make, or within one of them
    /// [default: as the rule was found, or across]
    #[arg(long, value_name = "HOW", value_parser = OneOf(names::groupings), help_heading = heading::DATA)]
    pub(crate) groups: Option<String>,
    /// Classes of a task [default: as the rule was found, or 5]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    pub(crate) ways: Option<u64>,
    /// Images of each class to learn from [default: as the rule was found, or 50; for gradcheck 5]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    pub(crate) shots: Option<u64>,
    /// Images of each class to be examined on [default: as the rule was found, or 10]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    pub(crate) queries: Option<u64>,
}
