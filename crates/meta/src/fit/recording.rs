//! Recordings: what was seen of a network while it learned, and under which conditions it did.

use metaplast_autodiff::{Tape, Var};
use metaplast_plasticity::{
    Activations, Architecture, BoundRule, IncrementOptimizer, Network, NetworkLearner, Number,
    TeachingSignals,
};
use metaplast_tensor::Tensor;
use rand::Rng;

use crate::episode::{Episode, carried};
use crate::episode_network::feed_forward;
use crate::normal::normal;
use crate::start::{Model, Start};

/// One trajectory: T steps from known weights, and what was recorded on the way.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The inputs of each step after those of the one before, `[T · batch, n_0]`.
    pub inputs: Tensor<f64>,
    /// Examples of each step, which learns by the mean of their increments; 1 in online learning. What
    /// [`Teaching`] and [`Traces`] have of each step, they have of each example.
    pub batch: usize,
    /// Where the teaching signals come from.
    pub teaching: Teaching,
    /// Weights before the first step, and feedback weights where the model needs them.
    pub start: Start<f64>,
    /// What was recorded.
    pub traces: Traces,
}

/// Where the teaching signals `e_l` of a recording come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Teaching {
    /// There are none: every `e_l` is 0.
    None,
    /// `e_L = y_L − onehot(label)` with the label of each step, and the feedback pathway below.
    Labels(Vec<usize>),
    /// `e_L = y_L − t` with the targets t, `[T, n_L]`, and the feedback pathway below.
    Targets(Tensor<f64>),
    /// They were recorded themselves.
    Signals {
        /// `e_0`, `[T, n_0]`; where it is missing it comes from `e_1` by the feedback pathway.
        input: Option<Tensor<f64>>,
        /// `e_1..e_L`, `[T, n_l]` each.
        layers: Vec<Tensor<f64>>,
    },
}

/// Recorded weights and activity; an element that is NaN was not measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traces {
    /// Of each layer's weights, first layer first; none where they were not recorded.
    pub weights: Vec<Option<WeightTrace>>,
    /// Of each layer's activity `y_l`, `[T · batch, n_l]`, before the update of each step.
    pub activity: Vec<Option<Tensor<f64>>>,
}

/// One layer's weights at some times.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightTrace {
    /// After how many steps, ascending, from 0 (the start) to T.
    pub times: Vec<usize>,
    /// `[times, n_l, n_(l−1)]`
    pub values: Tensor<f64>,
}

/// What to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct What {
    /// Weights, at the start, after every so many steps and at the end.
    pub weights_every: Option<usize>,
    /// Activity in every step.
    pub activity: bool,
}

impl Recording {
    /// The conditions of an episode: its first weights and the images that it learns from; nothing is
    /// recorded yet.
    #[must_use]
    pub fn of_episode(episode: &Episode<'_>) -> Self {
        let (inputs, labels) = episode.examples.inputs(0..episode.steps);
        Recording {
            inputs,
            batch: 1,
            teaching: Teaching::Labels(labels),
            start: episode.start(),
            traces: Traces::default(),
        }
    }

    /// Number of steps, T.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.inputs.dims()[0] / self.batch.max(1)
    }

    /// Number of examples, T · batch.
    pub(super) fn examples(&self) -> usize {
        self.inputs.dims()[0]
    }

    /// Records a network that learns by the model's rule under this recording's conditions, without
    /// noise; what [`traces`](Recording::traces) holds is not looked at.
    ///
    /// # Panics
    /// When the conditions do not fit the model, or weights are to be recorded every 0 steps.
    #[must_use]
    #[track_caller]
    pub fn simulate(&self, model: &Model, what: What) -> Traces {
        self.check(&model.architecture);
        assert_ne!(what.weights_every, Some(0), "recording: every 0 steps");
        let (layers, steps) = (model.architecture.layers(), self.steps());
        let sizes = model.architecture.sizes();
        let is_due = |time: usize| {
            let every = what.weights_every;
            every.is_some_and(|every| time.is_multiple_of(every) || time == steps)
        };
        let tape = Tape::<f64>::new();
        let network = self.network(&tape, model);
        let mut learner = self.learner(&network, IncrementOptimizer::Plain);
        let rule = model.rule.bind_constant(&tape);
        let mut weights: Vec<Vec<f64>> = vec![Vec::new(); layers];
        let mut activity: Vec<Vec<f64>> = vec![Vec::new(); layers];
        let times: Vec<usize> = (0..=steps).filter(|&time| is_due(time)).collect();
        let look = |weights: &mut [Vec<f64>]| {
            for (values, w) in weights.iter_mut().zip(network.weights().matrices()) {
                values.extend(w.data());
            }
        };
        tape.without_gradients(|| {
            for t in 0..steps {
                if is_due(t) {
                    look(&mut weights);
                }
                let mark = tape.mark();
                let seen = |_, activations: &Activations<'_, f64>| {
                    if what.activity {
                        for (values, y) in activity.iter_mut().zip(&activations.y[1..]) {
                            y.with(|y| values.extend(y));
                        }
                    }
                };
                self.step((&network, learner.as_mut()), &rule, t, what.activity, seen);
                network.keep_memory();
                tape.cut(mark);
            }
            if is_due(steps) {
                look(&mut weights);
            }
        });
        let weight_trace = |(l, values): (usize, Vec<f64>)| {
            let shape = [times.len(), sizes[l + 1], sizes[l]];
            what.weights_every.map(|_| WeightTrace {
                times: times.clone(),
                values: Tensor::new(shape, values),
            })
        };
        let activity_trace = |(l, values): (usize, Vec<f64>)| {
            let shape = [self.examples(), sizes[l + 1]];
            what.activity.then(|| Tensor::new(shape, values))
        };
        Traces {
            weights: weights.into_iter().enumerate().map(weight_trace).collect(),
            activity: activity
                .into_iter()
                .enumerate()
                .map(activity_trace)
                .collect(),
        }
    }

    /// The network of this recording before its first step.
    pub(super) fn network<'t, S: Number>(
        &self,
        tape: &'t Tape<S>,
        model: &Model,
    ) -> Network<'t, S> {
        let start = self.start.cast::<S>();
        let carried = carried(model, &start);
        let carried: Vec<_> = carried.map(|w| tape.state(w)).collect();
        feed_forward(tape, model, &carried, &start.feedback, start.seed)
    }

    /// What makes steps of more than a rule's increments of one example; none is needed otherwise.
    ///
    /// # Panics
    /// When a constant of the optimiser cannot be.
    #[track_caller]
    pub(super) fn learner<'n, 't, S: Number>(
        &self,
        network: &'n Network<'t, S>,
        increment: IncrementOptimizer,
    ) -> Option<NetworkLearner<'n, 't, S>> {
        let plain = self.batch == 1 && increment == IncrementOptimizer::Plain;
        (!plain).then(|| {
            NetworkLearner::new(network, increment).unwrap_or_else(|error| panic!("fit: {error}"))
        })
    }

    /// Step `t`; `seen` is called with the number of each of its examples and the activity before the
    /// step, if `looks` or where it is needed anyway.
    pub(super) fn step<'t, S: Number>(
        &self,
        (network, learner): (&Network<'t, S>, Option<&mut NetworkLearner<'_, 't, S>>),
        rule: &BoundRule<'t, S>,
        t: usize,
        looks: bool,
        mut seen: impl FnMut(usize, &Activations<'t, S>),
    ) {
        let Some(learner) = learner else {
            let activations = self.forward(network, t);
            seen(t, &activations);
            self.learn(network, rule, &activations, t);
            return;
        };
        let examples = t * self.batch..(t + 1) * self.batch;
        if looks {
            for example in examples.clone() {
                let mark = network.tape().mark();
                seen(example, &self.forward(network, example));
                network.tape().cut(mark);
            }
        }
        let targets: Vec<Vec<f64>> = examples.clone().map(|k| self.target(k)).collect();
        let inputs = examples.map(|k| self.inputs.row(k));
        let batch: Vec<_> = inputs.zip(targets.iter().map(Vec::as_slice)).collect();
        let stepped = learner.step(rule, &batch);
        stepped.expect("the recording was checked");
    }

    /// What an example should have been answered.
    fn target(&self, example: usize) -> Vec<f64> {
        match &self.teaching {
            Teaching::Targets(targets) => targets.row(example).to_vec(),
            Teaching::Labels(labels) => {
                let outputs = self.start.weights.transposed().last();
                let mut target = vec![0.0; outputs.map_or(0, |w| w.dims()[1])];
                target[labels[example]] = 1.0;
                target
            }
            Teaching::None | Teaching::Signals { .. } => unreachable!("see `check_teaching`"),
        }
    }

    /// The first half of online step `t`.
    fn forward<'t, S: Number>(&self, network: &Network<'t, S>, t: usize) -> Activations<'t, S> {
        let x = constant_row(network.tape(), &self.inputs, t);
        network.forward(x.with_sparsity_pattern())
    }

    /// Its second half.
    fn learn<'t, S: Number>(
        &self,
        network: &Network<'t, S>,
        rule: &BoundRule<'t, S>,
        activations: &Activations<'t, S>,
        t: usize,
    ) {
        let tape = network.tape();
        let mut input = None;
        let signals = match &self.teaching {
            Teaching::None => {
                let zeros = |&n: &usize| tape.constant_with(n, |zeros| zeros.fill(S::ZERO));
                let sizes = network.architecture().sizes();
                input = Some(zeros(&sizes[0]));
                TeachingSignals::new(sizes[1..].iter().map(zeros).collect())
            }
            Teaching::Labels(labels) => network.teach(activations, labels[t]),
            Teaching::Targets(targets) => {
                network.teach_towards(activations, constant_row(tape, targets, t))
            }
            Teaching::Signals { input: e_0, layers } => {
                input = e_0.as_ref().map(|e_0| constant_row(tape, e_0, t));
                let errors = layers.iter().map(|e| constant_row(tape, e, t));
                TeachingSignals::new(errors.collect())
            }
        };
        let network = network.at_step(t as u64);
        let seen = signals.activity_or(activations);
        network.learn(rule, seen, &signals.errors, input);
    }

    /// # Panics
    /// When something does not have the shape that it should.
    #[track_caller]
    pub(super) fn check(&self, architecture: &Architecture) {
        let sizes = architecture.sizes();
        assert_eq!(self.inputs.rank(), 2, "recording: rank of the inputs");
        assert!(self.batch > 0, "recording: batches of 0 examples");
        let steps = self.steps();
        let examples = steps * self.batch;
        check("inputs", self.inputs.dims(), &[examples, sizes[0]]);
        self.check_teaching(architecture, IncrementOptimizer::Plain);
        let weights = self.traces.weights.iter().zip(sizes.windows(2));
        for (trace, pair) in weights.filter_map(|(trace, pair)| Some((trace.as_ref()?, pair))) {
            let wanted = [trace.times.len(), pair[1], pair[0]];
            check("recorded weights", trace.values.dims(), &wanted);
            let ascends = trace.times.windows(2).all(|pair| pair[0] < pair[1]);
            let last = trace.times.last().is_none_or(|&last| last <= steps);
            assert!(ascends && last, "recording: times {:?}", trace.times);
        }
        let activity = self.traces.activity.iter().zip(&sizes[1..]);
        for (trace, &n) in activity.filter_map(|(trace, n)| Some((trace.as_ref()?, n))) {
            check("recorded activity", trace.dims(), &[examples, n]);
        }
    }

    /// # Panics
    /// When the teaching does not have the shape that it should, or steps are not those of one example
    /// without an optimiser and there are neither labels nor targets.
    #[track_caller]
    pub(super) fn check_teaching(
        &self,
        architecture: &Architecture,
        increment: IncrementOptimizer,
    ) {
        let (sizes, layers) = (architecture.sizes(), architecture.layers());
        let examples = self.examples();
        match &self.teaching {
            Teaching::Labels(labels) => check("labels", &[labels.len()], &[examples]),
            Teaching::Targets(targets) => {
                check("targets", targets.dims(), &[examples, sizes[layers]]);
            }
            Teaching::None | Teaching::Signals { .. } => assert!(
                self.batch == 1 && increment == IncrementOptimizer::Plain,
                "recording: batches and optimisers need labels or targets"
            ),
        }
        if let Teaching::Signals { input, layers: e } = &self.teaching {
            assert_eq!(e.len(), layers, "recording: teaching signals, layers");
            let all = input.iter().map(|e| (e, 0)).chain(e.iter().zip(1..));
            for (e, l) in all {
                check("teaching signals", e.dims(), &[examples, sizes[l]]);
            }
        }
    }
}

impl Traces {
    /// Adds Gaussian noise to every recorded array: `relative` times the standard deviation of what
    /// the array holds, from a generator that gives the same on every platform.
    pub fn add_noise(&mut self, relative: f64, rng: &mut impl Rng) {
        let weights = self.weights.iter_mut().flatten().map(|w| &mut w.values);
        for values in weights.chain(self.activity.iter_mut().flatten()) {
            let n = values.len() as f64;
            let mean = values.data().iter().sum::<f64>() / n;
            let squares = values.data().iter().map(|x| (x - mean) * (x - mean));
            let noise = relative * (squares.sum::<f64>() / n).sqrt();
            for x in values.data_mut() {
                *x += noise * normal(rng);
            }
        }
    }
}

#[track_caller]
fn check(name: &str, found: &[usize], wanted: &[usize]) {
    assert!(
        found == wanted,
        "recording: {name} needs shape {wanted:?}, got {found:?}"
    );
}

fn constant_row<'t, S: Number>(tape: &'t Tape<S>, rows: &Tensor<f64>, t: usize) -> Var<'t, S> {
    let n = rows.dims()[1];
    let row = &rows.data()[t * n..(t + 1) * n];
    tape.constant_with(n, |values| {
        for (value, &x) in values.iter_mut().zip(row) {
            *value = S::from_f64(x);
        }
    })
}
