//! Portable anymaps: PBM (P1, P4), PGM (P2, P5) and PPM (P3, P6), as text and packed.

use std::path::Path;

use super::{Raster, check_sides, too_few_bytes, wrong};
use crate::DataError;
use crate::gray::Channels;

pub(super) fn unpack(bytes: &[u8], path: &Path) -> Result<Raster, DataError> {
    let mut reader = Reader { bytes, at: 2 };
    let cut_off = || {
        wrong(
            path,
            "not a sound PNM file: it ends too early; write it again".into(),
        )
    };
    let number = |reader: &mut Reader<'_>, what: &str| {
        reader.number().ok_or_else(|| {
            let reason = format!(
                "not a sound PNM file: no {what} at byte {}; write it again",
                reader.at
            );
            wrong(path, reason)
        })
    };
    let kind = bytes[1];
    let cols = number(&mut reader, "width")?;
    let rows = number(&mut reader, "height")?;
    check_sides(cols, rows, path)?;
    let bits = matches!(kind, b'1' | b'4');
    let largest = if bits {
        1
    } else {
        number(&mut reader, "largest value")?
    };
    if !(1..=65_535).contains(&largest) {
        let reason = format!("not a sound PNM file: {largest} is no largest value; write it again");
        return Err(wrong(path, reason));
    }
    let channels = match kind {
        b'3' | b'6' => Channels::Rgb,
        _ => Channels::Gray,
    };
    let n = rows * cols * channels.count();
    // At least a bit for each value.
    if n / 8 > bytes.len() {
        return Err(too_few_bytes(cols, rows, bytes, path));
    }
    let values: Option<Vec<usize>> = match kind {
        b'1' => (0..n).map(|_| reader.bit()).collect(),
        b'2' | b'3' => (0..n).map(|_| reader.number()).collect(),
        _ => {
            // One byte of white space ends the header.
            let data = bytes.get(reader.at + 1..).unwrap_or_default();
            match kind {
                b'4' => unpack_bits(data, rows, cols),
                _ if largest > 255 => data.get(..2 * n).map(|data| {
                    let pairs = data.chunks_exact(2);
                    pairs
                        .map(|b| usize::from(b[0]) << 8 | usize::from(b[1]))
                        .collect()
                }),
                _ => data
                    .get(..n)
                    .map(|data| data.iter().map(|&b| b.into()).collect()),
            }
        }
    };
    let values = values.ok_or_else(cut_off)?;
    if let Some(value) = values.iter().find(|&&value| value > largest) {
        let reason = format!(
            "not a sound PNM file: {value} is above its largest value, {largest}; write it again"
        );
        return Err(wrong(path, reason));
    }
    let scaled = values.into_iter().map(|value| {
        let scaled = ((510 * value + largest) / (2 * largest)) as u8;
        // A bit is ink, which is black.
        if bits { 255 - scaled } else { scaled }
    });
    Ok(Raster {
        rows,
        cols,
        channels,
        values: scaled.collect(),
    })
}

/// Lines of bits that begin with a byte each.
fn unpack_bits(data: &[u8], rows: usize, cols: usize) -> Option<Vec<usize>> {
    let line = cols.div_ceil(8);
    let data = data.get(..rows * line)?;
    let bit = |line: &[u8], x: usize| usize::from(line[x / 8] >> (7 - x % 8) & 1);
    let lines = data.chunks_exact(line);
    Some(
        lines
            .flat_map(|line| (0..cols).map(move |x| bit(line, x)))
            .collect(),
    )
}

/// A reader of numbers between white space and comments.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// Goes to the next byte that is neither white space nor of a comment.
    fn skip(&mut self) -> Option<u8> {
        loop {
            match *self.bytes.get(self.at)? {
                b'#' => {
                    let rest = &self.bytes[self.at..];
                    self.at += rest.iter().position(|&b| b == b'\n' || b == b'\r')?;
                }
                b if b.is_ascii_whitespace() => self.at += 1,
                b => return Some(b),
            }
        }
    }

    fn number(&mut self) -> Option<usize> {
        self.skip()?;
        let rest = &self.bytes[self.at..];
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let number = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
        self.at += digits;
        Some(number)
    }

    /// A digit 0 or 1, with or without white space before the next.
    fn bit(&mut self) -> Option<usize> {
        let bit = self.skip()?;
        self.at += 1;
        match bit {
            b'0' => Some(0),
            b'1' => Some(1),
            _ => None,
        }
    }
}
