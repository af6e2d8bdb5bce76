//! State of Strict inference: beliefs, errors and what pulls at the beliefs, layer by layer.
//!
//! Lists are indexed by l; what a layer does not have is an empty tensor. The first layer's input is
//! clamped, so f_1(x) is computed once, and its Jacobian by the input never.

use metaplast_tensor::{Scalar, Tensor, kernels};

use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::layer::Wanted;
use crate::loss::{Loss, Target};

/// The target, and how strongly it acts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Nudged<'a, T: Scalar> {
    pub(crate) target: &'a Target<T>,
    pub(crate) loss: Loss,
    /// The strength with its sign.
    pub(crate) strength: f64,
}

pub(crate) struct State<'a, T: Scalar> {
    pub(crate) chain: &'a mut Chain<T>,
    nudged: Nudged<'a, T>,
    /// The loss of the forward pass.
    pub(crate) loss: T,
    /// v̂_0 to v̂_L.
    pub(crate) predictions: Vec<Tensor<T>>,
    /// u_l = v_l − v̂_l for 0 < l < L.
    pub(crate) offsets: Vec<Tensor<T>>,
    /// v_0 to v_L; the last stays v̂_L.
    pub(crate) beliefs: Vec<Tensor<T>>,
    /// f_l(v_(l−1)), the first only where weights move.
    outputs: Vec<Tensor<T>>,
    /// ε_l.
    pub(crate) errors: Vec<Tensor<T>>,
    /// How beliefs would move at η = 1: −∇_{v_l} F, or by error coordinates.
    pub(crate) moves: Vec<Tensor<T>>,
    /// Layer l's energy at place l − 1.
    pub(crate) energies: Vec<f64>,
}

fn sum_of_squares<T: Scalar>(x: &Tensor<T>) -> f64 {
    kernels::dot(x.data(), x.data()).to_f64()
}

impl<'a, T: Scalar> State<'a, T> {
    /// At the forward pass, or at beliefs that are given.
    pub(crate) fn new(
        chain: &'a mut Chain<T>,
        input: &Tensor<T>,
        nudged: Nudged<'a, T>,
        start: Option<&[Tensor<T>]>,
    ) -> Result<Self, PredictiveError> {
        let layers = chain.len();
        let mut predictions = vec![input.clone()];
        chain.pass(&mut predictions, Wanted::Parameters, Wanted::Input)?;
        let (loss, error) = nudged.loss.of(&predictions[layers], nudged.target)?;
        let hidden = |l: usize| 0 < l && l < layers;
        let zeros = |(l, v): (usize, &Tensor<T>)| match hidden(l) {
            true => Tensor::zeros(v.shape().clone()),
            false => Tensor::zeros([0]),
        };
        let mut offsets: Vec<_> = predictions.iter().enumerate().map(zeros).collect();
        let mut beliefs = predictions.clone();
        if let Some(start) = start {
            chain.check_beliefs(start, &predictions)?;
            for l in (1..layers).filter(|&l| hidden(l)) {
                offsets[l] = &start[l] - &predictions[l];
                beliefs[l] = start[l].clone();
            }
        }
        let mut errors = offsets.clone();
        errors[layers] = error;
        Ok(State {
            nudged,
            loss,
            moves: offsets.clone(),
            outputs: predictions.clone(),
            energies: vec![0.0; layers],
            chain,
            predictions,
            offsets,
            beliefs,
            errors,
        })
    }

    pub(crate) fn layers(&self) -> usize {
        self.chain.len()
    }

    /// ε and energies at the beliefs as they are; each layer's last call is then that at the beliefs,
    /// from layer `lowest` on.
    pub(crate) fn evaluate(&mut self, lowest: usize, wanted: impl Fn(usize) -> Wanted) {
        let layers = self.layers();
        for l in lowest..=layers {
            let layer = self.chain.layer(l);
            layer.forward(&self.beliefs[l - 1], &mut self.outputs[l], wanted(l));
        }
        for l in 1..layers {
            let made = self.outputs[l]
                .data()
                .iter()
                .zip(self.predictions[l].data());
            let made = made.zip(self.offsets[l].data());
            let errors = self.errors[l].data_mut().iter_mut();
            // The offset last: where nothing has moved, the first difference is 0.
            errors
                .zip(made)
                .for_each(|(e, ((&f, &v), &u))| *e = (f - v) - u);
        }
        self.measure();
    }

    /// The beliefs that the errors as they are make, `v_l = f_l(v_(l−1)) − ε_l`, and ε_L and energies
    /// there.
    pub(crate) fn inject(&mut self, wanted: Wanted) {
        let layers = self.layers();
        for l in 1..=layers {
            if l > 1 {
                let layer = self.chain.layer(l);
                layer.forward(&self.beliefs[l - 1], &mut self.outputs[l], wanted);
            }
            if l < layers {
                let made = self.outputs[l].data().iter().zip(self.errors[l].data());
                let beliefs = self.beliefs[l].data_mut().iter_mut();
                beliefs.zip(made).for_each(|(v, (&f, &e))| *v = f - e);
            }
        }
        self.measure();
    }

    /// ε_L from the outputs, and the energies of all errors.
    fn measure(&mut self) {
        let layers = self.layers();
        for l in 1..layers {
            self.energies[l - 1] = 0.5 * sum_of_squares(&self.errors[l]);
        }
        let Nudged {
            target,
            loss,
            strength,
        } = self.nudged;
        let last = &mut self.errors[layers];
        let value = loss.write(&self.outputs[layers], target, last);
        if strength != 1.0 {
            let strength = T::from_f64(strength);
            last.data_mut().iter_mut().for_each(|e| *e *= strength);
        }
        self.energies[layers - 1] = strength * value.to_f64();
    }

    /// The energy F.
    pub(crate) fn energy(&self) -> f64 {
        self.energies.iter().sum()
    }

    /// `moves_l ← ε_l − J_(l+1)ᵀ ε_(l+1)`; returns ‖∇_v F‖.
    ///
    /// In a sweep each belief moves at once by η times that, and its error with it, so that the
    /// layer below sees it moved.
    pub(crate) fn pull(&mut self, sweep: Option<T>) -> f64 {
        let mut square = 0.0;
        for l in (1..self.layers()).rev() {
            let pulled = &mut self.moves[l];
            let layer = self.chain.layer(l + 1);
            layer.vjp(&self.beliefs[l], &self.errors[l + 1], Some(pulled), None);
            square += self.turn_into_move(l);
            if let Some(eta) = sweep {
                self.move_belief(l, eta);
                kernels::axpy(-eta, self.moves[l].data(), self.errors[l].data_mut());
            }
        }
        f64::sqrt(square)
    }

    /// `moves_l ← ε_l − moves_l`, where that holds what the layer above pulls; returns its square.
    pub(crate) fn turn_into_move(&mut self, l: usize) -> f64 {
        let pairs = self.moves[l].data_mut().iter_mut();
        pairs
            .zip(self.errors[l].data())
            .for_each(|(p, &e)| *p = e - *p);
        sum_of_squares(&self.moves[l])
    }

    /// `moves_l ← ε_l − δ_l`, with δ_l the loss's gradient by v_l through all layers above; returns
    /// the norm of the energy's gradient by error coordinates.
    pub(crate) fn pull_by_errors(&mut self) -> f64 {
        let layers = self.layers();
        let mut square = 0.0;
        for l in (1..layers).rev() {
            let (own, above) = self.moves.split_at_mut(l + 1);
            let seed = if l + 1 == layers {
                &self.errors[layers]
            } else {
                &above[0]
            };
            let layer = self.chain.layer(l + 1);
            layer.vjp(&self.beliefs[l], seed, Some(&mut own[l]), None);
        }
        for l in 1..layers {
            square += self.turn_into_move(l);
        }
        f64::sqrt(square)
    }

    /// `u_l += η moves_l`, and v_l with it.
    pub(crate) fn move_belief(&mut self, l: usize, eta: T) {
        kernels::axpy(eta, self.moves[l].data(), self.offsets[l].data_mut());
        self.place_belief(l);
    }

    /// `v_l ← v̂_l + u_l`
    pub(crate) fn place_belief(&mut self, l: usize) {
        let sums = self.predictions[l]
            .data()
            .iter()
            .zip(self.offsets[l].data());
        let beliefs = self.beliefs[l].data_mut().iter_mut();
        beliefs.zip(sums).for_each(|(v, (&p, &u))| *v = p + u);
    }

    /// The layer whose energy is not finite, or largest, counted from 1, and that energy.
    pub(crate) fn worst(&self) -> (usize, f64) {
        let mut worst = (1, self.energies[0]);
        for (i, &energy) in self.energies.iter().enumerate().skip(1) {
            if worst.1.is_finite() && (!energy.is_finite() || energy.abs() > worst.1.abs()) {
                worst = (i + 1, energy);
            }
        }
        worst
    }
}
