//! Images from NumPy archives.

use std::io::{Cursor, Write};

use metaplast_data::{ColorMode, Dataset, ImageForm, split_part};
use zip::write::SimpleFileOptions;

use crate::folders::Folder;

/// An array as NumPy writes it.
fn npy(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.bytes());
    file.extend(data);
    file
}

fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, data) in arrays {
        archive
            .start_file(format!("{name}.npy"), SimpleFileOptions::default())
            .unwrap();
        archive.write_all(data).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn bytes<const N: usize>(numbers: impl IntoIterator<Item = [u8; N]>) -> Vec<u8> {
    numbers.into_iter().flatten().collect()
}

fn whole(labels: &[i64]) -> Vec<u8> {
    npy(
        "<i8",
        &format!("{},", labels.len()),
        &bytes(labels.iter().map(|n| n.to_le_bytes())),
    )
}

fn open(name: &str, arrays: &[(&str, Vec<u8>)]) -> Result<Dataset, String> {
    let folder = Folder::new();
    folder.add("mnist.npz", &npz(arrays));
    Dataset::open(&folder.path().join(name)).map_err(|error| error.to_string())
}

#[test]
fn arrays_are_found_under_their_usual_names() {
    let images = || npy("|u1", "2, 2, 3", &[0, 1, 2, 3, 4, 255, 6, 7, 8, 9, 10, 11]);
    for (x, y) in [
        ("images", "labels"),
        ("x", "y"),
        ("X", "y"),
        ("x_train", "y_train"),
        ("train_images", "train_labels"),
        ("data", "target"),
    ] {
        let set = open(
            "mnist.npz",
            &[("other", whole(&[1])), (x, images()), (y, whole(&[4, 2]))],
        )
        .unwrap();
        assert_eq!(
            (set.name(), set.rows(), set.cols(), set.classes()),
            ("mnist", 2, 3, 5)
        );
        assert_eq!((set.label(0), set.image(0)), (4, &[0, 1, 2, 3, 4, 255][..]));
    }
    let both = [
        ("x_train", images()),
        ("y_train", whole(&[4, 2])),
        ("x_test", npy("|u1", "1, 1, 1", &[7])),
        ("y_test", whole(&[1])),
    ];
    assert_eq!(open("mnist.npz", &both).unwrap().len(), 2);
    let test = open("mnist.npz:test", &both).unwrap();
    assert_eq!(
        (test.name(), test.len(), test.image(0)),
        ("mnist:test", 1, &[7][..])
    );
    let said = open("mnist.npz:val", &both).unwrap_err();
    assert!(
        said.contains("no arrays of images and labels of the part `val` among x_train, y_train"),
        "{said}"
    );
    assert!(split_part("none.npz:test".as_ref()).is_none());
}

#[test]
fn numbers_of_every_kind_are_levels_of_gray() {
    let floats = [0.0f64, 0.2, 1.0, 0.0];
    let single = floats.map(|x| (x as f32).to_le_bytes());
    let square = [0, 51, 255, 0];
    for (images, expected) in [
        (
            npy("<f8", "1, 2, 2", &bytes(floats.map(f64::to_le_bytes))),
            square,
        ),
        (npy("<f4", "1, 4", &bytes(single)), square),
        (npy("|b1", "1, 2, 2", &[0, 1, 1, 0]), [0, 255, 255, 0]),
        (
            npy(
                "<i8",
                "1, 1, 2, 2",
                &bytes([0i64, 9, 3, 255].map(i64::to_le_bytes)),
            ),
            [0, 9, 3, 255],
        ),
        (npy("|u1", "1, 2, 2, 1", &[0, 9, 3, 255]), [0, 9, 3, 255]),
    ] {
        let labels = npy("|u1", "1, 1", &[3]);
        let set = open("mnist.npz", &[("images", images), ("labels", labels)]).unwrap();
        assert_eq!((set.image(0), set.label(0)), (&expected[..], 3));
    }
}

#[test]
fn channels_may_come_first_or_last() {
    let last = npy("|u1", "1, 1, 2, 3", &[255, 0, 0, 0, 0, 255]);
    let first = npy("|u1", "1, 3, 1, 2", &[255, 0, 0, 0, 0, 255]);
    for images in [last, first] {
        let folder = Folder::new();
        let arrays = [("images", images), ("labels", whole(&[0]))];
        folder.add("c.npz", &npz(&arrays));
        let gray = Dataset::open(&folder.path()).unwrap();
        assert_eq!(gray.image(0), [76, 29]);
        let form = ImageForm {
            color_mode: ColorMode::Rgb,
            ..ImageForm::default()
        };
        let colour = Dataset::open_in(&folder.path(), &form).unwrap();
        assert_eq!(colour.image(0), [255, 0, 0, 0, 0, 255]);
    }
}

#[test]
fn arrays_that_are_no_images_are_named() {
    let image = || npy("|u1", "1, 2, 2", &[0; 4]);
    for (arrays, words) in [
        (
            vec![("a", image())],
            "no arrays of images and labels among a; call them",
        ),
        (
            vec![("x", image()), ("y", whole(&[1, 2]))],
            "`y` has the shape [2], but `x` [1, 2, 2]",
        ),
        (
            vec![("x", image()), ("y", whole(&[-1]))],
            "a label is -1; labels are whole numbers",
        ),
        (
            vec![("x", npy("<i2", "1, 1", &[0, 1])), ("y", whole(&[1]))],
            "`x` has the value 256",
        ),
        (
            vec![("x", npy("|u1", "1, 2", &[0, 1])), ("y", whole(&[1]))],
            "make no square image",
        ),
        (
            vec![("x", npy("|u1", "4,", &[0; 4])), ("y", whole(&[0; 4]))],
            "images are images × rows × columns",
        ),
        (
            vec![("x", npy("|u1", "0, 2, 2", &[])), ("y", whole(&[]))],
            "no images are there",
        ),
        (
            vec![("x", npy("|O", "1,", &[0])), ("y", whole(&[0]))],
            "`x`",
        ),
    ] {
        let said = open("mnist.npz", &arrays).unwrap_err();
        assert!(said.contains(words) && !said.contains('\n'), "{said}");
    }
    let folder = Folder::new();
    folder.add("no.npz", b"PK\x03\x04 damaged");
    let said = Dataset::open(&folder.path()).unwrap_err().to_string();
    assert!(said.contains("no.npz: damaged"), "{said}");
}
