//! PNM and BMP files as pictures, and images in other sizes and in colour.

use std::path::Path;

use metaplast_data::picture::Picture;
use metaplast_data::{ColorMode, DataError, Dataset, ImageForm, ImageSize};
use proptest::prelude::*;

use crate::folders::{Folder, png_rgb};

pub(crate) fn decode(bytes: &[u8]) -> Result<Picture, DataError> {
    Picture::decode(bytes, Path::new("picture"))
}

#[test]
fn pnm_files_are_read_as_text_and_packed() {
    for (file, expected) in [
        (&b"P1 2 2\n10\n0 1"[..], [0, 255, 255, 0]),
        (b"P4\n2 2\n\x80\x40", [0, 255, 255, 0]),
        (b"P2 # gray\n2 2 # sides\n10\n0 5 10 1", [0, 128, 255, 26]),
        (b"P5 2 2 255\n\x00\x07\xff\x0a", [0, 7, 255, 10]),
        (
            b"P5 2 2 65535\n\x00\x00\x07\x07\xff\xff\x0a\x0a",
            [0, 7, 255, 10],
        ),
        (
            b"P3 2 2 255 255 0 0 0 255 0 0 0 255 9 9 9",
            [76, 150, 29, 9],
        ),
        (
            b"P6 2 2 255 \xff\0\0\0\xff\0\0\0\xff\x09\x09\x09",
            [76, 150, 29, 9],
        ),
    ] {
        let name = String::from_utf8_lossy(&file[..2]);
        assert_eq!(decode(file).unwrap().gray, expected, "{name}");
        for end in 0..file.len() - 1 {
            // A cut-off number may still be a number.
            if decode(&file[..end]).is_ok() {
                assert!(file[end].is_ascii_digit(), "{name} cut off at {end}");
            }
        }
    }
    let above = decode(b"P2 2 1 255 0 999").unwrap_err().to_string();
    assert!(
        above.contains("999 is above its largest value, 255"),
        "{above}"
    );
    let huge = decode(b"P5 4000 4000 255\n").unwrap_err().to_string();
    assert!(
        huge.contains("4000x4000 pixels cannot be in 17 bytes"),
        "{huge}"
    );
}

/// A bitmap without compression, with a header of 40 bytes and lines padded to four bytes, the lowest first.
fn bmp(width: i32, height: i32, depth: u16, palette: &[[u8; 4]], lines: &[&[u8]]) -> Vec<u8> {
    let data: Vec<u8> = lines
        .iter()
        .flat_map(|line| {
            let mut line = line.to_vec();
            line.resize(line.len().next_multiple_of(4), 0);
            line
        })
        .collect();
    let begin = 54 + 4 * palette.len() as u32;
    let mut file = b"BM".to_vec();
    file.extend((begin + data.len() as u32).to_le_bytes());
    file.extend([0; 4]);
    file.extend(begin.to_le_bytes());
    file.extend(40u32.to_le_bytes());
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend(1u16.to_le_bytes());
    file.extend(depth.to_le_bytes());
    file.extend([0; 16]);
    file.extend((palette.len() as u32).to_le_bytes());
    file.extend([0; 4]);
    file.extend(palette.iter().flatten());
    file.extend(data);
    file
}

#[test]
fn bmp_files_of_every_depth_are_read() {
    let palette = [[0, 0, 0, 0], [0, 0, 255, 0], [90, 90, 90, 0], [255; 4]];
    for (name, file, expected) in [
        (
            "24 bits",
            bmp(2, 2, 24, &[], &[&[9; 6], &[0, 0, 255, 255, 0, 0]]),
            [76, 29, 9, 9],
        ),
        (
            "from the top",
            bmp(2, -2, 24, &[], &[&[0, 0, 255, 255, 0, 0], &[9; 6]]),
            [76, 29, 9, 9],
        ),
        (
            "32 bits",
            bmp(
                2,
                2,
                32,
                &[],
                &[&[9, 9, 9, 0, 7, 7, 7, 0], &[0, 0, 255, 0, 255, 0, 0, 0]],
            ),
            [76, 29, 9, 7],
        ),
        (
            "8 bits",
            bmp(2, 2, 8, &palette, &[&[2, 3], &[0, 1]]),
            [0, 76, 90, 255],
        ),
        (
            "4 bits",
            bmp(2, 2, 4, &palette, &[&[0x23], &[0x01]]),
            [0, 76, 90, 255],
        ),
        (
            "16 bits",
            bmp(
                2,
                2,
                16,
                &[],
                &[&[0x1f, 0, 0xff, 0x7f], &[0, 0x7c, 0xe0, 0x03]],
            ),
            [76, 150, 29, 255],
        ),
        (
            "1 bit",
            bmp(2, 2, 1, &palette[..2], &[&[0x80], &[0x40]]),
            [0, 76, 76, 0],
        ),
    ] {
        let picture = decode(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            (picture.rows, picture.cols, &picture.gray[..]),
            (2, 2, &expected[..]),
            "{name}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn damaged_pictures_are_refused_or_read(
        bytes in prop::collection::vec(any::<u8>(), 0..40),
        which in 0usize..3,
        at in 2usize..100,
        cut in any::<bool>(),
    ) {
        let palette = [[0, 0, 0, 0], [0, 0, 255, 0]];
        let mut file = match which {
            0 => bmp(2, 2, 24, &[], &[&[9; 6], &[0, 0, 255, 255, 0, 0]]),
            1 => bmp(2, 2, 1, &palette, &[&[0x80], &[0x40]]),
            _ => b"P2 2 2 10\n0 5 10 1".to_vec(),
        };
        let at = 2 + at % (file.len() - 1);
        let end = if cut { file.len() } else { file.len().min(at + bytes.len()) };
        file.splice(at..end, bytes);
        if let Ok(picture) = decode(&file) {
            prop_assert_eq!(picture.gray.len(), picture.rows * picture.cols);
        }
    }
}

#[test]
fn a_file_that_is_cut_off_is_refused() {
    let file = bmp(2, 2, 24, &[], &[&[9; 6], &[0, 0, 255, 255, 0, 0]]);
    let said = decode(&file[..file.len() - 4]).unwrap_err().to_string();
    assert!(
        said.starts_with("picture: 2x2 pixels cannot be in 66 bytes"),
        "{said}"
    );
}

#[test]
fn images_take_the_size_and_the_channels_that_are_asked_for() {
    let folder = Folder::new();
    let red = [255, 0, 0].repeat(8 * 4);
    folder.add("a/1.png", &png_rgb(8, 4, &red));
    folder.add("b/1.pgm", b"P5 1 1 255\n\x0a");
    let open = |size, color_mode| {
        let form = ImageForm { size, color_mode };
        Dataset::open_in(&folder.path(), &form).unwrap()
    };
    let square = open(Some(ImageSize::square(8)), ColorMode::Rgb);
    assert_eq!(
        (square.rows(), square.cols(), square.pixels_per_image()),
        (8, 8, 192)
    );
    // A frame of two lines above and below.
    assert_eq!(square.image(0)[..2 * 24], [0; 48]);
    assert_eq!(square.image(0)[2 * 24..][..3], [255, 0, 0]);
    assert_eq!(square.image(1), [10; 192]);
    let wide = open(Some(ImageSize { rows: 2, cols: 4 }), ColorMode::Gray);
    assert_eq!(wide.image(0), [76; 8]);

    let glyphs = Dataset::glyphs(1, 1);
    let form = |side, color_mode| ImageForm {
        size: Some(ImageSize::square(side)),
        color_mode,
    };
    let small = glyphs.clone().in_form(&form(14, ColorMode::Gray)).unwrap();
    let mean = |image: &[u8]| image.iter().map(|&q| f64::from(q)).sum::<f64>() / image.len() as f64;
    assert!((mean(small.image(3)) - mean(glyphs.image(3))).abs() < 0.5);
    let again = glyphs.clone().in_form(&form(28, ColorMode::Gray)).unwrap();
    assert_eq!(again.image(5), glyphs.image(5));
    // Gray to colour and back is nothing.
    let colour = glyphs.clone().in_form(&form(28, ColorMode::Rgb)).unwrap();
    let back = colour.in_form(&ImageForm::default()).unwrap();
    assert_eq!(back.image(5), glyphs.image(5));
    let huge = glyphs
        .in_form(&form(4096, ColorMode::Rgb))
        .unwrap_err()
        .to_string();
    assert!(huge.contains("take more than"), "{huge}");
}
