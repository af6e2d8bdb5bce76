//! Why an atom has its value.

use std::fmt::Write;

use metaplast_numbers::digits::significant;
use metaplast_numbers::sorting::sort_by;

use crate::ground_model::GroundModel;
use crate::grounding::Grounding;
use crate::logic::LogicalRule;
use crate::relations::Database;

/// What one ground rule does to an atom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pull {
    /// The potential of the ground rule.
    pub potential: usize,
    /// Its part of ∂E/∂y_a, 2 w_r max(0, c_g + Σ k_gb y_b) k_ga: below zero it pulls the atom up, above zero down.
    pub derivative: f64,
}

impl Pull {
    /// Whether it pulls the atom towards 1.
    #[must_use]
    pub fn is_upward(&self) -> bool {
        self.derivative < 0.0
    }
}

/// The ground rules that pull at an atom, the strongest first.
///
/// At an optimum inside of 0 and 1 the pulls up and those down are equally strong: their sum is zero. At 0 what pulls
/// down may be stronger, at 1 what pulls up.
///
/// ```
/// use metaplast_structure::{Explanation, GroundModelBuilder};
///
/// let mut builder = GroundModelBuilder::new(2, 1);
/// builder.add(0, 1.0, &[(0, -1.0)]);
/// builder.add(1, 0.0, &[(0, 1.0)]);
/// let explanation = Explanation::of(&builder.build(), &[3.0, 1.0], &[0.75], 0);
/// assert_eq!(explanation.pulls.len(), 2);
/// assert_eq!(explanation.sum(), 0.0);
/// assert_eq!(explanation.upward().map(|pull| pull.potential).collect::<Vec<_>>(), [0]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The atom.
    pub atom: usize,
    /// Its value.
    pub value: f64,
    /// What pulls at it; ground rules that do not are left out.
    pub pulls: Vec<Pull>,
}

impl Explanation {
    /// Of an atom, where all have these values.
    ///
    /// # Panics
    /// When there is no such atom, not one weight for each rule, or not one value for each atom.
    #[must_use]
    #[track_caller]
    pub fn of(model: &GroundModel, weights: &[f64], y: &[f64], atom: usize) -> Self {
        assert_eq!(weights.len(), model.rules(), "explanation: weights, rules");
        assert_eq!(y.len(), model.atoms(), "explanation: values, atoms");
        let parts = model.parts_at(atom, weights, y);
        let pulls = parts.map(|(potential, derivative)| Pull {
            potential,
            derivative,
        });
        let mut pulls: Vec<Pull> = pulls.filter(|pull| pull.derivative != 0.0).collect();
        sort_by(&mut pulls, |a, b| {
            b.derivative.abs().total_cmp(&a.derivative.abs())
        });
        Explanation {
            atom,
            value: y[atom],
            pulls,
        }
    }

    /// What pulls the atom up, the strongest first.
    pub fn upward(&self) -> impl Iterator<Item = &Pull> {
        self.pulls.iter().filter(|pull| pull.is_upward())
    }

    /// What pulls the atom down, the strongest first.
    pub fn downward(&self) -> impl Iterator<Item = &Pull> {
        self.pulls.iter().filter(|pull| !pull.is_upward())
    }

    /// The sum of all, ∂E/∂y_a.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.pulls.iter().map(|pull| pull.derivative).sum()
    }

    /// In words: the atom with its value, and so many of the strongest pulls, a line each; the sum of those that are
    /// left in one more.
    ///
    /// # Panics
    /// When the grounding, the rules and the database are not those that the explanation is of.
    #[must_use]
    pub fn text(
        &self,
        grounding: &Grounding,
        rules: &[LogicalRule],
        database: &Database,
        most: usize,
    ) -> String {
        let mut text = format!(
            "{} = {}\n",
            database.atom(self.atom),
            significant(self.value, 3)
        );
        let mut line = |derivative: f64, what: &str| {
            let way = if derivative < 0.0 { "up  " } else { "down" };
            let size = significant(derivative.abs(), 3);
            writeln!(text, "  {way} {size:>8}  {what}").expect("a text takes every line");
        };
        let shown = &self.pulls[..most.min(self.pulls.len())];
        for pull in shown {
            line(
                pull.derivative,
                &grounding.text(pull.potential, rules, database),
            );
        }
        let others = &self.pulls[shown.len()..];
        if !others.is_empty() {
            let sum = others.iter().map(|pull| pull.derivative).sum();
            line(sum, &format!("{} others", others.len()));
        }
        text
    }
}
