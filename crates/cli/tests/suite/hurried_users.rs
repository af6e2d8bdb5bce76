//! What a person in a hurry does: two of the same command at once, files changed between two commands,
//! a directory with other files in it, two names for one thing.

use std::fs;
use std::process::{Command, Stdio};

use crate::common::{Sandbox, TINY, assert_refused, assert_refused_in_lines, stderr};

#[test]
fn two_of_the_same_command_at_once_take_two_names() {
    let place = Sandbox::new();
    let begin = || {
        Command::new(env!("CARGO_BIN_EXE_metaplast"))
            .current_dir(place.path(""))
            .args(["meta-train", "--episodes", "30", "--preset", "fa"])
            .args(TINY)
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..3).map(|_| begin()).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    for n in 1..=3 {
        assert!(
            place.path(&format!("runs/fa-{n}/rule.toml")).is_file(),
            "{n}"
        );
    }
}

#[cfg(unix)]
#[test]
fn two_sweeps_in_one_directory_do_not_mix() {
    let place = Sandbox::new();
    let base =
        "[base]\nlayers = [784, 8, 47]\nways = 2\nshots = 2\nqueries = 2\nglyphs_per_class = 6\n";
    place.write("s.toml", format!("{base}episodes = 1000000\n"));
    let mut first = Command::new(env!("CARGO_BIN_EXE_metaplast"))
        .current_dir(place.path(""))
        .args(["sweep", "s.toml", "--quiet"])
        .spawn()
        .unwrap();
    while !place.path("runs/s/run/episodes.csv").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let output = place.run(&["sweep", "s.toml"]);
    assert_refused_in_lines(
        &output,
        &["runs/s: another metaplast (process", "is at work"],
        1,
    );
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn a_resumed_run_notices_a_changed_row() {
    let place = Sandbox::new();
    let more = ["--episodes", "6", "--checkpoint-every", "2", "--quiet"];
    place.meta_train("r", &more);
    let rows = place.read("r/episodes.csv");
    let second = rows.lines().nth(2).unwrap();
    // A digit of the accuracy of an episode long before the checkpoints.
    let changed = second.replacen('.', ".9", 1);
    place.write(
        "r/episodes.csv",
        rows.replace(second, &changed[..second.len()]),
    );
    let output = place.run(&["meta-train", "--resume", "r"]);
    assert_refused_in_lines(&output, &["episodes.csv: rows of trial 0 were changed"], 1);
    place.write("r/episodes.csv", rows);
    place.succeed(&["meta-train", "--resume", "r", "--quiet"]);
}

/// A rule found on PNG files in `images`.
fn rule_on_images(place: &Sandbox) {
    place.png_folders("images", &["a", "b", "c"], 8);
    let data = ["--data", "images", "--episodes", "2", "--quiet"];
    place.meta_train("r", &data);
}

#[test]
fn images_that_are_not_those_of_the_rule_are_noticed() {
    let place = Sandbox::new();
    rule_on_images(&place);
    let evaluate = [
        "evaluate",
        "r/rule.toml",
        "--tasks",
        "1",
        "--rate-episodes",
        "1",
        "--quiet",
    ];
    let simulate = ["simulate", "r/rule.toml", "--quiet", "--out", "o"];
    place.succeed(&evaluate);
    fs::remove_file(place.path("images/a/0.png")).unwrap();
    let words = [
        "r/rule.toml: provenance.data_fingerprint: the images of ",
        "not those on which the rule was found",
    ];
    assert_refused(&place.run(&evaluate), &words, &place.path("o"));
    assert_refused(&place.run(&simulate), &words, &place.path("o"));
    // Named, they are meant.
    place.succeed(&[&simulate[..], &["--data", "images"]].concat());
}

#[test]
fn pictures_that_are_not_read_are_told() {
    let place = Sandbox::new();
    place.png_folders("images", &["a", "b"], 4);
    place.write("images/a/Thumbs.db", "x");
    place.succeed(&["data", "info", "--data", "images"]);
    fs::rename(place.path("images/b/1.png"), place.path("images/b/1.tiff")).unwrap();
    let output = place.run(&["data", "info", "--data", "images"]);
    assert_refused_in_lines(&output, &["images/b/1.tiff: ", "would be passed over"], 1);
    fs::remove_file(place.path("images/b/1.tiff")).unwrap();
    place.write("images/b/2.png", [0xff, 0xd8, 0xff, 0xe0, 0, 16]);
    let output = place.run(&["data", "info", "--data", "images"]);
    assert!(
        !stderr(&output).contains("PNG signature"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn held_out_classes_beyond_the_last_are_refused() {
    let place = Sandbox::new();
    let hold_out = ["--episodes", "2", "--hold-out-classes", "3", "--quiet"];
    place.meta_train("r", &hold_out);
    let text = place.read("r/rule.toml");
    let line = text
        .lines()
        .find(|line| line.starts_with("held_out_classes"))
        .unwrap();
    place.write(
        "far.toml",
        text.replace(line, "held_out_classes = [3, 46, 47]"),
    );
    let evaluate = [
        "evaluate",
        "far.toml",
        "--tasks",
        "1",
        "--rate-episodes",
        "1",
        "--quiet",
    ];
    let words = [
        "far.toml: provenance.held_out_classes: class 47 was held out",
        "--classes all",
    ];
    assert_refused_in_lines(&place.run(&evaluate), &words, 1);
    let simulate = ["simulate", "far.toml", "--out", "o"];
    assert_refused(&place.run(&simulate), &words, &place.path("o"));
    place.succeed(&[&evaluate[..], &["--classes", "all"]].concat());
}

#[test]
fn one_thing_under_two_names_is_named_once() {
    let place = Sandbox::new();
    place.meta_train("r", &["--episodes", "2", "--quiet"]);
    let output = place.run(&["report", "r", "./r/"]);
    assert_refused_in_lines(&output, &["the same as r; name each once"], 1);
    let record = [
        "simulate",
        "r/rule.toml",
        "--record",
        "--quiet",
        "--out",
        "o",
    ];
    place.succeed(&record);
    let output = place.run(&["fit", "o/recording.npz", "o/../o/recording.npz"]);
    assert_refused_in_lines(&output, &["the same as o/recording.npz"], 1);
    let twice = ["meta-train", "--theta-start", "F0=1e-3,F0=2e-3"];
    assert_refused(
        &place.run(&twice),
        &["--theta-start: `F0` is given twice"],
        &place.path("runs"),
    );
}
