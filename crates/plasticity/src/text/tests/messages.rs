//! What is said when a term cannot be, and where.

use crate::Term;

/// Asserts that reading `text` fails with `words`, at the place of the `^`s of `marks`.
#[track_caller]
fn refuses(text: &str, marks: &str, words: &str) {
    let error = Term::parse(text).expect_err("it was read");
    assert_eq!(error.picture(), format!("{text}\n{marks}"));
    assert!(error.reason().contains(words), "{}", error.reason());
    assert_eq!(error.column(), 1 + marks.find('^').unwrap());
}

#[test]
fn names() {
    refuses("y * y_pre^T", "^^^^^^^^^^^", "NAME = EXPRESSION");
    refuses(" 2nd = W", " ^^^", "cannot name a term");
    refuses("= W", "^", "cannot name a term");
    refuses("y = W", "^", "something else");
    refuses("F3 = W", "^^", "something else");
    refuses("tanh = W", "^^^^", "something else");
    // Functions that came later take no name away.
    assert!(Term::parse("step = W").is_ok());
    assert!(Term::parse(&format!("{} = W", "a".repeat(33))).is_err());
    assert!(Term::parse("Fast = W").is_ok());
}

#[test]
fn words_and_signs() {
    refuses("a = q * y_pre^T", "    ^", "there are y, e, z, ones, y_pre");
    refuses("a = y * y_pre^t", "             ^", "`^T`");
    refuses("a = y * y_pre^1", "             ^^", "from `^2` to `^9`");
    refuses("a = y * y_pre^10", "             ^^^", "from `^2` to `^9`");
    refuses("a = y ? W", "      ^", "`?`");
    refuses("a = é W", "    ^", "`é`");
    refuses("a = 1e999 * W", "    ^^^^^", "no number");
    refuses(
        "a = y * (y_pre",
        "              ^",
        "expected `)`, found the end",
    );
    refuses("a = ", "    ^", "found the end");
    refuses("a = y * * W", "        ^", "found `*`");
    refuses("a = W) + W", "     ^", "an operator or the end");
    refuses("a = tanh W", "         ^", "`(` after the function");
    refuses("a = W = W", "      ^", "unknown character `=`");
}

#[test]
fn shapes() {
    refuses(
        "a = y * e",
        "    ^^^^^",
        "a post-synaptic column by a post-synaptic column",
    );
    refuses("a = y_pre * y^T", "    ^^^^^^^^^^^", "a pre × post matrix");
    refuses(
        "a = y * y_pre^T + y",
        "    ^^^^^^^^^^^^^^^",
        "cannot add a post × pre matrix",
    );
    refuses(
        "a = (W * y) * y_pre^T",
        "    ^^^^^^^",
        "W takes pre-synaptic columns",
    );
    refuses("a = y .* W", "    ^^^^^^", "two vectors");
    refuses("a = y ./ W", "    ^^^^^^", "two vectors");
    refuses("a = 1^T y", "    ^^^", "`ones`");
    refuses("a = tanh(W^T)", "    ^^^^^^^^^", "functions take");
    refuses("a = (W W^T)^2 W", "    ^^^^^^^^^", "functions take");
    refuses(
        "a = y * y_pre^T - W^2 * W^T * W",
        "                  ^^^^^^^^^",
        "element by element",
    );
    refuses("a = y ./ e_pre * y_pre^T", "    ^^^^^^^^^^", "two vectors");
    refuses("a = W / y", "        ^", "only a number");
    refuses("a = W / 0", "        ^", "only a number");
    refuses("a = y^T e", "    ^^^^^", "this is a number");
}

#[test]
fn what_no_update_can_do() {
    refuses("a = W W^T W", "    ^^^^^^^", "matrix product in each step");
    refuses("a = W - W", "    ^^^^^", "0");
    refuses("a = tanh(2) W", "    ^^^^^^^", "depend on a signal");
    refuses("a = 1e300 * 1e300 * W", "    ^^^^^^^^^^^^^", "infinity");
    let many = format!("a = {} y y_pre^T", "(y^T y + e^T e) ".repeat(9));
    assert!(Term::parse(&many).unwrap_err().reason().contains("over 64"));
}

#[test]
fn a_long_text_is_shown_around_the_place() {
    let text = format!("a = {} + q y_pre^T + {}", "W", "y y_pre^T + ".repeat(50));
    let picture = Term::parse(&text).unwrap_err().picture();
    let (shown, mark) = picture.split_once('\n').unwrap();
    assert!(shown.chars().count() <= 121);
    assert_eq!(shown.chars().nth(mark.find('^').unwrap()), Some('q'));
}

/// What a file or a terminal can do to a text does not get into the picture.
#[test]
fn control_characters_are_not_shown() {
    let error = Term::parse("a = y\n\t\u{1b}[2J W").unwrap_err();
    assert!(
        error
            .picture()
            .chars()
            .filter(|c| c.is_control())
            .eq(['\n'])
    );
}
