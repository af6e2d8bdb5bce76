//! From tokens to a tree.
//!
//! ```text
//! sum     = signed { ("+" | "-") signed }
//! signed  = "-" signed | product
//! product = factor { factor | ( "*" | ".*" | "/" | "./" ) operand }
//! operand = "-" operand | factor
//! factor  = atom { "^T" | "^2" | … | "^9" }
//! atom    = number | name | signal | "W" | function "(" sum ")" | "(" sum ")"
//! ```

use super::error::{Reason, TermError};
use super::lexer::{Token, tokens};
use super::limits::{MOST_CHARACTERS, MOST_LEVELS};
use super::named::Vocabulary;
use super::syntax::{Node, Operator, Part, Span};

/// The tree of the expression that is `text` from byte `from` on.
pub(crate) fn parse(
    text: &str,
    from: usize,
    vocabulary: Vocabulary<'_>,
) -> Result<Node, TermError> {
    let length = text.chars().count();
    if length > MOST_CHARACTERS {
        return Err(TermError::new(Reason::TooLong(length), 0..0));
    }
    let mut parser = Parser {
        tokens: tokens(text, from, vocabulary)?,
        place: 0,
        end: text.len(),
        text,
        nesting: 0,
    };
    let node = parser.sum()?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(parser.expected("an operator or the end")),
    }
}

struct Parser<'a> {
    tokens: Vec<(Token, Span)>,
    place: usize,
    /// Of the text.
    end: usize,
    text: &'a str,
    /// Calls that are open, so that they need little stack.
    nesting: u32,
}

impl Parser<'_> {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.place).map(|(token, _)| token.clone())
    }

    /// Where the next token is, or the end.
    fn here(&self) -> Span {
        let next = self.tokens.get(self.place);
        next.map_or(self.end..self.end, |(_, at)| at.clone())
    }

    /// The bytes from the beginning of `start` to the end of the last token.
    fn since(&self, start: &Span) -> Span {
        start.start..self.tokens[self.place - 1].1.end
    }

    fn take(&mut self, token: Token) -> bool {
        let found = self.peek() == Some(token);
        self.place += usize::from(found);
        found
    }

    fn expected(&self, expected: &'static str) -> TermError {
        let at = self.here();
        let found = match &self.text[at.clone()] {
            "" => "the end".to_owned(),
            found => format!("`{found}`"),
        };
        TermError::new(Reason::Expected { expected, found }, at)
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Node, TermError>,
    ) -> Result<Node, TermError> {
        if self.nesting >= MOST_LEVELS {
            return Err(TermError::new(Reason::TooDeep, self.here()));
        }
        self.nesting += 1;
        let node = read(self);
        self.nesting -= 1;
        node
    }

    fn sum(&mut self) -> Result<Node, TermError> {
        let start = self.here();
        let mut left = self.signed(Self::product)?;
        loop {
            let operator = match self.peek() {
                Some(Token::Plus) => Operator::Add,
                Some(Token::Minus) => Operator::Subtract,
                _ => return Ok(left),
            };
            self.place += 1;
            let right = self.signed(Self::product)?;
            left = self.binary(operator, left, right, &start)?;
        }
    }

    /// What `read` reads, with any number of minus signs before it.
    fn signed(
        &mut self,
        read: fn(&mut Self) -> Result<Node, TermError>,
    ) -> Result<Node, TermError> {
        let start = self.here();
        if !self.take(Token::Minus) {
            return read(self);
        }
        let inner = self.nested(|parser| parser.signed(read))?;
        Ok(Node::new(Part::Negative(inner.into()), self.since(&start))?)
    }

    fn product(&mut self) -> Result<Node, TermError> {
        let start = self.here();
        let mut left = self.factor()?;
        loop {
            let operator = match self.peek() {
                Some(Token::Times) => Operator::Multiply,
                Some(Token::Elementwise) => Operator::Elementwise,
                Some(Token::Divide) => Operator::Divide,
                Some(Token::ElementwiseDivide) => Operator::ElementwiseDivide,
                Some(
                    Token::Number(_)
                    | Token::Named(_)
                    | Token::Matrix(_)
                    | Token::Signal(_)
                    | Token::Weights
                    | Token::Function(_)
                    | Token::Open,
                ) => {
                    let right = self.factor()?;
                    left = self.binary(Operator::Multiply, left, right, &start)?;
                    continue;
                }
                _ => return Ok(left),
            };
            self.place += 1;
            let right = self.signed(Self::factor)?;
            left = self.binary(operator, left, right, &start)?;
        }
    }

    fn binary(
        &self,
        operator: Operator,
        left: Node,
        right: Node,
        start: &Span,
    ) -> Result<Node, TermError> {
        let operands = Box::new([left, right]);
        Ok(Node::new(
            Part::Binary(operator, operands),
            self.since(start),
        )?)
    }

    fn factor(&mut self) -> Result<Node, TermError> {
        let start = self.here();
        let mut node = self.atom()?;
        loop {
            let part: fn(Box<Node>, u32) -> Part = match self.peek() {
                Some(Token::Transpose) => |node, _| Part::Transposed(node),
                Some(Token::Power(_)) => Part::Power,
                _ => return Ok(node),
            };
            let power = match self.peek() {
                Some(Token::Power(power)) => power,
                _ => 1,
            };
            self.place += 1;
            node = Node::new(part(node.into(), power), self.since(&start))?;
        }
    }

    fn atom(&mut self) -> Result<Node, TermError> {
        let start = self.here();
        let leaf = match self.peek() {
            Some(Token::Number(number)) => Part::Number(number),
            Some(Token::Named(named)) => Part::Named(named),
            Some(Token::Matrix(named)) => Part::Matrix(named),
            Some(Token::Signal(signal)) => Part::Signal(signal),
            Some(Token::Weights) => Part::Weights,
            Some(Token::Function(function)) => {
                self.place += 1;
                if self.peek() != Some(Token::Open) {
                    return Err(self.expected("`(` after the function"));
                }
                let argument = self.parenthesised()?;
                let applied = Part::Applied(function, argument.into());
                return Ok(Node::new(applied, self.since(&start))?);
            }
            Some(Token::Open) => return self.parenthesised(),
            _ => return Err(self.expected("a signal, a number, `W` or `(`")),
        };
        self.place += 1;
        Ok(Node::new(leaf, start)?)
    }

    fn parenthesised(&mut self) -> Result<Node, TermError> {
        let start = self.here();
        self.place += 1;
        let mut inner = self.nested(Self::sum)?;
        if !self.take(Token::Close) {
            return Err(self.expected("`)`"));
        }
        inner.at = self.since(&start);
        Ok(inner)
    }
}
