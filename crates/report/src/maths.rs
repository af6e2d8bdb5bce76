//! Unicode maths as HTML with true sub- and superscripts.

use crate::html::{Element, Markup, element, words};

/// `e_l y_(l−1)ᵀ` with indices below the line, variables in italics and the transpose above it.
pub(crate) fn maths(text: &str) -> Element {
    let pieces = pieces(text).into_iter().map(|piece| match piece {
        Piece::Variable(name) => words("i", name).into(),
        Piece::Plain(text) => Markup::default().text(text),
        Piece::Below(text) => element("sub").add(inner(&text)).into(),
        Piece::Above(text) => words("sup", text).into(),
    });
    element("span").class("maths").add_all::<Markup>(pieces)
}

fn inner(text: &str) -> Markup {
    let pieces = pieces(text).into_iter().map(|piece| match piece {
        Piece::Variable(name) => words("i", name).into(),
        Piece::Plain(text) | Piece::Below(text) | Piece::Above(text) => {
            Markup::default().text(text)
        }
    });
    pieces.collect()
}

#[derive(Debug, PartialEq)]
enum Piece {
    Variable(String),
    Plain(String),
    Below(String),
    Above(String),
}

fn pieces(text: &str) -> Vec<Piece> {
    let chars: Vec<char> = text.chars().collect();
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        let next = chars.get(at + 1);
        match c {
            '_' if next == Some(&'(') => {
                let end = chars[at..].iter().position(|&c| c == ')');
                let end = end.map_or(chars.len(), |n| at + n);
                pieces.push(Piece::Below(chars[at + 2..end].iter().collect()));
                at = end + 1;
            }
            '_' if next.is_some_and(|c| c.is_alphanumeric()) => {
                let length = chars[at + 1..]
                    .iter()
                    .take_while(|c| c.is_alphanumeric() && **c != 'ᵀ')
                    .count();
                pieces.push(Piece::Below(chars[at + 1..=at + length].iter().collect()));
                at += length + 1;
            }
            'ᵀ' => {
                pieces.push(Piece::Above("⊤".into()));
                at += 1;
            }
            'Δ' => {
                pieces.push(Piece::Plain("Δ".into()));
                at += 1;
            }
            c if c.is_alphabetic() => {
                let word = |c: &&char| c.is_alphabetic() && **c != 'ᵀ';
                let length = chars[at..].iter().take_while(word).count();
                let name: String = chars[at..at + length].iter().collect();
                pieces.push(match length {
                    1 => Piece::Variable(name),
                    _ => Piece::Plain(name),
                });
                at += length;
            }
            c => {
                match pieces.last_mut() {
                    Some(Piece::Plain(text)) => text.push(c),
                    _ => pieces.push(Piece::Plain(c.into())),
                }
                at += 1;
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Markup::from(maths(text)).into_string()
    }

    #[test]
    fn indices_go_below_and_transposes_above() {
        assert_eq!(
            shown("ΔW_l = −0.5 e_l y_(l−1)ᵀ"),
            "<span class=\"maths\">Δ<i>W</i><sub><i>l</i></sub> = −0.5 <i>e</i><sub><i>l</i></sub> \
             <i>y</i><sub><i>l</i>−1</sub><sup>⊤</sup></span>"
        );
    }

    #[test]
    fn whatever_is_written_comes_out() {
        for text in ["_", "a_", "_(", "_(x", "softmax(z_L)", "<&>", ""] {
            assert!(!shown(text).contains("<&"), "{text}");
        }
        assert!(shown("exp(x)").contains("exp(<i>x</i>)"));
    }
}
