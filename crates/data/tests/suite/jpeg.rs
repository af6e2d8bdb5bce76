//! JPEG files as pictures.

use metaplast_data::{ColorMode, Dataset, ImageForm, ImageSize};
use proptest::prelude::*;

use crate::folders::Folder;
use crate::pictures::decode;

/// Made by Pillow: a ramp of 16 x 8 pixels, 16 x to the right.
const GRAY: &[u8] = include_bytes!("jpeg/gray.jpg");
/// Progressive with halved chroma, 32 x 16: red (200, 30, 20) on the left, blue (10, 40, 220) on the right.
const COLOUR: &[u8] = include_bytes!("jpeg/colour.jpg");
/// The same in cyan, magenta, yellow and black.
const CMYK: &[u8] = include_bytes!("jpeg/cmyk.jpg");

fn near(found: u8, expected: u8, tolerance: u8) {
    assert!(
        found.abs_diff(expected) <= tolerance,
        "{found}, expected {expected}"
    );
}

#[test]
fn jpeg_files_are_read_gray_and_in_colour() {
    let ramp = decode(GRAY).unwrap();
    assert_eq!((ramp.rows, ramp.cols), (8, 16));
    for (at, &gray) in ramp.gray.iter().enumerate() {
        near(gray, 16 * (at % 16) as u8, 2);
    }
    for file in [COLOUR, CMYK] {
        let picture = decode(file).unwrap();
        assert_eq!((picture.rows, picture.cols), (16, 32));
        // By Rec. 601.
        near(picture.gray[8 * 32 + 4], 80, 2);
        near(picture.gray[8 * 32 + 28], 52, 2);
    }
    let folder = Folder::new();
    folder.add("a/1.jpg", COLOUR).add("b/2.JPEG", CMYK);
    let form = ImageForm {
        size: Some(ImageSize { rows: 16, cols: 32 }),
        color_mode: ColorMode::Rgb,
    };
    let set = Dataset::open_in(&folder.path(), &form).unwrap();
    for image in [set.image(0), set.image(1)] {
        let left = &image[(8 * 32 + 4) * 3..][..3];
        for (&found, expected) in left.iter().zip([200, 30, 20]) {
            near(found, expected, 4);
        }
    }
}

#[test]
fn a_jpeg_file_that_is_cut_off_is_refused() {
    for file in [GRAY, COLOUR, CMYK] {
        for end in [file.len() / 2, file.len() - 40] {
            let said = decode(&file[..end]).unwrap_err().to_string();
            assert!(
                said == "picture: a damaged JPEG file; write it again",
                "{said}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn damaged_jpeg_files_are_refused_or_read(
        bytes in prop::collection::vec(any::<u8>(), 0..40),
        which in 0usize..3,
        at in 3usize..700,
        cut in any::<bool>(),
    ) {
        let mut file = [GRAY, COLOUR, CMYK][which].to_vec();
        let at = 3 + at % (file.len() - 3);
        let end = if cut { file.len() } else { file.len().min(at + bytes.len()) };
        file.splice(at..end, bytes);
        if let Ok(picture) = decode(&file) {
            prop_assert_eq!(picture.gray.len(), picture.rows * picture.cols);
        }
    }
}
