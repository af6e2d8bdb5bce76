//! Ground rules and their potentials.

use super::join::{GroundingError, Join};
use crate::ground_model::{GroundModel, GroundModelBuilder};
use crate::logic::{Argument, Literal, LogicalRule};
use crate::relations::{Database, Truth};

/// A rule with constants for its variables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroundRule {
    /// Which rule.
    pub rule: usize,
    /// The number of the [constant](Database::constants) for each variable, in the order in which variables first
    /// occur in the rule's text.
    pub constants: Vec<usize>,
}

/// Rules put on the relations of a database.
///
/// ```
/// use metaplast_structure::{Database, Grounding};
///
/// let mut people = Database::new();
/// people.observe("friends", &["ann", "bob"], 1.0);
/// people.observe("smokes", &["ann"], 0.75);
/// people.open("smokes", &["bob"]);
/// let rules = ["friends(A, B) & smokes(A) -> smokes(B)".parse()?];
/// let grounding = Grounding::of(&rules, &people)?;
/// // friends 1, smokes(ann) .75: the body has .75, so smokes(bob) is drawn up to that.
/// assert_eq!(grounding.model.constant(0), 0.75);
/// assert_eq!(grounding.text(0, &rules, &people), "friends(ann, bob) & smokes(ann) -> smokes(bob)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Grounding {
    /// The potentials, one for each ground rule, over the open atoms of the database.
    pub model: GroundModel,
    /// The ground rules, in the order of the potentials.
    pub ground_rules: Vec<GroundRule>,
}

impl Grounding {
    /// All ground rules that some values of the open atoms violate.
    ///
    /// # Errors
    /// When a rule names a relation that is not there, or has a variable for which nothing says what it may be.
    pub fn of(rules: &[LogicalRule], database: &Database) -> Result<Self, GroundingError> {
        let mut builder = GroundModelBuilder::new(rules.len(), database.open_atoms());
        let mut ground_rules = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            let literals: Vec<&Literal> = rule.body.iter().chain([&rule.head]).collect();
            let join = Join::new(database, &literals, rule)?;
            let mut terms = Vec::new();
            join.for_each(|binding, truths| {
                let constant = linear_form(rule, truths, &mut terms);
                if can_be_violated(constant, &mut terms) {
                    builder.add(number, constant, &terms);
                    ground_rules.push(GroundRule {
                        rule: number,
                        constants: binding.to_vec(),
                    });
                }
            });
        }
        Ok(Grounding {
            model: builder.build(),
            ground_rules,
        })
    }

    /// The ground rule of a potential in words.
    ///
    /// # Panics
    /// When there is no such potential, or rules and database are not those of the grounding.
    #[must_use]
    pub fn text(&self, potential: usize, rules: &[LogicalRule], database: &Database) -> String {
        let ground = &self.ground_rules[potential];
        let rule = &rules[ground.rule];
        let mut names: Vec<&str> = Vec::new();
        let variables = rule
            .body
            .iter()
            .chain([&rule.head])
            .flat_map(Literal::variables);
        for name in variables {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let put = |literal: &Literal| {
            let argument = |argument: &Argument| match argument {
                Argument::Constant(word) => Argument::Constant(word.clone()),
                Argument::Variable(name) => {
                    let place = names.iter().position(|other| other == name);
                    let number = ground.constants[place.expect("a variable of the rule")];
                    Argument::Constant(database.constants()[number].clone())
                }
            };
            Literal {
                arguments: literal.arguments.iter().map(argument).collect(),
                ..literal.clone()
            }
        };
        let ground = LogicalRule {
            body: rule.body.iter().map(put).collect(),
            head: put(&rule.head),
        };
        ground.to_string()
    }
}

/// By how much a rule is violated, `Σ body − (|body| − 1) − head`: the constant, and the terms of open atoms.
fn linear_form(rule: &LogicalRule, truths: &[Truth], terms: &mut Vec<(usize, f64)>) -> f64 {
    terms.clear();
    let mut constant = 1.0 - rule.body.len() as f64;
    let literals = rule.body.iter().chain([&rule.head]);
    for (place, (literal, truth)) in literals.zip(truths).enumerate() {
        let sign = if place < rule.body.len() { 1.0 } else { -1.0 };
        // Of a negation 1 − y.
        let (start, slope) = if literal.negated {
            (1.0, -1.0)
        } else {
            (0.0, 1.0)
        };
        constant += sign * start;
        match *truth {
            Truth::Observed(value) => constant += sign * slope * value,
            Truth::Open(atom) => match terms.iter_mut().find(|(other, _)| *other == atom) {
                Some((_, coefficient)) => *coefficient += sign * slope,
                None => terms.push((atom, sign * slope)),
            },
        }
    }
    constant
}

/// Whether the form has an open atom, and is positive for some values of them.
fn can_be_violated(constant: f64, terms: &mut Vec<(usize, f64)>) -> bool {
    terms.retain(|(_, coefficient)| *coefficient != 0.0);
    let most: f64 = terms
        .iter()
        .map(|(_, coefficient)| coefficient.max(0.0))
        .sum();
    !terms.is_empty() && constant + most > 0.0
}

impl Database {
    /// Adds what follows from a rule: the truth of the head's atom becomes that of the body, the greatest if
    /// there are several. For relations that are put together of others.
    ///
    /// ```
    /// use metaplast_structure::Database;
    ///
    /// let mut papers = Database::new();
    /// papers.observe("wrote", &["ann", "p1"], 1.0);
    /// papers.observe("wrote", &["bob", "p1"], 1.0);
    /// papers.derive(&"wrote(A, P) & wrote(B, P) -> coauthor(A, B)".parse()?)?;
    /// assert_eq!(papers.facts("coauthor"), 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the body names a relation that is not there, or a variable is only in the head.
    ///
    /// # Panics
    /// When the head is negated, or an atom of the rule is open.
    #[track_caller]
    pub fn derive(&mut self, rule: &LogicalRule) -> Result<(), GroundingError> {
        assert!(!rule.head.negated, "derive: {rule} has a negated head");
        self.declare(&rule.head.predicate, rule.head.arguments.len());
        let mut literals: Vec<&Literal> = rule.body.iter().collect();
        literals.push(&rule.head);
        let mut found = Vec::new();
        let join = Join::new(self, &literals, rule)?;
        join.for_each(|binding, truths| {
            let mut body = 1.0 - rule.body.len() as f64;
            for (literal, truth) in rule.body.iter().zip(truths) {
                let Truth::Observed(value) = *truth else {
                    panic!("derive: {rule} has open atoms");
                };
                body += if literal.negated { 1.0 - value } else { value };
            }
            let known = match truths[rule.body.len()] {
                Truth::Observed(value) => value,
                Truth::Open(_) => panic!("derive: {rule} has open atoms"),
            };
            if body > known {
                found.push((binding.to_vec(), body));
            }
        });
        let mut names: Vec<&str> = Vec::new();
        for name in literals.iter().flat_map(|literal| literal.variables()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for (binding, value) in found {
            let constants = rule.head.arguments.iter().map(|argument| match argument {
                Argument::Variable(name) => {
                    let place = names.iter().position(|other| other == name);
                    binding[place.expect("a variable of the rule")]
                }
                Argument::Constant(word) => self.intern(word),
            });
            let constants: Vec<usize> = constants.collect();
            let relation = self.relation(&rule.head.predicate);
            let known = match relation.and_then(|facts| facts.get(&constants)) {
                Some(Truth::Observed(known)) => known,
                _ => 0.0,
            };
            if value > known {
                self.observe_numbers(&rule.head.predicate, constants, value);
            }
        }
        Ok(())
    }
}
