//! Reductions over given axes: the macro that makes them operations.

/// Defines the operation's struct and implements the parts that all reductions share.
macro_rules! reduction {
    ($op:ident $name:literal $forward:path, $vjp:path) => {
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $op {
            axes: crate::ops::axes::Axes,
        }

        impl<T: metaplast_tensor::Scalar> crate::op::Op<T> for $op {
            fn name(&self) -> &'static str {
                $name
            }

            fn shape(&self, operands: &[&metaplast_tensor::Shape]) -> metaplast_tensor::Shape {
                self.axes.reduced(operands[0])
            }

            fn forward(&self, inputs: &crate::op::Inputs<'_, T>, output: &mut [T]) {
                $forward(self.axes, inputs.shape(0), inputs.value(0), output);
            }

            fn vjp(
                &self,
                inputs: &crate::op::Inputs<'_, T>,
                output: &[T],
                output_adjoint: &[T],
                adjoints: &mut crate::op::Adjoints<'_, T>,
            ) {
                let Some(into) = adjoints.of(0) else { return };
                let (shape, x) = (inputs.shape(0), inputs.value(0));
                $vjp(self.axes, shape, x, output, output_adjoint, into);
            }
        }
    };
}

pub(super) use reduction;

#[cfg(test)]
pub(super) mod tests {
    /// Shapes of every kind, and axes to reduce: none, some, all.
    pub(in crate::ops) const SHAPES_AND_AXES: [(&[usize], &[usize]); 8] = [
        (&[], &[]),
        (&[3], &[0]),
        (&[2, 3], &[1]),
        (&[2, 3], &[0, 1]),
        (&[2, 1, 3], &[2, 0]),
        (&[2, 3], &[]),
        (&[0, 2], &[1]),
        (&[2, 2, 2], &[1]),
    ];
}
