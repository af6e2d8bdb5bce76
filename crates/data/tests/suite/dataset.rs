//! Images, labels, colours and groups of classes, and parts that do not make a data set.

use metaplast_data::{ColorMode, Dataset, Orientation, Parts};

fn parts() -> Parts {
    Parts {
        name: "tiny".into(),
        rows: 2,
        cols: 3,
        color_mode: ColorMode::Gray,
        pixels: (0..18).collect(),
        labels: vec![2, 0, 2],
        class_names: Vec::new(),
        orientation: Orientation::Transposed,
    }
}

#[test]
fn images_labels_and_classes() {
    let d = Dataset::from_parts(parts()).unwrap();
    assert_eq!((d.len(), d.rows(), d.cols(), d.classes()), (3, 2, 3, 3));
    assert_eq!(d.image(1), [6, 7, 8, 9, 10, 11]);
    assert_eq!(d.upright(1), [6, 9, 7, 10, 8, 11]);
    assert_eq!((d.of_class(0), d.of_class(1)), (&[1][..], &[][..]));
    assert_eq!(d.of_class(2), [0, 2]);
    assert_eq!((d.label(2), d.class_name(2)), (2, "2"));
    let d = d.with_orientation(Orientation::Upright);
    assert_eq!(d.upright(1), d.image(1));
}

#[test]
fn colours_and_groups() {
    let colour = Parts {
        rows: 2,
        cols: 1,
        color_mode: ColorMode::Rgb,
        ..parts()
    };
    let d = Dataset::from_parts(colour).unwrap();
    assert_eq!(
        (d.image(1), d.pixels_per_image()),
        (&[6, 7, 8, 9, 10, 11][..], 6)
    );
    assert_eq!(d.upright(1), [6, 7, 8, 9, 10, 11]);
    let d = Dataset::from_parts(Parts {
        rows: 1,
        cols: 2,
        color_mode: ColorMode::Rgb,
        ..parts()
    });
    assert_eq!(d.unwrap().upright(0), [0, 1, 2, 3, 4, 5]);

    let d = Dataset::from_parts(parts()).unwrap();
    assert_eq!((d.groups(), d.group_of(1)), (0, None));
    let d = d.with_groups(&["Greek", "Latin", "Greek"]);
    assert_eq!(
        (d.groups(), d.group_name(1), d.group_of(2)),
        (2, "Latin", Some(0))
    );
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let check = |change: &dyn Fn(&mut Parts), message: &str| {
        let mut p = parts();
        change(&mut p);
        let text = Dataset::from_parts(p).unwrap_err().to_string();
        assert_eq!(text, format!("data set \"tiny\": {message}"));
    };
    check(
        &|p| p.rows = 0,
        "images of 0x3 pixels are not possible; both sides must be positive",
    );
    check(&|p| p.labels.clear(), "no images; at least one is needed");
    check(
        &|p| p.labels.push(0),
        "18 pixels for 4 labels; 2x3 images need 6 pixels a label",
    );
    check(
        &|p| p.class_names = vec!["a".into(), "b".into()],
        "image 0 has label 2, but there are 2 class names; name every class",
    );
}
