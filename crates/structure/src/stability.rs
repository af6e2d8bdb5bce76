//! How far a change of the evidence can reach.

use std::collections::BTreeMap;

use crate::explanation::Explanation;
use crate::ground_model::GroundModel;
use crate::grounding::{GroundRule, Grounding};

/// Bounds on what a change of the evidence does to predictions and explanations.
///
/// The energy before the change has its optimum at y, the energy after it has the modulus m of strong convexity (2 μ with
/// a prior of weight μ on each atom). If the change moves the gradient at y by vectors of length δ, then
///
/// ```text
/// ‖y′ − y‖ ≤ δ / m
/// |part′_ga − part_ga| ≤ 2 w_r |k_ga| ‖k_g‖ δ / m  +  |part′_ga(y) − part_ga(y)|
/// ```
///
/// for the part of each ground rule g in the explanation of each atom a: what follows from the move of the optimum, and
/// the direct change. The definition is ours; the article's, of relational stability, was not at hand. The first line:
/// y is the minimum of E, so −∇E(y) points out of \[0, 1\]ⁿ or is zero, and strong convexity of E′ gives
/// m ‖y′ − y‖² ≤ (∇E′(y) − ∇E′(y′))·(y − y′) ≤ (∇E′(y) − ∇E(y))·(y − y′).
///
/// ```
/// use metaplast_structure::{Database, EvidenceChange, Grounding, MapSolver};
///
/// let rules = ["-> not smokes(A)".parse()?, "stressed(A) -> smokes(A)".parse()?];
/// let people = |stress| {
///     let mut database = Database::new();
///     database.observe("stressed", &["ann"], stress);
///     database.open("smokes", &["ann"]);
///     Grounding::of(&rules, &database)
/// };
/// let (before, after) = (people(0.6)?, people(0.9)?);
/// let weights = [0.5, 2.0];
/// let y = MapSolver::default().solve(&before.model, &weights).y;
/// let change = EvidenceChange::new(&before, &after, &weights, &y);
/// let moved = MapSolver::default().solve(&after.model, &weights).y[0] - y[0];
/// assert!(moved > 0.2 && moved <= change.prediction_bound());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct EvidenceChange<'a> {
    before: &'a Grounding,
    after: &'a Grounding,
    weights: &'a [f64],
    y: &'a [f64],
    distance: f64,
    modulus: f64,
}

/// A part of an explanation before and after a change of the evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedPart {
    /// The ground rule.
    pub ground_rule: GroundRule,
    /// The atom.
    pub atom: usize,
    /// Its part before; 0 where the ground rule cannot be violated.
    pub before: f64,
    /// Its part after.
    pub after: f64,
    /// By how much it can have changed.
    pub bound: f64,
}

impl<'a> EvidenceChange<'a> {
    /// From one grounding of some rules to another over the same atoms and constants, with the optimum before.
    ///
    /// # Panics
    /// When the groundings do not have the same numbers of rules and atoms, or weights and values do not fit.
    #[must_use]
    #[track_caller]
    pub fn new(
        before: &'a Grounding,
        after: &'a Grounding,
        weights: &'a [f64],
        y: &'a [f64],
    ) -> Self {
        let sizes = |model: &GroundModel| (model.rules(), model.atoms());
        assert_eq!(
            sizes(&before.model),
            sizes(&after.model),
            "change of evidence: rules and atoms"
        );
        let gradients =
            [before, after].map(|grounding| grounding.model.energy_gradient(weights, y));
        let squares = gradients[0]
            .iter()
            .zip(&gradients[1])
            .map(|(a, b)| (a - b) * (a - b));
        EvidenceChange {
            before,
            after,
            weights,
            y,
            distance: squares.sum::<f64>().sqrt(),
            modulus: after.model.strong_convexity(weights),
        }
    }

    /// δ, the length by which the gradient moved.
    #[must_use]
    pub fn gradient_distance(&self) -> f64 {
        self.distance
    }

    /// δ / m, the length by which the optimum moves at most; infinite where an atom has no prior.
    #[must_use]
    pub fn prediction_bound(&self) -> f64 {
        match self.distance == 0.0 {
            true => 0.0,
            false => self.distance / self.modulus,
        }
    }

    /// All parts of all explanations at the optimum before and at that after, with their bounds.
    ///
    /// # Panics
    /// When there is not one value for each atom.
    #[must_use]
    #[track_caller]
    pub fn parts(&self, y_after: &[f64]) -> Vec<ChangedPart> {
        let reach = self.prediction_bound();
        let before = parts(self.before, self.weights, self.y);
        let direct = parts(self.after, self.weights, self.y);
        let mut after = parts(self.after, self.weights, y_after);
        // Ground rules that are there only before.
        for key in before.keys() {
            after.entry(key.clone()).or_default();
        }
        let mut changed = Vec::new();
        for ((ground_rule, atom), part) in after {
            let key = (ground_rule, atom);
            let of =
                |parts: &BTreeMap<_, BoundedPart>| parts.get(&key).copied().unwrap_or_default();
            let (old, at_old) = (of(&before), of(&direct));
            let bound = part.slope * reach + (at_old.value - old.value).abs();
            let (ground_rule, atom) = key;
            changed.push(ChangedPart {
                ground_rule,
                atom,
                before: old.value,
                after: part.value,
                bound,
            });
        }
        changed
    }
}

/// A part, and how fast it can change as atoms move: 2 w |k_ga| ‖k_g‖.
#[derive(Clone, Copy, Default)]
struct BoundedPart {
    value: f64,
    slope: f64,
}

fn parts(
    grounding: &Grounding,
    weights: &[f64],
    y: &[f64],
) -> BTreeMap<(GroundRule, usize), BoundedPart> {
    let model = &grounding.model;
    let mut all = BTreeMap::new();
    for atom in 0..model.atoms() {
        for (g, k) in model.potentials_at(atom) {
            let length = model.terms(g).map(|(_, k)| k * k).sum::<f64>().sqrt();
            let slope = 2.0 * weights[model.rule_of(g)] * k.abs() * length;
            let key = (grounding.ground_rules[g].clone(), atom);
            all.insert(key, BoundedPart { value: 0.0, slope });
        }
        for pull in Explanation::of(model, weights, y, atom).pulls {
            let key = (grounding.ground_rules[pull.potential].clone(), atom);
            if let Some(part) = all.get_mut(&key) {
                part.value = pull.derivative;
            }
        }
    }
    all
}
