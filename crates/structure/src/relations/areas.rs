//! Files of areas: separate pieces of one domain, such as the departments of a faculty.

use std::path::{Path, PathBuf};

use metaplast_numbers::sorting::sort;
use serde_json::Value;
use thiserror::Error;

use super::database::Database;
use crate::logic::{Argument, Literal};

/// A relation to be predicted, with the relations of one argument that say between what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PredictedRelation {
    /// The relation: `advisedby`.
    pub predicate: String,
    /// For each argument, the relation of what may stand there: `student`, `professor`.
    pub types: Vec<String>,
}

/// A piece of a domain whose constants have no relation to those of other pieces.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// Its number.
    pub number: u64,
    /// The facts of each relation, each by its constants, relations and facts in the order of their names.
    pub facts: Vec<(String, Vec<Vec<String>>)>,
}

/// Areas in which the same relation is to be predicted.
///
/// As JSON, `{"target": "advisedby(student,professor)", "areas": [{"area": 1, "facts": {"publication":
/// [["title7", "person3"], …], …}}, …]}`. Facts are true; whatever is not a fact is false. The open atoms are
/// all combinations of constants of the target's types.
///
/// ```
/// use metaplast_structure::Areas;
///
/// let areas = Areas::from_json(
///     r#"{"target": "likes(child,toy)",
///         "areas": [{"area": 1, "facts": {"child": [["eve"]], "toy": [["car"], ["kite"]], "likes": [["eve", "kite"]]}}]}"#,
/// )?;
/// let (database, truth) = areas.all[0].database(&areas.target, &areas.relations());
/// assert_eq!(database.open_atoms(), 2);
/// assert_eq!((database.atom(1).to_string().as_str(), truth[1]), ("likes(eve, kite)", 1.0));
/// # Ok::<(), metaplast_structure::AreasError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Areas {
    /// What is to be predicted.
    pub target: PredictedRelation,
    /// The areas, in the order of the file.
    pub all: Vec<Area>,
}

/// Why a file has no areas.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AreasError {
    /// It cannot be read.
    #[error("{}: {error}; name a JSON file of areas that can be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// It is no JSON.
    #[error("areas: {0}")]
    Json(serde_json::Error),
    /// It is JSON of another form.
    #[error("areas: {place}: {reason}")]
    Form {
        /// Where, by keys and places.
        place: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// What is in a file is wrong.
    #[error("{}: {error}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: Box<AreasError>,
    },
}

impl Areas {
    /// From a file.
    ///
    /// # Errors
    /// When it cannot be read, or is of another form.
    pub fn read(path: &Path) -> Result<Self, AreasError> {
        let text = std::fs::read_to_string(path).map_err(|error| AreasError::File {
            path: path.to_owned(),
            error,
        })?;
        Areas::from_json(&text).map_err(|error| AreasError::Content {
            path: path.to_owned(),
            error: Box::new(error),
        })
    }

    /// From the text of such a file.
    ///
    /// # Errors
    /// When it is of another form.
    pub fn from_json(text: &str) -> Result<Self, AreasError> {
        let content: Value = serde_json::from_str(text).map_err(AreasError::Json)?;
        let target = content["target"].as_str().and_then(target_of);
        let target = target.ok_or_else(|| {
            form(
                "target",
                "say what is to be predicted, like advisedby(student,professor)",
            )
        })?;
        let areas = content["areas"].as_array();
        let areas = areas.ok_or_else(|| form("areas", "this is to be a list of areas"))?;
        let mut all = Vec::new();
        for (place, area) in areas.iter().enumerate() {
            all.push(area_of(area, &format!("areas/{place}"))?);
        }
        let areas = Areas { target, all };
        areas.check_arities()?;
        Ok(areas)
    }

    /// The same number of constants in all facts of a relation, and in the target's its types.
    fn check_arities(&self) -> Result<(), AreasError> {
        let mut known = vec![(self.target.predicate.as_str(), self.target.types.len())];
        known.extend(self.target.types.iter().map(|name| (name.as_str(), 1)));
        for area in &self.all {
            for (predicate, facts) in &area.facts {
                let Some(first) = facts.first() else { continue };
                let found = known.iter().find(|(name, _)| name == predicate);
                let arity = found.map_or(first.len(), |(_, arity)| *arity);
                if found.is_none() {
                    known.push((predicate, arity));
                }
                if let Some(fact) = facts.iter().find(|fact| fact.len() != arity) {
                    let place = format!("area {}: {predicate}({})", area.number, fact.join(", "));
                    let reason = format!("{predicate} has {arity} arguments elsewhere");
                    return Err(form(&place, &reason));
                }
            }
        }
        Ok(())
    }

    /// The relations that occur, with their numbers of arguments, in the order of their names.
    #[must_use]
    pub fn relations(&self) -> Vec<(String, usize)> {
        let mut all: Vec<(String, usize)> = Vec::new();
        for (predicate, facts) in self.all.iter().flat_map(|area| &area.facts) {
            if let Some(fact) = facts.first() {
                all.push((predicate.clone(), fact.len()));
            }
        }
        sort(&mut all);
        all.dedup();
        all
    }

    /// With those areas of others that have other numbers.
    ///
    /// # Errors
    /// When something else is to be predicted there.
    pub fn with(mut self, others: Areas) -> Result<Self, AreasError> {
        if self.target != others.target {
            let reason = format!(
                "{} in one file and {} in another; keep them apart",
                self.target.predicate, others.target.predicate
            );
            return Err(form("target", &reason));
        }
        let known: Vec<u64> = self.all.iter().map(|area| area.number).collect();
        let new = others.all.into_iter();
        self.all
            .extend(new.filter(|area| !known.contains(&area.number)));
        Ok(self)
    }
}

impl Area {
    /// Its facts, with the target's atoms open, and the truth of each of these: 1 of a fact, else 0.
    ///
    /// `relations` are declared, so that rules may name those of which this area has no fact.
    #[must_use]
    pub fn database(
        &self,
        target: &PredictedRelation,
        relations: &[(String, usize)],
    ) -> (Database, Vec<f64>) {
        let mut database = Database::new();
        for (predicate, arity) in relations {
            database.declare(predicate, *arity);
        }
        let mut known: Vec<&Vec<String>> = Vec::new();
        for (predicate, facts) in &self.facts {
            if *predicate == target.predicate {
                known.extend(facts);
                continue;
            }
            for fact in facts {
                let constants: Vec<&str> = fact.iter().map(String::as_str).collect();
                database.observe(predicate, &constants, 1.0);
            }
        }
        sort(&mut known);
        let mut combinations: Vec<Vec<&str>> = vec![Vec::new()];
        for name in &target.types {
            let of_type = self.facts.iter().find(|(predicate, _)| predicate == name);
            let constants = of_type.map_or(&[][..], |(_, facts)| facts);
            let mut longer = Vec::new();
            for start in &combinations {
                for fact in constants {
                    longer.push([start, &[fact[0].as_str()][..]].concat());
                }
            }
            combinations = longer;
        }
        let mut truth = Vec::new();
        for constants in combinations {
            database.open(&target.predicate, &constants);
            let is_fact = known.binary_search_by(|fact| {
                let names = fact.iter().map(String::as_str);
                names.cmp(constants.iter().copied())
            });
            truth.push(if is_fact.is_ok() { 1.0 } else { 0.0 });
        }
        (database, truth)
    }
}

fn form(place: &str, reason: &str) -> AreasError {
    AreasError::Form {
        place: place.to_owned(),
        reason: reason.to_owned(),
    }
}

/// `advisedby(student,professor)`
fn target_of(text: &str) -> Option<PredictedRelation> {
    let literal: Literal = text.parse().ok()?;
    let name = |argument: Argument| match argument {
        Argument::Constant(name) | Argument::Variable(name) => name,
    };
    (!literal.negated).then(|| PredictedRelation {
        predicate: literal.predicate,
        types: literal.arguments.into_iter().map(name).collect(),
    })
}

fn area_of(area: &Value, place: &str) -> Result<Area, AreasError> {
    let number = area["area"].as_u64();
    let number =
        number.ok_or_else(|| form(&format!("{place}/area"), "this is to be a whole number"))?;
    let object = area["facts"].as_object();
    let object = object.ok_or_else(|| {
        form(
            &format!("{place}/facts"),
            "these are to be lists of facts by relation",
        )
    })?;
    let mut facts = Vec::new();
    for (predicate, listed) in object {
        let place = format!("{place}/facts/{predicate}");
        let wrong = || {
            form(
                &place,
                "this is to be a list of facts, each a list of names",
            )
        };
        let mut all = Vec::new();
        for fact in listed.as_array().ok_or_else(wrong)? {
            let constants = fact.as_array().ok_or_else(wrong)?.iter();
            let constants = constants.map(|name| name.as_str().map(str::to_owned));
            let constants: Vec<String> = constants.collect::<Option<_>>().ok_or_else(wrong)?;
            if constants.is_empty() {
                return Err(wrong());
            }
            all.push(constants);
        }
        sort(&mut all);
        all.dedup();
        facts.push((predicate.clone(), all));
    }
    sort(&mut facts);
    Ok(Area { number, facts })
}
