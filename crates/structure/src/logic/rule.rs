//! Rules: what follows from a conjunction.

use std::fmt;

use super::literal::Literal;

/// A rule: a conjunction of literals, and what follows from it.
///
/// Its truth is Łukasiewicz's: with truths between 0 and 1 the body has max(0, Σ − (n − 1)), where n is the
/// number of its literals, and an implication is the more violated, the more the body's truth exceeds the
/// head's (Bach, Broecheler, Huang & Getoor, *Hinge-loss Markov random fields*, JMLR 18(109), 2017).
///
/// ```
/// use metaplast_structure::LogicalRule;
///
/// let rule: LogicalRule = "friends(A, B) & smokes(A) -> not smokes(B)".parse()?;
/// assert_eq!(rule.body.len(), 2);
/// assert!(rule.head.negated);
/// let prior: LogicalRule = "-> not smokes(A)".parse()?;
/// assert!(prior.body.is_empty());
/// # Ok::<(), metaplast_structure::RuleTextError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogicalRule {
    /// The literals of the condition; none of a prior.
    pub body: Vec<Literal>,
    /// What follows.
    pub head: Literal,
}

impl LogicalRule {
    /// The head, then the literals of the body.
    pub fn literals(&self) -> impl Iterator<Item = &Literal> {
        std::iter::once(&self.head).chain(&self.body)
    }

    /// Whether one of the predicates occurs in it: the notion of a rule that explains, once those predicates
    /// are marked that mean something to a reader (Embar, Srinivasan & Getoor, UAI 2022).
    #[must_use]
    pub fn contains_any(&self, predicates: &[String]) -> bool {
        self.literals()
            .any(|literal| predicates.contains(&literal.predicate))
    }

    /// Whether the head's predicate is in the body, too: what is predicted for one atom then depends on what
    /// is predicted for others.
    #[must_use]
    pub fn is_collective(&self) -> bool {
        let mut body = self.body.iter();
        body.any(|literal| literal.predicate == self.head.predicate)
    }
}

impl fmt::Display for LogicalRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, literal) in self.body.iter().enumerate() {
            let and = if place > 0 { "& " } else { "" };
            write!(f, "{and}{literal} ")?;
        }
        write!(f, "-> {}", self.head)
    }
}
