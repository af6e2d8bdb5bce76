//! Terms of the grammar as numbers, in plain loops.

use metaplast_numbers::streams::stream;
use metaplast_plasticity::pool;
use rand::RngExt;

use super::write::of_size;
use super::*;

/// Signals of a layer with 3 units above 4.
struct Layer {
    y: [Vec<f64>; 2],
    e: [Vec<f64>; 2],
    w: Vec<Vec<f64>>,
}

/// Rows; a number is one row of one element, a column a row each.
type Rows = Vec<Vec<f64>>;

impl Layer {
    fn new(seed: u64) -> Self {
        let mut rng = stream(&[seed]);
        let mut random =
            |n: usize| -> Vec<f64> { (0..n).map(|_| rng.random_range(0.5..1.5)).collect() };
        Layer {
            y: [random(3), random(4)],
            e: [random(3), random(4)],
            w: (0..3).map(|_| random(4)).collect(),
        }
    }

    /// The value of the part that begins here.
    fn value(&self, symbols: &mut std::slice::Iter<'_, Symbol>) -> Rows {
        let column = |x: &[f64]| -> Rows { x.iter().map(|&x| vec![x]).collect() };
        let symbol = *symbols.next().unwrap();
        let transposed = |rows: &Rows| -> Rows {
            (0..rows[0].len())
                .map(|j| rows.iter().map(|row| row[j]).collect())
                .collect()
        };
        let mut part = || self.value(symbols);
        match symbol {
            Symbol::Error => column(&self.e[0]),
            Symbol::Activity => column(&self.y[0]),
            Symbol::PreActivation => times(&self.w, &column(&self.y[1])),
            Symbol::Ones => column(&[1.0; 3]),
            Symbol::PreActivity => column(&self.y[1]),
            Symbol::PreError => column(&self.e[1]),
            Symbol::PreOnes => column(&[1.0; 4]),
            Symbol::Weights => self.w.clone(),
            Symbol::Projected => times(&self.w, &part()),
            Symbol::ProjectedBack => times(&transposed(&self.w), &part()),
            Symbol::ProductPost | Symbol::ProductPre => with(&part(), &part(), |a, b| a * b),
            Symbol::Plus => with(&part(), &part(), |a, b| a + b),
            Symbol::Minus => with(&part(), &part(), |a, b| a - b),
            Symbol::DotPost | Symbol::DotPre => times(&transposed(&part()), &part()),
            Symbol::Outer => {
                let (post, pre) = (part(), part());
                times(&post, &transposed(&pre))
            }
            Symbol::Scaled => {
                let factor = part()[0][0];
                let matrix = part();
                with(&matrix, &matrix, |a, _| factor * a)
            }
            _ => part(),
        }
    }
}

fn times(a: &Rows, b: &Rows) -> Rows {
    let element = |row: &Vec<f64>, j: usize| row.iter().zip(b).map(|(x, row)| x * row[j]).sum();
    let row = |row: &Vec<f64>| (0..b[0].len()).map(|j| element(row, j)).collect();
    a.iter().map(row).collect()
}

fn with(a: &Rows, b: &Rows, f: impl Fn(f64, f64) -> f64) -> Rows {
    let row = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(&a, &b)| f(a, b)).collect();
    a.iter().zip(b).map(row).collect()
}

/// The value on two layers but for a factor: of length 1, its largest element positive; none of 0.
fn direction(symbols: &[Symbol]) -> Option<Vec<f64>> {
    let values = [1, 2].map(|seed| Layer::new(seed).value(&mut symbols.iter()));
    let all: Vec<f64> = values.into_iter().flatten().flatten().collect();
    let length = all.iter().map(|x| x * x).sum::<f64>().sqrt();
    let largest = all
        .iter()
        .copied()
        .reduce(|a, b| if b.abs() > a.abs() { b } else { a })?;
    let unit = length * largest.signum();
    (length > 1e-9).then(|| all.iter().map(|x| x / unit).collect())
}

fn alike(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9)
}

#[test]
fn terms_are_recognised_as_equal_where_their_numbers_are_and_nowhere_else() {
    let grammar = TermGrammar::new(4);
    let chosen: Vec<Vec<f64>> = grammar
        .terms()
        .iter()
        .map(|term| direction(&term.symbols).expect("no term of the grammar is 0"))
        .collect();
    for (place, term) in chosen.iter().enumerate() {
        // Sums over weights, `1ᵀ W 1`, are not recognised when they are transposed.
        let symbols = &grammar.terms()[place].symbols;
        if symbols.contains(&Symbol::Ones) && symbols.contains(&Symbol::PreOnes) {
            continue;
        }
        let equal = chosen[..place].iter().position(|other| alike(term, other));
        let shown = |place: usize| grammar.terms()[place].term.to_string();
        assert_eq!(
            equal,
            None,
            "{} is {}",
            shown(place),
            shown(equal.unwrap_or(0))
        );
    }
    for size in 1..=4 {
        for written in of_size(size) {
            let term = Term::read("t", &written.text);
            let Some(direction) = direction(&written.symbols) else {
                let is_zero = |term: Term| term.normal_form_up_to_factor() == Some(String::new());
                assert!(term.map_or(true, is_zero), "{}", written.text);
                continue;
            };
            let place = grammar
                .place(&term.unwrap())
                .expect("a term of its own size");
            assert!(alike(&direction, &chosen[place]), "{}", written.text);
        }
    }
}

#[test]
fn the_grammar_of_five_signals_has_the_pool_and_many_more() {
    let grammar = TermGrammar::new(5);
    for term in pool() {
        let place = grammar.place(term).expect("a term of the grammar");
        assert_eq!(grammar.terms()[place].term, *term);
    }
    let (terms, derivations) = (grammar.terms().len(), grammar.derivations());
    assert!(
        terms > 1000 && derivations > terms,
        "{terms} of {derivations}"
    );
    let sorted = grammar
        .terms()
        .windows(2)
        .all(|pair| pair[0].symbols < pair[1].symbols);
    assert!(sorted);
}
