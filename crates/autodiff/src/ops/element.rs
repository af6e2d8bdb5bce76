//! Element of a value: `y = x_i`, `x̄_i += ȳ`.

use metaplast_tensor::{Scalar, Shape};

use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// The element at a row-major place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Element {
    place: usize,
}

impl<T: Scalar> Op<T> for Element {
    fn name(&self) -> &'static str {
        "element"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        assert!(
            self.place < operands[0].len(),
            "element: place {} of shape {}",
            self.place,
            operands[0]
        );
        Shape::from([])
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        output[0] = inputs.value(0)[self.place];
    }

    fn vjp(&self, _: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        if let Some(into) = adjoints.of(0) {
            into[self.place] += adjoint[0];
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// The element at row-major place `place`, rank 0.
    ///
    /// ```
    /// # use metaplast_autodiff::Tape;
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.element(2).item(), 3.0);
    /// ```
    ///
    /// # Panics
    /// When there is no such place.
    #[track_caller]
    pub fn element(self, place: usize) -> Var<'t, T> {
        self.tape().apply(Element { place }.into(), &[self])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let x = c.tensor(&[2, 2], -2.0, 2.0);
        c.check(&[x], |x| x[0].element(2) * x[0].element(1));
        let x = c.tensor(&[], -2.0, 2.0);
        c.check(&[x], |x| x[0].element(0));
    }
}
