//! Instances: what is done with a chain, compiled once for each common number type.
//!
//! Chains are generic over their number type, so that every crate that has one would compile all layers
//! and methods again. For `f32` and `f64` they are compiled here instead, as the autodiff crate compiles
//! the operations of a tape.

use metaplast_autodiff::optim::Optimizer;
use metaplast_autodiff::precompiled;
use metaplast_tensor::{Scalar, Tensor};

use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::images::Extents;
use crate::inference::Inference;
use crate::loss::{Loss, Target};
use crate::method::Method;
use crate::nets::{Net, NetError};

type Build<T> = fn(Net, Extents, usize, u64) -> Result<Chain<T>, NetError>;
type Infer<T> = fn(
    &Method,
    &mut Chain<T>,
    &Tensor<T>,
    &Target<T>,
    Loss,
) -> Result<Inference<T>, PredictiveError>;
type TrainStep<T> = fn(
    &mut Chain<T>,
    &Method,
    &Tensor<T>,
    &Target<T>,
    Loss,
    &mut dyn Optimizer<T>,
) -> Result<Inference<T>, PredictiveError>;
type StableEta<T> = fn(&mut Chain<T>, &Tensor<T>, &Target<T>, Loss) -> Result<f64, PredictiveError>;

/// The functions of one number type.
pub(crate) struct Instances<T: Scalar> {
    pub(crate) build: Build<T>,
    pub(crate) infer: Infer<T>,
    pub(crate) train_step: TrainStep<T>,
    pub(crate) stable_eta: StableEta<T>,
}

impl<T: Scalar> Instances<T> {
    const NEW: Self = Instances {
        build: Net::build_here,
        infer: Method::infer_here,
        train_step: crate::train::train_step_here,
        stable_eta: crate::stability::stable_eta_here,
    };
}

precompiled!(Instances: 1 F32 f32, 2 F64 f64);
