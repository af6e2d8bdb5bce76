//! IDX files, plain and gzip.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use metaplast_counting::peak_bytes;
use metaplast_data::idx;

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
