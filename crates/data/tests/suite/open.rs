//! Opening a directory: which files are taken, and what is said when they do not fit.

use std::fs;
use std::path::{Path, PathBuf};

use metaplast_data::{DataError, Dataset, Orientation, idx};
use tempfile::TempDir;

struct Fixture {
    // Held for its removal of the directory.
    _temporary: TempDir,
    dir: PathBuf,
}

impl Fixture {
    fn new(name: &str) -> Self {
        let temporary = TempDir::new().unwrap();
        let dir = temporary.path().join(name);
        fs::create_dir(&dir).unwrap();
        Fixture {
            _temporary: temporary,
            dir,
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    /// Three images of 2x2 pixels with labels 0, 2, 1.
    fn pair(&self, name: &str, gz: &str) -> &Self {
        self.images(name, gz).labels(name, gz, &[0, 2, 1])
    }

    fn images(&self, name: &str, gz: &str) -> &Self {
        let path = self.path(&format!("{name}-images-idx3-ubyte{gz}"));
        let pixels: Vec<u8> = (0..12).collect();
        idx::write_images(&path, 2, 2, &pixels).unwrap();
        self
    }

    fn labels(&self, name: &str, gz: &str, labels: &[u8]) -> &Self {
        let path = self.path(&format!("{name}-labels-idx1-ubyte{gz}"));
        idx::write_labels(&path, labels).unwrap();
        self
    }

    fn text(&self, file: &str, text: &str) -> &Self {
        fs::write(self.path(file), text).unwrap();
        self
    }

    fn open(&self) -> Result<Dataset, DataError> {
        Dataset::open(&self.dir)
    }

    /// The message, without the directory that it starts with.
    fn complaint(&self) -> String {
        let text = self.open().unwrap_err().to_string();
        assert!(!text.contains('\n'), "{text}");
        text.replace(&format!("{}/", self.dir.display()), "")
            .replace(&self.dir.display().to_string(), "DIR")
    }
}

#[test]
fn a_pair_is_found_and_named() {
    for gz in ["", ".gz"] {
        let f = Fixture::new("emnist-tiny");
        f.pair("a", gz)
            .text("mapping.txt", "0 65\n1 66\n2 67\n3 68\n");
        let d = f.open().unwrap();
        assert_eq!((d.name(), d.len(), d.classes()), ("emnist-tiny", 3, 4));
        assert_eq!((d.label(1), d.class_name(2)), (2, "C"));
        assert_eq!(d.image(1), [4, 5, 6, 7]);
        assert_eq!(d.orientation(), Orientation::Transposed);
        assert_eq!(d.upright(1), [4, 6, 5, 7]);
    }
}

#[test]
fn without_mapping_classes_are_numbers_and_other_data_are_upright() {
    let f = Fixture::new("digits");
    f.pair("train", ".gz");
    let d = f.open().unwrap();
    assert_eq!((d.classes(), d.class_name(2)), (3, "2"));
    assert_eq!(d.orientation(), Orientation::Upright);
}

#[test]
fn the_plain_file_wins_over_its_packed_copy() {
    let f = Fixture::new("both");
    f.pair("a", "").pair("a", ".gz");
    f.text("a-images-idx3-ubyte.gz", "damaged");
    assert_eq!(f.open().unwrap().len(), 3);
}

#[test]
fn a_file_chooses_among_several_data_sets_with_its_mapping() {
    let f = Fixture::new("all");
    f.pair("emnist-x-train", ".gz").pair("emnist-x-test", "");
    f.text("emnist-x-mapping.txt", "0 48\n1 49\n2 50\n");
    assert_eq!(
        f.complaint(),
        "DIR: holds several data sets (emnist-x-test, emnist-x-train); give the path of one file of images instead of the directory"
    );
    for file in [
        "emnist-x-train-images-idx3-ubyte.gz",
        "emnist-x-test-images-idx3-ubyte",
    ] {
        let d = Dataset::open(&f.path(file)).unwrap();
        assert!(file.starts_with(d.name()), "{}", d.name());
        assert_eq!(d.class_name(1), "1");
        assert_eq!(d.orientation(), Orientation::Transposed);
    }
}

#[test]
fn other_spellings_of_idx_names_are_a_pair() {
    for (images, labels) in [
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
        ("Train-images-idx3-ubyte.GZ", "train-labels.idx1-ubyte"),
        ("TRAIN-IMAGES-IDX3-UBYTE", "TRAIN-LABELS-IDX1-UBYTE.Gz"),
    ] {
        let f = Fixture::new("digits");
        idx::write_images(&f.path(images), 2, 2, &[7; 12]).unwrap();
        idx::write_labels(&f.path(labels), &[0, 2, 1]).unwrap();
        // As unpacked by some programs: a directory of the name of the file that was packed.
        fs::create_dir(f.path("train-images-idx3-ubyte.d")).unwrap();
        fs::create_dir(f.path("test-images-idx3-ubyte")).unwrap();
        assert_eq!(f.open().unwrap().len(), 3, "{images}");
        assert_eq!(Dataset::open(&f.path(images)).unwrap().len(), 3, "{images}");
    }
}

#[test]
fn a_file_of_another_name_has_no_labels() {
    let f = Fixture::new("odd");
    f.text("photo.png", "");
    let error = Dataset::open(&f.path("photo.png")).unwrap_err();
    assert!(matches!(error, DataError::NotImages { .. }), "{error}");
}

#[test]
fn a_missing_directory_is_named() {
    let error = Dataset::open(Path::new("no/such/place")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no/such/place: no such file or directory; name a directory with IDX files, or with a directory of pictures for each class, a table of images (.csv or .npz), or use the built-in glyphs"
    );
}

#[test]
fn a_directory_without_a_pair_says_what_was_looked_for() {
    let f = Fixture::new("empty");
    f.text("notes.txt", "");
    let looked = "DIR: no pair of IDX files here, no directories of pictures, and no table (.csv or .npz); looked for NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte, plain or .gz";
    assert_eq!(f.complaint(), looked);
    f.images("a", ".gz");
    let unpaired = format!("{looked} (a-images-idx3-ubyte.gz has no partner)");
    assert_eq!(f.complaint(), unpaired);
}

#[test]
fn counts_must_agree() {
    let f = Fixture::new("counts");
    f.images("a", "").labels("a", "", &[0, 1]);
    assert_eq!(
        f.complaint(),
        "a-labels-idx1-ubyte: 2 labels, but a-images-idx3-ubyte holds 3 images; the two files must come from the same data set"
    );
}

#[test]
fn labels_must_be_in_the_mapping() {
    let f = Fixture::new("range");
    f.pair("a", "").text("mapping.txt", "0 65\n1 66\n");
    assert_eq!(
        f.complaint(),
        "a-labels-idx1-ubyte: label 2 at byte 9, but the mapping names 2 classes (0 to 1); use the mapping that belongs to these labels"
    );
}

#[test]
fn a_bad_mapping_is_named_with_its_line() {
    let f = Fixture::new("mapping");
    f.pair("a", "").text("mapping.txt", "0 65\n1 B\n");
    assert_eq!(
        f.complaint(),
        "mapping.txt: line 2: \"B\" is no code of a visible character; a line is a label (0 to 255) and one or more character codes, like \"10 65\""
    );
}

#[test]
fn damage_is_reported_with_the_file() {
    let f = Fixture::new("damage");
    f.pair("a", "").text("a-labels-idx1-ubyte", "");
    assert_eq!(
        f.complaint(),
        "a-labels-idx1-ubyte: ends after 0 of 8 bytes; fetch or copy the file again"
    );
}
