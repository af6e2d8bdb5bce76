//! Canonical form of a term: one text for all expressions that are equal up to a factor.

use super::normal::{Change, Number, Summand, Vector};
use super::syntax::{Side, Signal};

/// What a term is but for a factor, which a coefficient θ makes up for: terms that are equal by the laws of
/// matrices have the same text.
///
/// Recognised are distributivity, the order of sums, of numbers and of elementwise factors, vectors of ones, and
/// that products with the weights can be moved: `y · W e_pre` is `Wᵀ y · e_pre`, and `W y_pre` is `z`. Functions
/// such as `tanh` are taken as they stand.
#[derive(Clone, Debug, PartialEq)]
pub struct CanonicalForm {
    /// The factor; 0 when all cancels.
    pub factor: f64,
    /// The text, of which nothing but equality is to be relied on.
    pub text: String,
}

/// A factor of an elementwise product of columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum ColumnFactor {
    Named(String),
    /// `W Π factors`
    Projected(Vec<ColumnFactor>),
    /// `Wᵀ Π factors`
    ProjectedBack(Vec<ColumnFactor>),
}

/// Of a term that is multiplied out.
pub(crate) fn canonical(summands: &[Summand<Change>]) -> CanonicalForm {
    let of_summand = |summand: &Summand<Change>| match &summand.value {
        Change::Outer(post, pre) => format!("{}|{}", text(&factors(post)), text(&factors(pre))),
        Change::Weights => "W".into(),
    };
    let sum = collected(summands, of_summand);
    let Some(factor) = sum.first().map(|(coefficient, _)| *coefficient) else {
        return CanonicalForm {
            factor: 0.0,
            text: "0".into(),
        };
    };
    CanonicalForm {
        factor,
        text: joined(&sum, factor),
    }
}

/// Summands as text in one order, those that are alike added up.
fn collected<V>(
    summands: &[Summand<V>],
    of_value: impl Fn(&Summand<V>) -> String,
) -> Vec<(f64, String)> {
    let mut sum: Vec<(f64, String)> = Vec::new();
    for summand in summands {
        let mut numbers: Vec<String> = summand.numbers.iter().map(number).collect();
        numbers.sort();
        numbers.push(of_value(summand));
        let text = numbers.join("*");
        match sum.iter_mut().find(|(_, other)| *other == text) {
            Some((coefficient, _)) => *coefficient += summand.coefficient,
            None => sum.push((summand.coefficient, text)),
        }
    }
    sum.retain(|(coefficient, _)| *coefficient != 0.0);
    sum.sort_by(|a, b| a.1.cmp(&b.1));
    sum
}

fn joined(sum: &[(f64, String)], unit: f64) -> String {
    let each = sum.iter().map(|(c, text)| format!("{}*{text}", c / unit));
    each.collect::<Vec<_>>().join("+")
}

/// The elementwise factors of a column, sorted; none of a column of ones.
fn factors(vector: &Vector) -> Vec<ColumnFactor> {
    let mut factors = match vector {
        Vector::Signal(Signal::Ones(_)) => Vec::new(),
        Vector::Signal(Signal::PreActivation) => {
            vec![ColumnFactor::Projected(vec![ColumnFactor::Named(
                "y_pre".into(),
            )])]
        }
        Vector::Signal(signal) => vec![ColumnFactor::Named(signal.name().to_owned())],
        Vector::Projected(x) => vec![ColumnFactor::Projected(self::factors(x))],
        Vector::ProjectedBack(x) => vec![ColumnFactor::ProjectedBack(self::factors(x))],
        Vector::Product(operands) => {
            [self::factors(&operands[0]), self::factors(&operands[1])].concat()
        }
        Vector::Applied(function, sum) => {
            let sum = collected(sum, |summand| text(&self::factors(&summand.value)));
            let argument = joined(&sum, 1.0);
            vec![ColumnFactor::Named(format!(
                "{}({argument})",
                function.name()
            ))]
        }
    };
    factors.sort();
    factors
}

fn number(number: &Number) -> String {
    match number {
        Number::Named(named) => named.name.to_string(),
        Number::Sum(x) => contracted(side(x), factors(x)),
        Number::Dot(operands) => {
            let [a, b] = &**operands;
            contracted(side(a), [factors(a), factors(b)].concat())
        }
        Number::Applied(function, sum) => {
            let sum = collected(sum, |_| String::new());
            format!("{}({})", function.name(), joined(&sum, 1.0))
        }
    }
}

/// The sum of an elementwise product over the units of a side. Of all ways to write it, as weights move from one
/// factor to the others, the first by order counts.
fn contracted(side: Side, factors: Vec<ColumnFactor>) -> String {
    let sorted = |mut factors: Vec<ColumnFactor>| {
        factors.sort();
        factors
    };
    let mut known = vec![(side == Side::Pre, sorted(factors))];
    let mut place = 0;
    while let Some((is_pre, factors)) = known.get(place).cloned() {
        place += 1;
        for (k, factor) in factors.iter().enumerate() {
            let mut others = factors.clone();
            others.remove(k);
            let moved = match factor {
                ColumnFactor::Projected(x) => {
                    [x.clone(), vec![ColumnFactor::ProjectedBack(others)]].concat()
                }
                ColumnFactor::ProjectedBack(x) => {
                    [x.clone(), vec![ColumnFactor::Projected(others)]].concat()
                }
                ColumnFactor::Named(_) => continue,
            };
            let moved = (!is_pre, sorted(moved));
            if !known.contains(&moved) {
                known.push(moved);
            }
        }
    }
    known.sort();
    let (is_pre, factors) = &known[0];
    format!(
        "{}<{}>",
        if *is_pre { "pre" } else { "post" },
        text(factors)
    )
}

fn text(factors: &[ColumnFactor]) -> String {
    let each = factors.iter().map(|factor| match factor {
        ColumnFactor::Named(name) => name.clone(),
        ColumnFactor::Projected(x) => format!("W[{}]", text(x)),
        ColumnFactor::ProjectedBack(x) => format!("V[{}]", text(x)),
    });
    each.collect::<Vec<_>>().join(".")
}

fn side(vector: &Vector) -> Side {
    match vector {
        Vector::Signal(signal) => signal.side(),
        Vector::Projected(_) => Side::Post,
        Vector::ProjectedBack(_) => Side::Pre,
        Vector::Product(operands) => side(&operands[0]),
        Vector::Applied(_, sum) => sum.first().map_or(Side::Post, |x| side(&x.value)),
    }
}
