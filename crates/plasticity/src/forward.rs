//! Activity of a network: the forward pass.
//!
//! ```text
//! y_l = φ(z_l)                z_l = W_l y_(l−1)
//! y_l = φ(z_l) + y_(l−n)      where a skip leads to layer l from n layers below
//! ```

use metaplast_autodiff::Var;
use smallvec::SmallVec;

use crate::architecture::Output;
use crate::network::Network;
use crate::number::Number;

/// The activity of a network for one sample, or for a batch with one sample per row.
#[derive(Debug)]
#[non_exhaustive]
pub struct Activations<'t, T: Number> {
    /// `y_0..y_L`: the input, the hidden activations, the output.
    pub y: SmallVec<[Var<'t, T>; 12]>,
    /// `z_1..z_L`: the pre-activations `W_l y_(l−1)`; `z[0]` is `z_1`.
    pub z: SmallVec<[Var<'t, T>; 12]>,
    /// `φ(z_l)` of each layer l, counted from 1, to which a skip leads.
    pub(crate) before_skip: SmallVec<[(usize, Var<'t, T>); 2]>,
}

impl<'t, T: Number> Activations<'t, T> {
    /// Activity `y_0..y_L` and pre-activations `z_1..z_L` of a network without skips.
    #[must_use]
    pub fn new(y: SmallVec<[Var<'t, T>; 12]>, z: SmallVec<[Var<'t, T>; 12]>) -> Self {
        Activations {
            y,
            z,
            before_skip: SmallVec::new(),
        }
    }

    /// `φ(z_l)`, by which slopes are expressed; of the input `y_0`.
    #[must_use]
    pub fn units(&self, layer: usize) -> Var<'t, T> {
        let skipped = self.before_skip.iter().find(|(l, _)| *l == layer);
        skipped.map_or_else(|| self.y[layer], |&(_, units)| units)
    }
}

impl<'t, T: Number> Network<'t, T> {
    /// The activity for the input `x`, `[n_0]`, or for a batch `[n, n_0]`.
    ///
    /// # Panics
    /// When `x` has another number of inputs.
    #[track_caller]
    #[must_use]
    pub fn forward(&self, x: Var<'t, T>) -> Activations<'t, T> {
        self.forward_by(x, &|layer, y| self.project(layer, y))
    }

    /// The same with other pre-activations for the activity below a layer, counted from 0.
    #[track_caller]
    pub(crate) fn forward_by(
        &self,
        x: Var<'t, T>,
        project: &dyn Fn(usize, Var<'t, T>) -> Var<'t, T>,
    ) -> Activations<'t, T> {
        let mut activations = self.hidden(x, project);
        let last = self.architecture().layers() - 1;
        let z = project(last, activations.y[last]);
        activations.z.push(z);
        let drive = self.drive(last, z);
        activations.y.push(match self.architecture().output() {
            Output::Softmax => drive.softmax(),
            Output::Linear => drive,
            Output::Softplus => self.architecture().activate(drive),
        });
        activations
    }

    /// The activity up to the last hidden layer.
    #[track_caller]
    fn hidden(
        &self,
        x: Var<'t, T>,
        project: &dyn Fn(usize, Var<'t, T>) -> Var<'t, T>,
    ) -> Activations<'t, T> {
        let mut activations = Activations::new(SmallVec::new(), SmallVec::new());
        activations.y.push(x);
        for layer in 0..self.architecture().layers() - 1 {
            let z = project(layer, activations.y[layer]);
            activations.z.push(z);
            let units = self.architecture().activate(self.drive(layer, z));
            activations.y.push(match self.architecture().skip(layer) {
                None => units,
                Some(below) => {
                    activations.before_skip.push((layer + 1, units));
                    units + activations.y[below]
                }
            });
        }
        activations
    }

    /// What goes into the activation of the output layer for a batch `[n, n_0]`: `[n, n_L]`, the
    /// pre-activations where units have no gain or bias.
    ///
    /// # Panics
    /// When `x` has another number of inputs.
    #[track_caller]
    #[must_use]
    pub fn logits(&self, x: Var<'t, T>) -> Var<'t, T> {
        self.logits_by(x, &|layer, y| self.project(layer, y))
    }

    /// The same with other pre-activations for the activity below a layer, counted from 0.
    #[track_caller]
    pub(crate) fn logits_by(
        &self,
        x: Var<'t, T>,
        project: &dyn Fn(usize, Var<'t, T>) -> Var<'t, T>,
    ) -> Var<'t, T> {
        let last = self.architecture().layers() - 1;
        let hidden = self.hidden(x, project);
        self.drive(last, project(last, hidden.y[last]))
    }
}
