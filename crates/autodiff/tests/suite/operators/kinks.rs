//! What derivatives are at points where there is none: the conventions that the operations state,
//! in reverse and in forward mode.

use metaplast_autodiff::{Dual, SOFTPLUS_SWITCH, Tape, Var};
use metaplast_tensor::Tensor;

type Number = Dual<f64, 1>;
type Function = for<'t> fn(Var<'t, Number>) -> Var<'t, Number>;

const INFINITE: f64 = f64::INFINITY;

/// A function of `elements` equal numbers `at`, and the derivative of its sum by the first of them.
const CONVENTIONS: [(&str, usize, f64, Function, f64); 29] = [
    ("abs", 1, 0.0, |x| x.abs(), 0.0),
    ("relu", 1, 0.0, |x| x.relu(), 0.0),
    ("leaky_relu", 1, 0.0, |x| x.leaky_relu(0.25), 0.25),
    ("elu", 1, 0.0, |x| x.elu(0.5), 0.5),
    ("sqrt", 1, 0.0, |x| x.sqrt(), INFINITE),
    ("ln", 1, 0.0, |x| x.ln(), INFINITE),
    ("ln_1p", 1, -1.0, |x| x.ln_1p(), INFINITE),
    ("powi 0", 1, 0.0, |x| x.powi(0), 0.0),
    ("powi 1", 1, 0.0, |x| x.powi(1), 1.0),
    ("powf 0", 1, 0.0, |x| x.powf(0.0), 0.0),
    ("powf 1/2", 1, 0.0, |x| x.powf(0.5), INFINITE),
    ("powf 1", 1, 0.0, |x| x.powf(1.0), 1.0),
    ("powf 3/2", 1, 0.0, |x| x.powf(1.5), 0.0),
    ("clamp below", 1, -1.0, |x| x.clamp(-1.0, 1.0), 1.0),
    ("clamp above", 1, 1.0, |x| x.clamp(-1.0, 1.0), 1.0),
    ("clamp to one", 1, 1.0, |x| x.clamp(1.0, 1.0), 1.0),
    ("max of two", 2, 1.0, |x| x.max(), 0.5),
    (
        "max over an axis",
        3,
        1.0,
        |x| x.max_axes(&[0], true),
        1.0 / 3.0,
    ),
    ("norm", 2, 0.0, |x| x.norm(), 0.0),
    (
        "norm over an axis",
        2,
        0.0,
        |x| x.norm_axes(&[0], false),
        0.0,
    ),
    ("maximum with another", 1, 2.0, |x| x.maximum(two(x)), 0.5),
    ("minimum with another", 1, 2.0, |x| x.minimum(two(x)), 0.5),
    ("maximum with itself", 1, 2.0, |x| x.maximum(x), 1.0),
    ("max pooling", 4, 1.0, pooled, 0.25),
    (
        "select where it is chosen",
        1,
        0.0,
        |x| chosen(x, true),
        3.0,
    ),
    ("select where it is not", 1, 0.0, |x| chosen(x, false), 5.0),
    (
        "softplus at its switch",
        1,
        SOFTPLUS_SWITCH,
        |x| x.softplus(1.0),
        SIGMA,
    ),
    ("softplus beyond it", 1, 20.5, |x| x.softplus(1.0), 1.0),
    ("dropout", 1, 0.0, |x| x.dropout(0.5, || 0.9), 2.0),
];

/// `σ(20)`
const SIGMA: f64 = 0.999_999_997_938_846_4;

fn two(x: Var<'_, Number>) -> Var<'_, Number> {
    x.tape()
        .constant(&Tensor::full(x.shape(), Dual::constant(2.0)))
}

fn pooled(x: Var<'_, Number>) -> Var<'_, Number> {
    x.reshape([1, 1, 2, 2]).max_pool2d([2, 2], [1, 1])
}

/// Where x = 0, the one function or the other.
fn chosen(x: Var<'_, Number>, first: bool) -> Var<'_, Number> {
    let condition = x.mask(|x| (x >= 0.0) == first);
    condition.select(x * 3.0, x * 5.0)
}

#[test]
fn conventions_hold_in_reverse_and_in_forward_mode() {
    for (name, elements, at, f, expected) in CONVENTIONS {
        let tape = Tape::new();
        let mut x = Tensor::full([elements], Dual::constant(at));
        x.data_mut()[0] = Dual::new(at, [1.0]);
        let x = tape.var(&x);
        let y = f(x).sum();
        let [forward] = y.item().tangent();
        let reverse = y.backward().wrt(x).data()[0].value();
        for (mode, derivative) in [("forward", forward), ("reverse", reverse)] {
            let close = derivative == expected || (derivative - expected).abs() < 1e-15;
            assert!(close, "{name}, {mode}: {derivative}, not {expected}");
        }
    }
}
