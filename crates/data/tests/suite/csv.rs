//! Images from CSV tables.

use metaplast_data::{ColorMode, Dataset, ImageForm, Orientation};

use crate::folders::Folder;

fn open(file: &str, text: &[u8]) -> Dataset {
    let folder = Folder::new();
    folder.add(file, text);
    Dataset::open(&folder.path().join(file)).unwrap()
}

fn labels(set: &Dataset) -> Vec<usize> {
    (0..set.len()).map(|i| set.label(i)).collect()
}

#[test]
fn a_table_is_read_with_and_without_a_header() {
    let rows = "3,0,10,20,30\n0,255,0,0,7\n";
    for (file, text) in [
        (
            "train.csv",
            format!("label,pixel0,pixel1,pixel2,pixel3\n{rows}"),
        ),
        ("mnist_train.CSV", rows.to_owned()),
        (
            "train.csv",
            format!("label,0,1,2,3\r\n{}", rows.replace('\n', "\r\n")),
        ),
        (
            "spaces.csv",
            format!("\"label\", \"a\", b, c, d\n{}", rows.replace(',', ", ")),
        ),
        ("tabs.tsv", rows.replace(',', "\t")),
        ("semicolons.csv", rows.replace(',', ";")),
        (
            "last.csv",
            "p0,p1,p2,p3,label\n0,10,20,30,3\n255,0,0,7,0".to_owned(),
        ),
        (
            "floats.csv",
            "3.0,0.0,10.2,20,30\n0.0,2.55e2,0,0,7\n".to_owned(),
        ),
    ] {
        let set = open(file, text.as_bytes());
        assert_eq!(labels(&set), [3, 0], "{file}");
        assert_eq!((set.rows(), set.cols(), set.classes()), (2, 2, 4));
        assert_eq!(
            (set.image(0), set.image(1)),
            (&[0, 10, 20, 30][..], &[255, 0, 0, 7][..])
        );
        assert_eq!(set.orientation(), Orientation::Upright);
    }
    let set = open("emnist-letters-train.csv", rows.as_bytes());
    assert_eq!(
        (set.name(), set.orientation()),
        ("emnist-letters-train", Orientation::Transposed)
    );
}

#[test]
fn a_packed_table_alone_in_a_directory_is_the_data_set() {
    use std::io::Write;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"A,0,1,1,0\nB,0.2,0,0,0\n").unwrap();
    let folder = Folder::new();
    folder
        .add("letters.csv.GZ", &packed.finish().unwrap())
        .add("readme.txt", b"");
    let set = Dataset::open(&folder.path()).unwrap();
    // Words are classes, and where nothing is above 1 it is full ink.
    assert_eq!((set.classes(), set.class_name(1)), (2, "B"));
    assert_eq!(
        (set.image(0), set.image(1)),
        (&[0, 255, 255, 0][..], &[51, 0, 0, 0][..])
    );
    let said = folder.add("more.csv", b"0,1\n").complaint();
    assert!(
        said.contains("several data sets (letters.csv.GZ, more.csv)"),
        "{said}"
    );
}

#[test]
fn colour_and_other_sizes_are_read_from_a_table() {
    let set = open("colour.csv", b"0,255,0,0\n1,0,255,0\n");
    assert_eq!(
        (set.rows(), set.color_mode(), set.image(0), set.image(1)),
        (1, ColorMode::Gray, &[76][..], &[150][..])
    );
    let folder = Folder::new();
    folder.add("wide.csv", b"0,1,2,3,4,5,6\n");
    let path = folder.path().join("wide.csv");
    let form = ImageForm {
        size: Some("2x3".parse().unwrap()),
        ..ImageForm::default()
    };
    let set = Dataset::open_in(&path, &form).unwrap();
    assert_eq!(
        (set.rows(), set.cols(), set.image(0)),
        (2, 3, &[1, 2, 3, 4, 5, 6][..])
    );
    let said = Dataset::open(&path).unwrap_err().to_string();
    assert!(
        said.contains("line 1: 6 values make no square image"),
        "{said}"
    );
}

#[test]
fn what_is_wrong_with_a_table_is_named_by_its_line() {
    for (text, words) in [
        ("", "the table is empty"),
        ("label,a,b,c,d\n", "no images; at least one is needed"),
        ("7\n", "line 1: one column"),
        (
            "1,0,0,0,0\n1,0,0,0\n",
            "line 2: 4 columns, but 5 in the first line",
        ),
        (
            "1,0,0,0,0\n1,0,x,0,0\n",
            "line 2: \"x\" in column 3; pixels are whole numbers",
        ),
        (
            "1,0,0,0,0\n1,0,256,0,0\n",
            "line 2: \"256\" in column 3; pixels are whole numbers",
        ),
        ("1,0,0,0,0\n,0,0,0,0\n", "line 2: the label is missing"),
        (
            "70000,0,0,0,0\n",
            "label 70000; labels are numbers below 65536",
        ),
        (
            "label,a,b\n1,0,0\n",
            "line 1: 2 values make no square image",
        ),
    ] {
        let folder = Folder::new();
        folder.add("t.csv", text.as_bytes());
        let said = Dataset::open(&folder.path().join("t.csv"))
            .unwrap_err()
            .to_string();
        assert!(said.contains(words) && !said.contains('\n'), "{said}");
    }
}
