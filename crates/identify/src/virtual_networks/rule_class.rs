//! The rules that can be named.

use std::fmt;

use metaplast_plasticity::{AlignmentInput, Feedback, InformationAlignment, Rule, pool};
use thiserror::Error;

/// What rules have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleFamily {
    /// Errors travel back through the weights themselves.
    Backpropagation,
    /// Errors travel back through matrices that stay.
    FixedFeedback,
    /// Errors travel back through matrices that learn.
    LearnedFeedback,
    /// Hebbian terms beside the pseudo-gradient.
    HebbianTerms,
    /// Nothing is learned of the task.
    NoErrors,
}

impl fmt::Display for RuleFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RuleFamily::Backpropagation => "backpropagation",
            RuleFamily::FixedFeedback => "fixed feedback",
            RuleFamily::LearnedFeedback => "learned feedback",
            RuleFamily::HebbianTerms => "Hebbian terms",
            RuleFamily::NoErrors => "no errors",
        })
    }
}

/// What becomes of a rule's increment before it reaches the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IncrementKind {
    /// Nothing.
    Plain,
    /// Momentum with this decay of the velocity.
    Momentum(f64),
    /// Adam (Kingma & Ba 2015) with the usual constants.
    Adam,
    /// No increment at all.
    Nothing,
    /// Gaussian noise in the place of the increment.
    Noise,
}

/// A term of a rule and from where its coefficient is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TermDraw {
    /// The number r of F_r in the pool.
    pub term: usize,
    /// The least |θ_r| over the learning rate; with the sign of θ_r.
    pub least: f64,
    /// The greatest, of the same sign; drawn log-uniformly between them.
    pub most: f64,
}

/// A rule that can be named.
#[derive(Clone, Debug)]
pub struct RuleClass {
    /// Its name: `weight-mirror`.
    pub name: String,
    /// What it has in common with others.
    pub family: RuleFamily,
    /// How errors travel back.
    pub feedback: Feedback,
    /// Its terms.
    pub terms: Vec<TermDraw>,
    /// What becomes of its increments.
    pub increment: IncrementKind,
    /// The least learning rate; rates are drawn log-uniformly over the decade above it.
    pub least_rate: f64,
    /// Whether the weights always decay; those of others do in half of the networks.
    pub always_decays: bool,
}

/// Why a rule with coefficients is no class.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RuleClassError {
    /// A term that is not in the pool.
    #[error("has the term {0}, which is not among F0 to F9; only those can be simulated here")]
    OwnTerm(String),
    /// Coefficients that differ between layers.
    #[error("has coefficients for each layer; give a rule that layers share")]
    PerLayer,
    /// No coefficient that is not 0.
    #[error("has no coefficient that is not 0, so nothing changes")]
    Zero,
}

/// The least learning rate of rules whose increment is a mean of outer products of errors.
const LEAST_RATE: f64 = 0.015;

impl RuleClass {
    /// A rule with F_0, times the learning rate, and these other terms.
    #[must_use]
    pub fn new(name: &str, family: RuleFamily, feedback: Feedback, terms: &[TermDraw]) -> Self {
        let gradient = TermDraw {
            term: 0,
            least: 1.0,
            most: 1.0,
        };
        RuleClass {
            name: name.to_owned(),
            family,
            feedback,
            terms: [&[gradient], terms].concat(),
            increment: IncrementKind::Plain,
            least_rate: LEAST_RATE,
            always_decays: false,
        }
    }

    /// A rule with coefficients, such as one that was meta-learned; learning rates are drawn from the
    /// decade around its own, by which all coefficients grow or shrink together.
    ///
    /// # Errors
    /// When it has a term that is not in the pool, coefficients for each layer, or none that is not 0.
    pub fn of_rule(name: &str, feedback: &Feedback, rule: &Rule) -> Result<Self, RuleClassError> {
        if rule.layers().is_some() {
            return Err(RuleClassError::PerLayer);
        }
        let mut terms = Vec::new();
        for (term, &theta) in rule.terms().iter().zip(rule.theta()) {
            let place = pool().iter().position(|other| other == term);
            let place = place.ok_or_else(|| RuleClassError::OwnTerm(term.name().to_owned()))?;
            terms.push((place, theta));
        }
        terms.retain(|(_, theta)| *theta != 0.0);
        let gradient = terms.iter().find(|(term, _)| *term == 0);
        let rate = gradient
            .or(terms.first())
            .ok_or(RuleClassError::Zero)?
            .1
            .abs();
        let draw = |&(term, theta): &(usize, f64)| TermDraw {
            term,
            least: theta / rate,
            most: theta / rate,
        };
        let family = match terms[..] {
            [(0, _)] if *feedback == Feedback::symmetric() => RuleFamily::Backpropagation,
            [(0, _)] if feedback.learns() => RuleFamily::LearnedFeedback,
            [(0, _)] => RuleFamily::FixedFeedback,
            _ => RuleFamily::HebbianTerms,
        };
        Ok(RuleClass {
            name: name.to_owned(),
            family,
            feedback: feedback.clone(),
            terms: terms.iter().map(draw).collect(),
            increment: IncrementKind::Plain,
            least_rate: rate / 10f64.sqrt(),
            always_decays: terms.iter().any(|(term, _)| *term == 3),
        })
    }

    /// With something between the rule's increment and the weights, and rates of that.
    #[must_use]
    pub fn with_increment(self, increment: IncrementKind, least_rate: f64) -> Self {
        RuleClass {
            increment,
            least_rate,
            ..self
        }
    }

    /// With decay in every network, which Kolen–Pollack's alignment needs.
    #[must_use]
    pub fn always_decaying(self) -> Self {
        RuleClass {
            always_decays: true,
            ..self
        }
    }
}

/// The twelve rules, in the order of tables.
#[must_use]
pub fn rule_classes() -> Vec<RuleClass> {
    use RuleFamily::{Backpropagation, FixedFeedback, HebbianTerms, LearnedFeedback};
    let term = |term, least, most| TermDraw { term, least, most };
    let (hebb, oja) = (term(2, -1.5, -4.0), term(9, 0.1, 0.4));
    let rule = RuleClass::new;
    let sgd = |name| rule(name, Backpropagation, Feedback::symmetric(), &[]);
    vec![
        sgd("sgd"),
        sgd("momentum").with_increment(IncrementKind::Momentum(0.9), 0.1 * LEAST_RATE),
        sgd("adam").with_increment(IncrementKind::Adam, 3e-4),
        rule("feedback-alignment", FixedFeedback, Feedback::fixed(), &[]),
        rule("direct-feedback", FixedFeedback, Feedback::direct(), &[]),
        rule(
            "sign-symmetric",
            Backpropagation,
            Feedback::sign_symmetric(),
            &[],
        ),
        rule(
            "weight-mirror",
            LearnedFeedback,
            Feedback::weight_mirror(),
            &[],
        ),
        rule("information", LearnedFeedback, information(), &[]),
        rule(
            "kolen-pollack",
            LearnedFeedback,
            Feedback::kolen_pollack(),
            &[],
        )
        .always_decaying(),
        rule("ehebb", HebbianTerms, Feedback::fixed(), &[hebb]),
        rule("oja", HebbianTerms, Feedback::fixed(), &[oja]),
        rule("bio", HebbianTerms, Feedback::fixed(), &[hebb, oja]),
    ]
}

/// What an experimenter fears: changes without learning by errors.
#[must_use]
pub fn null_classes() -> Vec<RuleClass> {
    let none = |name, increment, least_rate| RuleClass {
        name: String::from(name),
        family: RuleFamily::NoErrors,
        feedback: Feedback::fixed(),
        terms: Vec::new(),
        increment,
        least_rate,
        always_decays: false,
    };
    let oja = TermDraw {
        term: 9,
        least: 1.0,
        most: 1.0,
    };
    vec![
        none("no-learning", IncrementKind::Nothing, LEAST_RATE),
        // A step of the drift is this part of the weights' standard deviation.
        none("random-drift", IncrementKind::Noise, 5e-3),
        RuleClass {
            terms: vec![oja],
            ..none("oja-alone", IncrementKind::Plain, 0.2 * LEAST_RATE)
        },
    ]
}

/// Information alignment by noise, as quick as the weight mirror.
fn information() -> Feedback {
    let information = InformationAlignment {
        rate: 5.0,
        input: AlignmentInput::Noise,
        ..InformationAlignment::default()
    };
    information.feedback().expect("the parameters can be")
}
