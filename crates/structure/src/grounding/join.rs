//! Every way to put constants for the variables of a conjunction.

use thiserror::Error;

use crate::logic::{Argument, Literal};
use crate::relations::{Database, Truth};

/// A rule that cannot be put on relations.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GroundingError {
    /// No relation has this name.
    #[error("rule {rule}: there is no relation {predicate}; declare it, or correct the name")]
    UnknownRelation {
        /// The rule.
        rule: String,
        /// The name.
        predicate: String,
    },
    /// A relation has another number of arguments.
    #[error("rule {rule}: {predicate} has {expected} arguments, not {found}")]
    Arguments {
        /// The rule.
        rule: String,
        /// The relation.
        predicate: String,
        /// Its number of arguments.
        expected: usize,
        /// Those of the literal.
        found: usize,
    },
    /// Nothing says what may stand for a variable.
    #[error(
        "rule {rule}: nothing says what {variable} may be; use it in a literal of the body that is not negated"
    )]
    Unbound {
        /// The rule.
        rule: String,
        /// The variable.
        variable: String,
    },
}

/// A place of a literal: a variable by its number, or a constant, `None` of one that occurs nowhere.
#[derive(Clone, Copy)]
enum Slot {
    Variable(usize),
    Constant(Option<usize>),
}

/// A conjunction and a head, ready to be put on the relations of one database.
pub(super) struct Join<'d> {
    database: &'d Database,
    predicates: Vec<String>,
    slots: Vec<Vec<Slot>>,
    /// Literals in the order in which they are looked at, and whether all their variables are known by then.
    plan: Vec<(usize, bool)>,
    /// Whether only atoms with some truth count.
    only_true: Vec<bool>,
    variables: usize,
}

impl<'d> Join<'d> {
    /// Of the literals of a body, all but the last, and of a head, the last.
    pub(super) fn new(
        database: &'d Database,
        literals: &[&Literal],
        rule: &dyn std::fmt::Display,
    ) -> Result<Self, GroundingError> {
        let mut names: Vec<&str> = Vec::new();
        let mut slots = Vec::new();
        for literal in literals {
            let predicate = &literal.predicate;
            let relation = database.relation(predicate);
            let relation = relation.ok_or_else(|| GroundingError::UnknownRelation {
                rule: rule.to_string(),
                predicate: predicate.clone(),
            })?;
            if relation.arity != literal.arguments.len() {
                return Err(GroundingError::Arguments {
                    rule: rule.to_string(),
                    predicate: predicate.clone(),
                    expected: relation.arity,
                    found: literal.arguments.len(),
                });
            }
            let mut all = Vec::new();
            for argument in &literal.arguments {
                all.push(match argument {
                    Argument::Constant(word) => Slot::Constant(database.constant(word)),
                    Argument::Variable(name) => {
                        let known = names.iter().position(|other| other == name);
                        let number = known.unwrap_or(names.len());
                        if known.is_none() {
                            names.push(name);
                        }
                        Slot::Variable(number)
                    }
                });
            }
            slots.push(all);
        }
        let last = literals.len() - 1;
        let mut join = Join {
            database,
            predicates: literals
                .iter()
                .map(|literal| literal.predicate.clone())
                .collect(),
            plan: Vec::new(),
            only_true: (0..literals.len())
                .map(|k| k < last && !literals[k].negated)
                .collect(),
            variables: names.len(),
            slots,
        };
        join.plan = join.plan().map_err(|variable| GroundingError::Unbound {
            rule: rule.to_string(),
            variable: names[variable].to_owned(),
        })?;
        Ok(join)
    }

    /// What is known narrows first; else what can be enumerated, most bound first, small relations before
    /// large ones.
    fn plan(&self) -> Result<Vec<(usize, bool)>, usize> {
        let mut known = vec![false; self.variables];
        let mut left: Vec<usize> = (0..self.slots.len()).collect();
        let mut plan = Vec::new();
        while !left.is_empty() {
            let unknown = |literal: usize| {
                self.slots[literal].iter().find_map(|slot| match slot {
                    Slot::Variable(number) if !known[*number] => Some(*number),
                    _ => None,
                })
            };
            let bound = |literal: usize| {
                let slots = self.slots[literal].iter();
                slots
                    .filter(|slot| !matches!(slot, Slot::Variable(number) if !known[*number]))
                    .count()
            };
            let enumerable =
                |literal: usize| self.only_true[literal] || self.facts(literal).has_open;
            let check = left.iter().position(|&literal| unknown(literal).is_none());
            let place = check.or_else(|| {
                let candidates = (0..left.len()).filter(|&place| enumerable(left[place]));
                candidates.min_by_key(|&place| {
                    let literal = left[place];
                    let new = self.slots[literal].len() - bound(literal);
                    let facts = self.facts(literal).all.len();
                    (bound(literal) == 0, new, facts, literal)
                })
            });
            let Some(place) = place else {
                return Err(unknown(left[0]).expect("a variable that is unknown"));
            };
            let literal = left.remove(place);
            plan.push((literal, check.is_some()));
            for slot in &self.slots[literal] {
                if let Slot::Variable(number) = slot {
                    known[*number] = true;
                }
            }
        }
        Ok(plan)
    }

    fn facts(&self, literal: usize) -> &'d crate::relations::Facts {
        let relation = self.database.relation(&self.predicates[literal]);
        relation.expect("relations were looked up")
    }

    /// Calls back for every way: with the constant of each variable, in the order of their first occurrence,
    /// and the truth of each literal's atom, whatever its sign.
    pub(super) fn for_each(&self, mut found: impl FnMut(&[usize], &[Truth])) {
        let mut state = PartialBinding {
            binding: vec![None; self.variables],
            truths: vec![Truth::Observed(0.0); self.slots.len()],
        };
        self.extend(0, &mut state, &mut found);
    }

    fn extend(
        &self,
        step: usize,
        state: &mut PartialBinding,
        found: &mut dyn FnMut(&[usize], &[Truth]),
    ) {
        let Some(&(literal, all_known)) = self.plan.get(step) else {
            let binding: Vec<usize> = state.binding.iter().map(|c| c.expect("bound")).collect();
            found(&binding, &state.truths);
            return;
        };
        let facts = self.facts(literal);
        let slots = &self.slots[literal];
        let of = |slot: &Slot, state: &PartialBinding| match *slot {
            Slot::Constant(constant) => constant,
            Slot::Variable(number) => state.binding[number],
        };
        let counts = |truth: Truth| !self.only_true[literal] || truth != Truth::Observed(0.0);
        if all_known {
            let constants: Option<Vec<usize>> = slots.iter().map(|slot| of(slot, state)).collect();
            // A constant that occurs nowhere is in no atom.
            let truth = constants.and_then(|constants| facts.get(&constants));
            let truth = match truth {
                None if facts.has_open => return,
                None => Truth::Observed(0.0),
                Some(truth) => truth,
            };
            if counts(truth) {
                state.truths[literal] = truth;
                self.extend(step + 1, state, found);
            }
            return;
        }
        // The shortest list of atoms that have a known constant where it must be.
        let mut places: Option<&[usize]> = None;
        for (argument, slot) in slots.iter().enumerate() {
            let constant = match (slot, of(slot, state)) {
                (Slot::Constant(None), _) => return,
                (Slot::Variable(_), None) => continue,
                (_, constant) => constant.expect("a constant that is known"),
            };
            let with = facts.with_argument(argument, constant);
            if places.is_none_or(|places| with.len() < places.len()) {
                places = Some(with);
            }
        }
        let all: Vec<usize>;
        let places = match places {
            Some(places) => places,
            None => {
                all = (0..facts.all.len()).collect();
                &all
            }
        };
        for &place in places {
            let (constants, truth) = &facts.all[place];
            if !counts(*truth) {
                continue;
            }
            let before = state.binding.clone();
            let fits = slots
                .iter()
                .zip(constants)
                .all(|(slot, &constant)| match *slot {
                    Slot::Constant(wanted) => wanted == Some(constant),
                    Slot::Variable(number) => {
                        *state.binding[number].get_or_insert(constant) == constant
                    }
                });
            if fits {
                state.truths[literal] = *truth;
                self.extend(step + 1, state, found);
            }
            state.binding = before;
        }
    }
}

/// How far a way has been put together.
struct PartialBinding {
    binding: Vec<Option<usize>>,
    truths: Vec<Truth>,
}
