//! JPEG pictures, baseline and progressive.

use std::path::Path;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{Raster, check_sides, too_few_bytes, wrong};
use crate::DataError;
use crate::gray::Channels;
use crate::picture::LONGEST_SIDE;

/// Pixels for which a byte can stand: each block of 8 × 8 takes a bit at least.
const MOST_EXPANSION: usize = 512;

pub(super) fn unpack(bytes: &[u8], path: &Path) -> Result<Raster, DataError> {
    let damaged = || wrong(path, "a damaged JPEG file; write it again".into());
    // One path through the decoder on every machine, so that every machine sees the same pixels.
    let options = DecoderOptions::default()
        .set_use_unsafe(false)
        .set_strict_mode(true)
        .set_max_width(LONGEST_SIDE as usize * 16)
        .set_max_height(LONGEST_SIDE as usize * 16);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| damaged())?;
    let (cols, rows) = decoder.dimensions().ok_or_else(damaged)?;
    check_sides(cols, rows, path)?;
    if rows * cols > MOST_EXPANSION.saturating_mul(bytes.len()) {
        return Err(too_few_bytes(cols, rows, bytes, path));
    }
    let (space, channels) = match decoder.input_colorspace() {
        Some(ColorSpace::Luma) => (ColorSpace::Luma, Channels::Gray),
        _ => (ColorSpace::RGB, Channels::Rgb),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let values = decoder.decode().map_err(|_| damaged())?;
    match values.len() == rows * cols * space.num_components() {
        true => Ok(Raster {
            rows,
            cols,
            channels,
            values,
        }),
        false => Err(damaged()),
    }
}
