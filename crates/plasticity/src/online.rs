//! Online learning: one step for each sample.

use metaplast_autodiff::{State, Var};
use metaplast_tensor::Tensor;

use crate::feedback::online_step::OnlineStep;
use crate::forward::Activations;
use crate::network::Network;
use crate::number::Number;
use crate::rule::bound::BoundRule;
use crate::signals::{LayerSignals, NetworkLayer};
use crate::step_signals::StepSignals;

/// What stands in the place of a network's first layer, `[n, n_1]`, and of what comes from below it.
pub(crate) struct FirstLayer<'n, 't, T: Number> {
    pub(crate) weights: State<'t, T>,
    /// In the place of `e_0`, `[n]`.
    pub(crate) pre_error: &'n dyn Fn() -> Var<'t, T>,
}

/// `e_0` where it is given, and what stands in the place of the first layer.
type Below<'n, 't, T> = (Option<Var<'t, T>>, Option<&'n FirstLayer<'n, 't, T>>);

impl<'t, T: Number> Network<'t, T> {
    /// One online step: activity, teaching signals, the rule's update of every layer's memories and then
    /// of its weights, all from the weights before the step, and what the feedback pathway does until the
    /// next step.
    ///
    /// Steps are counted from 0, see [`at_step`](Self::at_step). A rule that
    /// [reads the reward](crate::Rule::reads_reward) is told the reward of an action, 1 for the label and 0 for
    /// others, and not the label.
    ///
    /// # Panics
    /// When `x` does not have `n_0` elements or the label is not below `n_L`.
    #[track_caller]
    pub fn step(&self, rule: &BoundRule<'t, T>, x: Var<'t, T>, label: usize) {
        let target = self.one_hot(label);
        self.step_towards(rule, x, target);
    }

    /// The same step, in which `seen` is told, before a layer changes, its number from 0 and what each term
    /// of the rule will add to it; see [`BoundRule::parts`].
    ///
    /// # Panics
    /// As [`step`](Self::step).
    #[track_caller]
    pub fn step_in_parts(
        &self,
        rule: &BoundRule<'t, T>,
        x: Var<'t, T>,
        label: usize,
        seen: &mut dyn FnMut(usize, &[Tensor<T>]),
    ) {
        let target = self.one_hot(label);
        self.step_watched(rule, x, target, &mut |layer| {
            seen(layer.layer(), &rule.parts(layer));
        });
    }

    /// The same towards a target, `[n_L]`, for the outputs.
    ///
    /// # Panics
    /// When `x` does not have `n_0` elements or the target not `n_L`.
    #[track_caller]
    pub fn step_towards(&self, rule: &BoundRule<'t, T>, x: Var<'t, T>, target: Var<'t, T>) {
        self.step_watched(rule, x, target, &mut |_| {});
    }

    #[track_caller]
    fn step_watched(
        &self,
        rule: &BoundRule<'t, T>,
        x: Var<'t, T>,
        target: Var<'t, T>,
        watch: &mut dyn FnMut(&LayerSignals<'_, 't, T>),
    ) {
        let activations = self.forward(x.with_sparsity_pattern());
        let (signals, told) = self.teach_by(rule, &activations, target, self.next_step.get());
        let seen = signals.activity_or(&activations);
        self.step_signals.replace(told);
        self.learn_watched(rule, seen, &signals.errors, (None, None), watch);
        self.step_signals.replace(StepSignals::none());
    }

    /// The same network, whose next online step has this number, from 0: for episodes of which this
    /// network makes a part only. What is random in a step follows from its number.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_plasticity::{Architecture, Feedback, Network, Pathway, Preset, Rule};
    /// # let architecture = Architecture::new(vec![4, 3]).unwrap();
    /// # let zeros = Pathway::<f64>::zeros(&architecture.shapes());
    /// # let tape = Tape::new();
    /// # let network = Network::builder(&tape, &architecture).weights(&zeros).build();
    /// # let rule = Rule::preset(Preset::Bp).bind_constant(&tape);
    /// # let x = tape.constant_with(4, |x| x.fill(1.0));
    /// network.at_step(100).step(&rule, x, 2);
    /// ```
    pub fn at_step(&self, number: u64) -> &Self {
        self.next_step.set(number);
        self
    }

    /// The second half of a [`step`](Self::step), with teaching signals `e_1..e_L` wherever they come
    /// from. `input_error` is `e_0`; it comes from `e_1` by the feedback pathway when a term asks for
    /// it and it is not given.
    ///
    /// # Panics
    /// When there is not one teaching signal per layer, of its size.
    #[track_caller]
    pub fn learn(
        &self,
        rule: &BoundRule<'t, T>,
        activations: &Activations<'t, T>,
        errors: &[Var<'t, T>],
        input_error: Option<Var<'t, T>>,
    ) {
        let below = (input_error, None);
        self.learn_watched(rule, activations, errors, below, &mut |_| {});
    }

    /// The same with another first layer in the place of the network's; what it learns from stands in the place of
    /// `y_0`, `[n]`.
    #[track_caller]
    pub(crate) fn learn_above(
        &self,
        first: &FirstLayer<'_, 't, T>,
        rule: &BoundRule<'t, T>,
        activations: &Activations<'t, T>,
        errors: &[Var<'t, T>],
    ) {
        let below = (None, Some(first));
        self.learn_watched(rule, activations, errors, below, &mut |_| {});
    }

    /// The same; `watch` sees the signals of each layer, with what it remembers now, before its weights change.
    #[track_caller]
    fn learn_watched(
        &self,
        rule: &BoundRule<'t, T>,
        activations: &Activations<'t, T>,
        errors: &[Var<'t, T>],
        below: Below<'_, 't, T>,
        watch: &mut dyn FnMut(&LayerSignals<'_, 't, T>),
    ) {
        let layers = self.architecture().layers();
        assert_eq!(errors.len(), layers, "learn: teaching signals, layers");
        for layer in 0..layers {
            // A layer's terms read no other layer's weights and all errors are there, so updating
            // one layer before the next is the same as updating all at the end.
            self.with_layer_signals(layer, activations, errors, below, |signals| {
                self.remember(rule, signals);
                watch(signals);
                rule.update(signals);
            });
        }
        let number = self.next_step.get();
        // Only now: `e_0` was computed by a term of the first layer, from the feedback before.
        let feedback = self.feedback();
        feedback.after_step(OnlineStep {
            rule,
            weights: self.states(),
            matrices: feedback.matrices(),
            y: &activations.y,
            errors,
            one: self.one(),
            number,
            seed: feedback.seed,
            collected: None,
        });
        self.next_step.set(number + 1);
    }

    /// Calls `f` with the signals of a layer, counted from 0, in a step.
    #[track_caller]
    pub(crate) fn with_layer_signals(
        &self,
        layer: usize,
        activations: &Activations<'t, T>,
        errors: &[Var<'t, T>],
        (input_error, first): Below<'_, 't, T>,
        f: impl FnOnce(&LayerSignals<'_, 't, T>),
    ) {
        let pre = activations.y[layer];
        let top = errors[errors.len() - 1];
        let below = || self.error_below(layer, (errors[layer], top), pre);
        let pre_error = match layer.checked_sub(1) {
            Some(below) => Some(errors[below]),
            None => input_error,
        };
        let known = NetworkLayer {
            layer,
            weights: self.states()[layer],
            pre,
            pre_ones: Some(self.ones(layer)),
            ones: Some(self.ones(layer + 1)),
            pre_activation: activations.z[layer],
            post: activations.y[layer + 1],
            post_error: errors[layer],
            pre_error,
            below: &below,
            one: self.one(),
            places: None,
        };
        if let Some(first) = first.filter(|_| layer == 0) {
            let known = NetworkLayer {
                weights: first.weights,
                pre_ones: None,
                pre_error: None,
                below: first.pre_error,
                ..known
            };
            return self.with_signals(known, f);
        }
        let Some(connection) = self.architecture().connection(layer) else {
            return self.with_signals(known, f);
        };
        let below = || connection.enter_errors(pre_error.unwrap_or_else(&below), pre);
        let known = NetworkLayer {
            pre: connection.enter(pre),
            pre_ones: None,
            ones: None,
            pre_activation: connection.at_places(known.pre_activation),
            post: connection.at_places(known.post),
            post_error: connection.at_places(known.post_error),
            pre_error: None,
            below: &below,
            places: connection.places(),
            ..known
        };
        self.with_signals(known, f);
    }

    fn with_signals(
        &self,
        known: NetworkLayer<'_, 't, T>,
        f: impl FnOnce(&LayerSignals<'_, 't, T>),
    ) {
        let signals = LayerSignals::in_network(known);
        self.step_signals.borrow().tell(&signals);
        f(&signals);
    }
}
