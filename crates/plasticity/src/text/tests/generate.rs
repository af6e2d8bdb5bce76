//! Random trees of any kind, and random terms whose shapes fit.

use proptest::prelude::*;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::function::Function;
use crate::text::limits::MOST_POWER;
use crate::text::syntax::{Node, Operator, Part, Side, Signal};

fn node(part: Part) -> Node {
    Node::new(part, 0..0).expect("generated trees are flat")
}

/// Numbers that a text can hold.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => 0.0..100.0f64,
        1 => (0..1000u32).prop_map(f64::from),
        1 => any::<f64>().prop_filter_map("not negative, finite", |x| {
            (x.abs() < f64::INFINITY).then(|| x.abs())
        }),
    ]
}

/// Any tree, whether its shapes fit or not.
pub(super) fn trees() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        number().prop_map(Part::Number),
        proptest::sample::select(Signal::ALL.to_vec()).prop_map(Part::Signal),
        Just(Part::Weights),
    ];
    let operators = [
        Operator::Add,
        Operator::Subtract,
        Operator::Multiply,
        Operator::Elementwise,
        Operator::Divide,
        Operator::ElementwiseDivide,
    ];
    leaf.prop_map(node).prop_recursive(8, 40, 2, move |inner| {
        let operator = proptest::sample::select(operators.to_vec());
        let function = proptest::sample::select(Function::ALL.to_vec());
        let boxed = || inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed().prop_map(Part::Negative),
            boxed().prop_map(Part::Transposed),
            (function, boxed()).prop_map(|(f, x)| Part::Applied(f, x)),
            (2..=MOST_POWER, boxed()).prop_map(|(power, x)| Part::Power(x, power)),
            (operator, inner.clone(), inner.clone())
                .prop_map(|(op, a, b)| Part::Binary(op, Box::new([a, b]))),
        ]
        .prop_map(node)
    })
}

/// A term of the right shape, as text.
pub(super) fn term(seed: u64) -> String {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let depth = rng.random_range(1..4);
    matrix(&mut rng, depth)
}

fn matrix(rng: &mut Xoshiro256PlusPlus, depth: u32) -> String {
    let outer = |rng: &mut Xoshiro256PlusPlus, depth| {
        let (post, pre) = (column(rng, Side::Post, depth), row(rng, Side::Pre, depth));
        format!("{post} * {pre}")
    };
    if depth == 0 {
        return outer(rng, 0);
    }
    let below = depth - 1;
    match rng.random_range(0..11) {
        0 => format!("{} * W", scalar(rng, below)),
        1 => format!("({} + {})", matrix(rng, below), matrix(rng, below)),
        2 => format!("({} - {})", matrix(rng, below), matrix(rng, below)),
        3 => format!("{} {} / 3", scalar(rng, below), outer(rng, below)),
        4 => {
            let (a, b) = (column(rng, Side::Post, below), row(rng, Side::Post, below));
            format!("({a} {b}) * W")
        }
        5 => {
            let (a, b) = (column(rng, Side::Pre, below), row(rng, Side::Pre, below));
            format!("W * ({a} {b})")
        }
        6 => format!("(({}) .* ({}))", matrix(rng, below), matrix(rng, below)),
        7 => format!("tanh({} + 0.5 W)", matrix(rng, below)),
        8 => format!("(({}) ./ (ones ones_pre^T + W^2))", matrix(rng, below)),
        9 => format!("cumsum({})", matrix(rng, below)),
        _ => outer(rng, below),
    }
}

fn column(rng: &mut Xoshiro256PlusPlus, side: Side, depth: u32) -> String {
    if depth == 0 || rng.random_bool(0.3) {
        let signals: Vec<Signal> = Signal::ALL
            .into_iter()
            .filter(|s| s.side() == side)
            .collect();
        return signals[rng.random_range(0..signals.len())]
            .name()
            .to_owned();
    }
    let below = depth - 1;
    match rng.random_range(0..9) {
        0 if side == Side::Post => format!("(W * {})", column(rng, Side::Pre, below)),
        0 => format!("(W^T * {})", column(rng, Side::Post, below)),
        1 => {
            let (a, b) = (column(rng, side, below), column(rng, side, below));
            format!("({a} + {b})")
        }
        2 => {
            let (a, b) = (column(rng, side, below), column(rng, side, below));
            format!("({a} .* {b})")
        }
        3 => {
            let functions = ["tanh", "abs", "relu", "sigmoid", "cumsum"];
            let function = functions[rng.random_range(0..functions.len())];
            // Not 0, whatever the column is.
            let name = ["ones", "ones_pre"][usize::from(side == Side::Pre)];
            format!(
                "{function}({} + 0.5 {name} .* {})",
                column(rng, side, below),
                column(rng, side, 0)
            )
        }
        4 => format!("({} * {})", scalar(rng, below), column(rng, side, below)),
        5 => format!("{}^2", column(rng, side, 0)),
        // Not near 0, where it would be too steep to compare.
        6 => {
            let name = ["ones", "ones_pre"][usize::from(side == Side::Pre)];
            let (a, b) = (column(rng, side, below), column(rng, side, 0));
            format!("({a} ./ ({name} + {b}^2))")
        }
        7 => {
            let name = ["ones", "ones_pre"][usize::from(side == Side::Pre)];
            format!("sqrt({name} + {}^2)", column(rng, side, 0))
        }
        _ => format!("({})^T", row(rng, side, below)),
    }
}

fn row(rng: &mut Xoshiro256PlusPlus, side: Side, depth: u32) -> String {
    if depth > 0 && rng.random_bool(0.3) {
        return match side {
            Side::Pre => format!("{} * W", row(rng, Side::Post, depth - 1)),
            Side::Post => format!("{} W^T", row(rng, Side::Pre, depth - 1)),
        };
    }
    format!("{}^T", column(rng, side, depth))
}

fn scalar(rng: &mut Xoshiro256PlusPlus, depth: u32) -> String {
    if depth == 0 || rng.random_bool(0.3) {
        return format!("{:.2}", rng.random_range(0.1..1.0));
    }
    let below = depth - 1;
    match rng.random_range(0..6) {
        4 => format!("({} / (1 + {}^2))", scalar(rng, below), bounded(rng)),
        5 => format!("({}^3)", bounded(rng)),
        0 => format!("({} - {})", scalar(rng, below), scalar(rng, below)),
        1 => format!("tanh({} + ones^T y)", scalar(rng, below)),
        _ => {
            let side = [Side::Post, Side::Pre][rng.random_range(0..2)];
            format!("({} * {})", row(rng, side, below), column(rng, side, below))
        }
    }
}

/// A number that follows from signals, of the order of 1.
fn bounded(rng: &mut Xoshiro256PlusPlus) -> String {
    let side = [Side::Post, Side::Pre][rng.random_range(0..2)];
    format!("tanh({} * {})", row(rng, side, 0), column(rng, side, 0))
}
