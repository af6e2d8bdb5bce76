//! Traced functions: recorded once, and computed again on other arguments without being recorded.
//!
//! A graph of small operations takes longer to record than to compute. What is traced is one
//! operation of the tape: its forward computes the graph of the first call anew, from arguments
//! that it copies, and its vjp does so once more and sweeps that graph.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metaplast_tensor::{Scalar, Shape, Tensor};

use super::recorded::first;
use crate::graph::Graph;
use crate::instances::Graphs;
use crate::op::{Adjoints, Inputs, Op};
use crate::{Tape, Var};

/// A function that is run once for arguments of the same shapes; other calls replay the graph that
/// it recorded then, as a just-in-time compiler's would.
///
/// That is for functions of many small operations that are called again and again, such as the step
/// of an integrator: recording an operation takes some 50 ns, computing one of ten elements no
/// more. A call is one operation of the tape, which keeps arguments and result; what lies between
/// is computed again when the sweep gets there, as in a [`checkpoint`](super::checkpoint). Values
/// are those of the plain function, bit for bit, and so are the gradients where each argument is
/// used by this call alone.
///
/// `f` must record the same operations whatever its arguments' values are: it may not choose by a
/// value that it has read, nor make constants of one. In debug builds each call runs `f` as well,
/// and panics when the two differ. It owns what it uses; variables that it uses are arguments, since
/// only arguments are differentiated. Several results are joined by [`concat`](crate::concat).
///
/// Arguments are copied at each call, so that nothing is gained for large matrices. A function that
/// is called on several threads is traced on each.
///
/// ```
/// use metaplast_autodiff::operators::TracedFunction;
/// use metaplast_autodiff::{Tape, Var};
/// use metaplast_tensor::tensor;
///
/// // A step of an oscillator: y ← y + h (A y), half a step ahead.
/// let step = TracedFunction::new(|x: &[Var<'_, f64>]| {
///     let [y, a] = [x[0], x[1]];
///     let ahead = y.add_scaled(0.05, a.matvec(y));
///     y.add_scaled(0.1, a.matvec(ahead))
/// });
/// let tape = Tape::new();
/// let a = tape.var(&tensor![[0.0, 1.0], [-1.0, 0.0]]);
/// let mut y = tape.constant(&tensor![1.0, 0.0]);
/// for _ in 0..10 {
///     y = step.call(&[y, a]);
/// }
/// assert_eq!(tape.len(), 2 + 10);
/// assert!((y.value().data()[0] - 1.0_f64.cos()).abs() < 2e-3);
/// assert!(y.sum().backward().wrt(a).norm() > 0.0);
/// ```
pub struct TracedFunction<T: Scalar, F> {
    f: F,
    traces: Mutex<Vec<Arc<Trace<T>>>>,
}

impl<T: Scalar, F> fmt::Debug for TracedFunction<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TracedFunction")
            .field(&*lock(&self.traces))
            .finish()
    }
}

impl<T, F> TracedFunction<T, F>
where
    T: Scalar,
    F: for<'a> Fn(&[Var<'a, T>]) -> Var<'a, T>,
{
    /// A function that is traced when it is called first.
    pub fn new(f: F) -> Self {
        let traces = Mutex::new(Vec::new());
        TracedFunction { f, traces }
    }

    /// `f(x)`, as one operation on the tape of `x`.
    ///
    /// # Panics
    /// When `x` is empty, when `f` updates or reads a [`State`](crate::State), whose time on the tape a
    /// trace cannot tell, and in debug builds when `f` records other operations than it did before.
    #[track_caller]
    pub fn call<'t>(&self, x: &[Var<'t, T>]) -> Var<'t, T> {
        let tape = first("traced function", x).tape();
        let trace = self.trace(x);
        let result = tape.custom(trace, x);
        if cfg!(debug_assertions) {
            self.check(x, result);
        }
        result
    }

    /// The trace for these arguments on this thread; makes it where there is none.
    #[track_caller]
    fn trace(&self, x: &[Var<'_, T>]) -> Arc<Trace<T>> {
        let mut traces = lock(&self.traces);
        let rec = x[0].tape().recording.borrow();
        let node = |x: &Var<'_, T>| {
            let id = x.check(x.tape(), &rec);
            (rec.nodes.shape(id), rec.nodes[id].needs_gradient())
        };
        let thread = thread();
        let alike = |(known, x): (&Argument, &Var<'_, T>)| {
            let (shape, needs_gradient) = node(x);
            known.needs_gradient == needs_gradient && known.shape == *shape
        };
        let known = traces.iter().find(|trace| {
            let arguments = &trace.arguments;
            trace.thread == thread
                && arguments.len() == x.len()
                && arguments.iter().zip(x).all(alike)
        });
        if let Some(known) = known {
            return Arc::clone(known);
        }
        let arguments = x.iter().map(|x| {
            let (shape, needs_gradient) = node(x);
            let shape = shape.clone();
            Argument {
                shape,
                needs_gradient,
            }
        });
        let arguments = arguments.collect();
        drop(rec);
        let values: Vec<_> = x.iter().map(|x| x.value()).collect();
        let trace = Arc::new(Trace::new(&self.f, arguments, &values, thread));
        traces.push(Arc::clone(&trace));
        trace
    }

    /// Panics unless `f` still gives what its trace has given.
    #[track_caller]
    fn check(&self, x: &[Var<'_, T>], result: Var<'_, T>) {
        let tape = Tape::new();
        let x: Vec<_> = x.iter().map(|x| tape.constant(&x.value())).collect();
        let now = tape.without_gradients(|| (self.f)(&x).value());
        let bits = |x: &Tensor<T>| -> Vec<u64> {
            let bits = x.data().iter().map(|x| x.to_f64().to_bits());
            bits.collect()
        };
        let before = result.value();
        assert!(
            now.shape() == before.shape() && bits(&now) == bits(&before),
            "traced function: gives {now:?} where its trace gives {before:?}; a traced function must \
             record the same operations whatever the values of its arguments"
        );
    }
}

/// What a trace was made for.
struct Argument {
    shape: Shape,
    needs_gradient: bool,
}

/// A function's graph, whose first nodes are its arguments.
struct Trace<T: Scalar> {
    arguments: Vec<Argument>,
    /// That on which it is used.
    thread: usize,
    result: usize,
    shape: Shape,
    /// Each use computes all values anew.
    graph: Mutex<Graph<T>>,
}

impl<T: Scalar> fmt::Debug for Trace<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shapes = self.arguments.iter().map(|argument| &argument.shape);
        f.debug_list().entries(shapes).finish()?;
        write!(f, " → {}", self.shape)
    }
}

impl<T: Scalar> Trace<T> {
    #[track_caller]
    fn new(
        f: impl for<'a> Fn(&[Var<'a, T>]) -> Var<'a, T>,
        arguments: Vec<Argument>,
        x: &[Tensor<T>],
        thread: usize,
    ) -> Self {
        let tape = Tape::new();
        let vars = arguments.iter().zip(x);
        let vars: Vec<_> = vars
            .map(|(argument, x)| match argument.needs_gradient {
                true => tape.var(x),
                false => tape.constant(x),
            })
            .collect();
        let result = f(&vars);
        let shape = result.shape();
        let result = result.check(&tape, &tape.recording.borrow());
        let Some(graph) = (Graphs::get().graph)(tape.recording.into_inner()) else {
            panic!("traced function: has states, which a trace cannot have");
        };
        Trace {
            arguments,
            thread,
            result,
            shape,
            graph: Mutex::new(graph),
        }
    }

    /// The graph with all values for these arguments.
    fn computed(&self, inputs: &Inputs<'_, T>) -> MutexGuard<'_, Graph<T>> {
        let mut graph = lock(&self.graph);
        for i in 0..inputs.len() {
            graph.set(i, inputs.value(i));
        }
        graph.compute();
        graph
    }
}

impl<T: Scalar> Op<T> for Trace<T> {
    fn name(&self) -> &'static str {
        "traced"
    }

    fn shape(&self, _: &[&Shape]) -> Shape {
        self.shape.clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        output.copy_from_slice(self.computed(inputs).value(self.result));
    }

    fn vjp(&self, inputs: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        let mut graph = self.computed(inputs);
        graph.sweep(self.result, adjoint);
        for i in 0..inputs.len() {
            if let Some(share) = graph.adjoint(i)
                && let Some(into) = adjoints.of(i)
            {
                for (into, &share) in into.iter_mut().zip(share) {
                    *into += share;
                }
            }
        }
    }

    fn overwrites(&self) -> bool {
        true
    }
}

/// What a panic has left behind is computed anew by the next use.
fn lock<X>(mutex: &Mutex<X>) -> MutexGuard<'_, X> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A number that tells this thread from the others that run.
fn thread() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place).addr())
}
