//! Flags about tasks that several commands share.

use std::path::Path;

use clap::Args;
use metaplast_runs::settings::{OneOf, heading, names, whole};

use super::data::DataFlags;
use crate::shell::quoted;

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

impl TaskFlags {
    /// What was given, as on the command line, with a space before each flag.
    pub(crate) fn as_flags(&self) -> String {
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let data = self.data.data.as_ref();
        let given = [
            ("data", data.map(|data| quoted(Path::new(data)))),
            ("glyphs-per-class", number(self.data.glyphs_per_class)),
            ("data-seed", number(self.data.data_seed)),
            ("image-size", self.data.image_size.clone()),
            ("color-mode", self.data.color_mode.clone()),
            ("sampling", self.sampling.clone()),
            ("groups", self.groups.clone()),
            ("ways", number(self.ways)),
            ("shots", number(self.shots)),
            ("queries", number(self.queries)),
        ];
        let given = given.into_iter();
        let given = given.filter_map(|(flag, value)| Some(format!(" --{flag} {}", value?)));
        given.collect()
    }
}
