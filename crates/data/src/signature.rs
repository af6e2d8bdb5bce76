//! File signatures: what a file is, whatever its name says.

/// The format that the first bytes of a file tell, with its article; `None` where they tell none.
pub(crate) fn format(bytes: &[u8]) -> Option<&'static str> {
    let is_webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let is_heif = bytes.get(4..8) == Some(b"ftyp");
    let text = bytes.trim_ascii_start();
    let found = match bytes {
        [] => "an empty file",
        [0x89, b'P', b'N', b'G', ..] => "a PNG file",
        [0xff, 0xd8, 0xff, ..] => "a JPEG file",
        [b'G', b'I', b'F', b'8', ..] => "a GIF file",
        [b'B', b'M', ..] => "a BMP file",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "a TIFF file",
        [b'P', b'1'..=b'6', b'\n' | b' ' | b'\r' | b'\t', ..] => "a PGM or PPM file",
        [0x1f, 0x8b, ..] => "a gzip file",
        [b'P', b'K', 3, 4, ..] => "a zip archive",
        [b'%', b'P', b'D', b'F', ..] => "a PDF file",
        _ if is_webp => "a WebP file",
        _ if is_heif => "a HEIC or AVIF file",
        _ if text.starts_with(b"<svg") || text.starts_with(b"<?xml") => "an SVG file",
        _ if text.starts_with(b"<") => "a web page",
        _ if bytes.starts_with(b"version https://git-lfs") => "a pointer of Git LFS",
        _ => return None,
    };
    Some(found)
}
