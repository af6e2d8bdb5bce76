//! Tools that programs from outside missed: a test for each, named after what it shows.
//!
//! The tools of tensors are tested in that crate, the operations' derivatives in their files.

mod arithmetic;
mod linear_algebra;
mod loops;
mod optimisers;
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
