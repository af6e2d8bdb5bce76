//! The values of the atoms that are most probable together.

use crate::ground_model::GroundModel;

/// Finds the minimum of the energy over \[0, 1\]ⁿ by coordinate descent: each atom in turn goes to where the energy
/// is least with the others held, which is exact, since along one atom the energy is a convex piecewise quadratic.
///
/// The energy never rises, and since it is convex with a continuous gradient and the bounds are separate, the values
/// converge to a minimum (Tseng, *Convergence of a block coordinate descent method for nondifferentiable
/// minimization*, JOTA 109(3), 2001, theorem 4.1), at a linear rate (Luo & Tseng, *On the convergence of the
/// coordinate descent method for convex differentiable minimization*, JOTA 72(1), 1992). What was reached is told by
/// [`MapOptimum::stationarity`].
///
/// ```
/// use metaplast_structure::{GroundModelBuilder, MapSolver};
///
/// let mut builder = GroundModelBuilder::new(2, 1);
/// builder.add(0, 1.0, &[(0, -1.0)]);
/// builder.add(1, 0.0, &[(0, 1.0)]);
/// let optimum = MapSolver::default().solve(&builder.build(), &[3.0, 1.0]);
/// assert_eq!(optimum.y, [0.75]);
/// assert!(optimum.converged && optimum.stationarity < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MapSolver {
    /// By how much an atom may be off its own minimum in the end, the others held, about.
    pub tolerance: f64,
    /// Sweeps over all atoms, at most.
    pub most_sweeps: usize,
}

impl Default for MapSolver {
    /// 10⁻¹⁴, a million sweeps.
    fn default() -> Self {
        MapSolver {
            tolerance: 1e-14,
            most_sweeps: 1_000_000,
        }
    }
}

/// A minimum of the energy.
#[derive(Clone, Debug, PartialEq)]
pub struct MapOptimum {
    /// The values of the atoms. Where the energy is not strictly convex, as without priors, one of several.
    pub y: Vec<f64>,
    /// The energy there.
    pub energy: f64,
    /// max_a |r_a| of r_a = y_a − Π(y_a − ∂E/∂y_a), where Π puts back into \[0, 1\]: zero at a minimum and nowhere else. If the
    /// energy has the modulus m of [strong convexity](GroundModel::strong_convexity) and its gradient the Lipschitz constant L,
    /// y is within ‖r‖ (1 + L) / m of the minimum (Pang, *A posteriori error bounds for the linearly-constrained variational
    /// inequality problem*, Math. Oper. Res. 12(3), 1987).
    pub stationarity: f64,
    /// Sweeps that were made.
    pub sweeps: usize,
    /// Whether the tolerance was reached.
    pub converged: bool,
}

impl MapSolver {
    /// The minimum, from all atoms at ½.
    ///
    /// # Panics
    /// When there is not one weight for each rule, or one is negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn solve(&self, model: &GroundModel, weights: &[f64]) -> MapOptimum {
        self.solve_from(model, weights, vec![0.5; model.atoms()])
    }

    /// The minimum, from these values.
    ///
    /// # Panics
    /// As [`solve`](Self::solve), and when there is not one value from 0 to 1 for each atom.
    #[must_use]
    #[track_caller]
    pub fn solve_from(&self, model: &GroundModel, weights: &[f64], y: Vec<f64>) -> MapOptimum {
        assert_eq!(weights.len(), model.rules(), "map: weights, rules");
        assert_eq!(y.len(), model.atoms(), "map: values, atoms");
        let wrong = weights.iter().find(|w| !(w.is_finite() && **w >= 0.0));
        assert!(wrong.is_none(), "map: a weight of {wrong:?}");
        assert!(
            y.iter().all(|y| (0.0..=1.0).contains(y)),
            "map: values outside of 0 to 1"
        );
        let mut state = Descent::new(model, weights, y);
        let (mut sweeps, mut converged) = (0, false);
        while sweeps < self.most_sweeps && !converged {
            let moved = state.sweep(sweeps % 2 == 1);
            sweeps += 1;
            if moved <= self.tolerance || sweeps % 64 == 0 {
                // Rounding adds up in forms that are only ever changed.
                state.recompute_forms();
                converged = moved <= self.tolerance && state.off() <= 4.0 * self.tolerance;
            }
        }
        let y = state.y;
        let gradient = model.energy_gradient(weights, &y);
        let part = |(y, g): (&f64, &f64)| (y - (y - g).clamp(0.0, 1.0)).abs();
        let stationarity = y.iter().zip(&gradient).map(part).fold(0.0, f64::max);
        MapOptimum {
            energy: model.energy(weights, &y),
            y,
            stationarity,
            sweeps,
            converged,
        }
    }
}

/// Values on their way to the minimum.
struct Descent<'a> {
    model: &'a GroundModel,
    weights: &'a [f64],
    y: Vec<f64>,
    /// The linear form of each potential.
    forms: Vec<f64>,
    lines: Vec<HingeAlong>,
}

/// A hinge along an atom.
#[derive(Clone, Copy, Debug)]
struct HingeAlong {
    weight: f64,
    constant: f64,
    slope: f64,
}

impl<'a> Descent<'a> {
    fn new(model: &'a GroundModel, weights: &'a [f64], y: Vec<f64>) -> Self {
        let mut state = Descent {
            model,
            weights,
            y,
            forms: Vec::new(),
            lines: Vec::new(),
        };
        state.recompute_forms();
        state
    }

    fn recompute_forms(&mut self) {
        let form = |g| self.model.form(g, &self.y);
        self.forms = (0..self.model.potentials()).map(form).collect();
    }

    /// Puts each atom to its minimum; the largest way that one went.
    fn sweep(&mut self, backwards: bool) -> f64 {
        let atoms = self.model.atoms();
        let mut most = 0.0f64;
        for place in 0..atoms {
            let atom = if backwards { atoms - 1 - place } else { place };
            let next = self.best_at(atom);
            let way = next - self.y[atom];
            if way == 0.0 {
                continue;
            }
            most = most.max(way.abs());
            self.y[atom] = next;
            for (g, k) in self.model.potentials_at(atom) {
                self.forms[g] += k * way;
            }
        }
        most
    }

    /// The largest way from an atom to its minimum.
    fn off(&mut self) -> f64 {
        let ways = (0..self.model.atoms()).map(|atom| (self.best_at(atom) - self.y[atom]).abs());
        ways.fold(0.0, f64::max)
    }

    fn best_at(&mut self, atom: usize) -> f64 {
        let here = self.y[atom];
        self.lines.clear();
        for (g, slope) in self.model.potentials_at(atom) {
            let weight = self.weights[self.model.rule_of(g)];
            if weight > 0.0 {
                let constant = self.forms[g] - slope * here;
                self.lines.push(HingeAlong {
                    weight,
                    constant,
                    slope,
                });
            }
        }
        minimum(&self.lines, here)
    }
}

/// Steps of Newton's method along one atom, at most; bisection steps among them, so that it ends.
const MOST_STEPS: usize = 200;

/// Where Σ w max(0, c + k v)² is least on \[0, 1\]: `from` when it is flat there.
fn minimum(lines: &[HingeAlong], from: f64) -> f64 {
    // Half the slope and half the curvature.
    let at = |v: f64| {
        let (mut slope, mut curvature) = (0.0, 0.0);
        for line in lines {
            let hinge = line.constant + line.slope * v;
            // At its kink a hinge curves on one side.
            if hinge >= 0.0 {
                slope += line.weight * line.slope * hinge;
                curvature += line.weight * line.slope * line.slope;
            }
        }
        (slope, curvature)
    };
    let (mut slope, mut curvature) = at(from);
    if slope == 0.0 {
        return from;
    }
    if slope > 0.0 && at(0.0).0 >= 0.0 {
        return 0.0;
    }
    if slope < 0.0 && at(1.0).0 <= 0.0 {
        return 1.0;
    }
    let (mut low, mut high, mut v) = (0.0, 1.0, from);
    let mut width = 2.0;
    for _ in 0..MOST_STEPS {
        match slope > 0.0 {
            true => high = v,
            false => low = v,
        }
        let newton = v - slope / curvature;
        // On one piece a Newton step ends; what is left is rounding. Between pieces it may go round in circles, so
        // the bounds must close in.
        let closes_in = high - low <= 0.5 * width;
        let within = newton >= low && newton <= high;
        let last = within && (newton - v).abs() <= 4.0 * f64::EPSILON;
        let next = match last || (within && closes_in) {
            true => newton,
            false => 0.5 * (low + high),
        };
        width = if closes_in {
            high - low
        } else {
            2.0 * (high - low)
        };
        if last || next == v {
            return next;
        }
        v = next;
        (slope, curvature) = at(v);
        if slope == 0.0 {
            break;
        }
    }
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minimum_along_one_atom_is_exact() {
        let line = |weight, constant, slope| HingeAlong {
            weight,
            constant,
            slope,
        };
        for (lines, from, at) in [
            // Flat: nothing moves.
            (vec![line(1.0, -2.0, 1.0)], 0.3, 0.3),
            (vec![line(1.0, 0.0, 1.0)], 0.3, 0.0),
            (vec![line(1.0, 1.0, -1.0)], 0.3, 1.0),
            (vec![line(1.0, 0.4, -1.0), line(3.0, 0.0, 1.0)], 0.9, 0.1),
            // Flat from .2 to .6, entered from the right.
            (vec![line(1.0, 0.2, -1.0), line(3.0, -0.6, 1.0)], 0.9, 0.6),
            // From a kink, where Newton's method could go to and fro.
            (vec![line(1.0, 1.0, -1.0), line(3.0, 0.0, 1.0)], 0.0, 0.25),
            (vec![line(1.0, 1.0, -1.0), line(3.0, 0.0, 1.0)], 1.0, 0.25),
        ] {
            assert!((minimum(&lines, from) - at).abs() < 1e-15, "{at}");
        }
    }

    /// Random hinges, from everywhere: where the slope changes its sign.
    #[test]
    fn a_minimum_is_where_the_slope_changes_its_sign() {
        let mut rng = metaplast_numbers::streams::stream(&[5]);
        let mut random =
            |from: f64, to: f64| from + (to - from) * rand::RngExt::random::<f64>(&mut rng);
        for _ in 0..20_000 {
            let one = |random: &mut dyn FnMut(f64, f64) -> f64| HingeAlong {
                weight: random(0.0, 10.0).powi(3),
                constant: random(-1.0, 1.0),
                slope: random(-3.0, 3.0),
            };
            let n = 1 + random(0.0, 6.0) as usize;
            let lines: Vec<HingeAlong> = (0..n).map(|_| one(&mut random)).collect();
            let from = random(-0.5, 1.5).clamp(0.0, 1.0);
            let at = minimum(&lines, from);
            let slope = |v: f64| -> f64 {
                lines
                    .iter()
                    .map(|l| l.weight * l.slope * (l.constant + l.slope * v).max(0.0))
                    .sum()
            };
            let room = 1e-9;
            assert!(
                at == 0.0 || slope(at - room) <= 1e-9,
                "{lines:?} from {from}: {at}"
            );
            assert!(
                at == 1.0 || slope(at + room) >= -1e-9,
                "{lines:?} from {from}: {at}"
            );
        }
    }
}
