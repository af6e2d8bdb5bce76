//! Flags about tasks that several commands share.

use clap::Args;
use metaplast_runs::settings::whole;

use super::DataFlags;

/// Where tasks come from; what is left open is as the rule was found, or has a default.
#[derive(Args, Debug)]
pub(crate) struct TaskFlags {
    #[command(flatten)]
    pub(crate) data: DataFlags,
    /// Images of a task: fresh or paper [default: as the rule was found, or fresh]
    #[arg(long, value_name = "WAY")]
    pub(crate) sampling: Option<String>,
    /// Classes of a task [default: as the rule was found, or 5]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) ways: Option<u64>,
    /// Images of each class to learn from [default: as the rule was found, or 50; for gradcheck 5]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) shots: Option<u64>,
    /// Images of each class to be examined on [default: as the rule was found, or 10]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true)]
    pub(crate) queries: Option<u64>,
}
