//! PNG pictures of every kind and depth.

use std::io::Cursor;
use std::path::Path;

use png::{BitDepth, ColorType, Decoder, Limits, Transformations};

use super::{Raster, check_sides, too_few_bytes, wrong};
use crate::DataError;
use crate::gray::{Channels, narrowed};
use crate::picture::LONGEST_SIDE;

/// Bytes for which a byte of a deflate stream can stand.
const MOST_EXPANSION: u64 = 1032;

pub(super) fn unpack(bytes: &[u8], path: &Path) -> Result<Raster, DataError> {
    let no_png = |cause: png::DecodingError| wrong(path, in_words(&cause).into());
    let limits = Limits { bytes: 1 << 27 };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(no_png)?;
    let (width, height) = header.size();
    check_sides(width as usize, height as usize, path)?;
    let packed = header.raw_row_length() as u64 * u64::from(height);
    if packed > MOST_EXPANSION.saturating_mul(bytes.len() as u64) {
        return Err(too_few_bytes(width as usize, height as usize, bytes, path));
    }
    let mut reader = decoder.read_info().map_err(no_png)?;
    let size = reader.output_buffer_size().unwrap_or(usize::MAX);
    let most = 8 * LONGEST_SIDE as usize * LONGEST_SIDE as usize;
    if size > most {
        return Err(wrong(path, format!("unpacks to more than {most} bytes")));
    }
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(no_png)?;
    reader.finish().map_err(no_png)?;
    pixels.truncate(frame.buffer_size());
    let channels = match frame.color_type {
        ColorType::GrayscaleAlpha => Channels::GrayAlpha,
        ColorType::Rgb => Channels::Rgb,
        ColorType::Rgba => Channels::Rgba,
        // Palettes were expanded.
        ColorType::Grayscale | ColorType::Indexed => Channels::Gray,
    };
    if frame.bit_depth == BitDepth::Sixteen {
        pixels = narrowed(&pixels, channels);
    }
    Ok(Raster {
        rows: frame.height as usize,
        cols: frame.width as usize,
        channels,
        values: pixels,
    })
}

/// What is wrong with a file that is no sound PNG. The decoder's own words name its structures.
fn in_words(cause: &png::DecodingError) -> &'static str {
    match cause {
        png::DecodingError::IoError(_) => "the PNG file ends in its middle; write it again",
        png::DecodingError::LimitsExceeded => {
            "the PNG file takes too much memory; make the picture smaller"
        }
        _ => "a damaged PNG file; write it again",
    }
}
