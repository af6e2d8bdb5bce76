//! Panics: what they say, and that they point to the line of whoever called.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use metaplast_autodiff::Tape;
use metaplast_autodiff::scan::{Policy, Start, scan};
use metaplast_tensor::{Tensor, tensor};

/// Message and file of a panic.
type Refusal = (String, String);

thread_local! {
    static LAST: RefCell<Option<Refusal>> = const { RefCell::new(None) };
}

/// What `f` panics with, and in which file. Other threads' panics are printed as ever.
fn refusal(f: impl FnOnce()) -> Refusal {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            let payload = info.payload();
            let formatted = payload.downcast_ref::<String>().cloned();
            let fixed = || payload.downcast_ref::<&str>().map(ToString::to_string);
            let message = formatted.or_else(fixed).unwrap_or_default();
            let file = info.location().map_or("", |at| at.file()).to_owned();
            LAST.set(Some((message, file)));
            before(info);
        }));
    });
    panic::catch_unwind(AssertUnwindSafe(f)).expect_err("a panic");
    LAST.take().expect("the hook has seen it")
}

fn loss_of_a_learning_matrix(tape: &Tape<f64>) -> metaplast_autodiff::Var<'_, f64> {
    let state = tape.state(&tensor![[0.5, 0.25]]);
    let x = tape.constant(&tensor![1.0, -2.0]);
    state.rank_k_update(None, &[state.matvec(x)], &[x]);
    state.matvec(x).sum()
}

#[test]
fn misuse_is_told_in_words_at_the_line_that_called() {
    let tape = Tape::<f64>::new();
    let stale = {
        let x = tape.scalar(2.0);
        (x.square().backward(), x)
    };
    tape.reset();
    let other = Tape::<f64>::new();
    let loss = loss_of_a_learning_matrix(&other);
    loss.backward();
    let third = Tape::<f64>::new();
    let (matrix, vector) = (
        third.var(&tensor![[1.0, 2.0]]),
        third.var(&tensor![1.0, 2.0]),
    );
    let column = third.var(&tensor![[1.0], [2.0]]);
    let state = third.state(&tensor![[1.0, 2.0]]);
    let wide = third.var(&tensor![1.0, 2.0, 3.0]);
    let cases: [(&str, &dyn Fn()); 17] = [
        (
            "gradients: the tape was reset or cut back since this sweep",
            &|| {
                let _ = stale.0.wrt(stale.1);
            },
        ),
        (
            "this tape was swept already and its states are rewound",
            &|| {
                let _ = loss.backward();
            },
        ),
        ("matmul: shapes [1, 2] and [2]; use `matvec`", &|| {
            let _ = matrix.matmul(vector);
        }),
        ("matvec: shapes [1, 2] and [2, 1]; use `matmul`", &|| {
            let _ = matrix.matvec(column);
        }),
        ("[3]", &|| {
            let _ = state.matvec(wide);
        }),
        ("[3]", &|| state.rank_k_update(None, &[wide], &[vector])),
        ("reshape: from [3] to [2]", &|| {
            let _ = wide.reshape([2]);
        }),
        ("broadcast_to: from [3] to [2]", &|| {
            let _ = wide.broadcast_to([2]);
        }),
        (
            "softmax: needs a last axis with at least one element",
            &|| {
                let _ = third.scalar(1.0).softmax();
            },
        ),
        (
            "dot: needs two vectors of one length, got [2] and [3]",
            &|| {
                let _ = vector.dot(wide);
            },
        ),
        ("solve", &|| {
            let _ = matrix.solve(wide);
        }),
        ("conv2d: image of shape [1, 2]", &|| {
            let _ = matrix.conv2d(matrix, [1, 1], [0, 0]);
        }),
        ("concat: shapes [2] and [1, 2] along axis 0", &|| {
            let _ = metaplast_autodiff::concat(&[vector, matrix], 0);
        }),
        ("select: condition of shape [2]", &|| {
            let _ = vector.select(wide, wide);
        }),
        ("belongs to a recording that was reset or cut back", &|| {
            let _ = stale.1.exp();
        }),
        ("add: shapes [1, 2] and [3]", &|| {
            let _ = matrix + wide;
        }),
        ("add_loss: needs one element, got shape [2]", &|| {
            let start = Start::new().vectors([tensor![1.0, 2.0]]);
            let _ = scan(
                |now, _| now.add_loss(now.vectors[0]),
                |_| {},
                &start,
                3,
                Policy::StoreAll,
            );
        }),
    ];
    for (expected, misuse) in cases {
        let (message, file) = refusal(misuse);
        assert!(message.contains(expected), "{message}");
        assert!(file.ends_with("panics.rs"), "{message}: in {file}");
    }
}

#[test]
fn plain_tensors_say_which_product_to_take() {
    let (matrix, vector) = (tensor![[1.0, 2.0]], tensor![1.0, 2.0]);
    let column = Tensor::new([2, 1], vec![1.0, 2.0]);
    for (expected, misuse) in [
        (
            "; use `matvec`",
            &(|| drop(matrix.matmul(&vector))) as &dyn Fn(),
        ),
        ("; use `matmul`", &|| drop(matrix.matvec(&column))),
    ] {
        let (message, file) = refusal(misuse);
        assert!(message.ends_with(expected), "{message}");
        assert!(file.ends_with("panics.rs"), "{message}: in {file}");
    }
}
