//! Recorded scan: a loop as one operation in a graph.
//!
//! ```text
//! (L, x_T, y_1 … y_T) = scan(W_0, x_0, θ)      adjoints of W_0, x_0, θ: those of the loss
//!                                               L̄ L + ⟨x̄_T, x_T⟩ + Σ_t ⟨ȳ_t, y_t⟩
//! ```
//!
//! The sweep runs the scan with that loss, from checkpoints as its policy says, so that the graph
//! around it holds the loop's arguments and results and nothing of its steps.

use std::fmt;
use std::sync::Arc;

use metaplast_tensor::{Scalar, Shape, Tensor};

use super::carried::{Moment, Start};
use super::driver::{Driver, Evaluation};
use super::policy::Policy;
use super::recurrence::Recurrence;
use super::scan_recurrence;
use crate::op::{Adjoints, Inputs, Op};
use crate::operators::{FirstValue, first, part, tensors};
use crate::tape::Tape;
use crate::var::Var;

/// What a recorded scan starts from: variables of the graph that it is part of.
///
/// See [`recorded_scan`].
#[derive(Clone, Debug)]
pub struct RecordedStart<'t, T: Scalar> {
    /// Matrices `[rows, cols]` that steps update in place.
    pub states: Vec<Var<'t, T>>,
    /// Values that steps replace, of any shape.
    pub vectors: Vec<Var<'t, T>>,
    /// Parameters that all steps share.
    pub theta: Vec<Var<'t, T>>,
}

/// What a recorded scan gives back: variables that go on into the graph.
///
/// See [`recorded_scan`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedOutcome<'t, T: Scalar> {
    /// The sum of all that was added to the loss, rank 0; 0 where nothing was.
    pub loss: Var<'t, T>,
    /// The carried vectors after the last step.
    pub vectors: Vec<Var<'t, T>>,
    /// What the steps [gave out](Moment::emit), `[steps, …]` each.
    pub outputs: Vec<Var<'t, T>>,
}

/// How many of the operands are states and vectors; the rest is θ.
#[derive(Clone, Copy)]
struct Split {
    states: usize,
    vectors: usize,
}

impl Split {
    fn start<T: Scalar>(self, mut operands: Vec<Tensor<T>>) -> Start<T> {
        let theta = operands.split_off(self.states + self.vectors);
        let vectors = operands.split_off(self.states);
        Start {
            states: operands,
            vectors,
            theta,
        }
    }
}

/// The results in one vector: loss, last vectors, outputs.
struct Scan<T: Scalar, R> {
    recurrence: Arc<R>,
    steps: usize,
    policy: Policy,
    split: Split,
    first: FirstValue<T>,
    /// The shapes of the outputs, `[steps, …]`.
    outputs: Vec<Shape>,
}

impl<T: Scalar, R> fmt::Debug for Scan<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scan({} steps)", self.steps)
    }
}

fn evaluate<T: Scalar>(
    recurrence: &impl Recurrence<T>,
    start: &Start<T>,
    steps: usize,
) -> Evaluation<T> {
    Driver::new(&Tape::new(), recurrence, start, steps).evaluate()
}

fn packed<T: Scalar>(evaluation: &Evaluation<T>) -> Tensor<T> {
    let mut elements = vec![evaluation.loss];
    for tensor in evaluation.vectors.iter().chain(&evaluation.outputs) {
        elements.extend_from_slice(tensor.data());
    }
    Tensor::new([elements.len()], elements)
}

impl<T: Scalar, R: Recurrence<T> + Send + Sync> Op<T> for Scan<T, R> {
    fn name(&self) -> &'static str {
        "recorded_scan"
    }

    fn shape(&self, _: &[&Shape]) -> Shape {
        self.first.shape().clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        self.first.write(output, || {
            let start = self.split.start(tensors(inputs));
            packed(&evaluate(&*self.recurrence, &start, self.steps))
        });
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let start = self.split.start(tensors(inputs));
        let mut rest = &adjoint[1..];
        let mut next = |shape: &Shape| {
            let (seed, after) = rest.split_at(shape.len());
            rest = after;
            Tensor::new(shape.clone(), seed.to_vec())
        };
        let seeded = Seeded {
            inner: &*self.recurrence,
            loss: adjoint[0],
            vectors: start.vectors.iter().map(|x| next(x.shape())).collect(),
            outputs: self.outputs.iter().map(next).collect(),
        };
        let outcome = scan_recurrence(&seeded, &start, self.steps, self.policy);
        let gradients = outcome.states.iter();
        let gradients = gradients.chain(&outcome.vectors).chain(&outcome.theta);
        for (i, gradient) in gradients.enumerate() {
            for (into, &g) in adjoints.of(i).into_iter().flatten().zip(gradient.data()) {
                *into += g;
            }
        }
    }
}

/// A recurrence whose loss is what the adjoints of its results make of them.
struct Seeded<'a, T: Scalar, R> {
    inner: &'a R,
    loss: T,
    vectors: Vec<Tensor<T>>,
    outputs: Vec<Tensor<T>>,
}

/// `⟨seed, x⟩`
fn product<'t, T: Scalar>(x: Var<'t, T>, seed: &[T]) -> Var<'t, T> {
    let seed = Tensor::new(x.shape(), seed.to_vec());
    (x * x.tape().constant(&seed)).sum()
}

impl<T: Scalar, R: Recurrence<T>> Recurrence<T> for Seeded<'_, T, R> {
    type Segment<'t>
        = R::Segment<'t>
    where
        T: 't;

    fn begin<'t>(&self, moment: &Moment<'t, T>) -> R::Segment<'t> {
        self.inner.begin(moment)
    }

    fn step<'t>(&self, segment: &R::Segment<'t>, moment: &mut Moment<'t, T>, t: usize) {
        let before = moment.loss.take();
        self.inner.step(segment, moment, t);
        let outputs = std::mem::take(&mut moment.emitted);
        let added = moment.loss.take().map(|loss| product(loss, &[self.loss]));
        let outputs = outputs.iter().zip(&self.outputs);
        let seeded = outputs.map(|(&y, seed)| product(y, seed.row(t)));
        let parts = before.into_iter().chain(added).chain(seeded);
        moment.loss = parts.reduce(|sum, part| sum + part);
    }

    fn end<'t>(&self, segment: &R::Segment<'t>, moment: &mut Moment<'t, T>) {
        let before = moment.loss.take();
        let vectors = moment.vectors.clone();
        self.inner.end(segment, moment);
        let added = moment.loss.take().map(|loss| product(loss, &[self.loss]));
        let vectors = vectors.iter().zip(&self.vectors);
        let seeded = vectors.map(|(&x, seed)| product(x, seed.data()));
        let parts = before.into_iter().chain(added).chain(seeded);
        let loss = parts.reduce(|sum, part| sum + part);
        // A scan wants a loss, though there be nothing to differentiate.
        moment.loss = loss.or_else(|| Some(moment.tape.constant(&Tensor::scalar(T::ZERO))));
    }
}

/// A scan as an operation of the graph: encoder, then a loop of any length, then decoder, all
/// differentiated by one sweep. The tape keeps arguments and results; the sweep records segments
/// from checkpoints as `policy` says.
///
/// The recurrence may add to the loss, [give out](Moment::emit) values at each step and leave
/// carried vectors; each can be used in the graph. What it needs beside its arguments it owns, since
/// it is kept until the recording is gone. The last values of states cannot be used; a step can give out products with
/// them.
///
/// ```
/// use std::sync::Arc;
/// use metaplast_autodiff::scan::{Moment, Policy, Recurrence, RecordedStart, recorded_scan};
/// use metaplast_autodiff::Tape;
/// use metaplast_tensor::{Tensor, tensor};
///
/// /// A leaky integral, whose value each step gives out.
/// struct Leak;
///
/// impl Recurrence<f64> for Leak {
///     type Segment<'t> = ();
///     fn begin<'t>(&self, _: &Moment<'t, f64>) {}
///     fn step<'t>(&self, (): &(), now: &mut Moment<'t, f64>, _: usize) {
///         now.vectors[0] *= now.theta[0];
///         now.emit(now.vectors[0]);
///     }
///     fn end<'t>(&self, (): &(), _: &mut Moment<'t, f64>) {}
/// }
///
/// let tape = Tape::new();
/// let (a, decay) = (tape.scalar(4.0), tape.scalar(0.5));
/// let encoded = a.square(); // 16
/// let start = RecordedStart { states: vec![], vectors: vec![encoded], theta: vec![decay] };
/// let outcome = recorded_scan(&Arc::new(Leak), &start, 3, Policy::Every { steps: 2 });
/// assert_eq!(outcome.outputs[0].value(), tensor![8.0, 4.0, 2.0]);
/// // Decoded: 8² + 4² + 2² = a⁴ (d² + d⁴ + d⁶).
/// let gradients = outcome.outputs[0].square().sum().backward();
/// assert_eq!(gradients.wrt(a).item(), 84.0);
/// assert_eq!(gradients.wrt(decay).item(), 256.0 * (1.0 + 0.5 + 6.0 / 32.0));
/// ```
///
/// # Panics
/// When there are no operands; and as [`scan`](super::scan()), but for a loss that nothing is added to.
#[must_use]
#[track_caller]
pub fn recorded_scan<'t, T, R>(
    recurrence: &Arc<R>,
    start: &RecordedStart<'t, T>,
    steps: usize,
    policy: Policy,
) -> RecordedOutcome<'t, T>
where
    T: Scalar,
    R: Recurrence<T> + Send + Sync + 'static,
{
    let parts = [&start.states[..], &start.vectors, &start.theta];
    let operands = parts.concat();
    let tape = first("recorded_scan", &operands).tape();
    let split = Split {
        states: start.states.len(),
        vectors: start.vectors.len(),
    };
    let values = split.start(operands.iter().map(|x| x.value()).collect());
    let evaluation = evaluate(&**recurrence, &values, steps);
    let outputs: Vec<_> = evaluation
        .outputs
        .iter()
        .map(|y| y.shape().clone())
        .collect();
    let op = Scan {
        recurrence: Arc::clone(recurrence),
        steps,
        policy,
        split,
        first: FirstValue::new(packed(&evaluation)),
        outputs: outputs.clone(),
    };
    let results = tape.custom(Arc::new(op), &operands);
    let mut at = 0;
    let loss = part(results, &mut at, Shape::scalar());
    let vectors = start.vectors.iter();
    let vectors = vectors.map(|x| part(results, &mut at, x.shape())).collect();
    let outputs = outputs.into_iter();
    let outputs = outputs.map(|y| part(results, &mut at, y)).collect();
    RecordedOutcome {
        loss,
        vectors,
        outputs,
    }
}
