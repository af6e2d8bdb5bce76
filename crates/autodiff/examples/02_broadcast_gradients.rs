//! Gradients of a function of matrices and vectors, of which one is broadcast.
//!
//! `Y = X Wᵀ + b` adds the bias `b` to every row, as NumPy would; the gradient of `b` is therefore
//! the sum over the rows, and has the shape of `b`. [`gradcheck`] then compares the sweep with
//! forward mode and with finite differences.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 02_broadcast_gradients
//! ```

use metaplast_autodiff::gradcheck::{Tolerance, gradcheck};
use metaplast_autodiff::operators::value_and_grad;
use metaplast_autodiff::{Tape, Var};
use metaplast_tensor::{Scalar, tensor};

/// Mean square of `tanh(X Wᵀ + b)`. Generic over the number type, it suits every operator.
fn activity<'t, T: Scalar>(x: Var<'t, T>, w: Var<'t, T>, b: Var<'t, T>) -> Var<'t, T> {
    (x.matmul_transposed(w) + b).tanh().square().mean()
}

fn main() {
    let x = tensor![[1.0, 0.5], [-0.5, 2.0], [0.0, -1.0]];
    let w = tensor![[0.2, -0.4], [0.7, 0.1]];
    let b = tensor![0.1, -0.2];

    // By hand: variables are differentiated, constants are not.
    let tape = Tape::new();
    let (x_const, w_var, b_var) = (tape.constant(&x), tape.var(&w), tape.var(&b));
    let value = activity(x_const, w_var, b_var);
    let gradients = value.backward();
    println!("mean square   {:.6}", value.item());
    println!("by W [2, 2]   {:+.6?}", gradients.wrt(w_var).data());
    println!("by b [2]      {:+.6?}", gradients.wrt(b_var).data());

    // By an operator, which makes the tape itself; here everything is differentiated.
    let inputs = [x, w, b];
    let (_, by) = value_and_grad(|v| activity(v[0], v[1], v[2]), &inputs);
    println!("by X {}   {:+.6?}", by[0].shape(), by[0].data());
    assert_eq!(by[2], gradients.wrt(b_var));

    let report = gradcheck(&inputs, Tolerance::default(), |v| {
        activity(v[0], v[1], v[2])
    });
    println!("\n{report}");
    assert!(report.passed);
}
