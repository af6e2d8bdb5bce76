//! What the operations' tests share.

use metaplast_tensor::Tensor;
use proptest::prelude::*;

use crate::Var;
use crate::gradcheck::{Checked, Tolerance, gradcheck};

/// One to six numbers in a range.
pub(crate) fn values(from: f64, to: f64) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(from..to, 1..7)
}

/// Panics with the report when the gradients of `f` at `inputs` disagree.
#[track_caller]
pub(crate) fn check<F>(inputs: &[Tensor<f64>], f: F)
where
    F: for<'t> Fn(&[Var<'t, Checked>]) -> Var<'t, Checked>,
{
    let report = gradcheck(inputs, Tolerance::default(), f);
    assert!(report.passed, "{report}");
}

/// [`check`] for a function of one vector.
#[track_caller]
pub(crate) fn check_unary<F>(x: &[f64], f: F)
where
    F: for<'t> Fn(Var<'t, Checked>) -> Var<'t, Checked>,
{
    check(&[Tensor::new([x.len()], x.to_vec())], |x| f(x[0]));
}
