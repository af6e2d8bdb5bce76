//! Instances: the heavy generic functions of a tape, compiled once for each common number type.
//!
//! A tape is generic over its number type, so that every crate and every test program that uses
//! tapes would compile all operations and the states' engine again. For the common types they are
//! compiled here instead, into tables of functions through which a tape calls them; other types get
//! a table where they are used. The call through a pointer costs nothing beside what it does, and
//! the functions are the same, bit for bit.
//!
//! Part of the circle of tape, variables and operations (see `ops/mod.rs`).

use std::any::Any;

use metaplast_tensor::{Scalar, Shape};

use crate::dual::Dual;
use crate::engine::operands::Operands;
use crate::engine::ops::{Read, Scaling};
use crate::graph::Graph;
use crate::noisy::Noisy;
use crate::recording::{Recorded, Recording};
use crate::sweep::{sweep, sweep_segment};

/// Appends an operation's result, of this shape.
type Append<T> = fn(&mut Recording<T>, Recorded<T>, &[u32], Shape, bool) -> u32;
/// Appends what is read of a state.
type AppendRead<T> = fn(&mut Recording<T>, Read, u32, Shape, u32, bool) -> u32;
/// Updates a state.
type AppendUpdate<T> = fn(&mut Recording<T>, usize, Operands, &[u32], bool);
/// Adds a scaled matrix to a state.
type AppendAddition<T> = fn(&mut Recording<T>, usize, Option<(usize, bool)>, &[u32], bool);
/// Multiplies the weights of a state by factors.
type AppendScaling<T> = fn(&mut Recording<T>, Scaling, &[u32], bool);
type Sweep<T> = fn(&mut Recording<T>, usize, &[T]);
type SweepSegment<T> = fn(&mut Recording<T>, &[(usize, &[T])], usize);

/// What records, for one number type.
pub(crate) struct Recorders<T: Scalar> {
    pub(crate) append: Append<T>,
    pub(crate) append_read: AppendRead<T>,
    pub(crate) append_update: AppendUpdate<T>,
    pub(crate) append_addition: AppendAddition<T>,
    pub(crate) append_scaling: AppendScaling<T>,
}

/// What goes back over a recording, for one number type. Forward mode never does, so dual numbers
/// have no such table here.
pub(crate) struct Sweeps<T: Scalar> {
    pub(crate) sweep: Sweep<T>,
    pub(crate) sweep_segment: SweepSegment<T>,
}

/// What makes the graph of a recording, for one number type.
pub(crate) struct Graphs<T: Scalar> {
    pub(crate) graph: fn(Recording<T>) -> Option<Graph<T>>,
}

impl<T: Scalar> Graphs<T> {
    const NEW: Self = Graphs { graph: Graph::new };
}

impl<T: Scalar> Recorders<T> {
    const NEW: Self = Recorders {
        append: Recording::append,
        append_read: Recording::append_read,
        append_update: Recording::append_update,
        append_addition: Recording::append_addition,
        append_scaling: Recording::append_scaling,
    };
}

impl<T: Scalar> Sweeps<T> {
    const NEW: Self = Sweeps {
        sweep,
        sweep_segment,
    };
}

/// Gives a table a `get`, which returns the one compiled here for a type with one of these numbers.
///
/// For crates with tables of their own as well.
#[doc(hidden)]
#[macro_export]
macro_rules! precompiled {
    ($table:ident: $($number:literal $name:ident $type:ty),* $(,)?) => {
        impl<T: metaplast_tensor::Scalar> $table<T> {
            /// The table of `T`.
            ///
            /// The conditions are constants, so that a crate which uses tapes of a common type
            /// compiles the branch that looks its table up, and no other.
            pub(crate) fn get() -> &'static Self {
                $(
                    if const { T::PRECOMPILED == $number } {
                        static $name: $table<$type> = $table::NEW;
                        return $crate::precompiled_table(&$name);
                    }
                )*
                if const { false $(|| T::PRECOMPILED == $number)* } {
                    unreachable!("a type with a table of its own")
                } else {
                    const { &Self::NEW }
                }
            }
        }
    };
}

precompiled!(Recorders:
    1 F32 f32,
    2 F64 f64,
    3 F32_WITH_5 Dual<f32, 5>,
    4 F64_WITH_5 Dual<f64, 5>,
    5 NOISY Noisy,
);
precompiled!(Sweeps: 1 F32 f32, 2 F64 f64, 5 NOISY Noisy);
precompiled!(Graphs: 1 F32 f32, 2 F64 f64, 5 NOISY Noisy);

/// The same table, whose number type is known by its number.
#[doc(hidden)]
pub fn precompiled_table<S: 'static>(table: &'static dyn Any) -> &'static S {
    let table = table.downcast_ref();
    table.expect("`Scalar::PRECOMPILED` is 0 for all types but those listed here")
}
