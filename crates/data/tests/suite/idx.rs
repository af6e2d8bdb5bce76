//! IDX files: what is written is read, and what is wrong is named.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::{Compression, write::GzEncoder};
use metaplast_data::{DataError, idx};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use tempfile::TempDir;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::default());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

/// Two images of 2x3 pixels.
fn images() -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3];
    bytes.extend(1..=12);
    bytes
}

fn decode(bytes: &[u8]) -> Result<idx::Images, DataError> {
    idx::decode_images(bytes, Path::new("x"))
}

#[track_caller]
fn assert_message(bytes: &[u8], expected: &str) {
    let message = decode(bytes).unwrap_err().to_string();
    assert_eq!(message, format!("x: {expected}"));
}

#[test]
fn plain_and_gzip_are_told_apart_by_content() {
    for bytes in [images(), gzip(&images())] {
        let read = decode(&bytes).unwrap();
        assert_eq!((read.count, read.rows, read.cols), (2, 2, 3));
        assert_eq!(read.pixels, (1..=12).collect::<Vec<u8>>());
    }
}

#[test]
fn gzip_of_several_members_is_one_file() {
    let bytes = images();
    let bytes = [gzip(&bytes[..20]), gzip(&bytes[20..])].concat();
    assert_eq!(decode(&bytes).unwrap().pixels.len(), 12);
}

#[test]
fn truncated_files_say_where_they_end() {
    let bytes = images();
    let again = "fetch or copy the file again";
    for (cut, expected) in [(0, 16), (3, 16), (15, 16), (16, 28), (27, 28)] {
        let text = format!("ends after {cut} of {expected} bytes; {again}");
        assert_message(&bytes[..cut], &text);
        assert_message(&gzip(&bytes[..cut]), &text);
    }
}

#[test]
fn a_truncated_or_damaged_gzip_stream_is_told_from_a_short_file() {
    let bytes = gzip(&images());
    for damaged in [
        bytes[..bytes.len() - 9].to_vec(),
        bytes[..12].to_vec(),
        [&bytes[..], b"junk"].concat(),
        {
            let mut wrong_checksum = bytes.clone();
            let at = bytes.len() - 6;
            wrong_checksum[at] ^= 1;
            wrong_checksum
        },
    ] {
        let error = decode(&damaged).unwrap_err();
        assert!(matches!(error, DataError::Gzip { .. }), "{error}");
        let text = error.to_string();
        assert!(text.starts_with("x: damaged gzip stream after "), "{text}");
        assert!(text.ends_with("; fetch or copy the file again"), "{text}");
        assert!(!text.contains('\n'));
    }
}

#[test]
fn trailing_bytes_are_refused() {
    let bytes = [images(), vec![0]].concat();
    let text = "data go on after byte 28, where they should end by the header; the header or the file is wrong, fetch it again";
    assert_message(&bytes, text);
    assert_message(&gzip(&bytes), text);
}

#[test]
fn a_wrong_magic_number_is_shown_with_a_guess() {
    let swapped = [0, 0, 8, 1, 0, 0, 0, 1, 7];
    assert_message(
        &swapped,
        "magic number at byte 0 is 0x00000801, but IDX images start with 0x00000803; this file holds labels: are images and labels swapped?",
    );
    assert_message(
        b"<!DOCTYPE html>",
        "magic number at byte 0 is 0x3c21444f, but IDX images start with 0x00000803; check that it is an IDX file of unsigned bytes",
    );
    let error = idx::decode_labels(&images()[..], Path::new("x")).unwrap_err();
    assert!(matches!(
        error,
        DataError::Magic {
            found: 0x803,
            expected: 0x801,
            ..
        }
    ));
}

#[test]
fn zero_sizes_are_refused() {
    for (at, field) in [(4, "images"), (8, "rows"), (12, "columns")] {
        let mut bytes = images();
        bytes[at + 3] = 0;
        assert_message(
            &bytes,
            &format!(
                "number of {field} at byte {at} is 0; a data set needs at least one image of one pixel"
            ),
        );
    }
}

#[test]
fn absurd_headers_are_refused_before_anything_is_read() {
    let mut bytes = images();
    bytes[4..16].fill(0xff);
    let error = decode(&bytes).unwrap_err();
    assert!(matches!(
        error,
        DataError::TooLarge {
            limit: idx::MAX_BYTES,
            ..
        }
    ));
    // Just below the limit: announced, not there, and not allocated either.
    bytes[4..16].copy_from_slice(&[0x3f, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    let error = decode(&bytes).unwrap_err();
    assert!(matches!(error, DataError::Truncated { found: 28, .. }));
}

#[test]
fn a_gzip_bomb_is_not_unpacked_beyond_its_header() {
    let bomb = gzip(&[images(), vec![0; 50_000_000]].concat());
    assert!(bomb.len() < 100_000);
    let error = decode(&bomb).unwrap_err();
    assert!(matches!(error, DataError::Trailing { expected: 28, .. }));
}

#[test]
fn files_that_cannot_be_opened_or_written_are_named() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("none").join("labels");
    for error in [
        idx::read_labels(&path).unwrap_err(),
        idx::write_labels(&path, &[1]).unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.starts_with(&format!("{}: cannot ", path.display())));
        assert!(text.ends_with("; check the path"));
    }
}

fn file(dir: &TempDir, gz: bool) -> PathBuf {
    dir.path().join(if gz { "file.gz" } else { "file" })
}

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 200,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "proptest-regressions/idx.txt",
        ))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        start in 0..4usize,
    ) {
        let starts: [&[u8]; 4] = [&[], &[0, 0, 8, 3, 0, 0, 0], &[0, 0, 8, 1, 0, 0, 0], &[0x1f, 0x8b, 8]];
        let bytes = [starts[start], &bytes].concat();
        let _ = decode(&bytes);
        let _ = decode(&gzip(&bytes));
        let _ = idx::decode_labels(&bytes[..], Path::new("x"));
    }

    #[test]
    fn any_damage_to_a_file_is_an_error_or_still_fits(at in 0..28usize, value: u8) {
        let mut bytes = images();
        bytes[at] = value;
        if let Ok(read) = decode(&bytes) {
            prop_assert_eq!(read.count * read.rows * read.cols, read.pixels.len());
            prop_assert_eq!(read.pixels.len(), 12);
        }
    }

    #[test]
    fn what_is_written_is_read(
        (rows, cols, pixels) in (1..6usize, 1..6usize, 1..6usize).prop_flat_map(|(n, rows, cols)| {
            (Just(rows), Just(cols), prop::collection::vec(any::<u8>(), n * rows * cols))
        }),
        gz: bool,
    ) {
        let dir = TempDir::new().unwrap();
        let path = file(&dir, gz);
        idx::write_images(&path, rows, cols, &pixels).unwrap();
        prop_assert_eq!(fs::read(&path).unwrap().starts_with(&[0x1f, 0x8b]), gz);
        let read = idx::read_images(&path).unwrap();
        prop_assert_eq!((read.rows, read.cols, &read.pixels), (rows, cols, &pixels));

        idx::write_labels(&path, &pixels).unwrap();
        prop_assert_eq!(idx::read_labels(&path).unwrap(), pixels);
    }
}
