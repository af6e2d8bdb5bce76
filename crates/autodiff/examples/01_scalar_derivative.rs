//! The derivative of a function of one number: record it, sweep back, read the slope.
//!
//! Newton's method on `f(x) = x − cos x` then uses value and slope, and doubles the number of
//! correct digits at every step.
//!
//! ```text
//! cargo run --release -p metaplast-autodiff --example 01_scalar_derivative
//! ```

use metaplast_autodiff::{Tape, Var};

/// Ordinary code on variables: operators for arithmetic, methods for the rest.
fn f(x: Var<'_, f64>) -> Var<'_, f64> {
    x - x.cos()
}

fn main() {
    // One tape serves every step: `reset` keeps its memory.
    let tape = Tape::new();
    let mut x = 1.0;
    println!("step  x                    f(x)        f'(x)");
    for step in 0..5 {
        tape.reset();
        let input = tape.scalar(x);
        let y = f(input);
        let slope = y.backward().wrt(input).item();
        println!("{step:>4}  {x:.17}  {:>+9.2e}  {slope:.6}", y.item());
        x -= y.item() / slope;
    }
    assert!((x - x.cos()).abs() < 1e-15);
    println!("\nx = cos x at {x:.15}");
}
