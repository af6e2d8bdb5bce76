//! Task classes: from which classes of the images tasks are drawn.

use metaplast_runs::settings::NameTable;
use serde::de::{Deserialize, Deserializer, Error};

/// Which classes of the images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskClasses {
    /// Those that meta-training did not see.
    HeldOut,
    /// Those that it saw.
    Learned,
    /// Both.
    All,
}

const TABLE: NameTable<TaskClasses> = NameTable::new(
    "choice",
    &[
        ("held-out", TaskClasses::HeldOut),
        ("learned", TaskClasses::Learned),
        ("all", TaskClasses::All),
    ],
);

impl TaskClasses {
    /// The names on the command line and in sweep files.
    pub(crate) fn names() -> Vec<String> {
        TABLE.names()
    }

    /// The classes of this name, or what is wrong with it.
    pub(crate) fn find(name: &str) -> Result<Self, String> {
        TABLE.find(name)
    }
}

impl<'de> Deserialize<'de> for TaskClasses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TaskClasses::find(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
