//! Digits: long sums, quotients and sizes, where arithmetic that looks right loses what it should keep.

use std::panic::catch_unwind;

use metaplast_autodiff::{Tape, Var};
use metaplast_tensor::{Tensor, tensor};

/// `found` is `wanted` to a relative 1e-6, a dozen units of an `f32`.
#[track_caller]
fn near(what: &str, found: f32, wanted: f64) {
    let off = (f64::from(found) / wanted - 1.0).abs();
    assert!(
        off <= 1e-6,
        "{what}: {found} instead of {wanted}, off by {off:.1e}"
    );
}

const TENTH: f64 = 0.1_f32 as f64;

#[test]
fn reductions_of_a_million_numbers_in_single_precision_keep_their_digits() {
    let n = 1_000_000;
    let tape = Tape::<f32>::new();
    let x = tape.var(&Tensor::full([n], 0.1));
    let column = x.unsqueeze(1);
    let zeros = tape.constant(&Tensor::zeros([n]));
    let count = n as f64;
    near("sum", x.sum().item(), count * TENTH);
    near("mean", x.mean().item(), TENTH);
    near("norm", x.norm().item(), count.sqrt() * TENTH);
    near("dot", x.dot(x).item(), count * TENTH * TENTH);
    near("mse", x.mse(zeros).item(), TENTH * TENTH);
    near("logsumexp", x.logsumexp().item(), TENTH + count.ln());
    for (axis, y) in [(0, column), (1, x.unsqueeze(0))] {
        let first = |y: Var<'_, f32>| y.value().data()[0];
        near("sum_axes", first(y.sum_axes(&[axis], false)), count * TENTH);
        near("mean_axes", first(y.mean_axes(&[axis], false)), TENTH);
        near(
            "norm_axes",
            first(y.norm_axes(&[axis], false)),
            count.sqrt() * TENTH,
        );
        near(
            "logsumexp_axes",
            first(y.logsumexp_axes(&[axis], false)),
            TENTH + count.ln(),
        );
    }
    let even = tape.constant(&Tensor::zeros([n, 2]));
    let loss = even.softmax_cross_entropy(&vec![1; n]);
    near("softmax_cross_entropy", loss.item(), 2f64.ln());
    near("softmax", x.softmax().value().data()[7], 1.0 / count);
    near(
        "log_softmax",
        x.log_softmax(0).value().data()[7],
        -count.ln(),
    );
}

#[test]
fn the_mean_of_many_ones_in_single_precision_is_one() {
    let tape = Tape::<f32>::new();
    // More than there are whole numbers in an `f32`.
    let ones = tape.constant(&Tensor::ones([1 << 25]));
    assert_eq!(ones.mean().item(), 1.0);
    assert_eq!(ones.sum().item(), (1 << 25) as f32);
}

#[test]
fn gradients_of_what_a_million_rows_share_keep_their_digits() {
    let n = 1_000_000;
    let tape = Tape::<f32>::new();
    let rows = tape.constant(&Tensor::full([n, 2], 0.1));
    let column = tape.constant(&Tensor::full([n, 1], 0.1));
    let sum = n as f64 * TENTH;
    let seed = Tensor::full([n, 2], 0.1_f32);

    let bias = tape.var(&Tensor::zeros([2]));
    let scale = tape.scalar(1.0);
    let weights = tape.var(&Tensor::ones([1, 2]));
    let gradient = |y: Var<'_, f32>, x| y.backward_with(&seed).wrt(x).data()[0];
    near("a bias that is added", gradient(rows + bias, bias), sum);
    near(
        "a bias that is subtracted",
        gradient(rows - bias, bias),
        -sum,
    );
    near("a scale", gradient(rows * scale, scale), 2.0 * sum * TENTH);
    near(
        "a divisor",
        gradient(rows / scale, scale),
        -2.0 * sum * TENTH,
    );
    near(
        "broadcast_to",
        gradient(bias.broadcast_to([n, 2]), bias),
        sum,
    );
    let zeros = tape.constant(&Tensor::zeros([n, 2]));
    near("maximum", gradient(bias.maximum(zeros - 1.0), bias), sum);
    near(
        "select",
        gradient((zeros + 1.0).select(bias, zeros), bias),
        sum,
    );
    near(
        "a weight of matmul",
        gradient(column.matmul(weights), weights),
        sum * TENTH,
    );
    let turned = tape.var(&Tensor::ones([2, 1]));
    let product = column.matmul_transposed(turned);
    near(
        "a weight of matmul_transposed",
        gradient(product, turned),
        sum * TENTH,
    );
    let outer = tape.var(&tensor![1.0, 1.0]);
    let product = column.reshape([n]).outer(outer);
    near("a vector of outer", gradient(product, outer), sum * TENTH);
    let x = tape.var(&Tensor::ones([2]));
    let y = rows.matvec(x).backward_with(&Tensor::full([n], 0.1));
    near("a vector of matvec", y.wrt(x).data()[0], sum * TENTH);
    let kernel = tape.var(&Tensor::ones([1, 1, 1, 1]));
    let image = rows.reshape([1, 1, 1000, 2000]);
    let y = image.conv2d(kernel, [1, 1], [0, 0]).sum().backward();
    near("a kernel of conv2d", y.wrt(kernel).data()[0], 2.0 * sum);
}

/// The product with a rounded reciprocal is off by a unit for a fifth of these.
#[test]
fn a_quotient_by_a_number_is_the_quotient() {
    let tape = Tape::<f64>::new();
    for (x, d) in (1..200).flat_map(|x| (1..200).map(move |d| (f64::from(x), f64::from(d)))) {
        let numerator = tape.scalar(x);
        let quotient = numerator / d;
        assert_eq!(quotient.item(), x / d, "{x} / {d}");
        let seed = Tensor::scalar(x);
        assert_eq!(quotient.backward_with(&seed).wrt(numerator).item(), x / d);
        let by_variable = numerator / tape.constant(&Tensor::scalar(d));
        assert_eq!(
            by_variable.backward_with(&seed).wrt(numerator).item(),
            x / d
        );
        tape.reset();
    }
    assert_eq!((tape.scalar(1e-310) / 1e-310).item(), 1.0);
    assert_eq!((tape.scalar(0.0) / 1e-309).item(), 0.0);
    let tape = Tape::<f32>::new();
    assert_eq!((tape.scalar(1e-40) / f64::from(1e-40_f32)).item(), 1.0);
}

/// Derivatives that are quotients divide the adjoint, and so does that of a mean.
#[test]
fn derivatives_that_are_quotients_are_divided() {
    let tape = Tape::<f64>::new();
    for x in (1..100).map(f64::from) {
        let seed = Tensor::scalar(49.0);
        let at = tape.scalar(x);
        assert_eq!(at.ln().backward_with(&seed).wrt(at).item(), 49.0 / x);
        assert_eq!(
            at.ln_1p().backward_with(&seed).wrt(at).item(),
            49.0 / (1.0 + x)
        );
        let n = x as usize;
        let row = tape.var(&Tensor::ones([n]));
        let mean = row.mean_axes(&[0], false).backward_with(&seed);
        assert_eq!(mean.wrt(row).data()[0], 49.0 / x);
        tape.reset();
    }
}

#[test]
fn masked_logits_have_no_probability_and_no_derivative() {
    let low = f64::NEG_INFINITY;
    let tape = Tape::<f64>::new();
    let z = tape.var(&tensor![[0.0, low, 0.0], [1.0, low, low]]);
    let half_and_all = tensor![[0.5, 0.0, 0.5], [1.0, 0.0, 0.0]];
    assert_eq!(z.softmax().value(), half_and_all);
    let ln_half = -2f64.ln();
    let logarithms = tensor![[ln_half, low, ln_half], [0.0, low, low]];
    assert_eq!(z.log_softmax(1).value(), logarithms);
    assert_eq!(z.transpose().log_softmax(0).value(), logarithms.transpose());

    let loss = z.softmax_cross_entropy(&[2, 0]);
    assert_eq!(loss.item(), 2f64.ln() / 2.0);
    let expected = tensor![[0.25, 0.0, -0.25], [0.0, 0.0, 0.0]];
    assert_eq!(loss.backward().wrt(z), expected);
    // Nothing is lost by what no target asks for, and all by a label that is masked.
    assert_eq!(z.softmax_cross_entropy(&[2, 1]).item(), f64::INFINITY);

    let gathered = z.log_softmax(1).gather(1, [2, 1], &[2, 0]).mean();
    assert_eq!(gathered.item(), -2f64.ln() / 2.0);
    assert_eq!(gathered.backward().wrt(z), -expected);
    let seed = tensor![[1.0, 5.0, 0.0], [3.0, 7.0, 2.0]];
    let gradient = z.softmax().backward_with(&seed).wrt(z);
    assert_eq!(gradient, tensor![[0.25, 0.0, -0.25], [0.0, 0.0, 0.0]]);
    // The derivative of a logarithm at probability 0 is infinite; nothing depends on it.
    let entropy = z
        .softmax()
        .backward_with(&tensor![[1.0, f64::INFINITY, 0.0], [0.0, 0.0, 0.0]]);
    assert_eq!(entropy.wrt(z).data()[0], 0.25);
}

/// What `f` panics with.
fn refusal(f: impl FnOnce() + std::panic::UnwindSafe) -> Option<String> {
    let panic = catch_unwind(f).err()?;
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
}

#[test]
fn sizes_beyond_memory_are_refused_with_operation_and_shape() {
    const BIG: [usize; 2] = [1 << 32, 1 << 32];
    const LONG: [usize; 1] = [1 << 61];
    fn tape_of(f: impl for<'t> FnOnce(&'t Tape<f64>) -> Var<'t, f64>) {
        let tape = Tape::new();
        let _ = f(&tape);
    }
    let cases: [(&str, &str, fn()); 13] = [
        ("zeros", "4294967296", || drop(Tensor::<f64>::zeros(BIG))),
        ("zeros", "2305843009213693952", || {
            drop(Tensor::<f64>::zeros(LONG))
        }),
        ("ones", "4294967296", || drop(Tensor::<f64>::ones(BIG))),
        ("full", "4294967296", || drop(Tensor::full(BIG, 1.0))),
        ("from_fn", "4294967296", || {
            drop(Tensor::from_fn(BIG, |_| 1.0))
        }),
        ("eye", "4294967296", || drop(Tensor::<f64>::eye(1 << 32))),
        ("reshape", "4294967296", || {
            drop(Tensor::<f64>::zeros([0]).reshape(BIG))
        }),
        ("matmul", "4294967296", || {
            drop(Tensor::<f64>::zeros([1 << 32, 0]).matmul(&Tensor::zeros([0, 1 << 32])));
        }),
        ("broadcast_to", "4294967296", || {
            tape_of(|tape| tape.scalar(1.0).broadcast_to(BIG))
        }),
        ("reshape", "4294967296", || {
            tape_of(|tape| tape.var(&Tensor::zeros([0])).reshape(BIG));
        }),
        ("matmul", "4294967296", || {
            tape_of(|tape| {
                let x = tape.var(&Tensor::zeros([1 << 32, 0]));
                x.matmul(x.transpose())
            });
        }),
        ("pad", "8589934590", || {
            tape_of(|tape| {
                let x = tape.var(&Tensor::zeros([0, 0]));
                let wide = x.pad(0, u32::MAX as usize, u32::MAX as usize);
                wide.pad(1, u32::MAX as usize, u32::MAX as usize)
            });
        }),
        ("shape", "4294967296", || {
            let _ = metaplast_tensor::Shape::from(BIG).len();
        }),
    ];
    for (op, size, f) in cases {
        let text = refusal(f).unwrap_or_else(|| panic!("{op}: accepted"));
        assert!(text.starts_with(op) && text.contains(size), "{op}: {text}");
    }
    // Without elements there is nothing to hold.
    assert!(Tensor::<f64>::zeros([1 << 32, 1 << 32, 0]).is_empty());
}
