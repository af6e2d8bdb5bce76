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

/// A thing that a [`Library`] can hold.
pub trait Named {
    /// What it is, for messages: `feedback`.
    const KIND: &'static str;

    /// The name in files and on the command line.
    fn name(&self) -> &str;

    /// Whether `name` stands for it; some things have a shorter name as well.
    fn answers_to(&self, name: &str) -> bool {
        self.name() == name
    }

    /// What can be looked for among `known`, in words.
    fn choices(known: &[Self]) -> String
    where
        Self: Sized,
    {
        format!("choose {}", listed(known.iter().map(Named::name)))
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

    /// The same with one more at the end; it takes the place of one with the same name.
    #[must_use]
    pub fn with(mut self, value: V) -> Self {
        match self.known.iter_mut().find(|v| v.name() == value.name()) {
            Some(place) => *place = value,
            None => self.known.push(value),
        }
        self
    }

    /// What `name` stands for; blanks around it do not matter.
    ///
    /// # Errors
    /// When nothing in the list has this name.
    pub fn find(&self, name: &str) -> Result<V, UnknownName> {
        let name = name.trim();
        let found = self.known.iter().find(|v| v.answers_to(name));
        found.cloned().ok_or_else(|| UnknownName {
            kind: V::KIND,
            name: name.to_owned(),
            known: V::choices(&self.known),
        })
    }

    /// Everything in the list, in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &V> {
        self.known.iter()
    }

    /// The names, in order.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.known.iter().map(Named::name)
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
