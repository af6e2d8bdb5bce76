//! `metaplast discover`.

use std::fs;

use crate::common::{Sandbox, assert_refused, stderr};

/// A search that takes a moment.
const SMALL: [&str; 24] = [
    "discover",
    "--quick",
    "--budget",
    "8",
    "--set",
    "signals=3",
    "--set",
    "stages=1,2",
    "--set",
    "layers=49,6,47",
    "--set",
    "image-size=7",
    "--set",
    "glyphs=4",
    "--set",
    "shots=2",
    "--set",
    "queries=1",
    "--set",
    "kept=1",
    "--set",
    "episodes=2",
    "--set",
    "tasks=3",
];

fn discover(place: &Sandbox, flags: &[&str]) -> String {
    place.succeed(&[&SMALL[..], &["--quiet"], flags].concat())
}

#[test]
fn a_list_of_rules_has_files_that_evaluate_reads() {
    let place = Sandbox::new();
    let said = discover(&place, &["--out", "o", "--threads", "1"]);
    assert!(
        said.contains("Rules by their accuracy less price"),
        "{said}"
    );
    for name in [
        "rules/bio.toml",
        "candidates.csv",
        "results.json",
        "report.html",
    ] {
        assert!(place.path(&format!("o/{name}")).is_file(), "{name}");
    }
    let rule = match place.path("o/rules/1.toml").is_file() {
        true => "o/rules/1.toml",
        // The best may be a rule of the paper.
        false => "o/rules/fa.toml",
    };
    let tasks = ["--tasks", "2", "--rate-episodes", "1", "--quiet"];
    place.succeed(&[&["evaluate", rule, "o/rules/bio.toml"][..], &tasks].concat());

    // On another number of threads, and after it was killed.
    let record = place.read("o/candidates.csv");
    assert_eq!(record.lines().count(), 9);
    discover(&place, &["--out", "p", "--threads", "2"]);
    assert_eq!(place.read("p/candidates.csv"), record);
    fs::write(place.path("p/candidates.csv"), &record[..record.len() / 2]).unwrap();
    fs::remove_dir_all(place.path("p/measurements")).unwrap();
    discover(&place, &["--out", "p"]);
    for file in ["candidates.csv", "rules/bio.toml"] {
        assert_eq!(
            place.read(&format!("p/{file}")),
            place.read(&format!("o/{file}"))
        );
    }
}

#[test]
fn what_cannot_be_searched_is_refused_in_one_line() {
    let place = Sandbox::new();
    discover(&place, &["--out", "o"]);
    let refused = |flags: &[&str], words: &[&str]| {
        let output = place.run(&[&SMALL[..], &["--out", "o"], flags].concat());
        assert_refused(&output, words, &place.path("nothing"));
    };
    refused(&["--seed", "2"], &["--out o", "other settings"]);
    refused(&["--search", "annealing"], &["annealing", "puct"]);
    refused(&["--set", "stages=2,1"], &["stages", "ascending"]);
    refused(&["--set", "x=1"], &["--set x", "no such setting"]);
    refused(&["--shard", "1/2"], &["--shard", "as a whole"]);
    let output = place.run(&["discover", "--show", "--quick"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("term-price=0.005"), "{said}");
}
