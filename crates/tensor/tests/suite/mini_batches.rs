//! What mini-batches need: random numbers, parts of tensors, extremes and moments.

use metaplast_tensor::{Random, Tensor, tensor};

#[test]
fn the_generator_gives_the_published_numbers() {
    // SplitMix64 of 0 is published beside xoshiro; these are the first outputs of xoshiro256++ from
    // that state, as computed by its reference implementation.
    let mut random = Random::new(0);
    let numbers = [(); 3].map(|()| random.next_u64());
    assert_eq!(
        numbers,
        [
            0x5317_5d61_490b_23df,
            0x61da_6f3d_c380_d507,
            0x5c0f_df91_ec9a_7bfc
        ]
    );
}

#[test]
fn uniform_and_normal_fill_have_their_moments() {
    let mut random = Random::new(3);
    let x = Tensor::<f64>::uniform([200, 500], -1.0, 3.0, &mut random);
    assert!(x.min() >= -1.0 && x.max() < 3.0);
    assert!((x.mean() - 1.0).abs() < 0.02);
    assert!((x.std() - 4.0 / 12f64.sqrt()).abs() < 0.01);
    let y = Tensor::<f64>::normal([200, 500], 2.0, 0.5, &mut random);
    assert!((y.mean() - 2.0).abs() < 0.01 && (y.std() - 0.5).abs() < 0.01);
    let within = y.data().iter().filter(|y| (*y - 2.0).abs() < 0.5).count();
    assert!((within as f64 / 1e5 - 0.682_7).abs() < 0.01);
}

#[test]
fn the_same_seed_gives_the_same_bits_in_both_precisions() {
    let draw = |seed| Tensor::<f64>::normal([50], 0.0, 1.0, &mut Random::new(seed));
    assert_eq!(draw(5), draw(5));
    assert_ne!(draw(5), draw(6));
    let single = Tensor::<f32>::normal([50], 0.0, 1.0, &mut Random::new(5));
    assert_eq!(single, draw(5).cast());
}

#[test]
fn a_permutation_has_every_number_once_and_every_order_comes() {
    let mut random = Random::new(1);
    let mut counts = std::collections::BTreeMap::new();
    for _ in 0..6000 {
        *counts.entry(random.permutation(3)).or_insert(0) += 1;
    }
    assert_eq!(counts.len(), 6);
    assert!(
        counts.values().all(|&n| (850..1150).contains(&n)),
        "{counts:?}"
    );
}

#[test]
fn batches_of_shuffled_rows_have_every_row_once() {
    let x: Tensor<f64> = Tensor::arange(20).reshape([10, 2]);
    let order = Random::new(9).permutation(10);
    let batches: Vec<_> = order.chunks(4).map(|b| x.index_select(0, b)).collect();
    let mut firsts: Vec<_> = Tensor::concat(&batches, 0).rows().map(|r| r[0]).collect();
    firsts.sort_by(f64::total_cmp);
    let expected: Vec<f64> = (0..10).map(|i| 2.0 * f64::from(i)).collect();
    assert_eq!(firsts, expected);
}

#[test]
fn parts_along_every_axis_go_together_again() {
    let x: Tensor<f64> = Tensor::arange(24).reshape([2, 3, 4]);
    for axis in 0..3 {
        let extent = x.dims()[axis];
        let (left, right) = (x.narrow(axis, 0..1), x.narrow(axis, 1..extent));
        assert_eq!(Tensor::concat(&[&left, &right], axis), x);
        let all: Vec<usize> = (0..extent).collect();
        assert_eq!(x.index_select(axis, &all), x);
        let slices: Vec<_> = (0..extent)
            .map(|i| {
                let mut dims = x.dims().to_vec();
                dims.remove(axis);
                x.narrow(axis, i..i + 1).reshape(&dims[..])
            })
            .collect();
        assert_eq!(Tensor::stack(&slices, axis), x);
    }
    assert_eq!(x.slice(&[1..2, 0..2, 3..4]).data(), [15.0, 19.0]);
    assert_eq!(x.slice(&[]), x);
    assert_eq!(x.narrow(1, 1..1).dims(), [2, 0, 4]);
    let empty = Tensor::<f64>::zeros([0, 2]);
    assert_eq!(Tensor::concat(&[&empty, &empty], 1).dims(), [0, 4]);
}

#[test]
fn extremes_and_moments_along_every_axis() {
    let x = tensor![[3.0, -1.0, 2.0], [0.0, 5.0, 2.0]];
    assert_eq!(
        (x.min(), x.argmin(), x.max(), x.argmax()),
        (-1.0, 1, 5.0, 4)
    );
    assert_eq!(x.argmax_axis(0), [0, 1, 0]);
    assert_eq!(x.argmax_axis(1), [0, 1]);
    assert_eq!(x.argmin_axis(1), [1, 0]);
    assert_eq!(x.max_axis(0, false), tensor![3.0, 5.0, 2.0]);
    assert_eq!(x.min_axis(1, true), tensor![[-1.0], [0.0]]);
    assert_eq!(x.mean_axis(0, true), tensor![[1.5, 2.0, 2.0]]);
    assert_eq!(x.std_axis(0, false), tensor![1.5, 3.0, 0.0]);
    let wide: Tensor<f64> = Tensor::arange(12).reshape([2, 3, 2]);
    assert_eq!(wide.argmax_axis(1), [2, 2, 2, 2]);
    assert_eq!(wide.max_axis(1, false), tensor![[4.0, 5.0], [10.0, 11.0]]);
}

#[test]
fn extremes_do_not_overlook_nan() {
    let x = tensor![[1.0, f64::NAN], [0.0, 2.0]];
    assert!(x.min().is_nan());
    assert_eq!((x.argmin(), x.argmax_axis(1)), (1, vec![1, 1]));
    assert!(x.max_axis(0, false).data()[1].is_nan());
}

#[test]
#[should_panic(expected = "index_select: index 3 along axis 0 of [3, 2]")]
fn an_index_outside_is_named() {
    let _ = Tensor::<f64>::zeros([3, 2]).index_select(0, &[0, 3]);
}

#[test]
#[should_panic(expected = "concat: shapes [3, 2] and [3, 1] along axis 0")]
fn shapes_that_do_not_go_together_are_named() {
    let _ = Tensor::concat(&[Tensor::<f64>::zeros([3, 2]), Tensor::zeros([3, 1])], 0);
}
