//! Instances: the heavy generic functions of a tape, compiled once for `f32` and once for `f64`.
//!
//! A tape is generic over its number type, so that every crate and every test program that uses
//! tapes would compile all operations and the states' engine again. For the two common types they
//! are compiled here instead, into tables of functions through which a tape calls them; other
//! types get a table where they are used. The call through a pointer costs nothing beside what it
//! does, and the functions are the same, bit for bit.
//!
//! Part of the circle of tape, variables and operations (see `ops/mod.rs`).

use std::any::Any;

use metaplast_tensor::{Scalar, Shape};

use crate::engine::operands::Operands;
use crate::engine::ops::Read;
use crate::recording::{Recorded, Recording};
use crate::sweep::{sweep, sweep_segment};

/// Appends an operation's result.
type Append<T> = fn(&mut Recording<T>, Recorded<T>, &[u32], bool) -> u32;
/// Appends what is read of a state.
type AppendRead<T> = fn(&mut Recording<T>, Read, u32, Shape, u32, bool) -> u32;
/// Updates a state.
type AppendUpdate<T> = fn(&mut Recording<T>, usize, Operands, &[u32], bool);
type Sweep<T> = fn(&mut Recording<T>, usize, &[T]);
type SweepSegment<T> = fn(&mut Recording<T>, &[(usize, &[T])], bool);

/// The functions of one number type.
pub(crate) struct Instances<T: Scalar> {
    pub(crate) append: Append<T>,
    pub(crate) append_read: AppendRead<T>,
    pub(crate) append_update: AppendUpdate<T>,
    pub(crate) sweep: Sweep<T>,
    pub(crate) sweep_segment: SweepSegment<T>,
}

static F32: Instances<f32> = Instances::NEW;
static F64: Instances<f64> = Instances::NEW;

impl<T: Scalar> Instances<T> {
    const NEW: Self = Instances {
        append: Recording::append,
        append_read: Recording::append_read,
        append_update: Recording::append_update,
        sweep,
        sweep_segment,
    };

    /// Those of `T`.
    ///
    /// The conditions are constants, so that a crate which uses tapes of `f32` compiles the first
    /// branch alone.
    pub(crate) fn get() -> &'static Self {
        if const { is_named(T::NAME, "f32") } {
            cast(&F32)
        } else if const { is_named(T::NAME, "f64") } {
            cast(&F64)
        } else {
            const { &Self::NEW }
        }
    }
}

/// The same table, whose number type is known by its name.
fn cast<T: Scalar>(table: &'static dyn Any) -> &'static Instances<T> {
    let table = table.downcast_ref();
    table.expect("`Scalar::NAME` of another number type than `f32` and `f64` differs from theirs")
}

const fn is_named(name: &str, expected: &str) -> bool {
    let (name, expected) = (name.as_bytes(), expected.as_bytes());
    if name.len() != expected.len() {
        return false;
    }
    let mut i = 0;
    while i < name.len() {
        if name[i] != expected[i] {
            return false;
        }
        i += 1;
    }
    true
}
