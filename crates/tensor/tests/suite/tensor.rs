//! Tensors: construction, access, arithmetic, reductions, and what misuse says.

use std::panic::{AssertUnwindSafe, catch_unwind};

use metaplast_tensor::{Shape, Tensor, tensor};

/// What a call that must panic says.
fn complaint<R>(f: impl FnOnce() -> R) -> String {
    let payload = match catch_unwind(AssertUnwindSafe(f)) {
        Ok(_) => panic!("did not panic"),
        Err(payload) => payload,
    };
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast::<&str>().expect("a message")).to_owned(),
    }
}

#[test]
fn lists_of_any_depth() {
    assert_eq!(tensor![1.0, 2.0].dims(), [2]);
    assert_eq!(tensor![[1.0], [2.0]].dims(), [2, 1]);
    assert_eq!(tensor![[[1.0, 2.0]], [[3.0, 4.0]]].dims(), [2, 1, 2]);
    let x = 0.5_f32;
    assert_eq!(tensor![x, x + 1.0,].data(), [0.5, 1.5]);
}

#[test]
fn single_numbers_and_empty_arrays() {
    let single = Tensor::scalar(3.0);
    assert_eq!((single.rank(), single.len(), single.item()), (0, 1, 3.0));
    assert_eq!(single[[]], 3.0);
    assert_eq!(&single + &tensor![1.0, 2.0], tensor![4.0, 5.0]);

    let empty = Tensor::<f64>::zeros([3, 0]);
    assert!(empty.is_empty());
    assert_eq!(empty.sum(), 0.0);
    assert_eq!(empty.rows().len(), 3);
    assert!(empty.rows().all(<[f64]>::is_empty));
    assert_eq!(empty.sum_axis(1, false), Tensor::zeros(3));
    assert_eq!(empty.sum_axis(0, false), Tensor::zeros(0));
    assert_eq!((&empty + &Tensor::ones([3, 1])).dims(), [3, 0]);
    assert_eq!(empty.matmul(&Tensor::zeros([0, 2])), Tensor::zeros([3, 2]));
    assert_eq!(empty.transpose().dims(), [0, 3]);
    assert_eq!(Tensor::<f64>::eye(0).dims(), [0, 0]);
}

#[test]
fn elements_rows_and_changes_in_place() {
    let mut a = Tensor::<f64>::arange(6).reshape([2, 3]);
    a[[1, 2]] = 50.0;
    a.row_mut(0)[1] = 10.0;
    assert_eq!(a, tensor![[0.0, 10.0, 2.0], [3.0, 4.0, 50.0]]);
    assert_eq!(a.rows().next_back(), Some(&[3.0, 4.0, 50.0][..]));
    a += &tensor![1.0, 2.0, 3.0];
    a *= 2.0;
    assert_eq!(a, tensor![[2.0, 24.0, 10.0], [8.0, 12.0, 106.0]]);
}

#[test]
fn operators_on_all_forms_of_operands() {
    let (a, b) = (tensor![6.0, 8.0], tensor![2.0, 4.0]);
    let difference = tensor![4.0, 4.0];
    assert_eq!(&a - &b, difference);
    assert_eq!(a.clone() - &b, difference);
    assert_eq!(&a - b.clone(), difference);
    assert_eq!(a.clone() - b.clone(), difference);
    assert_eq!(&a / &b, tensor![3.0, 2.0]);
    assert_eq!(&a * 0.5 + 1.0, tensor![4.0, 5.0]);
    assert_eq!(1.0 - &a, tensor![-5.0, -7.0]);
    assert_eq!(24.0 / a.clone(), tensor![4.0, 3.0]);
    assert_eq!(-&a, -1.0 * a.clone());

    // An owned operand whose shape is not that of the result.
    let column = tensor![[1.0], [2.0]];
    let outer = tensor![[5.0, 7.0], [4.0, 6.0]];
    assert_eq!(a.clone() - &column, outer);
    assert_eq!(&a - column.clone(), outer);
    assert_eq!(a - column, outer);
}

#[test]
fn reductions() {
    let a = Tensor::<f64>::arange(24).reshape([2, 3, 4]);
    assert_eq!(
        (a.sum(), a.mean(), a.max(), a.argmax()),
        (276.0, 11.5, 23.0, 23)
    );
    for axis in 0..3 {
        let kept = a.sum_axis(axis, true);
        assert_eq!(kept.dims()[axis], 1);
        assert_eq!(kept.data(), a.sum_axis(axis, false).data());
        assert_eq!(kept.sum(), 276.0);
    }
    assert_eq!(a.sum_axis(1, false).row(1), [48.0, 51.0, 54.0, 57.0]);
    assert_eq!(tensor![2.0, 5.0, 5.0].argmax(), 1);
    assert_eq!(tensor![2.0, f64::NAN, 5.0].argmax(), 1);
    assert_eq!(tensor![-1.0, f64::NEG_INFINITY].max(), -1.0);
    let ones = Tensor::<f32>::ones(100_003);
    assert_eq!(ones.sum(), 100_003.0);
}

#[test]
fn permuting_is_transposing_in_two_dimensions_and_undone_by_its_inverse() {
    let a = Tensor::<f64>::arange(6).reshape([2, 3]);
    assert_eq!(a.permute(&[1, 0]), a.transpose());
    let b = Tensor::<f64>::arange(24).reshape([2, 3, 4]);
    assert_eq!(b.permute(&[2, 0, 1])[[3, 1, 2]], b[[1, 2, 3]]);
    assert_eq!(b.permute(&[2, 0, 1]).permute(&[1, 2, 0]), b);
}

#[test]
fn products_agree_with_each_other() {
    let a = Tensor::from_fn([5, 7], |i| (i[0] as f64 - 2.0) * 0.25 + i[1] as f64);
    let x = Tensor::<f64>::arange(7);
    let y = Tensor::<f64>::arange(5) - 2.0;
    assert_eq!(
        a.matvec(&x),
        a.matmul(&x.clone().reshape([7, 1])).reshape(5)
    );
    assert_eq!(a.matvec_transposed(&y), a.transpose().matvec(&y));
    assert_eq!(y.outer(&x), y.clone().reshape([5, 1]) * &x);
    assert_eq!(x.dot(&x).sqrt(), x.norm());
}

#[test]
fn printing() {
    assert_eq!(tensor![1.0, 2.5].to_string(), "[1, 2.5]");
    assert_eq!(format!("{:.2}", Tensor::scalar(1.0)), "1.00");
    let a = tensor![[1.0_f32, 2.0], [3.0, 4.0]];
    assert_eq!(format!("{a:?}"), "Tensor<f32>[2, 2]\n[[1, 2],\n [3, 4]]");
    let long = Tensor::<f64>::arange(100).to_string();
    assert_eq!(long, "[0, 1, 2, 3, …, 96, 97, 98, 99]");
    assert_eq!(Tensor::<f64>::zeros([2, 0]).to_string(), "[[],\n []]");
}

#[test]
fn misuse_names_the_operation_and_both_shapes() {
    let (a, b) = (Tensor::<f64>::zeros([2, 3]), Tensor::<f64>::zeros([2, 4]));
    let said = [
        ("add", complaint(|| &a + &b)),
        ("add", complaint(|| a.clone() + &b)),
        ("zip_map", complaint(|| a.zip_map(&b, |x: f64, _: f64| x))),
        ("matmul", complaint(|| a.matmul(&b))),
        ("matvec", complaint(|| a.matvec(&b))),
        ("dot", complaint(|| a.dot(&b))),
        ("reshape", complaint(|| a.clone().reshape([2, 4]))),
    ];
    for (op, message) in said {
        let names_all = [op, "[2, 3]", "[2, 4]"]
            .iter()
            .all(|part| message.contains(part));
        assert!(names_all, "{op}: {message}");
    }
    let expanded = complaint(|| {
        let mut row = Tensor::<f64>::zeros(3);
        row += &a;
    });
    assert!(
        expanded.contains("[3]") && expanded.contains("[2, 3]"),
        "{expanded}"
    );
    assert!(complaint(|| a[[2, 0]]).contains("[2, 0]"));
    assert!(complaint(|| a[[0]]).contains("[2, 3]"));
    assert!(complaint(|| a.item()).contains("[2, 3]"));
    assert!(complaint(|| Tensor::new([2, 2], vec![1.0])).contains("4 numbers, got 1"));
}

#[test]
fn data_of_the_wrong_length_is_an_error() {
    let error = Tensor::try_new([2, 2], vec![0.0; 5]).unwrap_err();
    assert_eq!((error.shape(), error.len()), (&Shape::from([2, 2]), 5));
    let huge = Tensor::try_new([usize::MAX, 2], vec![0.0; 5]).unwrap_err();
    assert!(huge.to_string().contains("more numbers than fit"));
}
