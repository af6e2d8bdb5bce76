//! UW-CSE: who advises whom in a computer science department.

use crate::grounding::GroundingError;
use crate::logic::{LogicalRule, RuleTextError};
use crate::relations::{Areas, AreasError, Database};
use crate::templates::{
    CandidateRule, Feature, HeadSigns, Template, TypedRelation, local_rules, prior_rules,
};

/// The candidates for UW-CSE (Richardson & Domingos, *Markov logic networks*, Machine Learning 62, 2006), where
/// `advisedby(student, professor)` is to be predicted in five areas of research: 402 rules.
///
/// Twenty features of a student A and a professor B: five relations of the two (papers together, courses of B that A
/// assisted in, at any time or in the same term or of the highest level, and B as temporary adviser), phase (3), years
/// (2), and having published or assisted for A, position (4), and having published, taught, taught at the highest
/// level, or being a temporary adviser for B. One feature or two of different attributes make a body, 200 in all, each
/// once for and once against; a prior against; and one collective rule, that students who publish together have the
/// same adviser, which the search leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UwCse;

/// Features of a student or a professor that are put together of what is in the data: these are true or false, while
/// relations of the two are grounded as often as there are papers or courses.
const DERIVED: [&str; 15] = [
    "publication(T, A) -> published(A)",
    "ta(C, A, T) -> assistant(A)",
    "taughtby(C, B, T) -> teacher(B)",
    "taughtby(C, B, T) & courselevel(C, level_500) -> graduate_teacher(B)",
    "tempadvisedby(A, B) -> temporary_adviser(B)",
    "yearsinprogram(A, year_1) -> junior(A)",
    "yearsinprogram(A, year_2) -> junior(A)",
    "yearsinprogram(A, year_3) -> junior(A)",
    "yearsinprogram(A, year_4) -> senior(A)",
    "yearsinprogram(A, year_5) -> senior(A)",
    "yearsinprogram(A, year_6) -> senior(A)",
    "yearsinprogram(A, year_7) -> senior(A)",
    "yearsinprogram(A, year_8) -> senior(A)",
    "yearsinprogram(A, year_9) -> senior(A)",
    "yearsinprogram(A, year_12) -> senior(A)",
];

/// Texts of features, and their attributes.
const FEATURES: [(&str, &str); 20] = [
    (
        "publication(T, A) & publication(T, B)",
        "published together",
    ),
    ("ta(C, A, T) & taughtby(C, B, T)", "assisted in term"),
    ("ta(C, A, T) & taughtby(C, B, U)", "assisted"),
    (
        "ta(C, A, T) & taughtby(C, B, U) & courselevel(C, level_500)",
        "assisted at the highest level",
    ),
    ("tempadvisedby(A, B)", "temporary adviser"),
    ("inphase(A, pre_quals)", "phase"),
    ("inphase(A, post_quals)", "phase"),
    ("inphase(A, post_generals)", "phase"),
    ("junior(A)", "years"),
    ("senior(A)", "years"),
    ("published(A)", "student published"),
    ("assistant(A)", "assistant"),
    ("hasposition(B, faculty)", "position"),
    ("hasposition(B, faculty_adjunct)", "position"),
    ("hasposition(B, faculty_affiliate)", "position"),
    ("hasposition(B, faculty_emeritus)", "position"),
    ("published(B)", "professor published"),
    ("teacher(B)", "teacher"),
    ("graduate_teacher(B)", "graduate teacher"),
    ("temporary_adviser(B)", "adviser for a time"),
];

/// The relations of a student and a professor: a rule with one of these says more than who they are, and explains.
const EXPLAINING: [&str; 3] = ["publication", "ta", "tempadvisedby"];

const COLLECTIVE: &str =
    "publication(T, A) & publication(T, C) & advisedby(C, B) -> advisedby(A, B)";

/// The relations of the data, with their numbers of arguments.
const RELATIONS: [(&str, usize); 11] = [
    ("courselevel", 2),
    ("hasposition", 2),
    ("inphase", 2),
    ("professor", 1),
    ("projectmember", 2),
    ("publication", 2),
    ("student", 1),
    ("ta", 3),
    ("taughtby", 3),
    ("tempadvisedby", 2),
    ("yearsinprogram", 2),
];

impl UwCse {
    /// All candidates: the prior first, the collective rule last.
    #[must_use]
    pub fn candidates() -> Vec<CandidateRule> {
        let target = TypedRelation::new("advisedby", ["student", "professor"]);
        let explaining = EXPLAINING.map(str::to_owned);
        let features = FEATURES.map(|(text, attribute)| written(Feature::new(text, attribute)));
        let prior = prior_rules(&target, HeadSigns::Negative);
        let mut all = CandidateRule::of(Template::Prior, prior, &explaining);
        let local = local_rules(&target, &features, 2, HeadSigns::Both);
        all.extend(CandidateRule::of(Template::Local, local, &explaining));
        let collective = [written(COLLECTIVE.parse())];
        all.extend(CandidateRule::of(Template::Path, collective, &explaining));
        all
    }

    /// Adds the relations that candidates name and the data do not have.
    ///
    /// # Errors
    /// When a relation of the data is not there.
    ///
    /// # Panics
    /// When a relation of the data has another number of arguments.
    #[track_caller]
    pub fn derive(database: &mut Database) -> Result<(), GroundingError> {
        for rule in DERIVED {
            database.derive(&written(rule.parse::<LogicalRule>()))?;
        }
        Ok(())
    }

    /// Whether these areas are of the department.
    ///
    /// # Errors
    /// When they are not, with what is wrong.
    pub fn check(areas: &Areas) -> Result<(), AreasError> {
        let wrong = |place: &str, reason: String| AreasError::Form {
            place: place.to_owned(),
            reason,
        };
        if areas.target.predicate != "advisedby" || areas.target.types != ["student", "professor"] {
            let reason = "this is to be advisedby(student,professor)".to_owned();
            return Err(wrong("target", reason));
        }
        for (name, arity) in areas.relations() {
            let known = RELATIONS.iter().find(|(known, _)| *known == name);
            if let Some((_, known)) = known
                && *known != arity
            {
                let reason = format!("{arity} arguments; in UW-CSE it has {known}");
                return Err(wrong(&name, reason));
            }
        }
        Ok(())
    }

    /// The relations of the data, with their numbers of arguments.
    #[must_use]
    pub fn relations() -> Vec<(String, usize)> {
        RELATIONS
            .map(|(name, arity)| (name.to_owned(), arity))
            .to_vec()
    }
}

/// A text of this file.
fn written<T>(read: Result<T, RuleTextError>) -> T {
    read.unwrap_or_else(|error| panic!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_402_candidates() {
        let all = UwCse::candidates();
        assert_eq!(all.len(), 402);
        let collective = all
            .iter()
            .filter(|candidate| candidate.rule.is_collective());
        assert_eq!(collective.count(), 1);
        assert!(all.iter().filter(|candidate| candidate.explainable).count() > 100);
    }
}
