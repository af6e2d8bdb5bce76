//! Domains whose truth was made by known rules.

use metaplast_numbers::streams::{stream, uniform_index};
use metaplast_tensor::Scalar;
use rand::{Rng, RngExt};

use crate::relations::Database;
use crate::templates::{
    CandidateRule, Feature, HeadSigns, Template, TypedRelation, local_rules, prior_rules,
};

/// A rule by which the truth was made, and by how much it moves the log odds.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedRule {
    /// The features of its body, by their numbers.
    pub features: Vec<usize>,
    /// What is added to the log odds where they all hold; below zero for a rule against.
    pub strength: f64,
}

/// A generator of domains: things of two kinds, with features of each and of pairs, and a target that is true of a pair
/// with log odds `base + Σ strengths` of the planted rules whose features hold.
///
/// The eleven features: four values of one attribute of the first thing, two flags of it, three flags of the second,
/// two relations of the pair. One or two of different attributes make a body, 60 in all, once for and once against,
/// and there is a prior against: 121 candidates.
///
/// ```
/// use metaplast_structure::PlantedDomain;
///
/// let domain = PlantedDomain::default();
/// let (database, truth) = domain.draw(1);
/// assert_eq!((truth.len(), database.open_atoms()), (600, 600));
/// assert_eq!(domain.candidates().len(), 121);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedDomain {
    /// How many things there are of each kind.
    pub sizes: [usize; 2],
    /// Log odds of a pair of which no planted rule says anything.
    pub base: f64,
    /// The rules.
    pub planted: Vec<PlantedRule>,
    /// The probability of a flag.
    pub flag: f64,
    /// The probability of a relation.
    pub relation: f64,
}

const FEATURES: [(&str, &str); 11] = [
    ("kind(A, red)", "kind"),
    ("kind(A, green)", "kind"),
    ("kind(A, blue)", "kind"),
    ("kind(A, grey)", "kind"),
    ("old(A)", "old"),
    ("loud(A)", "loud"),
    ("large(B)", "large"),
    ("round(B)", "round"),
    ("heavy(B)", "heavy"),
    ("near(A, B)", "near"),
    ("linked(A, B)", "linked"),
];
const KINDS: [&str; 4] = ["red", "green", "blue", "grey"];
/// What streams are named by, besides the seed.
const PURPOSE: u64 = 0x91a;

impl Default for PlantedDomain {
    /// 30 × 20 pairs, log odds of −2; `linked(A, B) & old(A)` for the target with strength 4, `round(B) & heavy(B)`
    /// against with strength 2.
    fn default() -> Self {
        PlantedDomain {
            sizes: [30, 20],
            base: -2.0,
            planted: vec![
                PlantedRule {
                    features: vec![4, 10],
                    strength: 4.0,
                },
                PlantedRule {
                    features: vec![7, 8],
                    strength: -2.0,
                },
            ],
            flag: 0.4,
            relation: 0.15,
        }
    }
}

impl PlantedDomain {
    fn target() -> TypedRelation {
        TypedRelation::new("chosen", ["first", "second"])
    }

    /// The candidates; the prior comes first.
    #[must_use]
    pub fn candidates(&self) -> Vec<CandidateRule> {
        let feature = |(text, attribute): (&str, &str)| {
            Feature::new(text, attribute).unwrap_or_else(|error| panic!("{error}"))
        };
        let features = FEATURES.map(feature);
        let explaining = ["near".to_owned(), "linked".to_owned()];
        let prior = prior_rules(&Self::target(), HeadSigns::Negative);
        let mut all = CandidateRule::of(Template::Prior, prior, &explaining);
        let local = local_rules(&Self::target(), &features, 2, HeadSigns::Both);
        all.extend(CandidateRule::of(Template::Local, local, &explaining));
        all
    }

    /// Which candidate is a planted rule.
    ///
    /// # Panics
    /// When there is no such planted rule, or no candidate has its features.
    #[must_use]
    #[track_caller]
    pub fn candidate_of(&self, planted: usize) -> usize {
        let planted = &self.planted[planted];
        let mut wanted: Vec<&str> = planted.features.iter().map(|&k| FEATURES[k].0).collect();
        wanted.sort_unstable();
        let is_planted = |candidate: &CandidateRule| {
            let mut body: Vec<String> = candidate
                .rule
                .body
                .iter()
                .map(ToString::to_string)
                .collect();
            body.sort_unstable();
            body == wanted && candidate.rule.head.negated == (planted.strength < 0.0)
        };
        let found = self.candidates().iter().position(is_planted);
        found.expect("planted: no candidate has these features")
    }

    /// A domain of this seed, with the truth of its open atoms.
    ///
    /// # Panics
    /// When there is no feature of a number in a planted rule.
    #[must_use]
    #[track_caller]
    pub fn draw(&self, seed: u64) -> (Database, Vec<f64>) {
        let mut rng = stream(&[seed, PURPOSE]);
        let mut database = Database::new();
        database.declare("kind", 2);
        for (name, arity) in [
            ("old", 1),
            ("loud", 1),
            ("large", 1),
            ("round", 1),
            ("heavy", 1),
        ] {
            database.declare(name, arity);
        }
        database.declare("near", 2);
        database.declare("linked", 2);
        let names = |letter: char, n: usize| -> Vec<String> {
            (0..n).map(|k| format!("{letter}{k}")).collect()
        };
        let (first, second) = (names('a', self.sizes[0]), names('b', self.sizes[1]));
        // What holds, by feature: of the first thing, of the second, of the pair.
        let mut of_first = Vec::new();
        for name in &first {
            let kind = uniform_index(&mut rng, KINDS.len());
            database.observe("kind", &[name, KINDS[kind]], 1.0);
            let flags = self.flags(&mut database, &mut rng, name, &["old", "loud"]);
            of_first.push([vec![kind == 0, kind == 1, kind == 2, kind == 3], flags].concat());
        }
        let mut of_second = Vec::new();
        for name in &second {
            of_second.push(self.flags(&mut database, &mut rng, name, &["large", "round", "heavy"]));
        }
        let mut truth = Vec::new();
        for (a, of_a) in first.iter().zip(&of_first) {
            for (b, of_b) in second.iter().zip(&of_second) {
                let mut of_pair = Vec::new();
                for relation in ["near", "linked"] {
                    let holds = rng.random::<f64>() < self.relation;
                    if holds {
                        database.observe(relation, &[a, b], 1.0);
                    }
                    of_pair.push(holds);
                }
                let holds = [&of_a[..], &of_b[..], &of_pair[..]].concat();
                let applies =
                    |rule: &&PlantedRule| rule.features.iter().all(|&feature| holds[feature]);
                let strengths = self
                    .planted
                    .iter()
                    .filter(applies)
                    .map(|rule| rule.strength);
                let odds = self.base + strengths.sum::<f64>();
                let probability = 1.0 / (1.0 + Scalar::exp(-odds));
                database.open(&Self::target().name, &[a, b]);
                truth.push(if rng.random::<f64>() < probability {
                    1.0
                } else {
                    0.0
                });
            }
        }
        (database, truth)
    }

    fn flags(
        &self,
        database: &mut Database,
        rng: &mut impl Rng,
        name: &str,
        flags: &[&str],
    ) -> Vec<bool> {
        let mut all = Vec::new();
        for flag in flags {
            let holds = rng.random::<f64>() < self.flag;
            if holds {
                database.observe(flag, &[name], 1.0);
            }
            all.push(holds);
        }
        all
    }
}
