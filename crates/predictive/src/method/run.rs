//! Run: the loop over the updates of Strict inference.

use metaplast_tensor::{Scalar, Tensor};

use super::settings::{Solver, Stop, Strict};
use super::state::State;
use crate::error::PredictiveError;
use crate::inference::{ErrorsAt, Inference, InputsAt};
use crate::layer::Wanted;

/// One inference under way.
pub(super) struct Run<'a, T: Scalar> {
    pub(super) method: &'a Strict,
    pub(super) state: State<'a, T>,
    pub(super) strength: f64,
    pub(super) eta: f64,
    velocity: Vec<Tensor<T>>,
    /// Offsets or errors of before the last update, where that may have to be undone.
    before: Vec<Tensor<T>>,
    energy_before: f64,
    first_energy: f64,
    pub(super) energies: Vec<Vec<f64>>,
    pub(super) iterations: usize,
    pub(super) converged: bool,
}

impl<'a, T: Scalar> Run<'a, T> {
    pub(super) fn new(method: &'a Strict, state: State<'a, T>, strength: f64) -> Self {
        let none = Vec::new;
        Run {
            velocity: match method.solver {
                Solver::Momentum(_) => state.moves.clone(),
                _ => none(),
            },
            before: if method.halving {
                state.offsets.clone()
            } else {
                none()
            },
            method,
            state,
            strength,
            eta: method.eta,
            energy_before: f64::INFINITY,
            first_energy: 0.0,
            energies: Vec::new(),
            iterations: 0,
            converged: false,
        }
    }

    fn by_errors(&self) -> bool {
        self.method.solver == Solver::ErrorCoordinates
    }

    /// ε and energies at the present beliefs, which are refused where they diverge.
    fn evaluate(&mut self, wanted: Wanted) -> Result<(), PredictiveError> {
        match self.by_errors() {
            true => self.state.inject(wanted),
            false => self.state.evaluate(2, |_| wanted),
        }
        self.judge()
    }

    pub(super) fn judge(&mut self) -> Result<(), PredictiveError> {
        let energy = self.state.energy();
        if self.iterations == 0 {
            self.first_energy = energy;
        }
        let limit = self.method.growth_limit.unwrap_or(f64::INFINITY);
        let small = energy.abs() <= limit * self.first_energy.abs().max(f64::MIN_POSITIVE);
        // An update that can be undone is not yet a divergence.
        if (energy.is_finite() && small) || self.method.halving && self.iterations > 0 {
            return Ok(());
        }
        let (layer, energy) = self.state.worst();
        Err(PredictiveError::Diverged {
            layer,
            iteration: self.iterations,
            energy,
        })
    }

    /// Goes back where the last update has raised the energy; true if so.
    fn undo(&mut self) -> bool {
        let energy = self.state.energy();
        let rounding = 8.0 * T::EPSILON * energy.abs().max(self.energy_before.abs());
        if !self.method.halving
            || energy <= self.energy_before + rounding
            || self.energy_before.is_infinite()
        {
            return false;
        }
        self.eta *= 0.5;
        self.velocity
            .iter_mut()
            .for_each(|v| v.map_in_place(|_| T::ZERO));
        let layers = self.state.layers();
        for l in 1..layers {
            let kept = self.before[l].data();
            match self.by_errors() {
                true => self.state.errors[l].data_mut().copy_from_slice(kept),
                false => {
                    self.state.offsets[l].data_mut().copy_from_slice(kept);
                    self.state.place_belief(l);
                }
            }
        }
        true
    }

    /// Keeps what [`undo`](Self::undo) goes back to.
    fn keep(&mut self) {
        if !self.method.halving {
            return;
        }
        self.energy_before = self.state.energy();
        for l in 1..self.state.layers() {
            let now = match self.by_errors() {
                true => &self.state.errors[l],
                false => &self.state.offsets[l],
            };
            self.before[l].data_mut().copy_from_slice(now.data());
        }
    }

    pub(super) fn note_energies(&mut self) {
        if self.method.keep_energies {
            self.energies.push(self.state.energies.clone());
        }
    }

    /// The moves, and whether they are as small as is asked for. A sweep has made them already.
    fn pull(&mut self) -> bool {
        let norm = match self.method.solver {
            Solver::ErrorCoordinates => self.state.pull_by_errors(),
            Solver::Sweep => self.state.pull(Some(T::from_f64(self.eta))),
            _ => self.state.pull(None),
        };
        self.is_at_rest(norm)
    }

    pub(super) fn is_at_rest(&self, norm: f64) -> bool {
        match self.method.stop {
            None => false,
            Some(Stop::Gradient(tolerance)) => norm <= tolerance,
            Some(Stop::Relative(tolerance)) => norm <= tolerance * self.last_error_norm(),
        }
    }

    pub(super) fn last_error_norm(&self) -> f64 {
        self.state.errors[self.state.layers()].norm().to_f64()
    }

    pub(super) fn advance(&mut self) {
        let eta = T::from_f64(self.eta);
        for l in 1..self.state.layers() {
            match self.method.solver {
                Solver::Sweep => {}
                Solver::Plain => self.state.move_belief(l, eta),
                Solver::Momentum(mu) => {
                    let mu = T::from_f64(mu);
                    let velocity = self.velocity[l].data_mut().iter_mut();
                    velocity
                        .zip(self.state.moves[l].data_mut())
                        .for_each(|(v, m)| {
                            *v = mu * *v + *m;
                            *m = *v;
                        });
                    self.state.move_belief(l, eta);
                }
                Solver::ErrorCoordinates => {
                    let errors = self.state.errors[l].data_mut().iter_mut();
                    let pairs = errors.zip(self.state.moves[l].data());
                    pairs.for_each(|(e, &m)| *e -= eta * m);
                }
            }
        }
    }

    pub(super) fn infer(mut self) -> Result<Inference<T>, PredictiveError> {
        let released = self.method.errors == ErrorsAt::BeforeLastUpdate;
        let mut last = Vec::new();
        for _ in 0..self.method.iterations {
            self.evaluate(Wanted::Input)?;
            if self.undo() {
                self.iterations += 1;
                continue;
            }
            self.note_energies();
            self.keep();
            let at_rest = self.pull();
            if at_rest && self.method.solver != Solver::Sweep {
                self.converged = true;
                break;
            }
            self.iterations += 1;
            if released && self.iterations == self.method.iterations {
                last = self.state.errors.clone();
            }
            self.advance();
            if at_rest {
                self.converged = true;
                break;
            }
        }
        let together = last.is_empty() && self.method.inputs == InputsAt::Beliefs;
        let wanted = if together {
            Wanted::Both
        } else {
            Wanted::Input
        };
        self.evaluate(wanted)?;
        if self.undo() {
            self.evaluate(wanted)?;
        }
        Ok(self.finish(last, together))
    }
}
