//! Grouping: whether the classes of a task are of one group or of any.

use std::fmt;
use std::str::FromStr;

use crate::{DataError, Dataset};

/// Where the classes of a task come from, in a data set whose classes are in groups, like characters in
/// alphabets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// From all groups together.
    #[default]
    Across,
    /// From one group, drawn anew for each task from those that have enough classes, each as likely as
    /// the others.
    Within,
}

impl Grouping {
    /// Both.
    pub const ALL: [Grouping; 2] = [Grouping::Across, Grouping::Within];

    /// The name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Grouping::Across => "across",
            Grouping::Within => "within",
        }
    }
}

impl fmt::Display for Grouping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Grouping {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let known = Grouping::ALL.into_iter().find(|way| way.name() == text);
        known.ok_or_else(|| DataError::UnknownGrouping(text.into()))
    }
}

/// The group of each class, if they have any.
pub(crate) fn groups_of(dataset: &Dataset) -> Vec<usize> {
    (0..dataset.classes())
        .filter_map(|c| dataset.group_of(c))
        .collect()
}

/// The sets of classes that tasks of `ways` are drawn within: one, or one for each group that has enough
/// of them. With the reason when there is none.
pub(crate) fn pools(
    grouping: Grouping,
    groups: &[usize],
    classes: Vec<usize>,
    ways: usize,
) -> Result<Vec<Vec<usize>>, String> {
    if grouping == Grouping::Across {
        return Ok(vec![classes]);
    }
    let Some(&last) = groups.iter().max() else {
        return Err(
            "its classes are in no groups to draw tasks within; draw them across, or name a directory of directories of classes".into(),
        );
    };
    let mut pools = vec![Vec::new(); last + 1];
    for class in classes {
        pools[groups[class]].push(class);
    }
    let largest = pools.iter().map(Vec::len).max().unwrap_or(0);
    pools.retain(|pool| pool.len() >= ways);
    match pools.is_empty() {
        false => Ok(pools),
        true => Err(format!(
            "no group has {ways} classes, the largest {largest}; lower the ways, or draw tasks across groups"
        )),
    }
}
