//! IDX files, plain and gzip, and PNG files.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use metaplast_counting::peak_bytes;
use metaplast_data::idx;
use metaplast_data::picture::Picture;
use png::{BitDepth, ColorType};

use super::{Diet, MIB, damage};

fn images() -> Vec<u8> {
    let mut file = vec![0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4];
    file.extend(0..24);
    file
}

fn labels() -> Vec<u8> {
    vec![0, 0, 8, 1, 0, 0, 0, 5, 4, 3, 2, 1, 0]
}

fn gzip(contents: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(contents).unwrap();
    encoder.finish().unwrap()
}

fn reads_images(input: &[u8]) -> bool {
    match idx::decode_images(input, Path::new("x")) {
        Ok(images) => {
            assert_eq!(
                images.pixels.len(),
                images.count * images.rows * images.cols
            );
            true
        }
        Err(error) => {
            assert_eq!(error.to_string().lines().count(), 1, "{error}");
            false
        }
    }
}

fn reads_labels(input: &[u8]) -> bool {
    idx::decode_labels(input, Path::new("x")).is_ok()
}

const WORDS: [&[u8]; 3] = [&[0, 0, 8, 3], &[0, 0, 8, 1], &[0x1f, 0x8b, 8, 0]];
/// A byte of gzip stands for up to 1,032, in a buffer that doubles, beside the decoder's window.
const PACKED: usize = 3 * 1032;

#[test]
fn idx_images() {
    let diet = Diet {
        seeds: &[
            images(),
            gzip(&images()),
            [gzip(&images()[..9]), gzip(&images()[9..])].concat(),
        ],
        words: &WORDS,
        flat: MIB,
        per_byte: PACKED,
    };
    damage("idx images", &diet, reads_images);
}

#[test]
fn idx_labels() {
    let diet = Diet {
        seeds: &[labels(), gzip(&labels())],
        words: &WORDS,
        flat: MIB,
        per_byte: PACKED,
    };
    damage("idx labels", &diet, reads_labels);
}

/// The damage is done before packing, where a checksum cannot see it.
#[test]
fn gzip_around_damage() {
    let diet = Diet {
        seeds: &[images()],
        words: &WORDS,
        flat: MIB,
        per_byte: PACKED,
    };
    damage("gzip", &diet, |input| reads_images(&gzip(input)));
}

/// 64 MiB of zeros in 64 KiB behind a header that announces little, or nearly the limit.
#[test]
fn a_gzip_bomb_takes_what_its_header_may_announce_and_no_more() {
    let mut bomb = images();
    bomb.resize(64 << 20, 0);
    let packed = gzip(&bomb);
    assert!(packed.len() < 1 << 17);
    let (accepted, peak) = peak_bytes(|| reads_images(&packed));
    assert!(!accepted && peak < 1 << 17, "{peak}");

    // Sizes above the limit are refused before anything is unpacked.
    for (at, size) in [(4, u32::MAX), (8, 1 << 29), (12, 1 << 30)] {
        let mut bomb = bomb[..1 << 20].to_vec();
        bomb[at..at + 4].copy_from_slice(&size.to_be_bytes());
        let packed = gzip(&bomb);
        let (accepted, peak) = peak_bytes(|| reads_images(&packed));
        assert!(!accepted && peak < 4 << 20, "{peak}");
    }
}

fn png(color: ColorType, depth: BitDepth, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 4, 2);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == ColorType::Indexed {
        encoder.set_palette(vec![0, 0, 0, 255, 0, 0, 9, 9, 9, 255, 255, 255]);
        encoder.set_trns(vec![255, 128]);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(samples).unwrap();
    drop(writer);
    file
}

fn reads_picture(input: &[u8]) -> bool {
    match Picture::decode(input, Path::new("x")) {
        Ok(picture) => {
            assert_eq!(picture.gray.len(), picture.rows * picture.cols);
            let fitted = picture.fitted(28);
            assert_eq!(fitted.rows.max(fitted.cols), 28);
            true
        }
        Err(error) => {
            assert!(error.to_string().starts_with("x: "), "{error}");
            false
        }
    }
}

const CHUNKS: [&[u8]; 8] = [
    b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"acTL", b"iCCP", b"zTXt",
];

fn pictures() -> Vec<Vec<u8>> {
    let samples: Vec<u8> = (0..64u32).map(|k| (k * 37 % 251) as u8).collect();
    vec![
        png(ColorType::Grayscale, BitDepth::Eight, &samples[..8]),
        png(ColorType::Grayscale, BitDepth::One, &samples[..2]),
        png(ColorType::GrayscaleAlpha, BitDepth::Sixteen, &samples[..32]),
        png(ColorType::Rgba, BitDepth::Eight, &samples[..32]),
        png(ColorType::Indexed, BitDepth::Two, &samples[..2]),
    ]
}

/// A byte of a PNG stands for up to 1,032, each of these for up to eight pixels, and a pixel for four
/// bytes of colour and one of gray, beside what the decoder keeps.
const PACKED_PIXELS: usize = 1032 * 8 * 6;

#[test]
fn png_files() {
    let diet = Diet {
        seeds: &pictures(),
        words: &CHUNKS,
        flat: MIB,
        per_byte: PACKED_PIXELS,
    };
    damage("png", &diet, reads_picture);
}

/// With checksums that are right for the damage, so that what is behind them is reached.
#[test]
fn png_files_behind_their_checksums() {
    let diet = Diet {
        seeds: &pictures(),
        words: &CHUNKS,
        flat: MIB,
        per_byte: PACKED_PIXELS,
    };
    damage("png with checksums", &diet, |input| {
        let mut input = input.to_vec();
        let mut at = 8;
        while let Some(length) = input.get(at..at + 4) {
            let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
            let end = at + 8 + length;
            if length > input.len() || end + 4 > input.len() {
                break;
            }
            let sum = crc32fast::hash(&input[at + 4..end]).to_be_bytes();
            input[end..end + 4].copy_from_slice(&sum);
            at = end + 4;
        }
        reads_picture(&input)
    });
}

/// A header may announce what it likes.
#[test]
fn a_picture_takes_no_memory_for_pixels_that_cannot_be_there() {
    let whole = &pictures()[0];
    for (width, height) in [(u32::MAX, 1), (1 << 20, 1 << 20), (4096, 4096), (0, 4)] {
        let mut input = whole.clone();
        input[16..20].copy_from_slice(&u32::to_be_bytes(width));
        input[20..24].copy_from_slice(&u32::to_be_bytes(height));
        let sum = crc32fast::hash(&input[12..29]).to_be_bytes();
        input[29..33].copy_from_slice(&sum);
        let (accepted, peak) = peak_bytes(|| reads_picture(&input));
        assert!(!accepted && peak < MIB, "{width}x{height}: {peak}");
    }
}
