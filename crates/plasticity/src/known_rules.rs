//! Known rules: those of the literature by name, each with its source and coefficients to begin with.

use crate::feedback::Feedback;
use crate::memory::Memory;
use crate::rule::Rule;
use crate::terms::pool::pool;
use crate::terms::term::Term;

/// A rule of the literature.
///
/// All are for rates: a spike is an activity of 1 in a step, and a time constant of n steps is a constant
/// of 1/n. Coefficients to begin with are small enough for inputs of a thousand units. Where a rule is for one unit, each unit follows it by itself.
///
/// ```
/// use metaplast_plasticity::KnownRule;
///
/// let bcm = KnownRule::find("bcm").expect("a known rule");
/// assert_eq!(bcm.source, "Bienenstock, Cooper & Munro 1982");
/// let rule = bcm.rule();
/// assert_eq!(rule.to_string(), "ΔW_l = 0.0001 ((y_l ⊙ (y_l − m)) y_(l−1)ᵀ); m ← m + k (y_l ⊙ y_l − m), k = 0.05");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct KnownRule {
    /// The name on the command line.
    pub name: &'static str,
    /// Authors and year.
    pub source: &'static str,
    /// What it does, in a few words.
    pub what: &'static str,
    /// Memories, as [`Memory::parse`] reads them.
    pub memories: &'static [&'static str],
    /// Terms of the [pool](crate::pool()) by symbol, and others as
    /// [`Term::parse`](crate::Term::parse) reads them.
    pub terms: &'static [&'static str],
    /// Coefficients to begin with, of the terms and then of the constants.
    pub theta: &'static [f64],
}

const ALL: &[KnownRule] = &[
    KnownRule {
        name: "hebb",
        source: "Hebb 1949",
        what: "correlation of both sides, without bound",
        memories: &[],
        terms: &["hebb = y * y_pre^T"],
        theta: &[1e-5],
    },
    KnownRule {
        name: "covariance",
        source: "Sejnowski 1977",
        what: "correlation of what departs from the mean",
        memories: &[
            "mean = mean + k * (y - mean)",
            "mean_pre = mean_pre + k * (y_pre - mean_pre)",
        ],
        terms: &["covariance = (y - mean) * (y_pre - mean_pre)^T"],
        theta: &[1e-4, 0.05],
    },
    KnownRule {
        name: "bcm",
        source: "Bienenstock, Cooper & Munro 1982",
        what: "a threshold that follows the mean square, below which weights shrink",
        memories: &["m = m + k * (y .* y - m)"],
        terms: &["bcm = y .* (y - m) * y_pre^T"],
        theta: &[1e-4, 0.05],
    },
    KnownRule {
        name: "oja-unit",
        source: "Oja 1982",
        what: "each unit finds the first principal component, its weights of norm 1",
        memories: &[],
        terms: &["oja_unit = y * y_pre^T - ((y .* y) * ones_pre^T) .* W"],
        theta: &[1e-4],
    },
    KnownRule {
        name: "oja-subspace",
        source: "Oja 1989",
        what: "the units span the principal components",
        memories: &[],
        terms: &["F9"],
        theta: &[1e-4],
    },
    KnownRule {
        name: "sanger",
        source: "Sanger 1989",
        what: "unit i finds principal component i",
        memories: &[],
        terms: &["sanger = y * y_pre^T - (y * ones_pre^T) .* cumsum((y * ones_pre^T) .* W)"],
        theta: &[1e-4],
    },
    KnownRule {
        name: "scaling",
        source: "van Rossum, Bi & Turrigiano 2000",
        what: "Hebb's rule, and weights that are multiplied until the mean activity is .2",
        memories: &["mean = mean + k * (y - mean)"],
        terms: &[
            "hebb = y * y_pre^T",
            "scaling = ((0.2 ones - mean) * ones_pre^T) .* W",
        ],
        theta: &[1e-5, 1e-3, 0.05],
    },
    KnownRule {
        name: "stdp",
        source: "Song, Miller & Abbott 2000",
        what: "pairs of spikes by traces of both sides",
        memories: &["x = (1 - a) * x + y_pre", "d = (1 - b) * d + y"],
        terms: &["potentiation = y * x^T", "depression = -d * y_pre^T"],
        theta: &[1e-5, 1e-5, 0.2, 0.2],
    },
    KnownRule {
        name: "stdp-triplet",
        source: "Pfister & Gerstner 2006, minimal model",
        what: "pairs depress; potentiation needs an earlier spike of the unit as well",
        memories: &[
            "x = (1 - a) * x + y_pre",
            "d = (1 - b) * d + y",
            "slow = (1 - c) * slow + y",
        ],
        terms: &[
            "potentiation = (y .* (slow - y)) * x^T",
            "depression = -d * y_pre^T",
        ],
        theta: &[1e-6, 1e-5, 0.2, 0.2, 0.05],
    },
    KnownRule {
        name: "momentum",
        source: "Polyak 1964",
        what: "the error-driven update, accumulated by each synapse",
        memories: &["V = (1 - k) * V + e * y_pre^T"],
        terms: &["momentum = -V"],
        theta: &[1e-4, 0.1],
    },
    KnownRule {
        name: "reinforce",
        source: "Williams 1992",
        what: "learns from the reward of actions that are drawn from the outputs, beside a running mean",
        memories: &["mean = mean + k * (reward - mean)"],
        terms: &["reinforce = (mean - reward) * e * y_pre^T"],
        theta: &[1e-3, 0.05],
    },
    KnownRule {
        name: "reinforce-trace",
        source: "Baxter & Bartlett 2001",
        what: "the same with a trace of eligibility, for rewards that come late",
        memories: &[
            "mean = mean + k * (reward - mean)",
            "E = (1 - d) * E + e * y_pre^T",
        ],
        terms: &["policy = (mean - reward) * E"],
        theta: &[1e-3, 0.05, 0.3],
    },
    KnownRule {
        name: "three-factor",
        source: "Frémaux & Gerstner 2016",
        what: "a trace of correlation becomes a change where the reward is above its mean",
        memories: &[
            "mean = mean + k * (reward - mean)",
            "E = (1 - d) * E + y * y_pre^T",
        ],
        terms: &["three_factor = (reward - mean) * E"],
        theta: &[1e-4, 0.05, 0.3],
    },
    KnownRule {
        name: "e-prop",
        source: "Bellec et al. 2020, for units without recurrence",
        what: "errors meet traces of what came before them",
        memories: &["x = (1 - k) * x + y_pre"],
        terms: &["e_prop = -e * x^T"],
        theta: &[1e-4, 0.5],
    },
    KnownRule {
        name: "node-perturbation",
        source: "Fiete & Seung 2006",
        what: "a change of all units that lowered the loss is learned; knows nothing of errors",
        memories: &[],
        terms: &["nodes = -loss_change * perturbation * y_pre^T"],
        theta: &[1e-5],
    },
    KnownRule {
        name: "weight-perturbation",
        source: "Werfel, Xie & Seung 2005",
        what: "a change of all weights that lowered the loss is learned",
        memories: &[],
        terms: &["weights = -loss_change * perturbation * perturbation_pre^T"],
        theta: &[1e-7],
    },
    KnownRule {
        name: "foldiak",
        source: "Földiák 1990, lateral weights folded into W",
        what: "Hebb's rule, units that push each other's correlation away, and thresholds that keep the mean activity at .2",
        memories: &["bias = bias - c * (y - 0.2 ones)"],
        terms: &[
            "hebb = y * y_pre^T - (y * ones_pre^T) .* W",
            "decorrelation = -(y * y^T) * W + 0.04 (ones * ones^T) * W + ((y .* y - 0.04 ones) * ones_pre^T) .* W",
        ],
        theta: &[1e-4, 1e-4, 0.01],
    },
    KnownRule {
        name: "soft-bounds",
        source: "van Rossum, Bi & Turrigiano 2000",
        what: "correlation that stops at 1, decorrelation that stops at 0",
        memories: &[],
        terms: &[
            "growth = (y * y_pre^T) .* (ones * ones_pre^T - W)",
            "shrinking = -(y * ones_pre^T) .* W",
        ],
        theta: &[1e-4, 1e-4],
    },
];

impl KnownRule {
    /// All of them, in the order of tables.
    #[must_use]
    pub fn all() -> &'static [KnownRule] {
        ALL
    }

    /// The one with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<KnownRule> {
        ALL.iter().copied().find(|known| known.name == name)
    }

    /// The one whose terms and memories a rule has, whatever its coefficients.
    #[must_use]
    pub fn of(rule: &Rule) -> Option<KnownRule> {
        ALL.iter().copied().find(|known| {
            let other = known.rule();
            other.terms() == rule.terms() && other.memories() == rule.memories()
        })
    }

    /// The terms of a rule that was read from text, each that is a term of a known rule with that rule's source;
    /// of several such rules, the one that shares most terms with these.
    ///
    /// ```
    /// use metaplast_plasticity::{KnownRule, Term};
    ///
    /// let source = |text: &str| KnownRule::recognise(vec![Term::parse(text).unwrap()])[0].source().to_owned();
    /// assert_eq!(source("hebb = y * y_pre^T"), "Hebb 1949");
    /// assert_eq!(source("mine = y * y_pre^T"), "given as text");
    /// ```
    #[must_use]
    pub fn recognise(terms: Vec<Term>) -> Vec<Term> {
        let shared = |rule: &Rule| {
            let is_shared = |term: &&Term| rule.terms().contains(term);
            terms.iter().filter(is_shared).count()
        };
        let rules = ALL.iter().map(|known| (known.source, known.rule()));
        let mut rules: Vec<(&str, Rule)> = rules.collect();
        // Stable: of rules that share as many terms, the first of the list.
        rules.sort_by_key(|(_, rule)| std::cmp::Reverse(shared(rule)));
        let recognise = |term: &Term| {
            let known = rules.iter().find(|(_, rule)| rule.terms().contains(term));
            match known {
                Some((source, _)) if term.own_expression().is_some() => {
                    term.clone().with_source(source)
                }
                _ => term.clone(),
            }
        };
        terms.iter().map(recognise).collect()
    }

    /// The rule, with its coefficients to begin with.
    #[must_use]
    pub fn rule(self) -> Rule {
        const READ: &str = "known rules are tested to be rules";
        let mut memories: Vec<Memory> = Vec::new();
        for text in self.memories {
            let memory = Memory::parse(text, &memories).expect(READ);
            memories.push(memory);
        }
        let signals = Memory::signals(&memories);
        let term = |text: &&str| match pool().iter().find(|term| term.symbol() == *text) {
            Some(term) => term.clone(),
            None => Term::parse_with(text, &signals)
                .expect(READ)
                .with_source(self.source),
        };
        let terms = self.terms.iter().map(term);
        let rule = Rule::new(terms).expect(READ);
        let rule = rule.with_memories(memories).expect(READ);
        rule.with_theta(self.theta)
    }

    /// The feedback it is studied with: fixed, which matters to those that read errors alone.
    #[must_use]
    pub fn feedback(self) -> Feedback {
        Feedback::fixed()
    }
}

#[cfg(test)]
mod tests {
    use super::KnownRule;
    use crate::Preset;

    #[test]
    fn every_known_rule_is_a_rule_with_a_name_of_its_own() {
        for known in KnownRule::all() {
            let rule = known.rule();
            assert_eq!(KnownRule::of(&rule).unwrap().name, known.name);
            assert_eq!(KnownRule::find(known.name), Some(*known));
            assert!(known.name.parse::<Preset>().is_err(), "{}", known.name);
        }
    }
}
