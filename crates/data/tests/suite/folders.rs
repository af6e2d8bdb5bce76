//! PNG files of every kind as gray images, and directories of pictures as a data set.

use std::fs;
use std::path::{Path, PathBuf};

use metaplast_data::picture::Picture;
use metaplast_data::{Dataset, Orientation};
use png::{BitDepth, ColorType, Encoder};
use proptest::prelude::*;
use tempfile::TempDir;

fn png(width: u32, height: u32, color: ColorType, depth: BitDepth, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == ColorType::Indexed {
        encoder.set_palette(vec![0, 0, 0, 255, 0, 0, 90, 90, 90, 255, 255, 255]);
        encoder.set_trns(vec![255, 255, 0]);
    }
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(samples).unwrap();
    writer.finish().unwrap();
    file
}

pub(crate) fn gray(side: u32, value: u8) -> Vec<u8> {
    let samples = vec![value; (side * side) as usize];
    png(side, side, ColorType::Grayscale, BitDepth::Eight, &samples)
}

/// Red, green and blue of each pixel.
pub(crate) fn png_rgb(width: u32, height: u32, samples: &[u8]) -> Vec<u8> {
    png(width, height, ColorType::Rgb, BitDepth::Eight, samples)
}

fn decode(file: &[u8]) -> Vec<u8> {
    Picture::decode(file, Path::new("a.png")).unwrap().gray
}

#[test]
fn every_kind_of_png_becomes_gray() {
    use BitDepth::{Eight, One, Sixteen, Two};
    use ColorType::{Grayscale, GrayscaleAlpha, Indexed, Rgb, Rgba};
    for (color, depth, samples, expected) in [
        (Grayscale, Eight, &[0, 200][..], [0, 200]),
        (Grayscale, One, &[0b0100_0000], [0, 255]),
        (Grayscale, Sixteen, &[200, 255, 7, 0], [200, 7]),
        (GrayscaleAlpha, Eight, &[10, 255, 10, 0], [0, 255]),
        (Rgb, Eight, &[0, 255, 0, 0, 0, 255], [150, 29]),
        (
            Rgb,
            Sixteen,
            &[9, 1, 9, 2, 9, 3, 255, 0, 255, 0, 255, 0],
            [9, 255],
        ),
        (Rgba, Eight, &[255, 0, 0, 255, 0, 0, 0, 128], [76, 127]),
        (Indexed, Two, &[0b0110_0000], [0, 255]),
    ] {
        let file = png(2, 1, color, depth, samples);
        assert_eq!(decode(&file), expected, "{color:?} {depth:?}");
    }
}

#[test]
fn shrinking_and_growing_take_means_of_areas() {
    let picture = Picture {
        rows: 2,
        cols: 3,
        gray: vec![0, 30, 60, 90, 120, 150],
    };
    assert_eq!(picture.resampled(1, 1).gray, [75]);
    // Half of the middle column goes to either side.
    assert_eq!(picture.resampled(2, 2).gray, [10, 50, 100, 140]);
    assert_eq!(picture.resampled(2, 6).gray[..6], [0, 0, 30, 30, 60, 60]);
    let wide = Picture {
        rows: 1,
        cols: 100,
        gray: vec![7; 100],
    };
    let fitted = wide.fitted(28);
    assert_eq!((fitted.rows, fitted.cols), (1, 28));
}

proptest! {
    #[test]
    fn resampling_keeps_what_it_must(
        (rows, cols, gray) in (1usize..40, 1usize..40).prop_flat_map(|(rows, cols)| {
            (Just(rows), Just(cols), prop::collection::vec(any::<u8>(), rows * cols))
        }),
        to_rows in 1usize..40,
        to_cols in 1usize..40,
    ) {
        let picture = Picture { rows, cols, gray };
        prop_assert_eq!(&picture.resampled(rows, cols), &picture);
        let other = picture.resampled(to_rows, to_cols);
        let mean = |gray: &[u8]| gray.iter().map(|&g| f64::from(g)).sum::<f64>() / gray.len() as f64;
        // Each pixel is rounded by at most half a level.
        prop_assert!((mean(&picture.gray) - mean(&other.gray)).abs() <= 0.5);
        let ends = |gray: &[u8]| (*gray.iter().min().unwrap(), *gray.iter().max().unwrap());
        let (inner, outer) = (ends(&other.gray), ends(&picture.gray));
        prop_assert!(inner.0 >= outer.0 && inner.1 <= outer.1);
        // A multiple of the size and back is nothing.
        let grown = picture.resampled(3 * rows, 2 * cols);
        prop_assert_eq!(&grown.resampled(rows, cols), &picture);
    }

    #[test]
    fn damaged_files_are_refused_or_read(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0usize..80) {
        let mut file = gray(4, 9);
        let at = at.min(file.len());
        file.splice(at.., bytes);
        if let Ok(picture) = Picture::decode(&file, Path::new("a.png")) {
            prop_assert_eq!(picture.gray.len(), picture.rows * picture.cols);
        }
    }
}

pub(crate) struct Folder {
    // Held for its removal of the directory.
    temporary: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Folder {
            temporary: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.temporary.path().join("set")
    }

    pub(crate) fn add(&self, file: &str, contents: &[u8]) -> &Self {
        let path = self.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
        self
    }

    /// The message, without the directory that it starts with.
    pub(crate) fn complaint(&self) -> String {
        let text = Dataset::open(&self.path()).unwrap_err().to_string();
        assert!(!text.contains('\n'), "{text}");
        let dir = self.path().display().to_string();
        text.strip_prefix(&dir)
            .unwrap_or_else(|| panic!("{text}"))
            .into()
    }
}

#[test]
fn classes_and_images_come_in_the_order_of_their_names() {
    let files = [
        ("b/2.png", 20),
        ("b/10.PNG", 10),
        ("a b/x.png", 30),
        ("a/é.png", 50),
        ("a/z.png", 40),
    ];
    let read = |order: &[usize]| {
        let folder = Folder::new();
        for &k in order {
            folder.add(files[k].0, &gray(28, files[k].1));
        }
        folder
            .add("b/notes.txt", b"no image")
            .add(".hidden/x.png", b"no PNG");
        folder.add("readme.txt", b"").add("a/.thumb.png", b"no PNG");
        Dataset::open(&folder.path()).unwrap()
    };
    let (one, other) = (read(&[0, 1, 2, 3, 4]), read(&[4, 2, 3, 1, 0]));
    for set in [&one, &other] {
        let names: Vec<&str> = (0..set.classes()).map(|c| set.class_name(c)).collect();
        assert_eq!(names, ["a", "a b", "b"]);
        assert_eq!((set.name(), set.rows(), set.cols()), ("set", 28, 28));
        let firsts: Vec<u8> = (0..set.len()).map(|i| set.image(i)[0]).collect();
        assert_eq!(firsts, [40, 50, 30, 10, 20]);
        assert_eq!(set.orientation(), Orientation::Upright);
    }
}

#[test]
fn dark_ink_becomes_light_and_other_shapes_get_a_frame() {
    let folder = Folder::new();
    // A dark dot on white, half as high as it is wide.
    let mut samples = vec![255; 56 * 28];
    samples[0] = 0;
    let wide = png(56, 28, ColorType::Grayscale, BitDepth::Eight, &samples);
    folder.add("a/1.png", &wide).add("b/1.png", &gray(3, 155));
    let set = Dataset::open(&folder.path()).unwrap();
    let image = set.image(0);
    assert!(
        image[..7 * 28]
            .iter()
            .chain(&image[21 * 28..])
            .all(|&q| q == 0)
    );
    // A quarter of the area of four pixels.
    assert_eq!((image[7 * 28], image[7 * 28 + 1]), (64, 0));
    assert_eq!(set.image(1), [100; 784]);
}

#[test]
fn what_cannot_be_used_is_named() {
    let folder = Folder::new();
    folder.add("a/1.png", &gray(4, 9)).add("b/note.txt", b"");
    let said = folder.complaint();
    assert!(
        said.starts_with("/b: no PNG, JPEG, PGM or BMP file here"),
        "{said}"
    );

    let whole = gray(8, 77);
    for (file, words) in [
        (&b"GIF89a"[..], "this is a GIF file, whatever its name"),
        (&b""[..], "this is an empty file"),
        (&whole[..whole.len() / 2], "the PNG file ends in its middle"),
        (
            &whole[..whole.len() - 12],
            "the PNG file ends in its middle",
        ),
    ] {
        let folder = Folder::new();
        folder.add("a/1.png", &gray(4, 9)).add("a/2.png", file);
        let said = folder.complaint();
        assert!(
            said.starts_with("/a/2.png: ") && said.contains(words),
            "{said}"
        );
    }

    let folder = Folder::new();
    let line = vec![0; 5000];
    let long = png(5000, 1, ColorType::Grayscale, BitDepth::Eight, &line);
    let said = folder.add("a/1.png", &long).complaint();
    assert!(
        said.starts_with("/a/1.png: 5000x1 pixels; sides of at most 4096"),
        "{said}"
    );

    let folder = Folder::new();
    let said = folder.add("1.png", &whole).complaint();
    assert!(
        said.contains("no pair of IDX files here, no directories of pictures"),
        "{said}"
    );
}
