//! Gain and bias of units, which are memories with these names.
//!
//! ```text
//! y = φ((1 + gain) ⊙ z + bias)      e_L = (1 + gain_L) ⊙ (y_L − t)
//! e_(l−1) = (B_lᵀ e_l) ⊙ (1 + gain_(l−1)) ⊙ φ'
//! ```
//!
//! So teaching signals are still slopes by the pre-activations z, and with symmetric feedback those of the
//! sample's loss: its slope by the bias is `e ⊘ (1 + gain)`, by the gain `e ⊙ z ⊘ (1 + gain)`.
//!
//! At a kernel they belong to its channels.

use metaplast_autodiff::Var;

use crate::memory::Memory;
use crate::memory_values::{Held, Remembered};
use crate::network::{Layers, Network};
use crate::number::Number;
use crate::places::at_places;

/// The memory that is added to each unit's drive.
pub(crate) const BIAS: &str = "bias";
/// The memory that, with 1 added, multiplies each unit's pre-activation.
pub(crate) const GAIN: &str = "gain";

/// Places of these memories among those of a layer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UnitParameters {
    memories: usize,
    bias: Option<usize>,
    gain: Option<usize>,
}

impl UnitParameters {
    pub(crate) fn of(memories: &[Memory]) -> Self {
        let place = |name| memories.iter().position(|memory| memory.name() == name);
        UnitParameters {
            memories: memories.len(),
            bias: place(BIAS),
            gain: place(GAIN),
        }
    }
}

impl<'t, T: Number> Network<'t, T> {
    /// What goes into the activation of a layer, counted from 0, for the pre-activations `z`, of one sample
    /// or of one in each row: `(1 + gain) ⊙ z + bias`.
    pub(crate) fn drive(&self, layer: usize, z: Var<'t, T>) -> Var<'t, T> {
        let scaled = self.gain(layer).map_or(z, |gain| z * gain);
        match self.unit_parameter(layer, |places| places.bias) {
            Some(bias) => scaled + bias,
            None => scaled,
        }
    }

    /// `1 + gain` of each layer that has a gain.
    pub(crate) fn gains(&self) -> Layers<Option<Var<'t, T>>> {
        let layers = 0..self.architecture().layers();
        layers.map(|layer| self.gain(layer)).collect()
    }

    fn gain(&self, layer: usize) -> Option<Var<'t, T>> {
        let gain = self.unit_parameter(layer, |places| places.gain)?;
        Some(gain + 1.0)
    }

    /// Of each unit. None before the first step, when it is zero.
    fn unit_parameter(
        &self,
        layer: usize,
        place: fn(&UnitParameters) -> Option<usize>,
    ) -> Option<Var<'t, T>> {
        let value = self.held_parameter(layer, place)?;
        Some(match self.architecture().places(layer) {
            None => value,
            // One for each channel, in the order of units.
            Some(places) => at_places(value, places).reshape([places * value.shape().len()]),
        })
    }

    fn held_parameter(
        &self,
        layer: usize,
        place: fn(&UnitParameters) -> Option<usize>,
    ) -> Option<Var<'t, T>> {
        let memory = self.memory.borrow();
        let places = memory.unit_parameters;
        let place = layer * places.memories + place(&places)?;
        match memory.held.get(place)? {
            Held::OnTape(Remembered::Value(value)) => Some(*value),
            Held::OnTape(Remembered::Matrix(_)) => unreachable!("a gain or bias is a column"),
            // What is kept stays kept: the tape may be cut back before the next step.
            Held::Kept(value) => Some(self.tape().constant(value)),
        }
    }
}
