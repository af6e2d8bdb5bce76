//! `metaplast fit --candidates`: few terms among many.

use crate::common::{Sandbox, assert_refused_in_lines};

/// A rule for a small net on glyphs.
const RULE: &str = "terms = [\"F0\", \"F2\"]
theta = [0.02, -0.012]
feedback = \"fixed\"
layers = [784, 6, 47]
";

const LIST: &str = "# Terms that may explain it
e * y_pre^T
e * e_pre^T

hebb = y * y_pre^T
F3
z * y_pre^T
";

fn recorded() -> Sandbox {
    let place = Sandbox::new();
    place.write("truth.toml", RULE);
    let task = [
        "--glyphs-per-class",
        "12",
        "--ways",
        "3",
        "--shots",
        "6",
        "--queries",
        "2",
    ];
    let record = [
        "simulate",
        "truth.toml",
        "--record",
        "--trajectories",
        "3",
        "--noise",
        "0.01",
    ];
    place.succeed(&[&record[..], &task, &["--out", "seen", "--quiet"]].concat());
    place
}

const FIT: [&str; 3] = ["fit", "seen/recording.npz", "--candidates"];

#[test]
fn few_terms_are_found_in_a_file() {
    let place = recorded();
    place.write("list.txt", LIST);
    let told = place.succeed(&[&FIT[..], &["list.txt", "--out", "found"]].concat());
    for words in [
        "2 of 5 candidates chosen",
        "e * e_pre^T",
        "98% interval",
        "candidates.csv",
    ] {
        assert!(told.contains(words), "no {words:?} in {told}");
    }
    let csv = place.read("found/candidates.csv");
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(
        rows[0],
        "candidate,expression,theta,r_squared,chosen,same_as,close_to"
    );
    assert_eq!(rows.len(), 6);
    let chosen = |row: &&&str| row.contains(",true,");
    let symbols: Vec<&str> = rows.iter().filter(chosen).map(|row| &row[..2]).collect();
    assert_eq!(symbols, ["c1", "c2"]);
    assert!(rows[3].starts_with("hebb,y * y_pre^T,") && rows[4].starts_with("F3,"));
    let rule = place.read("found/rule.toml");
    assert!(rule.contains("c1 = \"e * y_pre^T\""), "{rule}");
    // What was found is a rule like any other.
    let explain = [
        "explain",
        "found/rule.toml",
        "--tasks",
        "1",
        "--shots",
        "2",
        "--ways",
        "2",
    ];
    place.succeed(
        &[
            &explain[..],
            &["--glyphs-per-class", "6", "--queries", "1", "--quiet"],
        ]
        .concat(),
    );

    // Kept terms stay; JSON says the same.
    let kept = [
        "list2.txt",
        "--terms",
        "0",
        "--out",
        "kept",
        "--json",
        "--most-terms",
        "1",
    ];
    place.write("list2.txt", LIST.replace("e * y_pre^T\n", ""));
    let json = place.succeed(&[&FIT[..], &kept].concat());
    let found: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(found["chosen"], serde_json::json!(["c1"]));
    assert_eq!(found["terms"][0]["term"], "F0");
    assert_eq!(found["terms"][1]["expression"], "e * e_pre^T");
    assert_eq!(found["candidates"].as_array().unwrap().len(), 4);
}

#[test]
fn bad_lists_are_refused_with_their_line() {
    let place = recorded();
    for (list, words) in [
        (
            "e * y_pre^T\n\nq * y_pre^T\n",
            &["list.txt: line 3", "unknown name `q`"][..],
        ),
        ("a = W\na = e * y_pre^T\n", &["line 2", "`a`", "line 1"]),
        ("y * e^T * y_pre\n", &["line 1"]),
        (
            "e * y_pre^T\n-2 * (y_pre * e^T)^T\n",
            &["line 2", "line 1 times a number"],
        ),
        ("# nothing\n", &["no terms", "one on each line"]),
    ] {
        place.write("list.txt", list);
        let output = place.run(&[&FIT[..], &["list.txt", "--out", "found"]].concat());
        assert_refused_in_lines(&output, words, 3);
        assert!(!place.path("found").exists());
    }
    let refuse = |more: &[&str], words: &[&str]| {
        let output = place.run(&[&FIT[..], more, &["--out", "found"]].concat());
        assert_refused_in_lines(&output, words, 3);
        assert!(!place.path("found").exists());
    };
    refuse(&["no.txt"], &["no.txt", "cannot"]);
    place.write("list.txt", LIST);
    refuse(&["list.txt", "--most-terms", "0"], &["--most-terms"]);
    refuse(
        &["list.txt", "--terms", "3"],
        &["--candidates", "F3", "twice"],
    );
}
