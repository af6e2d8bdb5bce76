//! Name table: what the names in a short list stand for.

/// Names and what they stand for.
#[derive(Clone, Copy, Debug)]
pub struct NameTable<T: 'static> {
    /// What is named, for errors.
    kind: &'static str,
    entries: &'static [(&'static str, T)],
}

impl<T: Copy> NameTable<T> {
    /// A table of at least one entry; `kind` says in errors what is named: `gradient mode`.
    #[must_use]
    pub const fn new(kind: &'static str, entries: &'static [(&'static str, T)]) -> Self {
        NameTable { kind, entries }
    }

    /// The names in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let names = self.entries.iter().map(|(name, _)| (*name).to_owned());
        names.collect()
    }

    /// What `name` stands for.
    ///
    /// # Errors
    /// With the names that there are, if it is not one of them.
    pub fn find(&self, name: &str) -> Result<T, String> {
        let found = self.entries.iter().find(|(known, _)| *known == name);
        found.map(|&(_, value)| value).ok_or_else(|| {
            let names = listed(&self.names());
            format!("unknown {} `{name}`; choose {names}", self.kind)
        })
    }
}

/// `a, b or c`
#[must_use]
pub fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_answered_with_those_that_there_are() {
        let table = NameTable::new("side", &[("left", 1), ("right", 2), ("both", 3)]);
        assert_eq!(table.find("right"), Ok(2));
        assert_eq!(
            table.find("Left"),
            Err("unknown side `Left`; choose left, right or both".to_owned())
        );
    }
}
