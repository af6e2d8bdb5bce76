//! Checks of the operations' derivatives, which their tests share.
//!
//! Every family has a function `checks` in its tests that puts each of its operations through
//! [`Checks::check`]; the table runs them all, and requires that every operation of the family was
//! recorded, with every differentiable operand wanting a gradient.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use metaplast_tensor::Tensor;

use crate::Var;
use crate::gradcheck::{Checked, Gradcheck};

/// Operands (operation, place) that are constants by definition.
const CONSTANT_OPERANDS: [(&str, usize); 3] = [
    ("SoftmaxCrossEntropy", 1),
    ("StopGradient", 0),
    ("Select", 0),
];

/// How often the checks of a family run, each time with other numbers and sizes.
const ROUNDS: u64 = 20;

/// Random operands, and a record of which operations were checked.
pub(crate) struct Checks {
    state: u64,
    /// For each operation the places of its operands, and whether one wanted a gradient.
    seen: RefCell<BTreeMap<String, BTreeMap<usize, bool>>>,
    /// Worst errors: against differences, against forward mode, of second order.
    worst: Cell<[f64; 3]>,
}

impl Checks {
    fn new(seed: u64) -> Self {
        let state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Checks {
            state,
            seen: RefCell::default(),
            worst: Cell::default(),
        }
    }

    /// A number in [0, 1), by xorshift.
    fn unit(&mut self) -> f64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number in a range.
    pub(crate) fn number(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// A whole number from `from` to `to`, both included.
    pub(crate) fn size(&mut self, from: usize, to: usize) -> usize {
        from + (self.unit() * (to - from + 1) as f64) as usize
    }

    /// Random elements in a range.
    pub(crate) fn tensor(&mut self, shape: &[usize], from: f64, to: f64) -> Tensor<f64> {
        Tensor::from_fn(shape, |_| self.number(from, to))
    }

    /// Distinct elements in ±[0.1, 2], at least 0.02 from each other and from the negative of each
    /// other: far from every kink at zero and from ties.
    pub(crate) fn apart(&mut self, shape: &[usize]) -> Tensor<f64> {
        let len: usize = shape.iter().product();
        let mut places: Vec<usize> = (0..len).collect();
        for i in (1..len).rev() {
            places.swap(i, self.size(0, i));
        }
        let step = 1.9 / len.max(1) as f64;
        let mut i = 0;
        Tensor::from_fn(shape, |_| {
            i += 1;
            let size = 0.1 + step * (places[i - 1] as f64 + 0.4 * self.unit());
            if self.unit() < 0.5 { -size } else { size }
        })
    }

    /// A shape of each kind: rank 0, empty, and of random sizes.
    pub(crate) fn shapes(&mut self) -> Vec<Vec<usize>> {
        let (a, b) = (self.size(1, 4), self.size(1, 3));
        vec![
            vec![],
            vec![a],
            vec![b, a],
            vec![0],
            vec![2, 0],
            vec![a, 1, b],
        ]
    }

    /// Shapes of two operands that broadcast.
    pub(crate) fn pairs(&mut self) -> Vec<(Vec<usize>, Vec<usize>)> {
        let (a, b) = (self.size(1, 4), self.size(2, 3));
        vec![
            (vec![], vec![]),
            (vec![], vec![a]),
            (vec![a], vec![]),
            (vec![a, b], vec![a, b]),
            (vec![a, b], vec![b]),
            (vec![a, 1], vec![1, b]),
            (vec![b, 1, a], vec![2, 1]),
            (vec![0], vec![1]),
            (vec![2, 0], vec![]),
        ]
    }

    /// Panics with the report when derivatives of first or second order of `f` at `inputs` disagree.
    #[track_caller]
    pub(crate) fn check<F>(&self, inputs: &[Tensor<f64>], f: F)
    where
        F: for<'t> Fn(&[Var<'t, Checked>]) -> Var<'t, Checked>,
    {
        let report = Gradcheck::new().second_order().run(inputs, |x| {
            let y = f(x);
            self.note(x[0]);
            y
        });
        assert!(report.passed, "{report}\ninputs: {inputs:?}");
        let second = report.second.map_or(0.0, |second| second.error);
        let [a, b, c] = self.worst.get();
        let worst = [
            a.max(report.first.error),
            b.max(report.forward),
            c.max(second),
        ];
        self.worst.set(worst);
    }

    /// [`check`](Self::check) for a function of one operand, at numbers of a range in every kind of shape.
    #[track_caller]
    pub(crate) fn unary<F>(&mut self, from: f64, to: f64, f: F)
    where
        F: for<'t> Fn(Var<'t, Checked>) -> Var<'t, Checked>,
    {
        for shape in self.shapes() {
            let x = self.tensor(&shape, from, to);
            self.check(&[x], |x| f(x[0]));
        }
    }

    /// [`unary`](Self::unary) at numbers far from zero and from each other.
    #[track_caller]
    pub(crate) fn unary_apart<F>(&mut self, f: F)
    where
        F: for<'t> Fn(Var<'t, Checked>) -> Var<'t, Checked>,
    {
        for shape in self.shapes() {
            let x = self.apart(&shape);
            self.check(&[x], |x| f(x[0]));
        }
    }

    /// Remembers the operations on the tape of `input`, when it is swept and not only evaluated.
    fn note(&self, input: Var<'_, Checked>) {
        let rec = input.tape().recording.borrow();
        let mut seen = self.seen.borrow_mut();
        for (id, op) in rec.ops.iter().enumerate() {
            let Some(op) = op.behaviour() else {
                continue;
            };
            let debug = format!("{op:?}");
            let end = debug.find(|c: char| !c.is_alphanumeric());
            let name = debug[..end.unwrap_or(debug.len())].to_owned();
            let places = seen.entry(name).or_default();
            for (place, &operand) in rec.nodes.operands(id).iter().enumerate() {
                let wanted = rec.nodes[operand as usize].needs_gradient();
                *places.entry(place).or_default() |= wanted;
            }
        }
    }
}

/// Runs the checks of a family and requires that they reach every operation in `names`.
#[track_caller]
pub(crate) fn family(names: &[&str], checks: fn(&mut Checks)) {
    for round in 0..ROUNDS {
        let mut c = Checks::new(round + 1);
        checks(&mut c);
        let [differences, forward, second] = c.worst.get();
        println!("{names:?}: worst {differences:.1e}, {forward:.1e}, {second:.1e}");
        let seen = c.seen.into_inner();
        for &name in names {
            let places = seen.get(name);
            let places = places.unwrap_or_else(|| panic!("{name} exists without a gradcheck"));
            for (&place, &wanted) in places {
                assert!(
                    wanted || CONSTANT_OPERANDS.contains(&(name, place)),
                    "{name}: the derivative by operand {place} is not checked"
                );
            }
        }
    }
}

#[test]
#[should_panic(expected = "Forgotten exists without a gradcheck")]
fn an_operation_without_a_check_is_found() {
    family(&["Forgotten"], |_| ());
}

#[test]
#[should_panic(expected = "Mul: the derivative by operand 1 is not checked")]
fn an_operand_without_a_check_is_found() {
    family(&["Mul"], |c| {
        let x = c.tensor(&[2], 0.0, 1.0);
        c.check(&[x], |x| {
            x[0] * x[0].stop_gradient().tape().constant(&Tensor::ones([2]))
        });
    });
}

// What follows reads the sources as text. A function made of other operations leaves no name on the
// tape, and a list of such functions would be as easily forgotten as their checks; the sources
// cannot be. It is as simple as these files are uniform, and the last test here shows that it
// still finds a function without a check.

/// The text of each file of operations, up to its tests and from them on.
fn sources() -> Vec<(String, String)> {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ops");
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .expect("the sources are there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.sort();
    let text = |path| std::fs::read_to_string(path).expect("readable");
    let split = |text: String| {
        let (code, tests) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        (code.to_owned(), tests.to_owned())
    };
    paths.into_iter().map(text).map(split).collect()
}

/// Names of the public functions and methods in `code` that return a variable.
fn public_functions(code: &str) -> Vec<String> {
    let functions = code.split("pub fn ").skip(1).filter_map(|rest| {
        let signature = rest.split('{').next()?;
        let name = signature.split(['(', '<']).next()?;
        // The names of functions without parameters stand in a list, which the table checks.
        let written_out = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let variable = signature.contains("-> Var<'t, T>");
        (variable && written_out).then(|| name.to_owned())
    });
    functions.collect()
}

/// The body of the function `checks` in the text of a file's tests.
fn body_of_checks(tests: &str) -> &str {
    let from = tests.split_once("fn checks(").map_or("", |(_, rest)| rest);
    from.split("\n    }\n")
        .next()
        .expect("there is a first part")
}

/// Names in `names` that none of the `bodies` calls.
fn unchecked<'a>(names: &'a [String], bodies: &[&str]) -> Vec<&'a String> {
    let called = |name: &&String| {
        let call = format!("{name}(");
        // A longer name may end in this one.
        let calls = |body: &&str| {
            body.match_indices(&call).any(|(at, _)| {
                let before = body[..at].chars().next_back();
                !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            })
        };
        bodies.iter().any(calls)
    };
    names.iter().filter(|name| !called(name)).collect()
}

/// What is made of other operations has no line in the table, so that its checks are looked for in
/// the source.
#[test]
fn every_public_function_is_checked() {
    let sources = sources();
    let names: Vec<String> = sources
        .iter()
        .flat_map(|(code, _)| public_functions(code))
        .collect();
    assert!(names.len() > 50, "{names:?}");
    let bodies: Vec<&str> = sources
        .iter()
        .map(|(_, tests)| body_of_checks(tests))
        .collect();
    // `mask` gives a constant.
    let forgotten = unchecked(&names, &bodies);
    assert!(forgotten == ["mask"], "without a gradcheck: {forgotten:?}");
}

#[test]
fn a_public_function_without_a_check_is_found() {
    let code = "pub fn twice(self) -> Var<'t, T> {} pub fn len(&self) -> usize {}";
    let names = public_functions(code);
    assert_eq!(names, ["twice"]);
    let tests = "fn checks(c: &mut Checks) {\n c.unary(|x| x.not_twice());\n    }\n x.twice()";
    assert_eq!(unchecked(&names, &[body_of_checks(tests)]), ["twice"]);
    assert!(unchecked(&names, &["x.twice()"]).is_empty());
}
