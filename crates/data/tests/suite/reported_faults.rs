//! Faults that users of other libraries reported and that were found here: each test is named after
//! what it shows.

use std::fs;
use std::path::Path;

use metaplast_data::picture::Picture;
use metaplast_data::{Dataset, idx};
use png::{BitDepth, ColorType, Encoder};
use tempfile::TempDir;

const SIDE: usize = 28;

/// Strokes of ink with soft edges, 0 to 255, on about a fifth of the pixels.
fn strokes() -> Vec<u8> {
    let pixel = |k: usize| match (k % SIDE, k / SIDE) {
        (x, y) if (4..24).contains(&y) && (8..12).contains(&x) => 255,
        (x, y) if (4..24).contains(&y) && (x == 7 || x == 12) => 90,
        (x, y) if (20..24).contains(&y) && (8..22).contains(&x) => 255,
        _ => 0,
    };
    (0..SIDE * SIDE).map(pixel).collect()
}

fn png(color: ColorType, depth: BitDepth, transparent: Option<Vec<u8>>, data: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, SIDE as u32, SIDE as u32);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if let Some(transparent) = transparent {
        encoder.set_trns(transparent);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    file
}

/// The part of the pixels with ink in a data set of two such pictures.
fn ink(file: &[u8]) -> f64 {
    let place = TempDir::new().unwrap();
    for class in ["a", "b"] {
        fs::create_dir(place.path().join(class)).unwrap();
        fs::write(place.path().join(class).join("1.png"), file).unwrap();
    }
    Dataset::open(place.path()).unwrap().statistics().nonzero
}

fn complaint(file: &[u8]) -> String {
    Picture::decode(file, Path::new("a.png"))
        .unwrap_err()
        .to_string()
}

#[test]
fn ink_survives_transparency_and_depth() {
    let strokes = strokes();
    let drawn = strokes.iter().filter(|&&ink| ink > 0).count() as f64 / strokes.len() as f64;
    let each =
        |f: &dyn Fn(u8) -> Vec<u8>| -> Vec<u8> { strokes.iter().flat_map(|&x| f(x)).collect() };
    let (gray, alpha, eight) = (
        ColorType::Grayscale,
        ColorType::GrayscaleAlpha,
        BitDepth::Eight,
    );
    for (what, file) in [
        ("plain", png(gray, eight, None, &strokes)),
        (
            "light ink on a transparent gray",
            png(gray, eight, Some(vec![0, 0]), &strokes),
        ),
        (
            "white on transparent",
            png(alpha, eight, None, &each(&|x| vec![255, x])),
        ),
        (
            "black on transparent",
            png(alpha, eight, None, &each(&|x| vec![0, x])),
        ),
        (
            "white on transparent, in colour",
            png(
                ColorType::Rgba,
                eight,
                None,
                &each(&|x| vec![255, 255, 255, x]),
            ),
        ),
        (
            "8 bits in 16",
            png(gray, BitDepth::Sixteen, None, &each(&|x| vec![0, x])),
        ),
        (
            "12 bits in 16",
            png(
                gray,
                BitDepth::Sixteen,
                None,
                &each(&|x| vec![x >> 4, x << 4]),
            ),
        ),
    ] {
        let found = ink(&file);
        assert!((found - drawn).abs() < 0.01, "{what}: {found} of {drawn}");
    }
}

#[test]
fn a_picture_whose_colours_are_equally_bright_is_refused() {
    let strokes = strokes();
    let pixel = |&ink: &u8| if ink > 0 { [255, 0, 0] } else { [0, 130, 0] };
    let data: Vec<u8> = strokes.iter().flat_map(pixel).collect();
    let said = complaint(&png(ColorType::Rgb, BitDepth::Eight, None, &data));
    assert!(said.contains("equally bright"), "{said}");
}

#[test]
fn what_is_wrong_with_a_picture_is_told_in_plain_words() {
    let sound = png(ColorType::Grayscale, BitDepth::Eight, None, &strokes());
    let mut wrong_sum = sound.clone();
    let name = wrong_sum
        .windows(4)
        .position(|name| name == b"IDAT")
        .unwrap();
    wrong_sum[name + 10] ^= 0x55;
    let mut wrong_name = sound.clone();
    wrong_name[name + 1] = b'U';
    for (file, words) in [
        (&wrong_sum[..], "a damaged PNG file; write it again"),
        (&wrong_name, "a damaged PNG file; write it again"),
        (&sound[..sound.len() / 2], "the PNG file ends in its middle"),
        (
            &[0xff, 0xd8, 0xff, 0xe0, 0, 16],
            "this is a JPEG file, and its name says a PNG file",
        ),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "this is a WebP file"),
        (b"<!DOCTYPE html><title>404", "this is a web page"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "this is a pointer of Git LFS",
        ),
        (b"what is this", "this is no PNG, JPEG, PGM or BMP file"),
    ] {
        let said = complaint(file);
        assert!(said.contains(words), "{said}");
        assert!(
            !said.contains(['{', '}']) && !said.contains("ChunkType"),
            "{said}"
        );
    }
}

#[test]
fn a_mapping_without_an_end_is_refused() {
    if !cfg!(unix) {
        return;
    }
    let place = TempDir::new().unwrap();
    idx::write_images(&place.path().join("x-images-idx3-ubyte"), 1, 1, &[9, 9]).unwrap();
    idx::write_labels(&place.path().join("x-labels-idx1-ubyte"), &[0, 1]).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/zero", place.path().join("mapping.txt")).unwrap();
    let said = Dataset::open(place.path()).unwrap_err().to_string();
    assert!(
        said.contains("mapping.txt: cannot read: longer than 1048576 bytes"),
        "{said}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf_8_are_found() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = TempDir::new().unwrap();
    let named = |name: &[u8]| place.path().join(OsStr::from_bytes(name));
    idx::write_images(&named(b"\xff-images-idx3-ubyte"), 1, 1, &[9, 9]).unwrap();
    idx::write_labels(&named(b"\xff-labels-idx1-ubyte"), &[0, 1]).unwrap();
    assert_eq!(Dataset::open(place.path()).unwrap().len(), 2);
    assert_eq!(
        Dataset::open(&named(b"\xff-images-idx3-ubyte"))
            .unwrap()
            .len(),
        2
    );

    let place = TempDir::new().unwrap();
    let class = place.path().join(OsStr::from_bytes(b"cl\xffass"));
    fs::create_dir(&class).unwrap();
    let file = png(ColorType::Grayscale, BitDepth::Eight, None, &strokes());
    fs::write(class.join(OsStr::from_bytes(b"\xfe.png")), file).unwrap();
    assert_eq!(
        Dataset::open(place.path()).unwrap().class_name(0),
        "cl\u{fffd}ass"
    );
}
