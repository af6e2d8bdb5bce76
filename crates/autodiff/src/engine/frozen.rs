//! Frozen rows: the last rows of a state, which updates leave as they are from some version on.

/// How many rows still change, from which version on.
#[derive(Default)]
pub(super) struct FrozenRows {
    /// A version, which rises, and how many rows later updates change, which falls.
    since: Vec<(u32, usize)>,
}

impl FrozenRows {
    pub(super) fn clear(&mut self) {
        self.since.clear();
    }

    /// How many rows of so many still change.
    pub(super) fn changing_now(&self, rows: usize) -> usize {
        self.since.last().map_or(rows, |&(_, changing)| changing)
    }

    /// Leaves the rows from this one on, no more than before, alone after this version.
    pub(super) fn freeze_from(&mut self, version: u32, row: usize) {
        match self.since.last_mut() {
            Some(last) if last.0 == version => last.1 = row,
            _ => self.since.push((version, row)),
        }
    }

    /// How many rows of so many, the first ones, the update to `version` changes.
    pub(super) fn changing(&self, version: u32, rows: usize) -> usize {
        let before = self.since.partition_point(|&(since, _)| since < version);
        match before.checked_sub(1) {
            Some(place) => self.since[place].1,
            None => rows,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.since.capacity() * size_of::<(u32, usize)>()
    }
}

#[cfg(test)]
mod tests {
    use super::FrozenRows;

    #[test]
    fn updates_change_the_rows_that_were_not_frozen_before_them() {
        let mut frozen = FrozenRows::default();
        assert_eq!(frozen.changing(1, 9), 9);
        frozen.freeze_from(2, 6);
        frozen.freeze_from(2, 5);
        frozen.freeze_from(5, 0);
        let changing = [1, 2, 3, 5, 6, 7].map(|version| frozen.changing(version, 9));
        assert_eq!(changing, [9, 9, 5, 5, 0, 0]);
        assert_eq!(frozen.changing_now(9), 0);
        frozen.clear();
        assert_eq!(frozen.changing(7, 9), 9);
    }
}
