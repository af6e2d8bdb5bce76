//! Canonical form of a term: the normal form with factors and summands in a fixed order, so that terms
//! that are equal by the laws of algebra are written in one way.
//!
//! Beyond what multiplying out does, products commute, `1ᵀ(a ⊙ b) = a · b` and `(Wᵀ a) · b = a · (W b)`.
//! Inside functions and sums the same holds; other identities, like `exp(a) exp(b) = exp(a + b)`, are not
//! looked for.

use metaplast_numbers::sorting::{sort, sort_by};

use super::elements::Elements;
use super::normal::{Change, Number, Summand, Vector};
use super::syntax::{Side, Signal};

/// What is summed, without its coefficient, and the coefficient; by what is summed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Canonical(Vec<(String, f64)>);

impl Canonical {
    /// The canonical form of a term multiplied out.
    pub(crate) fn of(summands: &[Summand<Change>]) -> Self {
        let change = |change: &Change| match change {
            Change::Outer(post, pre) => format!("{} {}", vector(post), vector(pre)),
            Change::Weights => "W".to_owned(),
            Change::Named(named) => named.name.to_string(),
            Change::Elements(elements) => self::elements(elements),
        };
        Canonical(sum(summands, change))
    }

    /// As text; equal texts are equal forms.
    pub(crate) fn text(&self) -> String {
        joined(&self.0)
    }

    /// The same of the term divided by its first coefficient.
    pub(crate) fn text_up_to_factor(&self) -> String {
        let first = self.0.first().map_or(1.0, |(_, coefficient)| *coefficient);
        let parts = self.0.iter().map(|(what, coefficient)| {
            // Coefficients come from products, which rounding may leave apart.
            format!("{:.11e} {what}", coefficient / first)
        });
        parts.collect::<Vec<_>>().join(" + ")
    }
}

fn joined(sum: &[(String, f64)]) -> String {
    let parts = sum
        .iter()
        .map(|(what, coefficient)| format!("{coefficient:e} {what}"));
    parts.collect::<Vec<_>>().join(" + ")
}

/// Like summands added up, in the order of what they sum.
fn sum<V>(summands: &[Summand<V>], value: impl Fn(&V) -> String) -> Vec<(String, f64)> {
    let mut parts: Vec<(String, f64)> = Vec::new();
    for summand in summands {
        let mut numbers: Vec<String> = summand.numbers.iter().map(number).collect();
        sort(&mut numbers);
        numbers.push(value(&summand.value));
        let what = numbers.join(" ");
        match parts.iter_mut().find(|(known, _)| *known == what) {
            Some((_, coefficient)) => *coefficient += summand.coefficient,
            None => parts.push((what, summand.coefficient)),
        }
    }
    parts.retain(|(_, coefficient)| *coefficient != 0.0);
    sort_by(&mut parts, |(a, _), (b, _)| a.cmp(b));
    parts
}

fn number(number: &Number) -> String {
    match number {
        Number::Named(named) => named.name.to_string(),
        // How many units there are.
        Number::Sum(x @ Vector::Signal(Signal::Ones(_))) => format!("<{}>", vector(x)),
        Number::Sum(x) => inner(factors(x)),
        Number::Dot(operands) => {
            let [a, b] = &**operands;
            inner([factors(a), factors(b)].concat())
        }
        Number::Applied(function, summands) => {
            let inside = sum(summands, |()| "1".to_owned());
            format!("{}({})", function.name(), joined(&inside))
        }
    }
}

/// What the weights make of a vector, on the other side.
type Projection = fn(Box<Vector>) -> Vector;

/// The sum over all elements of the product of these vectors of one side.
fn inner(factors: Vec<Vector>) -> String {
    let written = |factors: &[Vector]| format!("<{}>", product(factors));
    // What goes back through the weights on one side goes forward on the other; the least is taken of all
    // ways to write it.
    let mut ways = vec![written(&factors)];
    for (place, factor) in factors.iter().enumerate() {
        let (inside, projected, side): (&Vector, Projection, Side) = match factor {
            Vector::ProjectedBack(x) => (x, Vector::Projected, Side::Pre),
            Vector::Projected(x) => (x, Vector::ProjectedBack, Side::Post),
            Vector::Signal(Signal::PreActivation) => (
                &Vector::Signal(Signal::Activity(Side::Pre)),
                Vector::ProjectedBack,
                Side::Post,
            ),
            _ => continue,
        };
        let others = factors.iter().enumerate().filter(|(k, _)| *k != place);
        let others = others.map(|(_, other)| other.clone());
        // Alone it is summed as it is, `1ᵀ W x`.
        let others = others.reduce(|a, b| Vector::Product(Box::new([a, b])));
        let others = others.unwrap_or(Vector::Signal(Signal::Ones(side)));
        let through = projected(others.into());
        ways.push(written(&[self::factors(inside), vec![through]].concat()));
    }
    ways.into_iter().min().expect("one way at least")
}

/// The vectors of which one is the elementwise product.
fn factors(x: &Vector) -> Vec<Vector> {
    match x {
        Vector::Product(operands) => [factors(&operands[0]), factors(&operands[1])].concat(),
        Vector::Signal(Signal::Ones(_)) => Vec::new(),
        other => vec![other.clone()],
    }
}

fn product(factors: &[Vector]) -> String {
    let mut written: Vec<String> = factors.iter().map(vector).collect();
    sort(&mut written);
    written.join(".")
}

fn vector(x: &Vector) -> String {
    match x {
        Vector::Signal(signal) => signal.name().to_owned(),
        Vector::Projected(x) => match **x {
            Vector::Signal(Signal::Activity(Side::Pre)) => "z".to_owned(),
            ref x => format!("W({})", vector(x)),
        },
        Vector::ProjectedBack(x) => format!("WT({})", vector(x)),
        Vector::Through(through) => {
            let transposed = if through.transposed { "^T" } else { "" };
            let name = &through.matrix.name;
            format!("{name}{transposed}({})", vector(&through.vector))
        }
        Vector::Product(_) => product(&factors(x)),
        Vector::Applied(function, summands) => {
            let inside = sum(summands, vector);
            format!("{}({})", function.name(), joined(&inside))
        }
    }
}

fn elements(matrix: &Elements) -> String {
    match matrix {
        Elements::Weights => "W".to_owned(),
        Elements::Named(named) => named.name.to_string(),
        Elements::Outer(post, pre) => format!("[{} {}]", vector(post), vector(pre)),
        Elements::Product(_) => {
            let mut written: Vec<String> = factors_of(matrix).into_iter().map(elements).collect();
            sort(&mut written);
            written.join(".")
        }
        Elements::Applied(function, summands) => {
            let inside = sum(summands, elements);
            format!("{}({})", function.name(), joined(&inside))
        }
    }
}

/// The matrices of which one is the elementwise product.
fn factors_of(matrix: &Elements) -> Vec<&Elements> {
    match matrix {
        Elements::Product(operands) => {
            [factors_of(&operands[0]), factors_of(&operands[1])].concat()
        }
        other => vec![other],
    }
}

#[cfg(test)]
mod tests {
    use crate::{Memory, Term};

    fn term(text: &str) -> Term {
        Term::read("t", text).unwrap()
    }

    #[test]
    fn equal_terms_have_one_form() {
        for (a, b) in [
            ("y * y_pre^T", "(y_pre * y^T)^T"),
            ("(y .* e) * y_pre^T", "(e .* y) * y_pre^T"),
            ("(y^T * e) * W", "(e^T * y) * W"),
            ("(ones^T * (y .* e)) * W", "(y^T * e) * W"),
            ("(y^T * W * e_pre) * W", "(e_pre^T * W^T * y) * W"),
            ("(y_pre^T * W^T * e) * W", "(z^T * e) * W"),
            ("(z^T * z) * W", "(y_pre^T * (W^T * z)) * W"),
            (
                "(ones^T * W * ones_pre) * W",
                "(ones_pre^T * W^T * ones) * W",
            ),
            ("(ones^T * z) * W", "(y_pre^T * W^T * ones) * W"),
            ("(ones^T * W * e_pre) * W", "(e_pre^T * (W^T * ones)) * W"),
            ("y * y_pre^T - y * y^T * W", "-(y * y^T) * W + y * y_pre^T"),
            ("2 * y * y_pre^T - y * y_pre^T", "y * y_pre^T"),
            ("tanh(y .* e) * y_pre^T", "tanh(e .* y) * y_pre^T"),
            ("exp(ones^T * (y .* e)) * W", "exp(e^T * y) * W"),
            ("W * y_pre * y_pre^T", "z * y_pre^T"),
            ("W .* (y * y_pre^T) .* W", "W .* W .* (y * y_pre^T)"),
        ] {
            assert_eq!(term(a).normal_form(), term(b).normal_form(), "{a}, {b}");
            assert_eq!(term(a).is_multiple_of(&term(b)), Some(true), "{a}, {b}");
        }
    }

    #[test]
    fn other_terms_have_other_forms() {
        let texts = [
            "y * y_pre^T",
            "2 * y * y_pre^T",
            "e * y_pre^T",
            "y * e_pre^T",
            "(y^T * e) * W",
            "(y^T * y) * W",
            "(ones^T * y) * W",
            "tanh(y) * y_pre^T",
            "tanh(2 * y) * y_pre^T",
            "sqrt(y^T * y) * W",
            "y * y_pre^T - y * y^T * W",
            "y * y_pre^T - 2 * y * y^T * W",
        ];
        for (place, a) in texts.iter().enumerate() {
            for b in &texts[..place] {
                assert_ne!(term(a).normal_form(), term(b).normal_form(), "{a}, {b}");
                let scaled = *b == "y * y_pre^T" && *a == "2 * y * y_pre^T";
                assert_eq!(term(a).is_multiple_of(&term(b)), Some(scaled), "{a}, {b}");
            }
        }
        let memories = [Memory::parse("m = m + k * (y - m)", &[]).unwrap()];
        let signals = Memory::signals(&memories);
        let with_memory = Term::read_with("t", "m * y_pre^T", &signals).unwrap();
        assert_eq!(with_memory.normal_form().as_deref(), Some("1e0 m y_pre"));
    }
}
