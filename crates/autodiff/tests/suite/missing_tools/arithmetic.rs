//! Arithmetic as it is written down, and what one sees of a value.

use metaplast_autodiff::operators::{function, grad, value_and_grad};
use metaplast_autodiff::{Dual, Tape};
use metaplast_tensor::{Scalar, Tensor, tensor};

fn numbers_on_the_left_in<T: Scalar>() {
    let tape = Tape::<T>::new();
    let x = tape.var(&tensor![1.0, 4.0].cast());
    let values = [2.0 * x, 1.0 + x, 1.0 - x, 1.0 / x].map(|y| y.value());
    let expected = [
        tensor![2.0, 8.0],
        tensor![2.0, 5.0],
        tensor![0.0, -3.0],
        tensor![1.0, 0.25],
    ];
    assert_eq!(values, expected.map(|x: Tensor<f64>| x.cast()));
}

#[test]
fn numbers_may_stand_on_the_left() {
    numbers_on_the_left_in::<f64>();
    numbers_on_the_left_in::<f32>();
    numbers_on_the_left_in::<Dual<f64, 1>>();
}

#[test]
fn numbers_on_the_left_are_differentiated() {
    let gradient = grad(|x| (1.0 - 2.0 / x[0]).sum(), &[tensor![1.0, 2.0]]);
    assert_eq!(gradient, [tensor![2.0, 0.5]]);
}

#[test]
fn a_quotient_with_a_number_is_rounded_once() {
    let tape = Tape::<f64>::new();
    for divisor in [3.0, 7.0, 49.0, 1e-3] {
        assert_eq!((10.0 / tape.scalar(divisor)).item(), 10.0 / divisor);
    }
}

#[test]
fn assignment_makes_a_new_value_of_the_name() {
    let tape = Tape::<f64>::new();
    let (x, y) = (tape.scalar(2.0), tape.scalar(5.0));
    let mut z = x;
    z += y;
    z -= 1.0;
    z *= x;
    z /= 4.0;
    assert_eq!((z.item(), x.item()), (3.0, 2.0));
    let gradients = z.backward();
    assert_eq!(
        (gradients.wrt(x).item(), gradients.wrt(y).item()),
        (2.0, 0.5)
    );
}

#[test]
fn a_closure_in_a_let_works_with_every_operator_of_its_numbers() {
    let scale = tensor![1.0, 10.0];
    let f = function(|x| (x[0].square() * x[0].tape().constant(&scale)).sum());
    let x = [tensor![3.0, 1.0]];
    assert_eq!(value_and_grad(f, &x), (19.0, vec![tensor![6.0, 20.0]]));
    assert_eq!(grad(f, &x), [tensor![6.0, 20.0]]);
}

#[test]
fn debug_shows_shape_and_first_elements() {
    let tape = Tape::<f64>::new();
    let x = tape.var(&tensor![[1.5, -2.0]]);
    assert_eq!(format!("{x:?}"), "Var(#0, [1, 2]: 1.5, -2)");
    let y = x.sum();
    assert_eq!(format!("{y:?}"), "Var(#1, []: -0.5)");
    let long = tape.constant(&Tensor::arange(100));
    assert!(format!("{long:?}").ends_with("[100]: 0, 1, 2, 3, 4, 5, …)"));
    assert_eq!(
        format!("{:?}", tape.var(&Tensor::zeros([0]))),
        "Var(#3, [0])"
    );
}

#[test]
fn debug_of_a_stale_or_lent_value_does_not_panic() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(1.0);
    assert_eq!(x.with(|_| format!("{x:?}")), "Var(#0, []: 1)");
    tape.reset();
    assert_eq!(
        format!("{x:?}"),
        "Var(#0, of a recording that was reset or cut back)"
    );
}
