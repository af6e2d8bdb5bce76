//! Estimate of the bytes that a longer recording and its sweep would take, from one step of it.

use std::ops::Range;

use metaplast_tensor::Scalar;

use super::memory::TapeMemory;
use crate::adjoint::order;
use crate::engine::estimate::Done;
use crate::nodes::Nodes;
use crate::recording::{Mark, Recorded, Recording};
use crate::tape::Tape;

impl<T: Scalar> Tape<T> {
    /// What the tape would hold if everything recorded since `mark` were recorded `times` times and
    /// then swept. Record one step, ask, and [`cut`](Tape::cut) the step away again; what a run
    /// records beside its steps belongs before the mark, the first step too where later ones differ
    /// from it.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let rate = tape.scalar(0.1);
    /// let w = tape.state(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// let step = || {
    ///     let x = tape.constant(&tensor![1.0, -1.0]);
    ///     w.rank_k_update(None, &[w.matvec(x).tanh() * rate], &[x]);
    /// };
    /// let mark = tape.mark();
    /// step();
    /// let estimate = tape.estimate(mark, 1000);
    /// tape.reserve(mark, 1000);
    /// (1..1000).for_each(|_| step());
    /// assert_eq!(tape.memory().value_bytes, estimate.value_bytes);
    /// ```
    ///
    /// Bytes of nodes and values are those of their contents: exact where every step records the
    /// same operations and shapes, provided that [`reserve`](Tape::reserve) has made room for them;
    /// lists that grow as they are filled end with room for up to twice as much. Snapshots are those
    /// that the [rewind](Tape::set_rewind) mode takes where every step decays and grows as the recorded
    /// one does; weights that explode later take more. Buffers of adjoints are counted by a sweep of the step without its arithmetic, in which each result
    /// that the step does not use is taken to have an adjoint. Together these parts come within a
    /// tenth of what a run holds, or above it where results are not used.
    ///
    /// # Panics
    /// When `times` is zero, and when the tape was reset, or cut back below the mark, since it was
    /// taken.
    #[track_caller]
    pub fn estimate(&self, mark: Mark, times: usize) -> TapeMemory {
        let rec = self.recording.borrow();
        let [nodes, operands, values] = lengths(&rec, mark, times);
        let done = |(id, op): (usize, &Recorded<T>)| match op {
            Recorded::State(op) => Some(Done::new(*op, &rec.passed(id))),
            _ => None,
        };
        let done = |ids: Range<usize>| -> Vec<Done> {
            let ops = ids.clone().zip(&rec.ops[ids]);
            ops.filter_map(done).collect()
        };
        let before = done(0..mark.nodes.nodes);
        let step = done(mark.nodes.nodes..rec.nodes.len());
        TapeMemory {
            nodes,
            node_bytes: Nodes::bytes_of(nodes, operands)
                + rec.nodes.list_bytes()
                + nodes * size_of::<Recorded<T>>()
                + rec.patterns.bytes_after(mark.patterns, times),
            value_bytes: values * size_of::<T>(),
            state_bytes: rec.states.bytes_after(&before, &step, mark.states, times),
            adjoint_bytes: nodes * size_of::<u32>()
                + Buffers::of_sweep(&rec, mark.nodes.nodes..rec.nodes.len(), times)
                    * size_of::<T>(),
        }
    }

    /// Makes room for everything recorded since `mark` to be recorded `times` times, in all, so that
    /// the lists of nodes and values need not grow and take what [`estimate`](Tape::estimate) says.
    ///
    /// # Panics
    /// As [`estimate`](Tape::estimate).
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(0.5);
    /// let mark = tape.mark();
    /// let _ = x.tanh();
    /// tape.reserve(mark, 1000);
    /// let held = tape.memory();
    /// (1..1000).for_each(|_| { x.tanh(); });
    /// assert_eq!(tape.memory().value_bytes, held.value_bytes);
    /// ```
    #[track_caller]
    pub fn reserve(&self, mark: Mark, times: usize) {
        let mut rec = self.recording.borrow_mut();
        let rec = &mut *rec;
        let [nodes, operands, values] = lengths(rec, mark, times);
        rec.nodes.reserve(nodes, operands, false);
        rec.ops.reserve_exact(nodes - rec.ops.len());
        rec.values.reserve_exact(values - rec.values.len());
    }
}

/// Nodes, operands and elements of `times` repetitions, with all that stands before the mark.
#[track_caller]
fn lengths<T: Scalar>(rec: &Recording<T>, mark: Mark, times: usize) -> [usize; 3] {
    assert!(times > 0, "estimate: a run needs at least one step");
    rec.check(mark);
    [
        (rec.nodes.len(), mark.nodes.nodes),
        (rec.nodes.operand_count(), mark.nodes.operands),
        (rec.values.len(), mark.values),
    ]
    .map(|(now, before)| before + (now - before) * times)
}

/// The buffers that a sweep would take for adjoints, filed as the pool files them.
struct Buffers {
    /// Which nodes have an adjoint now.
    held: Vec<bool>,
    /// Buffers in use now and at most, by binary order.
    live: [usize; usize::BITS as usize],
    most: [usize; usize::BITS as usize],
}

impl Buffers {
    /// Elements of all buffers after a sweep in which the nodes of `step` come `times` times.
    fn of_sweep<T: Scalar>(rec: &Recording<T>, step: Range<usize>, times: usize) -> usize {
        let nodes = &rec.nodes;
        let mut buffers = Buffers {
            held: vec![false; nodes.len()],
            live: [0; _],
            most: [0; _],
        };
        let mut used = vec![false; nodes.len()];
        rec.nodes
            .all_operands()
            .iter()
            .for_each(|&id| used[id as usize] = true);
        for (id, node) in nodes.iter().enumerate() {
            if node.needs_gradient() && !rec.ops[id].is_leaf() && !used[id] {
                // A sweep reads the adjoint it begins with where it is, unless it is to be kept.
                match node.is_retained() {
                    true => buffers.take(id, nodes),
                    false => buffers.held[id] = true,
                }
            }
        }
        let mut kept_by_steps = 0;
        for (id, node) in nodes.iter().enumerate().rev() {
            let passes = match rec.ops[id] {
                Recorded::State(op) => op.change().unwrap_or(buffers.held[id]),
                _ => buffers.held[id],
            };
            if passes {
                for &operand in nodes.operands(id) {
                    buffers.take(operand as usize, nodes);
                }
            }
            if node.is_retained() || rec.ops[id].is_leaf() {
                if buffers.held[id] && step.contains(&id) {
                    kept_by_steps += 1 << order(nodes.value_range(id).len());
                }
            } else if buffers.held[id] && used[id] {
                buffers.live[order(nodes.value_range(id).len())] -= 1;
            }
        }
        let most = buffers.most.iter().enumerate();
        let once: usize = most.map(|(order, &count)| count << order).sum();
        once + kept_by_steps * (times - 1)
    }

    fn take(&mut self, id: usize, nodes: &Nodes) {
        if nodes[id].needs_gradient() && !self.held[id] {
            self.held[id] = true;
            let order = order(nodes.value_range(id).len());
            self.live[order] += 1;
            self.most[order] = self.most[order].max(self.live[order]);
        }
    }
}
