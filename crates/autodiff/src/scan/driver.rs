//! Driver of a scan: runs a plan, goes from checkpoint to checkpoint, records segments and chains their adjoints.

mod measure;
mod reverse;

use std::ops::Range;

use metaplast_tensor::{Scalar, Tensor};

use self::reverse::{Reversed, Within};
use super::carried::{Moment, Start};
use super::outcome::{Outcome, Report};
use super::outputs::Outputs;
use super::policy::{Plan, Size, Sizes, split};
use super::recurrence::Recurrence;
use crate::engine::snapshots::Rewind;
use crate::instances::Sweeps;
use crate::tape::Tape;
use crate::var::Var;

/// The carried values between two steps.
struct Checkpoint<T: Scalar> {
    states: Vec<Tensor<T>>,
    vectors: Vec<Tensor<T>>,
    loss: Option<Tensor<T>>,
}

/// What a scan comes to, without its gradients.
pub(super) struct Evaluation<T: Scalar> {
    pub(super) loss: T,
    pub(super) vectors: Vec<Tensor<T>>,
    pub(super) outputs: Vec<Tensor<T>>,
}

/// The adjoints at a segment's start; `None` where nothing has contributed. Those of the states
/// stay in the tape.
struct Chained<T: Scalar> {
    vectors: Vec<Option<Tensor<T>>>,
    theta: Vec<Option<Tensor<T>>>,
}

/// Loss, last states and last vectors.
type End<T> = (T, Vec<Tensor<T>>, Vec<Tensor<T>>);

pub(super) struct Driver<'a, T: Scalar, R> {
    tape: &'a Tape<T>,
    recurrence: &'a R,
    start: &'a Start<T>,
    steps: usize,
    outputs: Outputs<T>,
}

impl<'a, T: Scalar, R: Recurrence<T>> Driver<'a, T, R> {
    pub(super) fn new(
        tape: &'a Tape<T>,
        recurrence: &'a R,
        start: &'a Start<T>,
        steps: usize,
    ) -> Self {
        Driver {
            tape,
            recurrence,
            start,
            steps,
            outputs: Outputs::new(steps),
        }
    }

    fn first(&self) -> Checkpoint<T> {
        Checkpoint {
            states: self.start.states.clone(),
            vectors: self.start.vectors.clone(),
            loss: None,
        }
    }

    /// Puts the values of `from` on the emptied tape, and what the loop wants there beside them.
    fn begin(&self, from: &Checkpoint<T>) -> (Moment<'a, T>, R::Segment<'a>) {
        let tape = self.tape;
        tape.reset();
        let moment = Moment {
            tape,
            states: from
                .states
                .iter()
                .map(|w| tape.state_with_gradient(w))
                .collect(),
            theta: self.start.theta.iter().map(|x| tape.var(x)).collect(),
            vectors: from.vectors.iter().map(|x| tape.var(x)).collect(),
            loss: from.loss.as_ref().map(|loss| tape.constant(loss)),
            emitted: Vec::new(),
        };
        let segment = self.recurrence.begin(&moment);
        (moment, segment)
    }

    #[track_caller]
    fn take_step(&self, segment: &R::Segment<'a>, moment: &mut Moment<'a, T>, t: usize) {
        self.recurrence.step(segment, moment, t);
        self.outputs.take(t, &mut moment.emitted);
        let start = &self.start.vectors;
        assert_eq!(
            moment.vectors.len(),
            start.len(),
            "scan: a step must leave as many vectors as it found"
        );
        let rec = self.tape.recording.borrow();
        for (vector, start) in moment.vectors.iter().zip(start) {
            let shape = rec.nodes.shape(vector.check(self.tape, &rec));
            assert!(
                shape == start.shape(),
                "scan: step {t} leaves a vector of shape {shape} where one of shape {} was",
                start.shape()
            );
        }
    }

    /// Runs steps without recording them.
    fn advance(&self, from: &Checkpoint<T>, steps: Range<usize>) -> Checkpoint<T> {
        let tape = self.tape;
        tape.set_rewind(Rewind::Undo);
        let mut vectors = from.vectors.clone();
        let mut loss = from.loss.clone();
        tape.without_gradients(|| {
            let (mut moment, segment) = self.begin(from);
            let mark = tape.mark();
            for t in steps {
                moment.vectors.clear();
                moment.vectors.extend(vectors.iter().map(|x| tape.var(x)));
                moment.loss = loss.as_ref().map(|loss| tape.constant(loss));
                self.take_step(&segment, &mut moment, t);
                for (kept, vector) in vectors.iter_mut().zip(&moment.vectors) {
                    vector.with(|now| kept.data_mut().copy_from_slice(now));
                }
                loss = moment.loss.map(Var::value);
                tape.cut(mark);
            }
            Checkpoint {
                states: moment.states.iter().map(|w| w.value()).collect(),
                vectors,
                loss,
            }
        })
    }

    /// Sweeps what is recorded and returns the adjoints of `theta` and `vectors`, the leaves.
    fn sweep(
        &self,
        moment: &Moment<'a, T>,
        leaves: &[Var<'a, T>],
        chained: Chained<T>,
        last: bool,
    ) -> Chained<T> {
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        let one = [T::ONE];
        let mut seeds: Vec<(usize, &[T])> = Vec::new();
        if let Some(loss) = moment.loss {
            seeds.push((loss.check(self.tape, rec), &one));
        }
        let ends = moment.vectors.iter().zip(&chained.vectors);
        for (&var, seed) in ends.chain(moment.theta.iter().zip(&chained.theta)) {
            if let Some(seed) = seed {
                seeds.push((var.check(self.tape, rec), seed.data()));
            }
        }
        let carried = match last {
            true => 0,
            false => self.start.states.len(),
        };
        (Sweeps::get().sweep_segment)(rec, &seeds, carried);
        let adjoint = |var: &Var<'a, T>| {
            let id = var.check(self.tape, rec);
            let adjoint = rec.adjoints.get(id)?;
            Some(Tensor::new(rec.nodes.shape(id).clone(), adjoint.to_vec()))
        };
        Chained {
            vectors: leaves.iter().map(adjoint).collect(),
            theta: moment.theta.iter().map(adjoint).collect(),
        }
    }

    /// Makes room without the slack of a growing list.
    fn reserve(&self, size: Size) {
        self.tape.reset();
        let mut rec = self.tape.recording.borrow_mut();
        // What finding out the sizes has left may be too large already.
        rec.nodes.reserve(size.nodes, size.operands, true);
        rec.ops.shrink_to(size.nodes);
        rec.ops.reserve_exact(size.nodes);
        rec.values.shrink_to(size.values);
        rec.values.reserve_exact(size.values);
    }

    /// Whether there is room for `more`; makes it where the tape may then take `most` bytes.
    fn make_room(&self, more: Size, most: Option<usize>) -> bool {
        let mut rec = self.tape.recording.borrow_mut();
        let rec = &mut *rec;
        let [nodes, operands] = rec.nodes.room();
        let room = nodes >= more.nodes
            && operands >= more.operands
            && rec.ops.capacity() - rec.ops.len() >= more.nodes
            && rec.values.capacity() - rec.values.len() >= more.values;
        let Some(most) = most.filter(|_| !room) else {
            return true;
        };
        // Some at a time, but no more than is left.
        let steps = (self.steps / 64).clamp(1, 64);
        let held = rec.memory().total();
        let Some(more) = [steps, 1]
            .map(|steps| more.times(steps))
            .into_iter()
            .find(|more| held + more.bytes <= most)
        else {
            return false;
        };
        let (nodes, operands) = (rec.nodes.len(), rec.nodes.operand_count());
        rec.nodes
            .reserve(nodes + more.nodes, operands + more.operands, false);
        rec.ops.reserve_exact(more.nodes);
        rec.values.reserve_exact(more.values);
        true
    }

    /// Runs a plan within so many bytes, or whatever it takes.
    #[track_caller]
    pub(super) fn run(self, plan: Plan, sizes: &Sizes, budget: Option<usize>) -> Outcome<T> {
        self.reserve(sizes.step.times(plan.segment) + sizes.fixed);
        let segments = self.steps.div_ceil(plan.segment).max(1);
        let steps = |k: usize| k * plan.segment..((k + 1) * plan.segment).min(self.steps);
        let mut held = Vec::with_capacity(plan.checkpoints.min(segments));
        held.push((0, self.first()));
        let mut reversed = Reversed {
            chained: Chained {
                vectors: vec![None; self.start.vectors.len()],
                theta: vec![None; self.start.theta.len()],
            },
            last: None,
            next: None,
            largest: sizes.largest,
            peak_bytes: 0,
            passed_steps: 0,
        };
        let mut left = segments;
        while left > 0 {
            let free = plan.checkpoints - held.len().min(plan.checkpoints);
            let (from, checkpoint) = held.last().expect("the start, at least");
            let ahead = match (left - from, free) {
                (1, _) => 0,
                (n, 0) => n - 1,
                (n, free) => split(n, free),
            };
            let target = from + ahead;
            let made = (ahead > 0).then(|| {
                let range = steps(*from).start..steps(target).start;
                reversed.passed_steps += range.len();
                self.advance(checkpoint, range)
            });
            let origin = made.as_ref().unwrap_or(checkpoint);
            if target + 1 == left {
                let held_bytes: usize = held.iter().map(|(_, c)| c.bytes()).sum();
                let held_bytes = held_bytes + made.as_ref().map_or(0, Checkpoint::bytes);
                let within = Within {
                    rewind: plan.rewind,
                    held_bytes,
                    budget,
                };
                self.reverse(origin, steps(target), &within, &mut reversed);
                left = target;
                held.pop_if(|(from, _)| *from == target);
            } else {
                held.push((target, made.expect("another place")));
            }
        }
        let Reversed {
            chained,
            last,
            peak_bytes,
            passed_steps,
            ..
        } = reversed;
        let (loss, last_states, last_vectors) = last.expect("at least one segment");
        Outcome {
            loss,
            theta: or_zeros(chained.theta, &self.start.theta),
            vectors: or_zeros(chained.vectors, &self.start.vectors),
            states: self.state_gradients(),
            last_states,
            last_vectors,
            report: Report {
                plan,
                peak_bytes,
                passed_steps,
            },
            outputs: self.outputs.into_stacks(),
        }
    }

    /// Runs all steps and the end without recording them: the loss, the last vectors and the outputs.
    #[track_caller]
    pub(super) fn evaluate(self) -> Evaluation<T> {
        let last = self.advance(&self.first(), 0..self.steps);
        let loss = self.tape.without_gradients(|| {
            let (mut moment, segment) = self.begin(&last);
            self.recurrence.end(&segment, &mut moment);
            moment.loss.map(|loss| loss.item())
        });
        Evaluation {
            loss: loss.unwrap_or(T::ZERO),
            vectors: last.vectors,
            outputs: self.outputs.into_stacks(),
        }
    }

    /// Records the end; the loss and the last carried values, which the sweep will rewind.
    #[track_caller]
    fn finish(&self, segment: &R::Segment<'a>, moment: &mut Moment<'a, T>) -> End<T> {
        let states = moment.states.iter().map(|w| w.value()).collect();
        let vectors = moment.vectors.iter().map(|x| x.value()).collect();
        self.recurrence.end(segment, moment);
        let loss = moment.loss.expect("scan: nothing was added to the loss");
        (loss.item(), states, vectors)
    }

    fn state_gradients(&self) -> Vec<Tensor<T>> {
        let rec = self.tape.recording.borrow();
        let count = self.start.states.len();
        (0..count).map(|k| rec.states.initial_gradient(k)).collect()
    }
}

fn or_zeros<T: Scalar>(adjoints: Vec<Option<Tensor<T>>>, like: &[Tensor<T>]) -> Vec<Tensor<T>> {
    let pairs = adjoints.into_iter().zip(like);
    pairs
        .map(|(adjoint, like)| adjoint.unwrap_or_else(|| Tensor::zeros(like.shape().clone())))
        .collect()
}

fn bytes<'a, T: Scalar>(tensors: impl Iterator<Item = &'a Tensor<T>>) -> usize {
    let bytes = |x: &Tensor<T>| x.len() * size_of::<T>() + size_of::<Option<Tensor<T>>>();
    tensors.map(bytes).sum()
}

impl<T: Scalar> Checkpoint<T> {
    fn bytes(&self) -> usize {
        let tensors = self.states.iter().chain(&self.vectors).chain(&self.loss);
        bytes(tensors) + size_of::<(usize, Self)>()
    }
}

impl<T: Scalar> Chained<T> {
    fn bytes(&self) -> usize {
        bytes(self.vectors.iter().chain(&self.theta).flatten())
    }
}
