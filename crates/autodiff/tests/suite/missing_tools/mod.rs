//! Tools that programs from outside missed: a test for each, named after what it shows.
//!
//! The tools of tensors are tested in that crate, the operations' derivatives in their files.
//!
//! | met | held by |
//! |---|---|
//! | `f32` sums that lose digits: reductions, gradients of broadcasts, losses, norms | `digits::reductions_of_a_million_…`, `digits::gradients_of_what_a_million_rows_…`; `sums::…_up_to_ten_million_numbers` (tensor) |
//! | derivatives of what `select` leaves out | `ops::select::what_is_not_chosen_has_no_derivative_…` |
//! | logits of −∞ | `digits::masked_logits_have_no_probability_and_no_derivative` |
//! | a budget that is not kept | `scan::promises::a_budget_is_kept_…`, `a_budget_that_does_not_hold_one_of_the_steps_is_refused` |
//! | a step that is no function of its arguments | `scan::promises::a_step_that_is_not_a_function_…` |
//! | panics without words, or at a line of the library | `panics::…`; `panics::a_rule_on_transposed_weights_…` (plasticity) |
//! | `f64 ∘ Var`, assignment | `arithmetic::numbers_may_stand_on_the_left`, `assignment_makes_a_new_value_of_the_name` |
//! | vectorised functions and reductions | `elementary::…` and `instruction_sets` (tensor); the bench `nets` |
//! | gradients that stay on the tape, jets | `recorded::…` |
//! | mini-batches, whole numbers in archives | `mini_batches::…`, `reported_exchange_faults::whole_numbers_of_every_size_are_read` (tensor) |
//! | linear algebra | `linear_algebra::…`; `linalg::…` (tensor); `ops::{linalg, factors}` |
//! | operations: `layer_norm`, `batch_norm`, `bce_with_logits`, `log_sigmoid`, `huber`, `erf`, `pow`, `min_axes`, `sign`, `cumsum`, `prod`, `sort`, `top_k`, `atan2`, `tan`, `conv1d`, `conv_transpose2d`, dilation, groups, `einsum` | the doc test of each; derivatives by the table of `ops`, whose `every_public_function_is_checked` misses none |
//! | Hessians over several tensors, several columns a sweep; gradients of samples | `several_at_once::…` |
//! | L-BFGS, conjugate gradients | `optimisers::l_bfgs_…`, `optimisers::conjugate_gradients_…` |
//! | optimisers with differentiable constants | `optimisers::optimisers_are_differentiated_by_their_constants` |
//! | outputs of steps, a scan in a graph, checkpoints | `loops::…` |
//! | closures in a `let`, `dbg!` | `arithmetic::a_closure_in_a_let_…`, `arithmetic::debug_shows_shape_and_first_elements` |

mod arithmetic;
mod linear_algebra;
mod loops;
mod optimisers;
mod panics;
mod recorded;
mod several_at_once;

use metaplast_tensor::{Random, Tensor};

#[track_caller]
fn close(a: &Tensor<f64>, b: &Tensor<f64>, tolerance: f64) {
    assert_eq!(a.shape(), b.shape());
    let scale = b.data().iter().fold(1e-3f64, |s, b| s.max(b.abs()));
    for (a, b) in a.data().iter().zip(b.data()) {
        assert!((a - b).abs() <= tolerance * scale, "{a} instead of {b}");
    }
}

fn random(shape: &[usize], seed: u64) -> Tensor<f64> {
    Tensor::normal(shape, 0.0, 0.5, &mut Random::new(seed))
}

/// Central differences of a function of one number for each element of `x`.
fn differences(x: &Tensor<f64>, f: impl Fn(&Tensor<f64>) -> f64) -> Tensor<f64> {
    let h = 1e-5;
    let mut slopes = Tensor::zeros(x.shape());
    for i in 0..x.len() {
        let at = |offset: f64| {
            let mut moved = x.clone();
            moved.data_mut()[i] += offset;
            f(&moved)
        };
        slopes.data_mut()[i] = (at(h) - at(-h)) / (2.0 * h);
    }
    slopes
}
