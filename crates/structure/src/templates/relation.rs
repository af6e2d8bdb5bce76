//! Relations with the types of their arguments.

use crate::logic::{Argument, Literal};

/// A relation with a type for each argument: what templates put together fits by types.
///
/// ```
/// use metaplast_structure::TypedRelation;
///
/// let wrote = TypedRelation::new("wrote", ["person", "paper"]);
/// assert_eq!(wrote.types.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedRelation {
    /// Its name.
    pub name: String,
    /// The types of its arguments.
    pub types: Vec<String>,
}

impl TypedRelation {
    /// A relation.
    pub fn new<'a>(name: impl Into<String>, types: impl IntoIterator<Item = &'a str>) -> Self {
        TypedRelation {
            name: name.into(),
            types: types.into_iter().map(str::to_owned).collect(),
        }
    }

    /// The literal with these variables.
    pub(super) fn literal(&self, variables: &[String]) -> Literal {
        Literal {
            predicate: self.name.clone(),
            arguments: variables.iter().cloned().map(Argument::Variable).collect(),
            negated: false,
        }
    }

    /// Of a relation of two arguments, as templates need.
    #[track_caller]
    pub(super) fn pair(&self) -> [&String; 2] {
        match &self.types[..] {
            [first, second] => [first, second],
            other => panic!(
                "template: {} has {} arguments, not 2",
                self.name,
                other.len()
            ),
        }
    }
}

/// `A`, `B`, … `Z`, `A1`, …
pub(super) fn variable(number: usize) -> String {
    let letter = char::from(b'A' + (number % 26) as u8);
    match number / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}
