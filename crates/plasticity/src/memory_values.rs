//! Values of memories, from step to step.

use std::cell::RefMut;

use metaplast_autodiff::{State, Tape, Var};
use metaplast_tensor::Tensor;
use smallvec::SmallVec;

use crate::architecture::Architecture;
use crate::memory::Memory;
use crate::network::Network;
use crate::number::Number;
use crate::recurrent::RecurrentNetwork;
use crate::rule::Rule;
use crate::rule::bound::BoundRule;
use crate::signals::LayerSignals;
use crate::text::SignalShape;
use crate::unit_parameters::UnitParameters;

/// What a network's layers remember, layer 1's memories first, and then rewards that are to come, the next one
/// first.
pub(crate) struct MemoryValues<'t, T: Number> {
    pub(crate) held: Vec<Held<'t, T>>,
    pub(crate) unit_parameters: UnitParameters,
}

/// What a memory holds, on a tape.
#[derive(Clone, Copy, Debug)]
pub enum Remembered<'t, T: Number> {
    /// Of a column or a number: a step replaces it.
    Value(Var<'t, T>),
    /// Of a matrix, kept transposed as weights are, `[n_(l−1), n_l]`: a step updates it in place.
    Matrix(State<'t, T>),
}

impl<'t, T: Number> Remembered<'t, T> {
    /// Puts a value on a tape: of rank 2 as a state, otherwise as a constant.
    pub fn on(tape: &'t Tape<T>, value: &Tensor<T>) -> Self {
        match value.rank() {
            2 => Remembered::Matrix(tape.state(value)),
            _ => Remembered::Value(tape.constant(value)),
        }
    }

    /// A copy of the value.
    #[must_use]
    pub fn value(self) -> Tensor<T> {
        match self {
            Remembered::Value(value) => value.value(),
            Remembered::Matrix(state) => state.value(),
        }
    }
}

impl<'t, T: Number> From<Var<'t, T>> for Remembered<'t, T> {
    fn from(value: Var<'t, T>) -> Self {
        Remembered::Value(value)
    }
}

impl<'t, T: Number> From<State<'t, T>> for Remembered<'t, T> {
    fn from(state: State<'t, T>) -> Self {
        Remembered::Matrix(state)
    }
}

pub(crate) enum Held<'t, T: Number> {
    OnTape(Remembered<'t, T>),
    /// Where the tape is cut back between steps.
    Kept(Tensor<T>),
}

impl<'t, T: Number> MemoryValues<'t, T> {
    pub(crate) fn new() -> Self {
        MemoryValues {
            held: Vec::new(),
            unit_parameters: UnitParameters::default(),
        }
    }

    /// All of them, on the tape.
    pub(crate) fn on_tape(&mut self, tape: &'t Tape<T>) -> Vec<Remembered<'t, T>> {
        self.held
            .iter_mut()
            .map(|held| held.on_tape(tape))
            .collect()
    }

    /// Copies of all of them.
    pub(crate) fn values(&self) -> Vec<Tensor<T>> {
        let values = self.held.iter().map(|held| match held {
            Held::OnTape(value) => value.value(),
            Held::Kept(value) => value.clone(),
        });
        values.collect()
    }

    /// Those of a rule in so many layers.
    #[track_caller]
    pub(crate) fn of(rule: &Rule, layers: usize, values: &[Remembered<'t, T>]) -> Self {
        let memories = rule.memories();
        assert!(
            values.is_empty() || values.len() == memories.len() * layers + rule.reward_delay(),
            "network: {} values for {} memories in {layers} layers and {} rewards",
            values.len(),
            memories.len(),
            rule.reward_delay()
        );
        let held = values.iter().map(|&value| Held::OnTape(value));
        MemoryValues {
            held: held.collect(),
            unit_parameters: UnitParameters::of(memories),
        }
    }

    /// Takes what they hold off the tape.
    pub(crate) fn keep(&mut self) {
        for held in &mut self.held {
            if let Held::OnTape(value) = held {
                *held = Held::Kept(value.value());
            }
        }
    }

    /// Begins with zeros where there is nothing yet, for so many layers of these shapes `[n_l, n_(l−1)]`.
    ///
    /// # Panics
    /// When what there is is another rule's.
    #[track_caller]
    pub(crate) fn begin(
        &mut self,
        rule: &BoundRule<'t, T>,
        layers: usize,
        shapes: impl FnOnce() -> Vec<[usize; 2]>,
    ) {
        let (memories, rewards) = (rule.memories(), rule.reward_delay());
        if self.held.is_empty() {
            let zeros = zeros(memories, rewards, &shapes());
            self.held = zeros.into_iter().map(Held::Kept).collect();
            self.unit_parameters = UnitParameters::of(memories);
        }
        assert_eq!(
            self.held.len(),
            memories.len() * layers + rewards,
            "network: values of memories, and the rule's memories in all layers"
        );
    }

    /// Updates what a layer remembers.
    #[track_caller]
    pub(crate) fn remember(&mut self, rule: &BoundRule<'t, T>, layer: &LayerSignals<'_, 't, T>) {
        let memories = rule.memories().len();
        let first = layer.layer() * memories;
        let held = &mut self.held[first..first + memories];
        let tape = layer.one().tape();
        let mut values: SmallVec<[Remembered<'t, T>; 4]> =
            held.iter_mut().map(|held| held.on_tape(tape)).collect();
        rule.remember(layer, &mut values);
        for (held, value) in held.iter_mut().zip(values) {
            *held = Held::OnTape(value);
        }
    }
}

impl Rule {
    /// What the memories hold before the first step, zeros: layer 1's memories, then layer 2's, and so on, and
    /// after them the rewards that are to come where [they come late](Rule::with_reward_delay). A matrix is
    /// transposed as weights are, `[n_(l−1), n_l]`; nothing else has rank 2. At a kernel it has the kernel's
    /// shape, and a column is one of its channels or of a patch.
    #[must_use]
    pub fn first_memory<T: Number>(&self, architecture: &Architecture) -> Vec<Tensor<T>> {
        zeros(self.memories(), self.reward_delay(), &architecture.shapes())
    }
}

fn zeros<T: Number>(memories: &[Memory], rewards: usize, shapes: &[[usize; 2]]) -> Vec<Tensor<T>> {
    let of_layer = |&[post, pre]: &[usize; 2]| {
        memories.iter().map(move |memory| match memory.shape() {
            SignalShape::Post => Tensor::zeros([post]),
            SignalShape::Pre => Tensor::zeros([pre]),
            SignalShape::Number => Tensor::scalar(T::ZERO),
            SignalShape::Matrix => Tensor::zeros([pre, post]),
        })
    };
    let rewards = (0..rewards).map(|_| Tensor::scalar(T::ZERO));
    shapes.iter().flat_map(of_layer).chain(rewards).collect()
}

/// Gives a kind of network the memory of a rule, which it keeps in its field `memory`.
macro_rules! with_memory {
    ($network:ident) => {
        impl<'t, T: Number> $network<'t, T> {
            /// What a rule's memories hold now, on the tape: layer 1's in the order of [`Rule::memories`], then
            /// layer 2's, and so on, and after them rewards that are to come, the next one first. Nothing before the first step.
            #[must_use]
            pub fn memory(&self) -> Vec<Remembered<'t, T>> {
                self.memory.borrow_mut().on_tape(self.tape())
            }

            /// Copies of what [`memory`](Self::memory) gives.
            #[must_use]
            pub fn memory_values(&self) -> Vec<Tensor<T>> {
                self.memory.borrow().values()
            }

            /// Gives the memories of a rule these values, in the order of [`memory`](Self::memory), for episodes
            /// of which this network makes a part only.
            ///
            /// # Panics
            /// When there is not one value for each memory in each layer.
            #[track_caller]
            pub fn set_memory(&self, rule: &Rule, values: &[Remembered<'t, T>]) {
                let layers = self.states().len();
                self.memory.replace(MemoryValues::of(rule, layers, values));
            }

            /// Takes what the memories hold off the tape, which may then be cut back to before the step: the next
            /// step goes on with the same values, and no gradient passes them.
            pub fn keep_memory(&self) {
                self.memory.borrow_mut().keep();
            }
        }
    };
}

with_memory!(Network);
with_memory!(RecurrentNetwork);

impl<'t, T: Number> Network<'t, T> {
    /// Updates what a layer remembers.
    ///
    /// # Panics
    /// When the memory is that of another rule.
    #[track_caller]
    pub(crate) fn remember(&self, rule: &BoundRule<'t, T>, layer: &LayerSignals<'_, 't, T>) {
        if rule.memories().is_empty() {
            return;
        }
        self.memory_of(rule).remember(rule, layer);
    }

    /// The rewards that came late: takes the one that comes now for one that comes
    /// [so many steps](Rule::with_reward_delay) later.
    #[track_caller]
    pub(crate) fn delayed(&self, rule: &BoundRule<'t, T>, reward: Var<'t, T>) -> Var<'t, T> {
        let Some(first) = rule.reward_delay().checked_sub(1) else {
            return reward;
        };
        let mut memory = self.memory_of(rule);
        let place = memory.held.len() - 1 - first;
        let come = match memory.held.remove(place).on_tape(self.tape()) {
            Remembered::Value(come) => come,
            Remembered::Matrix(_) => unreachable!("a reward is a number"),
        };
        memory.held.push(Held::OnTape(Remembered::Value(reward)));
        come
    }

    /// What is held for a rule, zeros before the first step.
    ///
    /// # Panics
    /// When it is that of another rule.
    #[track_caller]
    fn memory_of(&self, rule: &BoundRule<'t, T>) -> RefMut<'_, MemoryValues<'t, T>> {
        let mut memory = self.memory.borrow_mut();
        let architecture = self.architecture();
        memory.begin(rule, architecture.layers(), || architecture.shapes());
        memory
    }
}

impl<'t, T: Number> Held<'t, T> {
    pub(crate) fn on_tape(&mut self, tape: &'t Tape<T>) -> Remembered<'t, T> {
        match self {
            Held::OnTape(value) => *value,
            Held::Kept(value) => {
                let value = Remembered::on(tape, value);
                *self = Held::OnTape(value);
                value
            }
        }
    }
}
