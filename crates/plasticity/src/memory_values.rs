//! Values of memories, from step to step.

use metaplast_autodiff::Var;
use metaplast_tensor::Tensor;
use smallvec::SmallVec;

use crate::architecture::Architecture;
use crate::memory::Memory;
use crate::network::Network;
use crate::number::Number;
use crate::rule::Rule;
use crate::rule::bound::BoundRule;
use crate::signals::LayerSignals;
use crate::text::SignalShape;

/// What a network's layers remember, layer 1's memories first.
pub(crate) struct MemoryValues<'t, T: Number>(Vec<Held<'t, T>>);

enum Held<'t, T: Number> {
    OnTape(Var<'t, T>),
    /// Where the tape is cut back between steps.
    Kept(Tensor<T>),
}

impl<T: Number> MemoryValues<'_, T> {
    pub(crate) fn new() -> Self {
        MemoryValues(Vec::new())
    }
}

impl Rule {
    /// What the memories hold before the first step, zeros: layer 1's memories, then layer 2's, and so on.
    #[must_use]
    pub fn first_memory<T: Number>(&self, architecture: &Architecture) -> Vec<Tensor<T>> {
        zeros(self.memories(), architecture)
    }
}

fn zeros<T: Number>(memories: &[Memory], architecture: &Architecture) -> Vec<Tensor<T>> {
    let layers = architecture.sizes().windows(2);
    layers
        .flat_map(|sizes| {
            memories.iter().map(|memory| match memory.shape() {
                SignalShape::Post => Tensor::zeros([sizes[1]]),
                SignalShape::Pre => Tensor::zeros([sizes[0]]),
                SignalShape::Number => Tensor::scalar(T::ZERO),
            })
        })
        .collect()
}

impl<'t, T: Number> Network<'t, T> {
    /// What a rule's memories hold now, on the tape: layer 1's in the order of [`Rule::memories`], then
    /// layer 2's, and so on. Nothing before the first step.
    #[must_use]
    pub fn memory(&self) -> Vec<Var<'t, T>> {
        let mut memory = self.memory.borrow_mut();
        let held = memory.0.iter_mut();
        held.map(|held| held.on_tape(|value| self.tape().constant(value)))
            .collect()
    }

    /// Copies of what [`memory`](Self::memory) gives.
    #[must_use]
    pub fn memory_values(&self) -> Vec<Tensor<T>> {
        let memory = self.memory.borrow();
        let values = memory.0.iter().map(|held| match held {
            Held::OnTape(value) => value.value(),
            Held::Kept(value) => value.clone(),
        });
        values.collect()
    }

    /// Gives the memories these values, in the order of [`memory`](Self::memory), for episodes of which
    /// this network makes a part only.
    pub fn set_memory(&self, values: &[Var<'t, T>]) {
        let held = values.iter().map(|&value| Held::OnTape(value));
        self.memory.replace(MemoryValues(held.collect()));
    }

    /// Takes what the memories hold off the tape, which may then be cut back to before the step: the next
    /// step goes on with the same values, and no gradient passes them.
    pub fn keep_memory(&self) {
        for held in &mut self.memory.borrow_mut().0 {
            if let Held::OnTape(value) = held {
                *held = Held::Kept(value.value());
            }
        }
    }

    /// Updates what a layer remembers.
    ///
    /// # Panics
    /// When the memory is that of another rule.
    #[track_caller]
    pub(crate) fn remember(&self, rule: &BoundRule<'t, T>, layer: &LayerSignals<'_, 't, T>) {
        let memories = rule.memories();
        if memories.is_empty() {
            return;
        }
        let (tape, architecture) = (self.tape(), self.architecture());
        let mut memory = self.memory.borrow_mut();
        if memory.0.is_empty() {
            let zeros = zeros(memories, architecture);
            memory.0 = zeros.into_iter().map(Held::Kept).collect();
        }
        assert_eq!(
            memory.0.len(),
            memories.len() * architecture.layers(),
            "network: values of memories, and the rule's memories in all layers"
        );
        let first = layer.layer() * memories.len();
        let held = &mut memory.0[first..first + memories.len()];
        let mut values: SmallVec<[Var<'t, T>; 4]> = held
            .iter_mut()
            .map(|held| held.on_tape(|value| tape.constant(value)))
            .collect();
        rule.remember(layer, &mut values);
        for (held, value) in held.iter_mut().zip(values) {
            *held = Held::OnTape(value);
        }
    }
}

impl<'t, T: Number> Held<'t, T> {
    fn on_tape(&mut self, put: impl FnOnce(&Tensor<T>) -> Var<'t, T>) -> Var<'t, T> {
        match self {
            Held::OnTape(value) => *value,
            Held::Kept(value) => {
                let value = put(value);
                *self = Held::OnTape(value);
                value
            }
        }
    }
}
