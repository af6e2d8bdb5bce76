//! Traced functions: the bits of the plain function, whatever is called how often.

use metaplast_autodiff::gradcheck::Gradcheck;
use metaplast_autodiff::operators::{TracedFunction, checkpoint, function, jvp};
use metaplast_autodiff::scan::{Moment, Outcome, Policy, Start, scan};
use metaplast_autodiff::{Dual, Tape, Var, concat};
use metaplast_tensor::{Random, Tensor, tensor};
use proptest::prelude::*;

/// Products, sums with broadcasting, an argument that is used three times, a constant, and an
/// operation whose vjp needs room to work in.
fn mixed<'t>(x: &[Var<'t, f64>]) -> Var<'t, f64> {
    let [w, v, b] = [x[0], x[1], x[2]];
    let half = w.tape().scalar(0.5);
    let hidden = (w.matvec(v) + b).tanh() * half;
    let twice = w.transpose().matvec(hidden) - v;
    concat(&[twice * b.sum(), hidden / b.exp()], 0)
}

fn arguments(rows: usize, cols: usize, seed: u64) -> [Tensor<f64>; 3] {
    let mut random = Random::new(seed);
    [&[rows, cols][..], &[cols], &[rows]].map(|shape| Tensor::normal(shape, 0.0, 0.7, &mut random))
}

/// Value and gradients of a call, by the arguments that are differentiated.
fn differentiated(
    f: impl for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
    x: &[Tensor<f64>],
    wanted: [bool; 3],
) -> (Tensor<f64>, Vec<Tensor<f64>>) {
    let tape = Tape::new();
    let vars: Vec<_> = x
        .iter()
        .zip(wanted)
        .map(|(x, wanted)| match wanted {
            true => tape.var(x),
            false => tape.constant(x),
        })
        .collect();
    let y = f(&vars);
    let value = y.value();
    let seed = Tensor::from_fn(y.shape(), |i| 0.3 + i[0] as f64);
    let gradients = wanted.contains(&true).then(|| y.backward_with(&seed));
    let wanted = vars.iter().zip(wanted).filter(|(_, wanted)| *wanted);
    let gradients = gradients.map(|g| wanted.map(|(&x, _)| g.wrt(x)).collect());
    (value, gradients.unwrap_or_default())
}

proptest! {
    #[test]
    fn a_traced_function_has_the_bits_of_the_plain_one(
        calls in prop::collection::vec((1..6_usize, 1..6_usize, any::<u64>(), any::<[bool; 3]>()), 1..8),
    ) {
        let traced = TracedFunction::new(mixed);
        for (rows, cols, seed, wanted) in calls {
            let x = arguments(rows, cols, seed);
            let plain = differentiated(mixed, &x, wanted);
            prop_assert_eq!(differentiated(|x| traced.call(x), &x, wanted), plain);
        }
    }
}

#[test]
fn derivatives_of_a_traced_function_are_checked() {
    let report = Gradcheck::new().run(&arguments(3, 4, 1), |x| {
        // Another number type has a trace of its own.
        TracedFunction::new(|x: &[Var<'_, _>]| (x[0].matvec(x[1]).sin() * x[2]).sum()).call(x)
    });
    assert!(report.passed, "{report}");
}

#[test]
fn a_traced_function_of_dual_numbers_has_tangents() {
    let square = TracedFunction::new(|x: &[Var<'_, Dual<f64, 1>>]| x[0].square());
    let (value, tangent) = jvp(|x| square.call(x), &[tensor![3.0]], &[tensor![2.0]]);
    assert_eq!((value, tangent), (tensor![9.0], tensor![12.0]));
}

#[test]
fn results_that_are_arguments_or_constants_are_returned() {
    let tape = Tape::new();
    let x = tape.var(&tensor![1.0, 2.0]);
    let same = TracedFunction::new(|x: &[Var<'_, f64>]| x[0]);
    assert_eq!(
        same.call(&[x]).square().sum().backward().wrt(x),
        tensor![2.0, 4.0]
    );
    let constant = TracedFunction::new(|x: &[Var<'_, f64>]| x[0].tape().constant(&tensor![5.0]));
    assert_eq!(
        (constant.call(&[x]).sum() + x.sum()).backward().wrt(x),
        tensor![1.0, 1.0]
    );
}

#[test]
fn traced_functions_stand_within_others() {
    let inner = TracedFunction::new(|x: &[Var<'_, f64>]| x[0].sin() * x[1]);
    let outer = TracedFunction::new(move |x: &[Var<'_, f64>]| {
        let once = inner.call(&[x[0], x[1]]);
        checkpoint(|x| x[0].exp(), &[inner.call(&[once, x[0]])])
    });
    let plain = function(|x: &[Var<'_, f64>]| ((x[0].sin() * x[1]).sin() * x[0]).exp());
    let x = [tensor![0.3, -0.8], tensor![1.1, 0.4], tensor![0.0]];
    for _ in 0..2 {
        let expected = differentiated(plain, &x, [true, true, false]);
        assert_eq!(
            differentiated(|x| outer.call(x), &x, [true, true, false]),
            expected
        );
    }
}

#[test]
fn threads_share_a_traced_function() {
    let traced = TracedFunction::new(mixed);
    let x = arguments(4, 3, 7);
    let expected = differentiated(mixed, &x, [true; 3]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let now = differentiated(|x| traced.call(x), &x, [true; 3]);
                    assert_eq!(now, expected);
                }
            });
        }
    });
}

/// An oscillator of ten steps whose loss is its way.
fn oscillator(
    policy: Policy,
    step: impl for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
) -> Outcome<f64> {
    let start = Start::new()
        .vectors([tensor![1.0, 0.0]])
        .theta([tensor![[0.0, 0.4], [-0.4, 0.0]]]);
    let step = |now: &mut Moment<'_, f64>, _: usize| {
        now.vectors[0] = step(&[now.vectors[0], now.theta[0]]);
        now.add_loss(now.vectors[0].square().sum());
    };
    scan(step, |_| {}, &start, 10, policy)
}

#[test]
fn steps_of_a_scan_may_be_traced() {
    let plain = function(|x: &[Var<'_, f64>]| {
        let ahead = x[0].add_scaled(0.5, x[1].matvec(x[0]));
        (x[0] + x[1].matvec(ahead)).tanh()
    });
    let traced = TracedFunction::new(plain);
    for policy in [
        Policy::StoreAll,
        Policy::Every { steps: 3 },
        Policy::Budget { bytes: 6000 },
    ] {
        let (expected, now) = (
            oscillator(policy, plain),
            oscillator(policy, |x| traced.call(x)),
        );
        assert_eq!(now.loss, expected.loss);
        // Within a step the matrix is used twice, whose parts are added up before they meet those of others.
        for (now, expected) in now.theta[0].data().iter().zip(expected.theta[0].data()) {
            assert!(
                (now - expected).abs() <= 1e-14 * expected.abs(),
                "{now} {expected}"
            );
        }
    }
}

#[test]
#[should_panic(expected = "traced function: has states")]
fn states_are_refused() {
    let tape = Tape::<f64>::new();
    let f =
        TracedFunction::new(|x: &[Var<'_, f64>]| x[0].tape().state(&Tensor::eye(2)).matvec(x[0]));
    let _ = f.call(&[tape.var(&tensor![1.0, 2.0])]);
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "record the same operations whatever the values")]
fn a_choice_by_value_is_found_out() {
    let tape = Tape::<f64>::new();
    let f = TracedFunction::new(|x: &[Var<'_, f64>]| match x[0].item() > 0.0 {
        true => x[0],
        false => x[0].square(),
    });
    for value in [1.0, -2.0] {
        let _ = f.call(&[tape.scalar(value)]);
    }
}

#[test]
#[should_panic(expected = "traced function: needs one variable at least")]
fn a_call_without_arguments_is_refused() {
    let _ = TracedFunction::new(|x: &[Var<'_, f64>]| x[0]).call(&[]);
}
