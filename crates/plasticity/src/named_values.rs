//! Values under names: memories, constants of rules, and signals of one's own.

use std::cell::RefCell;

use metaplast_autodiff::{State, Var};
use metaplast_tensor::Scalar;

use crate::signals::LayerSignals;
use crate::text::{NamedSignal, SignalShape};

/// What a layer's signals have under names.
pub(crate) struct NamedValues<'t, T: Scalar> {
    values: RefCell<Vec<(NamedSignal, Var<'t, T>)>>,
    matrices: RefCell<Vec<(NamedSignal, State<'t, T>)>>,
}

impl<T: Scalar> NamedValues<'_, T> {
    pub(crate) fn new() -> Self {
        NamedValues {
            values: RefCell::default(),
            matrices: RefCell::default(),
        }
    }
}

impl<'t, T: Scalar> LayerSignals<'_, 't, T> {
    /// The same with a signal of one's own, which terms that were
    /// [read with its name](crate::Term::parse_with) may use.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_plasticity::{LayerSignals, NamedSignal, Rule, SignalShape, Term};
    /// use metaplast_tensor::tensor;
    ///
    /// let reward = NamedSignal::new("R", SignalShape::Number)?;
    /// let term = Term::parse_with("rewarded = R * y * y_pre^T", &[reward.clone()])?;
    /// let tape = Tape::<f64>::new();
    /// let rule = Rule::new([term])?.with_theta(&[1.0]).bind_constant(&tape);
    /// let w = tape.state(&tensor![[0.0], [0.0]]);
    /// let vector = |x: &[f64]| tape.constant_with(x.len(), |into| into.copy_from_slice(x));
    /// let signals = LayerSignals::new(w, (vector(&[1.0, 2.0]), vector(&[0.0; 2])), (vector(&[3.0]), vector(&[0.0])))
    ///     .with_signal(&reward, tape.scalar(0.5));
    /// rule.update(&signals);
    /// assert_eq!(w.value(), tensor![[1.5], [3.0]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// When the value does not have the signal's shape, or the signal is a matrix, see
    /// [`with_matrix`](Self::with_matrix).
    #[track_caller]
    #[must_use]
    pub fn with_signal(self, signal: &NamedSignal, value: Var<'t, T>) -> Self {
        assert!(
            signal.shape() != SignalShape::Matrix,
            "signal `{}` is a matrix; give it by `with_matrix`",
            signal.name()
        );
        let wanted: &[usize] = match signal.shape() {
            SignalShape::Post => &[self.post().shape().len()],
            SignalShape::Pre => &[self.pre().shape().len()],
            SignalShape::Number | SignalShape::Matrix => &[],
        };
        assert_eq!(
            value.shape().dims(),
            wanted,
            "signal `{}`: its shape, and that of the layer",
            signal.name()
        );
        self.set_named(signal, value);
        self
    }

    /// The same with a matrix of one's own, a state of the shape of the weights, `[n_(l−1), n_l]`.
    ///
    /// # Panics
    /// When the signal is no matrix, or the state has another shape than the weights.
    #[track_caller]
    #[must_use]
    pub fn with_matrix(self, signal: &NamedSignal, state: State<'t, T>) -> Self {
        assert!(
            signal.shape() == SignalShape::Matrix && state.shape() == self.weights().shape(),
            "signal `{}`, {:?}: a matrix of shape {}, and weights of shape {}",
            signal.name(),
            signal.shape(),
            state.shape(),
            self.weights().shape()
        );
        self.set_named_matrix(signal, state);
        self
    }

    /// What stands under a name: a memory, a constant of the rule, or a signal of one's own; for
    /// [memories](crate::CustomMemory) and [terms](crate::CustomTerm) that are code.
    ///
    /// # Panics
    /// When nothing does, or it is a matrix.
    #[track_caller]
    #[must_use]
    pub fn signal(&self, name: &str) -> Var<'t, T> {
        let named = self.named.values.borrow();
        let known = named.iter().find(|(known, _)| known.name() == name);
        match known {
            Some(&(_, value)) => value,
            None => panic!("signals: nothing is under the name `{name}`"),
        }
    }

    /// Gives a name a matrix.
    pub(crate) fn set_named_matrix(&self, signal: &NamedSignal, state: State<'t, T>) {
        self.named
            .matrices
            .borrow_mut()
            .push((signal.clone(), state));
    }

    /// The matrix under a name.
    #[track_caller]
    pub(crate) fn named_matrix(&self, signal: &NamedSignal) -> State<'t, T> {
        let named = self.named.matrices.borrow();
        let known = named.iter().find(|(known, _)| known.name == signal.name);
        match known {
            Some(&(_, state)) => state,
            None => not_given(signal),
        }
    }

    /// Gives a name a value, or another one.
    pub(crate) fn set_named(&self, signal: &NamedSignal, value: Var<'t, T>) {
        let mut named = self.named.values.borrow_mut();
        match named
            .iter_mut()
            .find(|(known, _)| known.name == signal.name)
        {
            Some((_, known)) => *known = value,
            None => named.push((signal.clone(), value)),
        }
    }

    /// What stands under a name.
    #[track_caller]
    pub(crate) fn named(&self, signal: &NamedSignal) -> Var<'t, T> {
        let named = self.named.values.borrow();
        let known = named.iter().find(|(known, _)| known.name == signal.name);
        match known {
            Some(&(_, value)) => value,
            None => not_given(signal),
        }
    }
}

#[track_caller]
fn not_given(signal: &NamedSignal) -> ! {
    panic!(
        "signals: `{0}` is not given; the rule needs a memory `{0}`, or the layer's signals such a signal",
        signal.name()
    )
}
