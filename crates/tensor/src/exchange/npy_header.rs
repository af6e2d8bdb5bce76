//! Header of a `.npy` file: a Python dictionary behind a magic number and a length.

use std::fmt::Write;

use super::element::Kind;
use super::{Error, Problem};

const MAGIC: &[u8] = b"\x93NUMPY";
/// Data start at a multiple of this.
const ALIGNMENT: usize = 64;

pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) big_endian: bool,
    pub(super) fortran_order: bool,
    pub(super) dims: Vec<usize>,
}

fn malformed(what: &str) -> Error {
    Error::new(Problem::Malformed(what.to_owned()))
}

impl Header {
    pub(super) fn encode(kind: Kind, dims: &[usize]) -> Vec<u8> {
        let mut text = format!(
            "{{'descr': '<f{}', 'fortran_order': False, 'shape': (",
            kind.bytes()
        );
        for dim in dims {
            // Python needs the comma after a single extent.
            write!(text, "{dim},").expect("a string takes everything");
        }
        text += "), }";
        // Magic, two bytes of version, the length in 2 or 4 bytes, the text, a line feed.
        let long = text.len() + 1 + ALIGNMENT > usize::from(u16::MAX);
        let before = MAGIC.len() + 2 + if long { 4 } else { 2 };
        let total = (before + text.len() + 1).next_multiple_of(ALIGNMENT);
        let length = total - before;
        let mut bytes = MAGIC.to_vec();
        if long {
            bytes.extend([2, 0]);
            bytes.extend((length as u32).to_le_bytes());
        } else {
            bytes.extend([1, 0]);
            bytes.extend((length as u16).to_le_bytes());
        }
        bytes.extend(text.bytes());
        bytes.resize(total - 1, b' ');
        bytes.push(b'\n');
        bytes
    }

    /// The header and the data behind it.
    pub(super) fn decode(bytes: &[u8]) -> Result<(Self, &[u8]), Error> {
        let Some(([major, _], rest)) = bytes
            .strip_prefix(MAGIC)
            .and_then(|rest| rest.split_first_chunk())
        else {
            return Err(malformed("no .npy file"));
        };
        let split = match major {
            1 => rest
                .split_first_chunk()
                .map(|(n, rest)| (usize::from(u16::from_le_bytes(*n)), rest)),
            2 | 3 => rest
                .split_first_chunk()
                .map(|(n, rest)| (u32::from_le_bytes(*n) as usize, rest)),
            _ => return Err(malformed("a version of .npy later than 3")),
        };
        let (text, data) = split
            .and_then(|(n, rest)| rest.split_at_checked(n))
            .ok_or_else(|| malformed("the header is cut off"))?;
        let text = std::str::from_utf8(text).map_err(|_| malformed("the header is no text"))?;
        Ok((Dictionary(text).header()?, data))
    }
}

/// What is left to read of the dictionary.
struct Dictionary<'a>(&'a str);

impl<'a> Dictionary<'a> {
    fn header(mut self) -> Result<Header, Error> {
        let (mut descr, mut fortran_order, mut dims) = (None, None, None);
        self.expect('{')?;
        while !self.take('}') {
            let key = self.string()?;
            self.expect(':')?;
            match key {
                "descr" => descr = Some(self.kind()?),
                "fortran_order" => fortran_order = Some(self.boolean()?),
                "shape" => dims = Some(self.dims()?),
                _ => return Err(malformed("the header has an unknown entry")),
            }
            if !self.take(',') {
                self.expect('}')?;
                break;
            }
        }
        if !self.0.trim_ascii().is_empty() {
            return Err(malformed("the header goes on after its end"));
        }
        let ((big_endian, kind), fortran_order, dims) = descr
            .zip(fortran_order)
            .zip(dims)
            .map(|((descr, order), dims)| (descr, order, dims))
            .ok_or_else(|| malformed("the header lacks type, order or shape"))?;
        Ok(Header {
            kind,
            big_endian,
            fortran_order,
            dims,
        })
    }

    fn take(&mut self, token: char) -> bool {
        self.0 = self.0.trim_ascii_start();
        let rest = self.0.strip_prefix(token);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn expect(&mut self, token: char) -> Result<(), Error> {
        if self.take(token) {
            Ok(())
        } else {
            Err(malformed(&format!("the header lacks a `{token}`")))
        }
    }

    fn string(&mut self) -> Result<&'a str, Error> {
        let quote = if self.take('"') {
            '"'
        } else {
            self.expect('\'')?;
            '\''
        };
        let (string, rest) = self
            .0
            .split_once(quote)
            .ok_or_else(|| malformed("a string in the header does not end"))?;
        self.0 = rest;
        Ok(string)
    }

    fn kind(&mut self) -> Result<(bool, Kind), Error> {
        self.0 = self.0.trim_ascii_start();
        let descr = if self.0.starts_with('[') {
            "records"
        } else {
            self.string()?
        };
        // `<` little-endian, `>` big-endian, `|` of single bytes.
        let kind = descr.strip_prefix(['<', '>', '|']).and_then(Kind::of_numpy);
        let byte_order_is_told = |kind: &Kind| kind.bytes() == 1 || !descr.starts_with('|');
        match kind.filter(byte_order_is_told) {
            Some(kind) => Ok((descr.starts_with('>'), kind)),
            None => Err(Error::new(Problem::Type {
                found: in_words(descr),
                wanted: "numbers",
            })),
        }
    }

    fn boolean(&mut self) -> Result<bool, Error> {
        self.0 = self.0.trim_ascii_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.0.strip_prefix(word) {
                self.0 = rest;
                return Ok(value);
            }
        }
        Err(malformed("the order is neither True nor False"))
    }

    fn dims(&mut self) -> Result<Vec<usize>, Error> {
        self.expect('(')?;
        let mut dims = Vec::new();
        while !self.take(')') {
            self.0 = self.0.trim_ascii_start();
            let end = self
                .0
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(self.0.len());
            let (digits, rest) = self.0.split_at(end);
            let dim = digits
                .parse()
                .map_err(|_| malformed("the shape has an extent that is no number"))?;
            dims.push(dim);
            self.0 = rest;
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(dims)
    }
}

/// A type of NumPy's that is not read.
fn in_words(descr: &str) -> String {
    let letter = descr
        .trim_start_matches(['<', '>', '|', '='])
        .chars()
        .next();
    let what = match letter {
        Some('c') => "complex numbers",
        Some('f' | 'i' | 'u') => "numbers of a size that is not read",
        Some('U' | 'S' | 'a') => "text",
        Some('M' | 'm') => "times",
        Some('O') => "Python objects",
        _ => return descr.to_owned(),
    };
    format!("{what} ({descr})")
}
