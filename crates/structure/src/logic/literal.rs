//! Atoms with variables, and their negations.

use std::fmt;

/// What stands at a place of a literal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Argument {
    /// A variable, in the texts of rules a word that begins with a capital letter.
    Variable(String),
    /// A constant of the domain, in the texts of rules any other word, or anything in single quotes.
    Constant(String),
}

/// A predicate of variables and constants, or its negation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Literal {
    /// The name of the relation.
    pub predicate: String,
    /// Its arguments.
    pub arguments: Vec<Argument>,
    /// Whether it is negated: its truth is then 1 − that of the atom.
    pub negated: bool,
}

impl Literal {
    /// A predicate of variables, not negated.
    ///
    /// ```
    /// use metaplast_structure::Literal;
    ///
    /// assert_eq!(Literal::of("friends", ["A", "B"]).negation().to_string(), "not friends(A, B)");
    /// ```
    pub fn of<'a>(
        predicate: impl Into<String>,
        variables: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let variables = variables.into_iter().map(str::to_owned);
        Literal {
            predicate: predicate.into(),
            arguments: variables.map(Argument::Variable).collect(),
            negated: false,
        }
    }

    /// The same with the other sign.
    #[must_use]
    pub fn negation(&self) -> Self {
        Literal {
            negated: !self.negated,
            ..self.clone()
        }
    }

    /// Its variables, each as often as it occurs.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Variable(name) => Some(name.as_str()),
            Argument::Constant(_) => None,
        })
    }
}

/// Whether a word is a constant without quotes.
fn is_plain(word: &str) -> bool {
    let mut characters = word.chars();
    let first = characters.next();
    first.is_some_and(|c| c.is_alphanumeric() && !c.is_uppercase())
        && characters.all(|c| c.is_alphanumeric() || c == '_')
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Argument::Variable(name) => f.write_str(name),
            Argument::Constant(word) if is_plain(word) => f.write_str(word),
            Argument::Constant(word) => write!(f, "'{word}'"),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.negated { "not " } else { "" };
        write!(f, "{not}{}(", self.predicate)?;
        for (place, argument) in self.arguments.iter().enumerate() {
            let comma = if place > 0 { ", " } else { "" };
            write!(f, "{comma}{argument}")?;
        }
        f.write_str(")")
    }
}
