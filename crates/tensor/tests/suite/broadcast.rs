//! Laws of broadcasting and of its adjoint.

use metaplast_tensor::broadcast::{for_each_broadcast, sum_to};
use metaplast_tensor::{Shape, Tensor};
use proptest::prelude::*;

fn dims() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..4_usize, 0..5)
}

/// A shape, and one that broadcasts to it: some leading axes dropped, some others made 1.
fn expandable() -> impl Strategy<Value = (Shape, Shape)> {
    (dims(), any::<[bool; 4]>(), 0..5_usize).prop_map(|(dims, ones, dropped)| {
        let small: Vec<usize> = dims
            .iter()
            .zip(ones)
            .skip(dropped)
            .map(|(&dim, one)| if one { 1 } else { dim })
            .collect();
        (Shape::from(&dims[..]), Shape::from(&small[..]))
    })
}

fn numbered(shape: &Shape) -> Tensor<f64> {
    Tensor::arange(shape.len()).reshape(shape)
}

proptest! {
    #[test]
    fn broadcasting_commutes_and_absorbs(a in dims(), b in dims()) {
        let (a, b) = (Shape::from(&a[..]), Shape::from(&b[..]));
        prop_assert_eq!(a.broadcast(&b), b.broadcast(&a));
        prop_assert_eq!(a.broadcast(&a), Some(a.clone()));
        prop_assert_eq!(a.broadcast(&Shape::scalar()), Some(a.clone()));
        if let Some(both) = a.broadcast(&b) {
            prop_assert_eq!(both.broadcast(&a), Some(both.clone()));
        }
    }

    #[test]
    fn every_element_of_the_result_is_visited_once_in_order((large, small) in expandable()) {
        let mut next = 0;
        for_each_broadcast(&large, &small, &large, |out, left, right| {
            assert_eq!((out, right), (next, next));
            assert!(left < small.len());
            next += 1;
        });
        prop_assert_eq!(next, large.len());
    }

    #[test]
    fn elements_are_found_by_their_index((large, small) in expandable()) {
        let (a, b) = (numbered(&large), numbered(&small));
        let offset = large.rank() - small.rank();
        let strides = small.strides();
        let expected = Tensor::from_fn(&large, |index| {
            let own = index[offset..].iter().zip(small.dims()).zip(&strides);
            let at: usize = own.map(|((&i, &dim), stride)| if dim == 1 { 0 } else { i * stride }).sum();
            b.data()[at]
        });
        prop_assert_eq!((&a * 0.0) + &b, expected);
    }

    #[test]
    fn summing_is_the_adjoint_of_expanding((large, small) in expandable()) {
        // ⟨expand(s), l⟩ = ⟨s, sum(l)⟩, exact in small whole numbers.
        let (l, s) = (numbered(&large), numbered(&small));
        let mut summed = Tensor::zeros(&small);
        sum_to(l.data(), &large, summed.data_mut(), &small);
        let expanded = Tensor::zeros(&large) + &s;
        prop_assert_eq!(expanded.dot(&l), s.dot(&summed));
    }
}
