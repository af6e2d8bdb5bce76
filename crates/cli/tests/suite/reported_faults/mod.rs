//! Faults that users of other tools reported and that were found here: each test is named after what
//! it shows.

mod newcomers;
#[cfg(target_os = "linux")]
mod on_linux;
mod recordings;

use std::process::Output;

use crate::common::{Sandbox, TINY, assert_refused, assert_refused_in_lines, stderr};

/// Settings of a sweep whose runs take a moment.
const BASE: &str = "[base]\nlayers = [784, 8, 47]\nways = 2\nshots = 2\nqueries = 2\nglyphs_per_class = 6\nepisodes = 2\n";

#[track_caller]
fn assert_one_line(output: &Output, words: &[&str]) {
    let message = stderr(output);
    let code = output.status.code();
    assert!(matches!(code, Some(1 | 2)), "{code:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    for word in words {
        assert!(message.contains(word), "no {word:?} in: {message}");
    }
}

#[test]
fn a_setting_of_a_file_is_blamed_by_file_and_key() {
    let place = Sandbox::new();
    for (setting, words) in [
        (
            "checkpoint_every = 0",
            "c.toml: checkpoint_every: 0 makes no sense",
        ),
        ("threads = 0", "c.toml: threads: 0 threads"),
        ("out = \"c.toml\"", "c.toml: out: this is a file"),
        ("ways = 60", "c.toml: ways: 60 classes in a task"),
        ("glyphs_per_class = 0", "c.toml: glyphs_per_class: 0 images"),
        (
            "data = \"mnist:nothing\"",
            "c.toml: data: there is no such part",
        ),
        ("shots = 5000", "c.toml: shots: "),
    ] {
        place.write("c.toml", format!("{setting}\n"));
        let output = place.run(&["meta-train", "--config", "c.toml"]);
        assert_refused(&output, &[words], &place.path("runs"));
        // A flag that wins is blamed itself.
        let output = place.run(&["meta-train", "--config", "c.toml", "--threads", "5000"]);
        if setting.starts_with("threads") {
            assert_refused(&output, &["--threads: 5000"], &place.path("runs"));
        }
    }
    let text = place.read(place.rule()).replace("ways = 2", "ways = 0");
    place.write("r.toml", text);
    let output = place.run(&["evaluate", "r.toml"]);
    assert_refused_in_lines(&output, &["r.toml: provenance.ways: 0 makes no sense"], 1);
}

#[test]
fn a_small_coefficient_is_not_shown_as_zero() {
    let place = Sandbox::new();
    let start = [
        "--theta-start",
        "F0=1e-3,F9=4e-7",
        "--optimizer",
        "sgd",
        "--lr",
        "1e-15",
    ];
    let said = place.meta_train(
        "r",
        &[&["--episodes", "2", "--preset", "oja"], &start[..]].concat(),
    );
    assert!(said.contains("F9 4e−7"), "{said}");
    for file in ["r/rule.md", "r/rule.toml"] {
        assert!(
            place.read(file).contains("4·10⁻⁷ (y_l"),
            "{}",
            place.read(file)
        );
    }
    place.succeed(&["report", "r"]);
    assert!(place.read("r/report.html").contains("4·10⁻⁷"));
}

#[test]
fn a_large_coefficient_does_not_fill_the_line() {
    let place = Sandbox::new();
    let rule = "terms = [\"F0\"]\ntheta = [1e300]\nfeedback = \"fixed\"\nlayers = [784, 8, 47]\n";
    place.write("huge.toml", rule);
    let task = [
        "--tasks",
        "1",
        "--rate-episodes",
        "1",
        "--glyphs-per-class",
        "6",
    ];
    let shape = ["--ways", "2", "--shots", "2", "--queries", "2", "--quiet"];
    let said = place.succeed(&[&["evaluate", "huge.toml"], &task[..], &shape[..]].concat());
    assert!(said.contains("F0 1e300"), "{said}");
    assert!(
        said.lines().all(|line| line.chars().count() < 120),
        "{said}"
    );
}

#[test]
fn differences_across_a_jump_or_a_bend_are_not_compared() {
    let place = Sandbox::new();
    let small = [
        "--shots",
        "3",
        "--layers",
        "784,12,47",
        "--glyphs-per-class",
        "20",
    ];
    for own in [
        &["--feedback", "sign-symmetric"][..],
        &["--terms", "0", "--term", "bent = abs(z) * y_pre^T"],
        &["--terms", "0", "--term", "cut = relu(e) * relu(z)^T * W"],
    ] {
        let output = place.run(&[&["gradcheck"], &small[..], own].concat());
        let cannot_be = stderr(&output).contains("term");
        assert!(
            output.status.success() || cannot_be,
            "{own:?}: {}",
            stderr(&output)
        );
    }
}

#[test]
fn a_name_with_control_characters_stays_on_its_line() {
    let place = Sandbox::new();
    place.png_folders("names", &["\u{1b}[31mred", "two\nlines", "\u{202e}c"], 4);
    let said = place.succeed(&["data", "info", "--data", "names"]);
    assert_eq!(said.lines().count(), 9, "{said}");
    assert!(
        said.contains(r"\u{1b}[31mred two\nlines \u{202e}c"),
        "{said}"
    );
    let sheet = ["data", "preview", "--data", "names", "--out", "s\u{7}.png"];
    let said = place.succeed(&sheet);
    assert!(
        said.lines().count() == 1 && !said.contains('\u{7}'),
        "{said:?}"
    );

    place.write(
        "arm.toml",
        format!("{BASE}[[arm]]\nname = \"\\u001b[31mred\\nhot\"\nlr = 1e-3\n"),
    );
    let said = place.succeed(&["sweep", "arm.toml", "--out", "o", "--quiet"]);
    assert!(
        !said.contains('\u{1b}') && said.contains(r"\u{1b}[31mred\nhot"),
        "{said}"
    );
    assert!(!place.read("o/report.html").contains('\u{1b}'));
    let output = place.run(&["evaluate", "no\nsuch\u{1b}rule"]);
    assert_refused_in_lines(&output, &[r"no\nsuch\u{1b}rule: cannot read"], 1);
}

#[test]
fn random_settings_that_are_whole_numbers_are_drawn_whole() {
    let place = Sandbox::new();
    let base = BASE.replace("shots = 2\n", "");
    let random = "[random]\ncells = 3\n[random.uniform]\nshots = [1, 3]\n[random.log]\nlr = [1e-4, 1]\nqueries = [1, 2]\n";
    let base = base.replace("queries = 2\n", "");
    place.write("r.toml", format!("{base}{random}"));
    place.succeed(&["sweep", "r.toml", "--quiet"]);
    let table = place.read("runs/r/sweep.csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let head = reader.headers().unwrap().clone();
    let column = |name: &str| head.iter().position(|key| key == name).unwrap();
    for row in reader.records() {
        let row = row.unwrap();
        assert!((1..=3).contains(&row[column("shots")].parse::<u64>().unwrap()));
        assert!((1..=2).contains(&row[column("queries")].parse::<u64>().unwrap()));
        assert!(row[column("lr")].contains('.') || row[column("lr")].contains('e'));
    }
    // Both ends are drawn, each run once, and no more than there are.
    let only = |cells: u64| {
        format!("{base}queries = 2\n[random]\ncells = {cells}\n[random.log]\nshots = [1, 3]\n")
    };
    place.write("all.toml", only(3));
    place.succeed(&["sweep", "all.toml", "--quiet"]);
    for shots in 1..=3 {
        assert!(
            place
                .path(&format!("runs/all/shots={shots}/rule.toml"))
                .is_file()
        );
    }
    place.write("more.toml", only(4));
    let output = place.run(&["sweep", "more.toml"]);
    assert_refused(
        &output,
        &["more.toml: line ", "only 3 different runs"],
        &place.path("runs/more"),
    );
    place.write(
        "part.toml",
        format!("{base}[random]\ncells = 2\n[random.uniform]\nshots = [1.5, 3]\n"),
    );
    let output = place.run(&["sweep", "part.toml"]);
    assert_refused(
        &output,
        &["shots takes whole numbers"],
        &place.path("runs/part"),
    );
}

#[test]
fn advice_fits_what_failed() {
    let place = Sandbox::new();
    place.write(
        "d.toml",
        format!("{BASE}[grid]\ndata = ['glyphs', '/does/not/exist']\n"),
    );
    let output = place.run(&["sweep", "d.toml", "--quiet"]);
    assert_one_line(&output, &["1 of 2 runs failed"]);
    assert!(
        !stderr(&output).contains("learning rate"),
        "{}",
        stderr(&output)
    );
    let diverging = "patience = 1\ntheta_start = ['F0=1e30']\noptimizer = 'adam'\n";
    place.write("e.toml", format!("{BASE}{diverging}"));
    let output = place.run(&["sweep", "e.toml", "--quiet"]);
    assert_one_line(
        &output,
        &["lower their learning rates, or use the steady optimizer"],
    );
    place.write(
        "f.toml",
        format!("{BASE}{}", diverging.replace("adam", "steady")),
    );
    let output = place.run(&["sweep", "f.toml", "--quiet"]);
    assert_one_line(&output, &["lower their learning rates"]);
    assert!(!stderr(&output).contains("steady"), "{}", stderr(&output));
}

#[test]
fn work_beyond_the_memory_is_refused_before_it_begins() {
    let place = Sandbox::new();
    let long = ["--steps", "4294967296", "--episodes", "1", "--out", "o"];
    let output = place.run(&[&["meta-train"], &TINY[..], &long].concat());
    assert_refused(
        &output,
        &[
            "--steps: an episode of 4294967296 steps takes ",
            " GB of memory",
        ],
        &place.path("o"),
    );
    place.write("c.toml", "steps = 4294967296\n");
    let output = place.run(&["meta-train", "--config", "c.toml", "--out", "o"]);
    assert_refused(&output, &["c.toml: steps: "], &place.path("o"));
    let rule = place.rule();
    let output = place.run(&["evaluate", rule, "--steps", "4294967296"]);
    assert_refused_in_lines(&output, &["--steps: an episode of 4294967296 steps"], 1);
}
