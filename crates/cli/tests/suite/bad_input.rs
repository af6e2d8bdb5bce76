//! Every wrong request ends in one line that names the file or flag, and leaves nothing behind.

use std::fs;

use crate::common::{
    IMAGES, LABELS, Sandbox, TINY, assert_refused, assert_refused_in_lines, stderr,
};
use metaplast_data::idx;

/// Meta-trains on a directory of 2×2 images with 3 classes.
const SMALL: [&str; 10] = [
    "--layers",
    "4,5,3",
    "--ways",
    "2",
    "--shots",
    "3",
    "--queries",
    "2",
    "--episodes",
    "2",
];

/// Meta-trains with `--data data --out out/run` and expects to be refused.
#[track_caller]
fn refuses_data(place: &Sandbox, words: &[&str]) {
    let arguments = [
        &["meta-train", "--data", "data", "--out", "out/run"],
        &SMALL[..],
    ]
    .concat();
    assert_refused(&place.run(&arguments), words, &place.path("out"));
    let arguments = ["data", "info", "--data", "data"];
    // What is wrong with the files is wrong for every command; tasks only matter to some.
    let output = place.run(&arguments);
    assert!(output.status.success() || output.status.code() == Some(2));
}

#[track_caller]
fn refuses_flags(flags: &[&str], words: &[&str]) {
    let place = Sandbox::new();
    let arguments = [&["meta-train", "--out", "out"], &TINY[..], flags].concat();
    assert_refused(&place.run(&arguments), words, &place.path("out"));
    assert!(place.names().is_empty(), "{:?}", place.names());
}

#[test]
fn a_directory_that_does_not_exist() {
    refuses_data(&Sandbox::new(), &["data: no such file or directory"]);
}

#[test]
fn a_directory_without_idx_files() {
    let place = Sandbox::new();
    fs::create_dir(place.path("data")).unwrap();
    refuses_data(&place, &["data: no pair of IDX files"]);
}

#[test]
fn a_png_file_that_is_none() {
    let place = Sandbox::new();
    place.png_folders("data", &["a", "b"], 5);
    place.write("data/b/3.png", "GIF89a");
    refuses_data(&place, &["data/b/3.png", "this is a GIF file"]);
}

#[test]
fn a_class_without_png_files() {
    let place = Sandbox::new();
    place.png_folders("data", &["a", "b"], 5);
    fs::create_dir(place.path("data/c")).unwrap();
    refuses_data(&place, &["data/c: no PNG, JPEG, PGM or BMP file here"]);
}

#[test]
fn a_truncated_gzip_file() {
    let place = Sandbox::new();
    let data = place.idx("data", &[5, 5, 5]);
    fs::remove_file(data.join(IMAGES)).unwrap();
    let packed = data.join(format!("{IMAGES}.gz"));
    let pixels: Vec<u8> = (0..60u32).map(|i| (i * i % 251) as u8).collect();
    idx::write_images(&packed, 2, 2, &pixels).unwrap();
    let bytes = fs::read(&packed).unwrap();
    fs::write(&packed, &bytes[..bytes.len() - 12]).unwrap();
    refuses_data(&place, &["few-images-idx3-ubyte.gz", "gzip"]);
}

#[test]
fn a_wrong_magic_number() {
    let place = Sandbox::new();
    let data = place.idx("data", &[5, 5, 5]);
    fs::copy(data.join(LABELS), data.join(IMAGES)).unwrap();
    refuses_data(&place, &[IMAGES, "magic number"]);
}

#[test]
fn another_number_of_labels_than_of_images() {
    let place = Sandbox::new();
    let data = place.idx("data", &[5, 5, 5]);
    idx::write_labels(&data.join(LABELS), &[0; 14]).unwrap();
    refuses_data(&place, &[LABELS, IMAGES, "14 labels", "15 images"]);
}

#[test]
fn a_label_that_the_mapping_does_not_name() {
    let place = Sandbox::new();
    let data = place.idx("data", &[5, 5, 5]);
    fs::write(data.join("mapping.txt"), "0 48\n1 49\n").unwrap();
    refuses_data(&place, &[LABELS, "label 2"]);
}

#[test]
fn a_label_without_an_output() {
    let place = Sandbox::new();
    place.idx("data", &[5, 5, 5, 5]);
    refuses_data(&place, &["--layers", "3 units", "4 classes"]);
}

#[test]
fn fewer_images_of_a_class_than_a_task_takes() {
    let place = Sandbox::new();
    place.idx("data", &[5, 4, 5]);
    refuses_data(
        &place,
        &["--shots", "class 1", "4 images", "3 shots and 2 queries"],
    );
}

#[test]
fn images_without_ink() {
    let place = Sandbox::new();
    let data = place.idx("data", &[5, 5, 5]);
    idx::write_images(&data.join(IMAGES), 2, 2, &[0; 60]).unwrap();
    refuses_data(&place, &["--data", "every pixel"]);
}

#[test]
fn unknown_names() {
    refuses_flags(&["--terms", "F0,F11"], &["--terms", "F11", "F0 to F9"]);
    refuses_flags(&["--terms", "0,x"], &["--terms", "`x`"]);
    refuses_flags(&["--terms", "0,0"], &["--terms", "twice"]);
    refuses_flags(&["--preset", "fb"], &["--preset", "`fb`", "pool"]);
    refuses_flags(&["--feedback", "none"], &["--feedback", "`none`", "fixed"]);
    refuses_flags(&["--sampling", "new"], &["--sampling", "new", "fresh"]);
    refuses_flags(
        &["--optimizer", "lion"],
        &["--optimizer", "`lion`", "steady"],
    );
    refuses_flags(&["--precision", "f16"], &["--precision", "`f16`", "f32"]);
}

#[test]
fn numbers_that_cannot_be() {
    refuses_flags(&["--episodes", "0"], &["--episodes", "1 or more"]);
    refuses_flags(&["--trials", "0"], &["--trials"]);
    refuses_flags(&["--meta-batch", "0"], &["--meta-batch"]);
    refuses_flags(&["--patience", "0"], &["--patience"]);
    refuses_flags(&["--threads", "0"], &["--threads"]);
    refuses_flags(&["--lr", "nan"], &["--lr"]);
    refuses_flags(&["--lambda", "-1"], &["--lambda"]);
    refuses_flags(&["--seed", "18446744073709551615"], &["--seed"]);
    refuses_flags(
        &["--hold-out-classes", "1"],
        &["--hold-out-classes", "2 ways"],
    );
    refuses_flags(&["--hold-out-classes", "46"], &["--hold-out-classes", "47"]);
}

#[test]
fn layers_that_do_not_fit() {
    let with = |layers: &str, words: &[&str]| {
        let place = Sandbox::new();
        let output = place.run(&["meta-train", "--out", "out", "--layers", layers]);
        assert_refused(&output, words, &place.path("out"));
    };
    with("784,20,46", &["--layers", "47 classes"]);
    with("783,47", &["--layers", "28x28 pixels"]);
    with("784", &["--layers", "at least two"]);
    with("784,0,47", &["--layers", "no units"]);
    with("784,9000000000,47", &["--layers", "weights"]);
}

#[test]
fn no_glyphs() {
    let place = Sandbox::new();
    let output = place.run(&["meta-train", "--out", "out", "--glyphs-per-class", "0"]);
    assert_refused(&output, &["--glyphs-per-class"], &place.path("out"));
}

#[test]
fn negative_episodes() {
    let place = Sandbox::new();
    let output = place.run(&["meta-train", "--out", "out", "--episodes", "-5"]);
    assert_refused_in_lines(&output, &["--episodes", "-5", "whole number"], 4);
    assert!(place.names().is_empty());
}

#[test]
fn an_output_directory_that_is_filled() {
    let place = Sandbox::new();
    fs::create_dir(place.path("filled")).unwrap();
    place.write("filled/mine", "mine");
    let arguments = [&["meta-train", "--out", "filled"], &TINY[..]].concat();
    assert_refused_in_lines(&place.run(&arguments), &["--out filled", "not empty"], 1);
    assert_eq!(fs::read_dir(place.path("filled")).unwrap().count(), 1);
    assert_eq!(place.read("filled/mine"), "mine");
}

#[test]
fn an_output_directory_that_is_a_file_or_below_one() {
    let place = Sandbox::new();
    place.write("file", "mine");
    for (out, words) in [
        ("file", ["--out file", "a file"]),
        ("file/a", ["--out file/a", "file is not a directory"]),
        ("file/a/b", ["--out file/a/b", "file is not a directory"]),
    ] {
        let arguments = [&["meta-train", "--out", out], &TINY[..]].concat();
        assert_refused_in_lines(&place.run(&arguments), &words, 1);
    }
    assert_eq!(place.read("file"), "mine");
    assert_eq!(place.names(), ["file"]);
}

#[test]
fn configuration_files() {
    for (text, words) in [
        (
            "seed = 1\nepisode = 5\n",
            &["c.toml", "line 2", "`episode`"][..],
        ),
        ("episodes = -5\n", &["c.toml", "line 1", "-5"]),
        ("episodes = 0\n", &["c.toml: episodes"]),
        ("seed = 1\n\nseed = \n", &["c.toml", "line 3"]),
        ("terms = [0, 2.5]\n", &["c.toml", "line 1"]),
        ("terms = [0, 12]\n", &["c.toml: terms", "`12`"]),
        ("preset = \"fb\"\n", &["c.toml: preset", "`fb`"]),
        (
            "preset = \"fa\"\nterms = [0]\n",
            &["c.toml: preset", "terms"],
        ),
        (
            "data_fingerprint = \"0\"\n",
            &["c.toml: data_fingerprint", "glyphs"],
        ),
        ("layers = [784, 5]\n", &["c.toml: layers", "47"]),
    ] {
        let place = Sandbox::new();
        place.write("c.toml", text);
        let output = place.run(&["meta-train", "--config", "c.toml", "--out", "out"]);
        assert_refused(&output, words, &place.path("out"));
    }
    let place = Sandbox::new();
    let output = place.run(&["meta-train", "--config", "no.toml", "--out", "out"]);
    assert_refused(&output, &["no.toml", "cannot read"], &place.path("out"));
}

#[test]
fn rule_files() {
    let good = "feedback = \"fixed\"\nterms = [\"F0\", \"F9\"]\n";
    for (text, words) in [
        (
            "feedback = \"fixed\"\nterms = [\"F0\", \"F12\"]\ntheta = [0.1, 0.1]\n".to_owned(),
            &["r.toml: line 2", "F12"][..],
        ),
        (
            format!("{good}theta = [0.1, nan]\n"),
            &["r.toml: line 3", "F9", "NaN"],
        ),
        (
            format!("{good}theta = [-inf, 0.1]\n"),
            &["r.toml: line 3", "F0", "inf"],
        ),
        (
            format!("{good}theta = [0.1]\n"),
            &["r.toml: line 3", "2 terms but 1"],
        ),
        (
            format!("{good}theta = [0.1, 1, 2]\n"),
            &["r.toml: line 3", "2 terms but 3"],
        ),
        (good.to_owned(), &["r.toml", "theta"]),
        (
            format!("{good}theta = [0, 1]\nthetas = 1\n"),
            &["r.toml: line 4", "thetas"],
        ),
        (format!("{good}theta = [0, \"x\"]\n"), &["r.toml: line 3"]),
        (format!("{good}theta = [0, 1\n"), &["r.toml"]),
        (
            format!("{good}theta = [0, 1]\nlayers = [784]\n"),
            &["r.toml: line 4", "two layer"],
        ),
        (
            format!("{good}theta = [0, 1]\nlayers = [4, 47]\n"),
            &["r.toml: layers", "784"],
        ),
        (
            format!("{good}theta = [0, 1]\n[[trials]]\ntheta = [nan, 1]\n"),
            &["r.toml: line 4", "F0"],
        ),
        (
            "theta = [0]\nterms = [\"F0\"]\nfeedback = \"new\"".to_owned(),
            &["line 3", "`new`"],
        ),
    ] {
        let place = Sandbox::new();
        place.write("r.toml", &text);
        for command in [
            &["evaluate", "r.toml"][..],
            &["simulate", "r.toml", "--out", "out"],
        ] {
            assert_refused(&place.run(command), words, &place.path("out"));
        }
        assert_eq!(place.names(), ["r.toml"]);
    }
    let place = Sandbox::new();
    let output = place.run(&["simulate", "no.toml", "--out", "out"]);
    assert_refused(&output, &["no.toml", "cannot read"], &place.path("out"));
}

#[test]
fn rates_that_are_not_rates() {
    let place = Sandbox::new();
    let rule = place.rule();
    let output = place.run(&["evaluate", rule, "--fa", rule]);
    assert_refused_in_lines(&output, &["--fa rules/rule.toml", "bio", "F0 alone"], 1);
    let output = place.run(&["evaluate", rule, "--classes", "held-out"]);
    assert_refused_in_lines(&output, &["--classes held-out"], 1);
    let output = place.run(&["evaluate", rule, "--tasks", "0"]);
    assert_refused_in_lines(&output, &["--tasks"], 1);
}

#[test]
fn previews_that_cannot_be() {
    let place = Sandbox::new();
    let small = ["data", "preview", "--glyphs-per-class", "2", "--out"];
    let with = |more: &[&str]| place.run(&[&small[..], more].concat());
    let sheet = place.path("s.png");
    assert_refused(
        &with(&["s.png", "--classes", "A,zz"]),
        &["--classes", "`zz`"],
        &sheet,
    );
    assert_refused(
        &with(&["s.png", "--per-class", "0"]),
        &["--per-class"],
        &sheet,
    );
    assert_refused(&with(&["no/s.png"]), &["no/s.png"], &place.path("no"));
    assert_refused_in_lines(&with(&["."]), &["--out", "directory"], 1);
    assert!(place.names().is_empty());
}

#[test]
fn gradients_that_cannot_be_compared() {
    let place = Sandbox::new();
    let small = [
        "gradcheck",
        "--glyphs-per-class",
        "20",
        "--layers",
        "784,8,47",
    ];
    let with = |more: &[&str]| place.run(&[&small[..], more].concat());
    assert_refused_in_lines(&with(&["--theta", "1,2"]), &["--theta", "3 terms but 2"], 1);
    assert_refused_in_lines(&with(&["--preset", "x"]), &["--preset", "`x`"], 1);
    let exploded = with(&["--theta", "1e9,1e9,1e9"]);
    assert_eq!(exploded.status.code(), Some(1), "{}", stderr(&exploded));
    assert!(stderr(&exploded).contains("--theta"));
}
