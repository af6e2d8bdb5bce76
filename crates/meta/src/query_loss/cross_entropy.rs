//! Cross-entropy of the outputs.

use metaplast_autodiff::Var;
use metaplast_plasticity::Number;

#[track_caller]
pub(super) fn loss<'t, T: Number>(logits: Var<'t, T>, labels: &[usize]) -> Var<'t, T> {
    logits.softmax_cross_entropy(labels)
}
