//! Optimisers: turning gradients into better parameters.
//!
//! Each holds its rate, its constants and one or two numbers for each parameter, made at the first
//! step. They read tensors and write tensors and know nothing of tapes, so the gradients may come
//! from anywhere; and they are generic over the scalar type, so with [`Dual`](crate::Dual) numbers
//! a whole optimisation can be differentiated, by the optimiser's own constants too
//! ([`Adam::with_rate`]).
//!
//! | optimiser | keeps | for |
//! |---|---|---|
//! | [`Sgd`] | nothing, or a velocity | smooth problems, exact hyper-gradients |
//! | [`RmsProp`] | mean square | gradients of very different sizes |
//! | [`Adam`] | mean and mean square | most things; with [weight decay](Adam::decay) it is AdamW |
//! | [`Proximal`] | what it wraps | an L1 penalty with exact zeros |
//! | [`Lbfgs`] | the last steps | smooth losses without noise, to many digits; it calls the loss itself |
//!
//! Linear systems with a Hessian for their matrix are solved by [`conjugate_gradients`].
//!
//! ```
//! use metaplast_autodiff::operators::grad;
//! use metaplast_autodiff::optim::{Adam, Optimizer, Schedule};
//! use metaplast_tensor::tensor;
//!
//! let mut parameters = [tensor![3.0, -2.0], tensor![0.5]];
//! let mut adam = Adam::new(Schedule::cosine(0.5, 0.0, 100));
//! for _ in 0..100 {
//!     let gradients = grad(|x| x[0].powi(2).sum() + x[1].powi(2).sum(), &parameters);
//!     adam.step(&mut parameters, &gradients);
//! }
//! assert!(parameters.iter().all(|p| (p * p).sum() < 1e-4_f64));
//! ```
//!
//! Parameters that live in different places are passed as a list of references:
//!
//! ```
//! use metaplast_autodiff::optim::{Optimizer, Sgd};
//! use metaplast_tensor::tensor;
//!
//! struct Layer {
//!     weights: metaplast_tensor::Tensor<f64>,
//!     bias: metaplast_tensor::Tensor<f64>,
//! }
//! let mut layer = Layer { weights: tensor![[1.0, 2.0]], bias: tensor![0.0] };
//! let gradients = [tensor![[1.0, 1.0]], tensor![-2.0]];
//! Sgd::new(0.5).step([&mut layer.weights, &mut layer.bias], &gradients);
//! assert_eq!(layer.weights, tensor![[0.5, 1.5]]);
//! assert_eq!(layer.bias, tensor![1.0]);
//! ```

mod adam;
mod conjugate_gradients;
mod constant;
mod lbfgs;
mod line_search;
mod proximal;
mod rmsprop;
mod schedule;
mod sgd;
mod slots;

use metaplast_tensor::{Scalar, Tensor};

pub use adam::Adam;
pub use conjugate_gradients::conjugate_gradients;
pub use lbfgs::{Lbfgs, Minimum};
pub use proximal::{Proximal, soft_threshold};
pub use rmsprop::RmsProp;
pub use schedule::Schedule;
pub use sgd::Sgd;

/// Something that improves parameters, given the gradients of a loss.
///
/// Users call [`step`](Self::step). An optimiser of one's own defines [`rate`](Self::rate),
/// [`update`](Self::update) and [`advance`](Self::advance), and [`rates`](Self::rates) where it
/// rescales gradients; it is then usable inside [`Proximal`] or a `Box<dyn Optimizer<T>>` chosen at run time.
///
/// ```
/// use metaplast_autodiff::optim::Optimizer;
/// use metaplast_tensor::tensor;
///
/// /// Moves by the sign of the gradient alone.
/// struct SignDescent(f64);
///
/// impl Optimizer<f64> for SignDescent {
///     fn rate(&self) -> f64 {
///         self.0
///     }
///     fn update(&mut self, _: usize, parameter: &mut [f64], gradient: &[f64]) {
///         for (x, g) in parameter.iter_mut().zip(gradient) {
///             *x -= self.0 * g.signum();
///         }
///     }
///     fn advance(&mut self) {}
/// }
///
/// let mut chosen: Box<dyn Optimizer<f64>> = Box::new(SignDescent(0.25));
/// let mut parameters = [tensor![1.0, 2.0]];
/// chosen.step(&mut parameters, &[tensor![30.0, -0.1]]);
/// assert_eq!(parameters[0], tensor![0.75, 2.25]);
/// ```
pub trait Optimizer<T: Scalar> {
    /// The rate of the step that comes next.
    fn rate(&self) -> f64;

    /// Moves the parameter at position `i` of the list; part of a step.
    fn update(&mut self, i: usize, parameter: &mut [T], gradient: &[T]);

    /// Ends a step, once every parameter has been updated.
    fn advance(&mut self);

    /// The effective rate of each element of the parameter at position `i`, in the step that its
    /// [`update`](Self::update) has just made: by how much the element moves for each unit of a
    /// gradient that stays the same. [`Proximal`] asks for it.
    ///
    /// [`rate`](Self::rate) for all of them, unless an optimiser rescales gradients.
    fn rates(&self, _i: usize, rates: &mut [T]) {
        rates.fill(T::from_f64(self.rate()));
    }

    /// Moves each parameter along its gradient.
    ///
    /// The list must be the same, in the same order, at each step, since what an optimiser
    /// remembers of a parameter is found by its position.
    ///
    /// # Panics
    ///
    /// When there are more parameters than gradients or fewer, when the shapes of a pair differ,
    /// or when a parameter has another number of elements than at earlier steps.
    #[track_caller]
    fn step<'a>(
        &mut self,
        parameters: impl IntoIterator<Item = &'a mut Tensor<T>>,
        gradients: impl IntoIterator<Item = &'a Tensor<T>>,
    ) where
        Self: Sized,
    {
        let mut gradients = gradients.into_iter();
        for (i, parameter) in parameters.into_iter().enumerate() {
            let Some(gradient) = gradients.next() else {
                panic!("step: no gradient for parameter {i}");
            };
            assert!(
                parameter.shape() == gradient.shape(),
                "step: parameter {i} of shape {}, gradient of shape {}",
                parameter.shape(),
                gradient.shape()
            );
            self.update(i, parameter.data_mut(), gradient.data());
        }
        assert!(
            gradients.next().is_none(),
            "step: more gradients than parameters"
        );
        self.advance();
    }
}

impl<T: Scalar, O: Optimizer<T> + ?Sized> Optimizer<T> for Box<O> {
    fn rate(&self) -> f64 {
        (**self).rate()
    }

    fn update(&mut self, i: usize, parameter: &mut [T], gradient: &[T]) {
        (**self).update(i, parameter, gradient);
    }

    fn advance(&mut self) {
        (**self).advance();
    }

    fn rates(&self, i: usize, rates: &mut [T]) {
        (**self).rates(i, rates);
    }
}

/// The factor of a running mean, which must leave something of the old and take from the new.
#[track_caller]
fn assert_decay(name: &str, decay: f64) {
    assert!(
        (0.0..1.0).contains(&decay),
        "{name} must be at least 0 and below 1, got {decay}"
    );
}

#[track_caller]
fn assert_not_negative(name: &str, x: f64) {
    assert!(
        x >= 0.0 && x.is_finite(),
        "{name} must be finite and not negative, got {x}"
    );
}

/// The root of a mean square, with derivative 0 at 0.
///
/// There the true derivative is infinite, and dual numbers would turn it into NaN although a
/// parameter whose gradient vanishes does not move.
fn root<T: Scalar>(square: T) -> T {
    if square.to_f64() == 0.0 {
        T::ZERO
    } else {
        square.sqrt()
    }
}

/// The elements of all tensors, one after the other.
fn joined<T: Scalar>(tensors: &[Tensor<T>]) -> Vec<T> {
    tensors.iter().flat_map(Tensor::data).copied().collect()
}

/// Puts elements that were [`joined`] back into their tensors.
fn write<T: Scalar>(x: &[T], tensors: &mut [Tensor<T>]) {
    let mut rest = x;
    for tensor in tensors {
        let (part, after) = rest.split_at(tensor.len());
        tensor.data_mut().copy_from_slice(part);
        rest = after;
    }
}
