//! Windows bitmaps without compression: palettes of 1, 4 and 8 bits, and pixels of 16, 24 and 32 bits, by
//! masks where the file has some.

use std::path::Path;

use super::{Raster, check_sides, too_few_bytes, wrong};
use crate::DataError;
use crate::gray::Channels;

/// Bytes of the file's header, behind which that of the picture begins.
const FILE_HEADER: usize = 14;
/// The length of the picture's header in OS/2's first version, with sides of 16 bits.
const OLD_HEADER: usize = 12;
/// Masks are written behind a header of this length, and within longer ones.
const HEADER: usize = 40;

/// Values of `compression`.
const PLAIN: u32 = 0;
const MASKS: u32 = 3;
const MASKS_WITH_ALPHA: u32 = 6;

pub(super) fn unpack(bytes: &[u8], path: &Path) -> Result<Raster, DataError> {
    let damaged = |what: &str| {
        wrong(
            path,
            format!("not a sound BMP file: {what}; write it again"),
        )
    };
    let header = Header::read(bytes).ok_or_else(|| damaged("its header is cut off"))?;
    let (cols, rows) = (header.cols, header.rows);
    check_sides(cols, rows, path)?;
    let known = match header.compression {
        PLAIN => matches!(header.depth, 1 | 4 | 8 | 16 | 24 | 32),
        MASKS | MASKS_WITH_ALPHA => matches!(header.depth, 16 | 32),
        _ => {
            return Err(wrong(
                path,
                "a compressed BMP file; write it without compression, or as PNG".into(),
            ));
        }
    };
    if !known {
        return Err(damaged(&format!("{} bits for a pixel", header.depth)));
    }
    // Lines begin at multiples of four bytes.
    let line = (cols * header.depth).div_ceil(32) * 4;
    let data = bytes.get(header.begin..).unwrap_or_default();
    if data.len() < line * rows {
        return Err(too_few_bytes(cols, rows, bytes, path));
    }
    let pixels = match header.depth {
        1..=8 => Pixels::Palette(
            header
                .palette(bytes)
                .ok_or_else(|| damaged("its palette is cut off"))?,
        ),
        24 => Pixels::Bytes,
        _ => Pixels::Masks(
            header
                .masks(bytes)
                .ok_or_else(|| damaged("its masks are cut off"))?,
        ),
    };
    let mut values = Vec::with_capacity(rows * cols * 4);
    for y in 0..rows {
        let y = if header.from_top { y } else { rows - 1 - y };
        let line = &data[y * line..];
        for x in 0..cols {
            let pixel = pixels.get(line, x, header.depth);
            values.extend(pixel.ok_or_else(|| damaged("a pixel has no colour in its palette"))?);
        }
    }
    // The fourth byte of a pixel is often there for alignment alone, and then 0 everywhere.
    if values.iter().skip(3).step_by(4).all(|&alpha| alpha == 0) {
        values
            .iter_mut()
            .skip(3)
            .step_by(4)
            .for_each(|alpha| *alpha = 255);
    }
    Ok(Raster {
        rows,
        cols,
        channels: Channels::Rgba,
        values,
    })
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |n, &byte| n << 8 | u32::from(byte)),
    )
}

struct Header {
    /// Its own length.
    length: usize,
    /// Where pixels begin.
    begin: usize,
    cols: usize,
    rows: usize,
    from_top: bool,
    /// Bits of a pixel.
    depth: usize,
    compression: u32,
    /// Colours of the palette, 0 for as many as the depth allows.
    colors: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let length = number(bytes, FILE_HEADER, 4)? as usize;
        let field = |at: usize, size: usize| number(bytes, FILE_HEADER + at, size);
        let begin = number(bytes, 10, 4)? as usize;
        if length == OLD_HEADER {
            return Some(Header {
                length,
                begin,
                cols: field(4, 2)? as usize,
                rows: field(6, 2)? as usize,
                from_top: false,
                depth: field(10, 2)? as usize,
                compression: PLAIN,
                colors: 0,
            });
        }
        if length < HEADER {
            return None;
        }
        // A negative number of lines says that they come from the top.
        let rows = field(8, 4)?.cast_signed();
        Some(Header {
            length,
            begin,
            cols: field(4, 4)? as usize,
            rows: rows.unsigned_abs() as usize,
            from_top: rows < 0,
            depth: field(14, 2)? as usize,
            compression: field(16, 4)?,
            colors: field(32, 4)? as usize,
        })
    }

    fn palette(&self, bytes: &[u8]) -> Option<Vec<[u8; 4]>> {
        let size = if self.length == OLD_HEADER { 3 } else { 4 };
        let most = 1 << self.depth;
        let colors = if self.colors == 0 {
            most
        } else {
            self.colors.min(most)
        };
        let at = FILE_HEADER.checked_add(self.length)?;
        let colors = bytes
            .get(at..at.checked_add(colors * size)?)?
            .chunks_exact(size);
        Some(colors.map(|c| [c[2], c[1], c[0], 255]).collect())
    }

    /// Which bits of a pixel are red, green, blue and alpha.
    fn masks(&self, bytes: &[u8]) -> Option<[u32; 4]> {
        if self.compression == PLAIN {
            return Some(match self.depth {
                16 => [0x7c00, 0x03e0, 0x001f, 0],
                _ => [0x00ff_0000, 0x0000_ff00, 0x0000_00ff, 0xff00_0000],
            });
        }
        let mask = |k: usize| number(bytes, FILE_HEADER + HEADER + 4 * k, 4);
        let has_alpha = self.length > HEADER + 12 || self.compression == MASKS_WITH_ALPHA;
        let alpha = if has_alpha { mask(3)? } else { 0 };
        Some([mask(0)?, mask(1)?, mask(2)?, alpha])
    }
}

/// How the bytes of a line become pixels.
enum Pixels {
    /// Places in a palette, the highest bits first.
    Palette(Vec<[u8; 4]>),
    /// Blue, green and red.
    Bytes,
    /// Bits of a number.
    Masks([u32; 4]),
}

impl Pixels {
    /// Red, green, blue and alpha of pixel `x`; none when the palette has no such place.
    fn get(&self, line: &[u8], x: usize, depth: usize) -> Option<[u8; 4]> {
        match self {
            Pixels::Palette(colors) => {
                let bit = x * depth;
                let byte = line[bit / 8] >> (8 - depth - bit % 8);
                let place = usize::from(byte) & ((1 << depth) - 1);
                colors.get(place).copied()
            }
            Pixels::Bytes => Some([line[3 * x + 2], line[3 * x + 1], line[3 * x], 255]),
            Pixels::Masks(masks) => {
                let pixel = number(line, x * depth / 8, depth / 8)?;
                Some(masks.map(|mask| scaled(pixel, mask)))
            }
        }
    }
}

/// The bits of a pixel under a mask, from 0 to 255; 0 without any.
fn scaled(pixel: u32, mask: u32) -> u8 {
    if mask == 0 {
        return 0;
    }
    let largest = u64::from(mask >> mask.trailing_zeros());
    let value = u64::from((pixel & mask) >> mask.trailing_zeros());
    ((510 * value + largest) / (2 * largest)) as u8
}
