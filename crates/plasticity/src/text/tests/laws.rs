//! What is written is read back, and nothing that can be typed is a panic.

use proptest::prelude::*;

use super::generate::{term, trees};
use crate::text::Vocabulary;
use crate::text::parser::parse;
use crate::text::print::{Notation, print};
use crate::{Memory, Term, pool};

proptest! {
    #[test]
    fn what_is_printed_is_read_back(tree in trees()) {
        for notation in [Notation::Typed, Notation::Maths] {
            let text = print(&tree, notation);
            let back = parse(&text, 0, Vocabulary::LAYER);
            prop_assert_eq!(back.as_ref(), Ok(&tree), "{}", text);
        }
    }

    #[test]
    fn terms_are_read_back(seed in any::<u64>()) {
        if let Ok(term) = Term::read("t", &term(seed)) {
            let typed = Term::parse(&term.to_string());
            let maths = Term::read("t", term.formula());
            prop_assert_eq!(typed.as_ref(), Ok(&term));
            prop_assert_eq!(maths.as_ref(), Ok(&term));
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        read(&text);
        read(&format!("hebb = {text}"));
    }

    #[test]
    fn no_words_in_a_row_panic(words in proptest::collection::vec(word(), 0..40)) {
        read(&words.concat());
        read(&format!("hebb = {}", words.join(" ")));
    }
}

fn word() -> impl Strategy<Value = &'static str> {
    let words = "y z e ones W y_pre e_pre ones_pre y_l e_(l−1) 1_l 1_(l-1) ( ) ( ) + - − * .* ⊙ / ^T \
                 ᵀ ^ 2 0.5 1e-3 1e400 0 exp tanh relu abs sigmoid sqrt step cumsum reward loss_change perturbation perturbation_pre ./ ⊘ ^2 ^9 = , · é 𝔸 _ k hebb";
    proptest::sample::select(words.split_whitespace().collect::<Vec<_>>())
}

/// Reads a text as a term and as a memory, and where that fails, the message.
fn read(text: &str) {
    if let Err(error) = Term::parse(text) {
        assert!(
            error.column() >= 1 && error.picture().lines().count() == 2,
            "{error}"
        );
        assert_eq!(error.to_string().lines().count(), 1);
    }
    match Memory::parse(text, &[]) {
        // Printed with parentheses, a tree as deep as can be is too deep to be read.
        Ok(_) if text.len() > 100 => {}
        Ok(memory) => {
            assert_eq!(
                Memory::parse(&memory.to_string(), &[]).as_ref(),
                Ok(&memory)
            );
            let maths = format!("{} = {}", memory.name(), memory.formula());
            assert_eq!(Memory::parse(&maths, &[]).as_ref(), Ok(&memory));
        }
        Err(error) => {
            assert!(
                error.column() >= 1 && error.picture().lines().count() == 2,
                "{error}"
            );
        }
    }
}

#[test]
fn deep_and_long_texts_are_refused() {
    for n in [50, 99, 100, 101, 500, 900, 100_000] {
        for (open, middle, close) in [
            ("(", "y", ")"),
            ("-", "y", ""),
            ("tanh(", "y", ")"),
            ("", "y", "^T"),
            ("", "y", "+y"),
            ("", "y", "*y"),
            ("y*-", "y", ""),
            ("(y y^T) ", "W", ""),
            ("(y+e)*", "y", ""),
        ] {
            let text = format!("t = {}{middle}{}", open.repeat(n), close.repeat(n));
            read(&text);
            if n > 100 {
                let error = Term::parse(&text).unwrap_err().reason();
                assert!(error.contains("most"), "{error}");
            }
        }
    }
}

/// The formulas of the built-in terms, as the docs and rule pages show them, are terms.
#[test]
fn formulas_of_built_in_terms_are_read() {
    for built_in in pool() {
        let term = Term::read("own", built_in.formula()).unwrap();
        assert_eq!(Term::read("own", term.formula()).as_ref(), Ok(&term));
        assert_eq!(term.locality(), built_in.locality(), "{built_in}");
    }
}

#[test]
fn the_printed_formula_has_parentheses_where_it_could_be_misread() {
    let formula = |text| Term::read("t", text).expect("a term").formula().to_owned();
    assert_eq!(formula("y .* y * y_pre^T"), "(y_l ⊙ y_l) y_(l−1)ᵀ");
    assert_eq!(formula("y / 2 * y_pre^T"), "(y_l / 2) y_(l−1)ᵀ");
    assert_eq!(formula("2 * y * y_pre^T"), "2 y_l y_(l−1)ᵀ");
}
