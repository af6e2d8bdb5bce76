//! Names: lists of named things, and the error for a name that is in none.

use std::fmt;

use thiserror::Error;

/// A name that nothing has.
///
/// It reads as one line that says what there is: ``unknown output `x`; choose softmax, softplus or
/// linear``.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown {kind} `{name}`; {known}")]
#[non_exhaustive]
pub struct UnknownName {
    /// What was looked for: `feedback`, `term`, ….
    pub kind: &'static str,
    /// The name that was given.
    pub name: String,
    /// What could have been given, in words.
    pub known: String,
}

impl UnknownName {
    /// For a name that is none of `names`.
    pub fn among<'a>(
        kind: &'static str,
        name: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        UnknownName {
            kind,
            name: name.to_owned(),
            known: format!("choose {}", listed(names)),
        }
    }
}

/// `a, b or c`
fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => (*one).to_owned(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

/// Why a name stands for nothing in a [`Library`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing has the name.
    #[error(transparent)]
    Unknown(#[from] UnknownName),
    /// Something has the name, but not with these parameters.
    #[error("{kind} `{name}`: {reason}")]
    #[non_exhaustive]
    Parameters {
        /// What was looked for: `feedback`.
        kind: &'static str,
        /// The name that was given, with its parameters.
        name: String,
        /// What is wrong with them, and what could have been given.
        reason: String,
    },
}

/// The name without its parameters: `mirror` of `mirror(eta=0.1)`.
pub(crate) fn without_parameters(name: &str) -> &str {
    name.split_once('(')
        .map_or(name, |(plain, _)| plain.trim_end())
}

/// The parameters in a name: `eta=0.1` of `mirror(eta=0.1)`; or, in words, why they have no end.
fn parameters(name: &str) -> Option<Result<&str, String>> {
    let (_, rest) = name.split_once('(')?;
    let closed = rest.strip_suffix(')');
    Some(closed.ok_or_else(|| "end the parameters, and the name, with `)`".to_owned()))
}

/// A thing that a [`Library`] can hold.
pub trait Named {
    /// What it is, for messages: `feedback`.
    const KIND: &'static str;

    /// The name in files and on the command line. It may end in parameters in brackets:
    /// `mirror(eta=0.1)`.
    fn name(&self) -> &str;

    /// Whether `name` stands for it as it is: its own name, with or without the parameters. Some
    /// things have a shorter name as well.
    fn answers_to(&self, name: &str) -> bool {
        self.name() == name || without_parameters(self.name()) == name
    }

    /// The same with other parameters, given as they stand between the brackets of a name; unless
    /// given otherwise there are none to choose.
    ///
    /// # Errors
    /// In words, what is wrong with the parameters.
    fn with_parameters(&self, parameters: &str) -> Result<Self, String>
    where
        Self: Sized,
    {
        let _ = parameters;
        Err(format!("`{}` takes no parameters", self.name()))
    }

    /// What can be looked for among `known`, in words.
    fn choices(known: &[Self]) -> String
    where
        Self: Sized,
    {
        let names = known.iter().map(|v| without_parameters(v.name()));
        format!("choose {}", listed(names))
    }
}

/// Things that can be found by name.
///
/// The default holds what is built in; a program adds its own to it and hands the list to whatever
/// reads names from files or flags. See [`FeedbackLibrary`](crate::FeedbackLibrary) and
/// [`TermLibrary`](crate::TermLibrary).
#[derive(Clone)]
pub struct Library<V> {
    known: Vec<V>,
}

impl<V: Named + Clone> Library<V> {
    /// A list of these.
    pub fn new(known: impl IntoIterator<Item = V>) -> Self {
        Library {
            known: known.into_iter().collect(),
        }
    }

    /// The same with one more at the end; it takes the place of one with the same name, whatever the
    /// parameters of both.
    #[must_use]
    pub fn with(mut self, value: V) -> Self {
        let name = without_parameters(value.name());
        let same = |v: &&mut V| without_parameters(v.name()) == name;
        match self.known.iter_mut().find(same) {
            Some(place) => *place = value,
            None => self.known.push(value),
        }
        self
    }

    /// What `name` stands for; blanks around it do not matter. A name may have
    /// [parameters](Named::with_parameters) in brackets.
    ///
    /// # Errors
    /// When nothing in the list has this name, or what has it takes no such parameters.
    pub fn find(&self, name: &str) -> Result<V, NameError> {
        let name = name.trim();
        let named = |name: &str| self.known.iter().find(|v| v.answers_to(name));
        if let Some(found) = named(name) {
            return Ok(found.clone());
        }
        let given = parameters(name).and_then(|p| Some((named(without_parameters(name))?, p)));
        match given {
            Some((found, parameters)) => {
                let wrong = |reason| NameError::Parameters {
                    kind: V::KIND,
                    name: name.to_owned(),
                    reason,
                };
                let made = parameters.and_then(|given| found.with_parameters(given));
                made.map_err(wrong)
            }
            None => Err(NameError::Unknown(UnknownName {
                kind: V::KIND,
                name: name.to_owned(),
                known: V::choices(&self.known),
            })),
        }
    }

    /// Everything in the list, in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &V> {
        self.known.iter()
    }

    /// The names, in order, without parameters.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.known.iter().map(|v| without_parameters(v.name()))
    }
}

impl<V: Named> fmt::Debug for Library<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.known.iter().map(Named::name))
            .finish()
    }
}

/// Gives an enum its names: `ALL`, `name`, `Display` and `FromStr`.
macro_rules! names {
    ($type:ident, $kind:literal, $($variant:ident: $name:literal),* $(,)?) => {
        impl $type {
            /// Every kind, in the order shown to users.
            pub const ALL: [$type; [$($name),*].len()] = [$($type::$variant),*];

            /// The name on the command line and in files.
            pub fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name),*
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::names::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let found = $type::ALL.into_iter().find(|kind| kind.name() == name);
                found.ok_or_else(|| {
                    $crate::names::UnknownName::among($kind, name, $type::ALL.map($type::name))
                })
            }
        }
    };
}

pub(crate) use names;

#[cfg(test)]
mod tests {
    use super::*;

    /// `plain`, or `waves(n)` with a number.
    #[derive(Clone, Debug, PartialEq)]
    struct Thing(String);

    impl Named for Thing {
        const KIND: &'static str = "thing";

        fn name(&self) -> &str {
            &self.0
        }

        fn with_parameters(&self, parameters: &str) -> Result<Self, String> {
            if self.name() == "plain" {
                return Err("`plain` takes no parameters".to_owned());
            }
            let n: u32 = parameters
                .trim()
                .parse()
                .map_err(|_| "give a number".to_owned())?;
            Ok(Thing(format!("waves({n})")))
        }
    }

    fn library() -> Library<Thing> {
        Library::new(["plain", "waves(3)"].map(|name| Thing(name.to_owned())))
    }

    #[test]
    fn names_with_parameters_are_read() {
        let found = |name: &str| library().find(name).unwrap().0;
        assert_eq!(found("waves"), "waves(3)");
        assert_eq!(found("waves(3)"), "waves(3)");
        assert_eq!(found(" waves ( 4 ) "), "waves(4)");
        assert_eq!(found("plain"), "plain");
        assert_eq!(library().names().collect::<Vec<_>>(), ["plain", "waves"]);
        let other = library().with(Thing("waves(5)".to_owned()));
        assert_eq!(other.iter().len(), 2);
        assert_eq!(other.find("waves").unwrap().0, "waves(5)");
    }

    #[test]
    fn what_is_wrong_with_a_name_or_its_parameters_is_told() {
        let message = |name: &str| library().find(name).unwrap_err().to_string();
        assert_eq!(message("waves(x)"), "thing `waves(x)`: give a number");
        assert_eq!(
            message("plain(1)"),
            "thing `plain(1)`: `plain` takes no parameters"
        );
        for open in ["waves(3", "waves(", "waves(3)x"] {
            let expected = format!("thing `{open}`: end the parameters, and the name, with `)`");
            assert_eq!(message(open), expected);
        }
        for unknown in ["wave", "wave(3", "waves)", "(3)", ""] {
            let expected = format!("unknown thing `{unknown}`; choose plain or waves");
            assert_eq!(message(unknown), expected);
        }
    }
}
