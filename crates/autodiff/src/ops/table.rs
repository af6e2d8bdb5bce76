//! Table of all built-in operations.
//!
//! Part of the circle of tape, variables and operations (see `ops/mod.rs`).

use std::sync::Arc;

use metaplast_tensor::{Scalar, Shape};
use smallvec::SmallVec;

use super::*;
use crate::op::{Forward, Op, forward_of_op};
use crate::recording::Recorded;
use crate::tape::Tape;
use crate::var::Var;

/// An operation that a node keeps behind a pointer, since its parameters are large.
pub(super) trait Shared {}

/// Records a [`Shared`] operation.
#[track_caller]
pub(super) fn record<'t, T: Scalar>(
    tape: &'t Tape<T>,
    op: impl Op<T> + Shared + 'static,
    operands: &[Var<'t, T>],
) -> Var<'t, T> {
    let shape = match *operands {
        [x] => op.shape(&[&x.shape()]),
        [x, y] => op.shape(&[&x.shape(), &y.shape()]),
        _ => {
            let shapes: SmallVec<[Shape; 6]> = operands.iter().map(|x| x.shape()).collect();
            op.shape(&shapes.iter().collect::<SmallVec<[&Shape; 6]>>())
        }
    };
    tape.record(Recorded::Custom(Arc::new(op)), operands, Some(shape))
}

macro_rules! table {
    ($($module:ident: $($inline:ident),* $(; shared: $($shared:ident),*)? $(,)?)|* $(|)?) => {
        /// The built-in operations that stand in the node itself.
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum Builtin {
            $($($inline($module::$inline),)*)*
        }

        impl Builtin {
            /// The operation's functions for one number type.
            pub(crate) fn behaviour<T: Scalar>(&self) -> &dyn Op<T> {
                match self {
                    $($(Builtin::$inline(op) => op,)*)*
                }
            }

            /// The same as an operation of its own, for one number type.
            pub(crate) fn shared<T: Scalar>(self) -> Arc<dyn Op<T>> {
                match self {
                    $($(Builtin::$inline(op) => Arc::new(op),)*)*
                }
            }

            /// The shape of its result, which is the same for every number type.
            #[track_caller]
            pub(crate) fn shape(&self, operands: &[&Shape]) -> Shape {
                match self {
                    $($(Builtin::$inline(op) => Op::<f64>::shape(op, operands),)*)*
                }
            }

            /// Those that record.
            pub(crate) fn recorder<T: Scalar>(&self) -> &dyn Forward<T> {
                match self {
                    $($(Builtin::$inline(op) => op,)*)*
                }
            }
        }

        $($(forward_of_op!($module::$inline, |this| this);)*)*

        $($(impl From<$module::$inline> for Builtin {
            fn from(op: $module::$inline) -> Self {
                Builtin::$inline(op)
            }
        })*)*

        $($($(impl Shared for $module::$shared {})*)?)*

        /// A test for each family: its checks pass, and they pass through all of its operations.
        #[cfg(test)]
        mod gradients {
            $(
                #[test]
                fn $module() {
                    let names = [$(stringify!($inline),)* $($(stringify!($shared),)*)?];
                    crate::ops::testing::family(&names, crate::ops::$module::tests::checks);
                }
            )*
        }
    };
}

table! {
    activations: Sigmoid, Relu; shared: LeakyRelu, Elu, Silu, Gelu |
    additive: Add, Sub, AddScaled |
    affine: ; shared: Affine |
    batched: Outer, BatchedMatmul |
    binary: Mul, Div |
    conv: ; shared: Unfold |
    convolution: ; shared: Fold |
    convolve: ; shared: Convolve |
    cross_entropy: SoftmaxCrossEntropy |
    cumulative: ; shared: CumSum, ProdAxis |
    einsum: |
    element: Element |
    elementary: Ln1p, ExpM1, Abs, Powi, Powf |
    extrema: ; shared: Maximum, Minimum, Clamp |
    factors: ; shared: Cholesky, LogDet, Eigh |
    greatest: MaxAxes, LogSumExp |
    index: ; shared: IndexSelect, Gather, ScatterAdd |
    layout: Permute, Diagonal; shared: Reshape, BroadcastTo |
    least: |
    linalg: ; shared: Solve, SolveTriangular |
    linear: Dot, Matvec, MatvecTransposed, Matmul, MatmulTransposed |
    linear_combination: ; shared: LinearCombination |
    losses: |
    normalise: ; shared: LayerNorm |
    numbers: |
    parts: Narrow, Pad, Flip, Concat |
    pick: ; shared: Pick |
    reduce: Sum, Mean |
    reduce_axes: SumAxes, MeanAxes, Norm |
    robust: ; shared: LogSigmoid, LogitLoss |
    select: Select |
    slope_product: SlopeProduct |
    softmax: Softmax, LogSoftmax |
    softplus: Softplus, SoftplusSlope |
    sort: |
    special: ; shared: Erf, Tan, Pow, Atan2 |
    stop_gradient: StopGradient |
    trigonometric: Sin, Cos |
    unary: Neg, Scale, Divide, Shift, Exp, Ln, Sqrt, Square, Tanh |
    weighted_sum: WeightedSum |
}

impl Builtin {
    /// The operation's name, which is the same for every number type.
    pub(crate) fn name(self) -> &'static str {
        self.behaviour::<f64>().name()
    }
}

// Operations are walked in the hot sweep; large parameters go behind a pointer.
const _: () = assert!(size_of::<Builtin>() <= 16);
