//! Piecewise fit: which of hundreds of candidate terms explain a recording.
//!
//! A joint fit of all candidates would need the derivatives of every recorded number by hundreds of
//! coefficients in each of its steps, and would have none of the sparsity of a rule. So the work is done in
//! pieces, as structured models are learned rule by rule (Embar, Srinivasan & Getoor 2022):
//!
//! 1. The derivative of a recorded element by each candidate's coefficient, around the rule as it is known so
//!    far (at first: nothing learns), is computed for each candidate alone and kept, for a sample of the
//!    elements.
//! 2. Inner products of these columns are all that the least-squares fit of any set of candidates needs
//!    (as in the all-subsets regression of Furnival & Wilson 1974), so that a set costs microseconds: pairs
//!    are tried exhaustively, larger sets by a beam and exchanges. Sets of different sizes are compared by the
//!    extended Bayesian information criterion (Chen & Chen 2008), which counts from how many candidates a set
//!    was chosen. Arrays are weighed by the noise that the rule so far leaves in them.
//! 3. The set that is best is fitted jointly by simulation, and becomes the rule around which the next
//!    derivatives are taken, on growing horizons as in [`fit`]; until a set comes again.
//!
//! In the end [`fit`] gives the rule its coefficients with intervals and residuals, and what the recordings do
//! not tell is named: candidates that the recorded numbers cannot distinguish, and terms of the rule for which
//! another candidate would do as well.

mod columns;
mod observer;
mod outcome;
mod quadratic;
mod sets;

use metaplast_plasticity::{Architecture, Feedback, Memory, Rule, RuleError, Term};

use super::descent::descend;
use super::residuals::Residuals;
use super::{FIRST_CONSTANT, FitSettings, Recording, check_readable, fit};
use crate::start::Model;
pub use observer::PiecewiseObserver;
pub use outcome::{AloneFit, PiecewiseError, PiecewiseFit, Rivals};

use columns::{Base, CandidateColumns};
use quadratic::Quadratic;
use sets::{FoundSet, search};

/// The network that was recorded, and the terms that its rule may have.
#[derive(Clone, Copy, Debug)]
pub struct CandidateTerms<'a> {
    /// Layer sizes and activation.
    pub architecture: &'a Architecture,
    /// How errors travel back.
    pub feedback: &'a Feedback,
    /// What each layer keeps from step to step; kept and candidate terms may use the names.
    pub memories: &'a [Memory],
    /// Terms that the rule has in any case.
    pub kept: &'a [Term],
    /// Terms of which it has a few.
    pub candidates: &'a [Term],
    /// Whether each layer has coefficients of its own.
    pub per_layer: bool,
}

/// How a piecewise fit is done.
#[derive(Clone, Debug, PartialEq)]
pub struct PiecewiseSettings {
    /// Of the joint fit at the end; a start of coefficients is not looked at.
    pub fit: FitSettings,
    /// Most candidates of a set.
    pub most_terms: usize,
    /// Recorded numbers that the search looks at, drawn at random where there are more; the joint fit looks
    /// at all.
    pub elements: usize,
}

impl Default for PiecewiseSettings {
    fn default() -> Self {
        PiecewiseSettings {
            fit: FitSettings::default(),
            most_terms: 6,
            elements: 10_000,
        }
    }
}

/// 2 ln of the odds below which another candidate does as well.
const VERY_STRONG: f64 = 10.0;
/// Most often that the columns of all candidates are computed.
const MOST_ROUNDS: usize = 8;
/// Parts of the steps that the first rounds look at.
const FIRST_HORIZONS: [usize; 2] = [4, 2];
/// Most steps of a joint fit between two rounds.
const REFIT_STEPS: usize = 100;

impl CandidateTerms<'_> {
    /// The rule of the kept terms and these others, with coefficients 0.
    fn rule(&self, others: impl IntoIterator<Item = Term>) -> Result<Rule, RuleError> {
        let rule = Rule::new(self.kept.iter().cloned().chain(others))?;
        let rule = rule.with_memories(self.memories.iter().cloned())?;
        Ok(match self.per_layer {
            true => rule.per_layer(self.architecture.layers()),
            false => rule,
        })
    }

    fn model(&self, rule: Rule) -> Model {
        Model {
            architecture: self.architecture.clone(),
            feedback: self.feedback.clone(),
            rule,
        }
    }

    /// The kept terms and the candidates of a set, in this order.
    fn terms(&self, set: &[usize]) -> Vec<Term> {
        let chosen = set.iter().map(|&k| &self.candidates[k]);
        self.kept.iter().chain(chosen).cloned().collect()
    }

    /// Coefficients of a term.
    fn each(&self) -> usize {
        match self.per_layer {
            true => self.architecture.layers(),
            false => 1,
        }
    }
}

/// Finds few candidates that explain the recordings, and fits them jointly.
///
/// The number of threads changes no bit.
///
/// ```
/// use metaplast_meta::fit::piecewise::{CandidateTerms, PiecewiseSettings, piecewise};
/// use metaplast_meta::fit::{Recording, Teaching, Traces, What};
/// use metaplast_meta::seeds::{EpisodeKey, Purpose, stream};
/// use metaplast_meta::{Model, Start};
/// use metaplast_plasticity::terms::candidate_terms;
/// use metaplast_plasticity::{Architecture, Feedback, Output, Rule};
/// use metaplast_tensor::Tensor;
/// use rand::RngExt;
///
/// // Three linear units that learn from random inputs by Oja's rule, F9.
/// let model = Model {
///     architecture: Architecture::new(vec![5, 3])?.with_output(Output::Linear),
///     feedback: Feedback::symmetric(),
///     rule: Rule::from_pool(&[9])?.with_theta(&[0.05]),
/// };
/// let mut rng = stream(1, 0, 0, Purpose::Recording);
/// let inputs = (0..40 * 5).map(|_| rng.random::<f64>() - 0.5).collect();
/// let mut recording = Recording {
///     inputs: Tensor::new([40, 5], inputs),
///     batch: 1,
///     teaching: Teaching::None,
///     start: Start::draw(&model, EpisodeKey::new(1, 0, 0)),
///     traces: Traces::default(),
/// };
/// recording.traces = recording.simulate(&model, What { weights_every: Some(1), activity: false });
///
/// // Of the single products its two summands are found, with opposite signs.
/// let all = candidate_terms();
/// let found = piecewise(
///     &CandidateTerms {
///         architecture: &model.architecture,
///         feedback: &model.feedback,
///         memories: &[],
///         kept: &[],
///         candidates: &all[..100],
///         per_layer: false,
///     },
///     &[recording],
///     &PiecewiseSettings::default(),
/// )?;
/// let texts: Vec<String> = found.model.rule.terms().iter().filter_map(|t| t.expression()).collect();
/// assert_eq!(texts, ["y * y_pre^T", "y * (W^T * y)^T"]);
/// assert!((found.fitted.theta[0] - 0.05).abs() < 1e-6 && (found.fitted.theta[1] + 0.05).abs() < 1e-6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// See [`PiecewiseError`].
///
/// # Panics
/// As [`fit`].
pub fn piecewise(
    terms: &CandidateTerms<'_>,
    recordings: &[Recording],
    settings: &PiecewiseSettings,
) -> Result<PiecewiseFit, PiecewiseError> {
    piecewise_watched(terms, recordings, settings, &())
}

/// The same as [`piecewise`], which `observer` follows.
///
/// # Errors
/// See [`PiecewiseError`].
///
/// # Panics
/// As [`fit`].
pub fn piecewise_watched(
    terms: &CandidateTerms<'_>,
    recordings: &[Recording],
    settings: &PiecewiseSettings,
    observer: &dyn PiecewiseObserver,
) -> Result<PiecewiseFit, PiecewiseError> {
    if terms.candidates.is_empty() {
        return Err(PiecewiseError::NoCandidates);
    }
    // All names at once, so that every smaller rule can be made.
    let whole = terms.rule(terms.candidates.iter().cloned())?;
    check_readable(&whole)?;
    let constants = whole.constants().len();
    // What a network shows that does not learn is the same for any rule; a candidate may not be finite.
    let still = terms.model(Rule::from_pool(&[0])?);
    for recording in recordings {
        recording.check(terms.architecture);
        recording.check_teaching(terms.architecture, settings.fit.increment);
    }
    let residuals = Residuals::new(&still, recordings, settings.fit.increment);
    residuals.check()?;
    let sample = (settings.elements, settings.fit.seed);
    let mut pieces = Pieces {
        terms,
        columns: CandidateColumns::new(terms, &residuals, constants, sample),
        residuals: &residuals,
        settings,
        observer,
        rounds: 0,
        sets: 0,
    };
    let (alone, best, quadratic) = pieces.choose()?;
    let chosen = best.base.set.iter().map(|&k| terms.candidates[k].clone());
    let mut model = terms.model(terms.rule(chosen)?);
    let start = Some(pieces.columns.theta(&model.rule, &best.base));
    let of_fit = FitSettings {
        start,
        ..settings.fit.clone()
    };
    observer.join(model.rule.terms().len());
    let fitted = fit(&model, recordings, &of_fit)?;
    model.rule = model.rule.try_with_theta(&fitted.theta)?;
    Ok(PiecewiseFit {
        rivals: pieces.rivals(&quadratic, &best.base.set),
        chosen: best.base.set,
        model,
        fitted,
        alone,
        rounds: pieces.rounds,
        sets: pieces.sets,
        elements: quadratic.elements,
    })
}

/// A set that was fitted jointly, and how well it does on all steps.
#[derive(Clone)]
struct Refitted {
    base: Base,
    criterion: f64,
}

/// A piecewise fit under way.
struct Pieces<'a> {
    terms: &'a CandidateTerms<'a>,
    residuals: &'a Residuals<'a>,
    columns: CandidateColumns<'a>,
    settings: &'a PiecewiseSettings,
    observer: &'a dyn PiecewiseObserver,
    rounds: usize,
    sets: u64,
}

impl Pieces<'_> {
    /// The best set, with the quadratic around it, and each candidate alone.
    fn choose(&mut self) -> Result<(Vec<AloneFit>, Refitted, Quadratic), PiecewiseError> {
        let steps = self.residuals.steps();
        let mut base = self.columns.nothing();
        let mut alone = None;
        let mut refitted: Vec<Refitted> = Vec::new();
        let mut last = None;
        for round in 0..MOST_ROUNDS {
            let part = FIRST_HORIZONS.get(round).copied();
            let horizon = part.map_or(steps, |part| steps.div_ceil(part));
            let quadratic = self.quadratic(&base, horizon);
            alone.get_or_insert_with(|| quadratic.alone());
            let found = self.search(&quadratic);
            let known = refitted.iter().any(|known| known.base.set == found.set);
            if known && part.is_none() {
                last = Some((base.set, quadratic));
                break;
            }
            let Some(next) = self.refit(&found, &base, &quadratic, horizon) else {
                break;
            };
            base = next.base.clone();
            if part.is_none() {
                refitted.push(next);
            }
        }
        let best = refitted
            .into_iter()
            .min_by(|a, b| a.criterion.total_cmp(&b.criterion));
        let best = best.filter(|best| !best.base.set.is_empty() || !self.terms.kept.is_empty());
        let best = best.ok_or(PiecewiseError::NothingExplained)?;
        let quadratic = match last {
            Some((set, quadratic)) if set == best.base.set => quadratic,
            _ => self.quadratic(&best.base, steps),
        };
        Ok((alone.unwrap_or_default(), best, quadratic))
    }

    fn quadratic(&mut self, base: &Base, horizon: usize) -> Quadratic {
        self.rounds += 1;
        let watch = (self.observer, self.rounds);
        self.columns.around(base, horizon, watch)
    }

    fn search(&mut self, quadratic: &Quadratic) -> FoundSet {
        let found = search(quadratic, self.settings.most_terms);
        self.sets += found.sets;
        found
    }

    /// The set fitted jointly on these steps; none when it cannot be simulated. Its residuals on all steps say
    /// how the arrays are weighed from then on.
    fn refit(
        &mut self,
        found: &FoundSet,
        base: &Base,
        quadratic: &Quadratic,
        horizon: usize,
    ) -> Option<Refitted> {
        let others = found.set.iter().map(|&k| self.terms.candidates[k].clone());
        let Ok(rule) = self.terms.rule(others) else {
            // No terms at all.
            return Some(Refitted {
                base: self.columns.nothing(),
                criterion: self.columns.deviance(self.residuals.unlearned()),
            });
        };
        let model = self.terms.model(rule);
        let next = Base {
            set: found.set.clone(),
            theta: found.theta.clone(),
            constants: base.constants.clone(),
        };
        let residuals = self.residuals.with_model(&model);
        let penalties = vec![0.0; model.rule.theta().len()];
        let descent = |start: &Base| {
            let theta = self.columns.theta(&model.rule, start);
            let stretch = (horizon, REFIT_STEPS);
            descend(&residuals, &theta, &penalties, stretch, 1e-9)
        };
        let still = Base {
            theta: vec![0.0; next.theta.len()],
            ..next.clone()
        };
        let minimum = descent(&next).or_else(|| descent(&still))?;
        let squares = residuals.squares(&minimum.theta, usize::MAX);
        self.columns.weigh_by(&squares);
        let price = quadratic.price(found.set.len());
        Some(Refitted {
            base: self.columns.base(&model.rule, &found.set, &minimum.theta),
            criterion: self.columns.deviance(&squares) + price,
        })
    }

    /// Which candidates would do in the place of each of the chosen.
    fn rivals(&mut self, quadratic: &Quadratic, set: &[usize]) -> Vec<Rivals> {
        let least = quadratic.criterion(quadratic.loss(set), set.len());
        let rivals = |&chosen: &usize| {
            let mut rivals = Rivals {
                chosen,
                same: Vec::new(),
                close: Vec::new(),
            };
            for other in (0..self.terms.candidates.len()).filter(|k| !set.contains(k)) {
                let mut swapped = set.to_vec();
                swapped.retain(|&k| k != chosen);
                swapped.push(other);
                swapped.sort_unstable();
                if quadratic.are_same(chosen, other) {
                    rivals.same.push(other);
                    continue;
                }
                let criterion = quadratic.criterion(quadratic.loss(&swapped), set.len());
                if criterion - least < VERY_STRONG {
                    rivals.close.push(other);
                }
            }
            rivals
        };
        set.iter().map(rivals).collect()
    }
}
