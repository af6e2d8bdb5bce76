//! `metaplast sweep` and `metaplast reproduce`.

use std::fs;

use crate::common::{Sandbox, assert_refused, stderr};

/// A sweep of four runs that take a moment.
pub(crate) const SWEEP: &str = "\
question = \"Which?\"
[base]
glyphs_per_class = 6
layers = [784, 8, 47]
ways = 2
shots = 3
queries = 2
episodes = 4
trials = 2
[[arm]]
name = \"FA\"
preset = \"fa\"
[[arm]]
name = \"bio\"
preset = \"bio\"
[grid]
lambda = [0, 0.5]
";

const CELLS: [&str; 4] = [
    "FA,lambda=0",
    "FA,lambda=0.5",
    "bio,lambda=0",
    "bio,lambda=0.5",
];

/// A place with a sweep's file.
pub(crate) fn place(text: &str) -> Sandbox {
    let place = Sandbox::new();
    place.write("s.toml", text);
    place
}

#[test]
fn every_cell_is_a_run_and_the_table_has_them_all() {
    let place = place(SWEEP);
    let said = place.succeed(&["sweep", "s.toml", "--quiet"]);
    let rows: Vec<&str> = said.lines().collect();
    let heads = ["run", "lambda", "accuracy", "98% interval"];
    assert!(heads.iter().all(|head| rows[0].contains(head)), "{said}");
    assert!(
        rows[2].starts_with("FA") && rows[4].starts_with("bio"),
        "{said}"
    );
    for cell in CELLS {
        assert!(
            place.path(&format!("runs/s/{cell}/rule.toml")).is_file(),
            "{cell}"
        );
    }
    let csv = place.read("runs/s/sweep.csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let head = reader.headers().unwrap().clone();
    let place_of = |name: &str| head.iter().position(|column| column == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    for (row, cell) in rows.iter().zip(CELLS) {
        assert_eq!(&row[0], cell);
        assert!(row[place_of("accuracy")].parse::<f64>().is_ok());
        assert_eq!(row[place_of("theta_F2")].is_empty(), cell.starts_with("FA"));
        assert_eq!(&row[place_of("error")], "");
    }
    let page = place.read("runs/s/report.html");
    assert!(page.contains("Which?") && page.contains("Results by λ"));
}

#[test]
fn json_has_one_object_for_each_run() {
    let place = place(SWEEP);
    let out = place.succeed(&["sweep", "s.toml", "--json"]);
    assert_eq!(out.lines().count(), 4);
    for (line, cell) in out.lines().zip(CELLS) {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(object["run"], cell);
        assert_eq!(
            object["settings"]["lambda"],
            cell.split_once('=').unwrap().1
        );
        assert!(object["accuracy"]["low"].as_f64() <= object["accuracy"]["mean"].as_f64());
        assert!(object["theta"]["F0"]["mean"].is_number() && object.get("error").is_none());
    }
}

#[test]
fn what_is_finished_is_not_run_again() {
    let place = place(SWEEP);
    let first = place.succeed(&["sweep", "s.toml", "--out", "o", "--quiet"]);
    let csv = place.read("o/sweep.csv");
    let bytes = |cell: &str| place.read(&format!("o/{cell}/episodes.csv"));
    let old = CELLS.map(bytes);
    // A mark that only a new run would remove.
    place.write("o/FA,lambda=0/rule.md", "mark");
    fs::remove_dir_all(place.path("o/bio,lambda=0")).unwrap();
    let output = place.run(&["sweep", "s.toml", "--out", "o", "--threads", "1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "1/1  bio,lambda=0\n");
    assert_eq!(String::from_utf8_lossy(&output.stdout), first);
    assert_eq!(place.read("o/sweep.csv"), csv);
    assert_eq!(CELLS.map(bytes), old);
    assert_eq!(place.read("o/FA,lambda=0/rule.md"), "mark");

    // More values later keep what is there.
    place.write("s.toml", SWEEP.replace("[0, 0.5]", "[0, 0.5, 1]"));
    let output = place.run(&["sweep", "s.toml", "--out", "o"]);
    assert_eq!(stderr(&output).lines().count(), 2, "{}", stderr(&output));

    // Other settings would be other runs under the same names.
    place.write("s.toml", SWEEP.replace("episodes = 4", "episodes = 5"));
    let output = place.run(&["sweep", "s.toml", "--out", "o"]);
    let words = ["o/FA,lambda=0", "other settings", "--out"];
    assert_refused(&output, &words, &place.path("nothing"));
}

#[test]
fn an_interrupted_cell_goes_on() {
    let place = place(SWEEP);
    place.succeed(&["sweep", "s.toml", "--out", "whole", "--quiet"]);
    place.succeed(&["sweep", "s.toml", "--out", "o", "--quiet"]);
    // As a process leaves it that was killed between two files.
    for file in ["rule.toml", "rule.md"] {
        fs::remove_file(place.path(&format!("o/bio,lambda=0.5/{file}"))).unwrap();
    }
    place.succeed(&["sweep", "s.toml", "--out", "o", "--quiet"]);
    for file in ["episodes.csv", "rule.toml"] {
        let of = |out: &str| place.read(&format!("{out}/bio,lambda=0.5/{file}"));
        assert_eq!(of("o"), of("whole"));
    }
}

#[test]
fn a_cell_that_fails_does_not_stop_the_others() {
    let text = SWEEP.replace(
        "[grid]",
        "[[arm]]\nname = \"wild\"\npreset = \"fa\"\noptimizer = \"sgd\"\nlr = 1e6\npatience = 1\n[grid]",
    );
    let place = place(&text.replace("episodes = 4", "episodes = 60"));
    let output = place.run(&["sweep", "s.toml", "--out", "o", "--quiet"]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("2 of 6 runs failed"),
        "{}",
        stderr(&output)
    );
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        said.contains("failed") && said.contains("wild,lambda=0: trial"),
        "{said}"
    );
    let csv = place.read("o/sweep.csv");
    assert_eq!(csv.lines().count(), 7);
    assert!(place.path("o/report.html").is_file());
}

#[test]
fn wrong_files_are_refused_with_their_line() {
    for (text, words) in [
        ("[base]\nepisode = 3\n", ["s.toml: line 2", "episode"]),
        ("[grid]\nlambda = [0,\n-1]\n", ["s.toml: line 3", "lambda"]),
        ("[base\n", ["s.toml: line 1", ""]),
        ("[base]\nout = \"x\"\n", ["s.toml: line 2", "out"]),
    ] {
        let place = place(text);
        let output = place.run(&["sweep", "s.toml", "--out", "o"]);
        assert_refused(&output, &words, &place.path("o"));
    }
    let place = Sandbox::new();
    let output = place.run(&["sweep", "none.toml"]);
    assert_refused(&output, &["none.toml", "cannot read"], &place.path("runs"));
    place.write("s.toml", "[base]\nlayers = [4, 47]\n");
    let output = place.run(&["sweep", "s.toml", "--out", "o"]);
    assert_refused(&output, &["layers", "784"], &place.path("o"));
}

#[test]
fn experiments_are_listed_shown_and_run() {
    let place = Sandbox::new();
    let list = place.succeed(&["reproduce"]);
    for name in [
        "fig1",
        "fig3",
        "fig4",
        "fig5",
        "fig7",
        "fig8",
        "table1",
        "bio",
        "lambda-sweep",
    ] {
        assert!(list.lines().any(|line| line.starts_with(name)), "{list}");
    }
    // What is shown can be run as a sweep.
    let text = place.succeed(&["reproduce", "fig3", "--show"]);
    assert!(text.contains("[[arm]]") && text.contains("preset = \"bp\""));

    let flags = [
        "--quick",
        "--episodes",
        "2",
        "--trials",
        "1",
        "--quiet",
        "--out",
        "o",
    ];
    let said = place.succeed(&[&["reproduce", "fig3"][..], &flags].concat());
    assert!(
        said.contains("FA") && said.contains("report: o/report.html"),
        "{said}"
    );
    let page = place.read("o/report.html");
    assert!(page.contains("What is published") && page.contains("What was found here"));

    let output = place.run(&["reproduce", "fig2"]);
    assert_refused(
        &output,
        &["fig2", "no such experiment", "fig3"],
        &place.path("runs"),
    );
    let output = place.run(&["reproduce", "fig3", "--trials", "0"]);
    assert_refused(
        &output,
        &["trials", "0 makes no sense"],
        &place.path("runs"),
    );
}

/// Targets of every kind for the sweep of above.
const TARGETS: &str = "\
tasks = 3
[[target]]
name = \"seen\"
classes = \"learned\"
[[target]]
name = \"unseen\"
classes = \"held-out\"
ways = 4
shots = 2
queries = 1
[[target]]
name = \"shapes\"
data = \"shapes\"
";

fn with_targets(targets: &str) -> Sandbox {
    let (base, rest) = SWEEP.split_once("[base]\n").unwrap();
    let rest = rest.replace("[grid]\nlambda = [0, 0.5]\n", "");
    let (tasks, targets) = targets.split_once('\n').unwrap();
    let place = place(&format!(
        "{base}{tasks}\n[base]\nhold_out_classes = 20\n{rest}{targets}"
    ));
    place.png_folders("shapes", &["box", "dot", "line"], 5);
    place
}

#[test]
fn rules_are_tried_on_what_they_were_not_learned_on() {
    let place = with_targets(TARGETS);
    let said = place.succeed(&["sweep", "s.toml", "--quiet"]);
    assert!(
        said.contains("tried on") && said.contains("3 fresh tasks"),
        "{said}"
    );
    let table = place.read("runs/s/transfer.csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let pairs: Vec<(&str, &str)> = rows.iter().map(|row| (&row[0], &row[1])).collect();
    let expected = ["FA", "bio"]
        .map(|arm| ["seen", "unseen", "shapes"].map(|target| (arm, target)))
        .concat();
    assert_eq!(pairs, expected);
    for row in &rows {
        assert_eq!((&row[2], &row[3]), ("3", "2"));
        let [mean, low, high] = [5, 6, 7].map(|k| row[k].parse::<f64>().unwrap());
        assert!(
            0.0 <= low && low <= mean && mean <= high && high <= 1.0,
            "{row:?}"
        );
    }
    let page = place.read("runs/s/report.html");
    assert!(page.contains("The rules on fresh tasks") && page.contains("guessing"));
    let lines = place.succeed(&["sweep", "s.toml", "--json"]);
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["run"], &last["target"]),
        (&"bio".into(), &"shapes".into())
    );
    // The number of threads changes nothing.
    place.succeed(&[
        "sweep",
        "s.toml",
        "--quiet",
        "--threads",
        "1",
        "--out",
        "again",
    ]);
    assert_eq!(place.read("again/transfer.csv"), table);
}

#[test]
fn targets_that_cannot_be_are_refused_before_anything_is_run() {
    for (old, new, words) in [
        (
            "name = \"unseen\"",
            "name = \"seen\"",
            "a name of its own, not \"seen\"",
        ),
        ("ways = 4", "ways = 21", "target \"unseen\""),
        ("tasks = 3", "tasks = 0", "s.toml: line 2: 0 tasks"),
        (
            "classes = \"held-out\"",
            "classes = \"odd\"",
            "unknown choice `odd`",
        ),
        ("data = \"shapes\"", "data = \"none\"", "none: no such file"),
        (
            "data = \"shapes\"",
            "data = \"shapes\"\nclasses = \"learned\"",
            "leave `classes` out",
        ),
    ] {
        let place = with_targets(&TARGETS.replace(old, new));
        let output = place.run(&["sweep", "s.toml"]);
        assert_refused(&output, &[words], &place.path("runs"));
    }
}

#[test]
fn an_experiment_is_not_begun_when_its_rules_cannot_be_carried_on() {
    let place = Sandbox::new();
    place.png_folders("shapes", &["a", "b", "c", "d", "e"], 6);
    for (data, words) in [
        ("nothing", &["nothing: no such file"][..]),
        ("shapes", &["target \"shapes\"", "6 images", "50 shots"]),
    ] {
        let flags = ["reproduce", "transfer", "--quick", "--out", "o"];
        let refused = place.run(&[&flags[..], &["--transfer-to", data]].concat());
        assert_refused(&refused, words, &place.path("o"));
    }
}
