//! Runs that are made longer, and runs that start from a rule.

use crate::common::{Sandbox, TINY, assert_refused, stderr};

/// Every file of a run that tells of it.
fn files(place: &Sandbox, run: &str) -> Vec<String> {
    let names = [
        "episodes.csv",
        "config.toml",
        "rule.toml",
        "rule.md",
        "checkpoint.toml",
    ];
    names
        .map(|name| place.read(&format!("{run}/{name}")))
        .to_vec()
}

#[test]
fn a_finished_run_that_is_made_longer_is_as_one_long_run() {
    let place = Sandbox::new();
    for (name, more) in [
        ("plain", &[][..]),
        ("trials", &["--trials", "3", "--threads", "2"]),
        (
            "batches",
            &[
                "--meta-batch",
                "2",
                "--optimizer",
                "adam",
                "--lambda",
                "0.01",
            ],
        ),
    ] {
        let (long, short) = (format!("{name}-long"), format!("{name}-short"));
        place.meta_train(&long, &[&["--episodes", "10", "--quiet"], more].concat());
        place.meta_train(&short, &[&["--episodes", "4", "--quiet"], more].concat());
        place.succeed(&[
            "meta-train",
            "--resume",
            &short,
            "--episodes",
            "6",
            "--quiet",
        ]);
        let output = place.succeed(&[
            "meta-train",
            "--resume",
            &short,
            "--episodes",
            "10",
            "--json",
        ]);
        // Of trials whose turn in the file comes again, rows from before are shown as well.
        assert_eq!(
            output.lines().count(),
            if name == "trials" { 4 + 2 * 10 } else { 4 }
        );
        assert_eq!(files(&place, &short), files(&place, &long), "{name}");
        // As many as there are is nothing to do.
        place.succeed(&[
            "meta-train",
            "--resume",
            &short,
            "--episodes",
            "10",
            "--quiet",
        ]);
        assert_eq!(files(&place, &short), files(&place, &long), "{name}");
    }
}

#[test]
fn a_run_that_cannot_be_made_longer_stays_as_it_is() {
    let place = Sandbox::new();
    place.meta_train("run", &["--episodes", "3", "--meta-batch", "2", "--quiet"]);
    let before = files(&place, "run");
    for (episodes, words) in [
        (
            "2",
            "--episodes: the run has 3 episodes for each trial already; give more",
        ),
        ("0", "--episodes: 0 makes no sense"),
        (
            "7",
            "--episodes: the last step of trial 0 took the mean of fewer than 2 episodes",
        ),
    ] {
        let output = place.run(&["meta-train", "--resume", "run", "--episodes", episodes]);
        assert_refused(&output, &[words], &place.path("nothing"));
        assert_eq!(files(&place, "run"), before);
    }
    let output = place.run(&["meta-train", "--resume", "run", "--lr", "0.1"]);
    assert_refused(
        &output,
        &["give only --episodes, --threads"],
        &place.path("nothing"),
    );
    // The settings were changed by hand.
    let config = place
        .read("run/config.toml")
        .replace("seed = 1", "seed = 2");
    place.write("run/config.toml", config);
    let output = place.run(&["meta-train", "--resume", "run", "--episodes", "8"]);
    assert!(
        stderr(&output).contains("not those with which the run began"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn an_extension_that_was_broken_off_after_its_first_file_is_done_again() {
    let place = Sandbox::new();
    place.meta_train("long", &["--episodes", "5", "--trials", "2", "--quiet"]);
    place.meta_train("run", &["--episodes", "3", "--trials", "2", "--quiet"]);
    let config = place
        .read("run/config.toml")
        .replace("episodes = 3", "episodes = 5");
    place.write("run/config.toml", config);
    place.write("run/.waiting-1.csv", "half a row");
    place.succeed(&[
        "meta-train",
        "--resume",
        "run",
        "--episodes",
        "5",
        "--quiet",
    ]);
    assert_eq!(files(&place, "run"), files(&place, "long"));
}

#[test]
fn a_run_starts_from_a_rule() {
    let place = Sandbox::new();
    let tasks = [&TINY[..2], &TINY[4..]].concat();
    let own = [
        "--terms",
        "0,2",
        "--term",
        "hebb = y * y_pre^T",
        "--feedback",
        "sign-symmetric",
        "--theta-scope",
        "per-layer",
    ];
    place.meta_train(
        "first",
        &[&["--episodes", "3", "--quiet"], &own[..]].concat(),
    );
    let start = [
        "meta-train",
        "--start-from",
        "first/rule.toml",
        "--episodes",
        "2",
        "--quiet",
        "--out",
        "second",
    ];
    place.succeed(&[&start[..], &tasks].concat());
    let table = |file: &str| -> toml::Table { toml::from_str(&place.read(file)).unwrap() };
    let (rule, config) = (table("first/rule.toml"), table("second/config.toml"));
    assert_eq!(config["layers"], rule["layers"]);
    assert_eq!(config["feedback"].as_str(), Some("sign-symmetric"));
    assert!(!config.contains_key("start_from"));
    // The first episode is at the coefficients that the rule ended with.
    let rows = place.read("second/episodes.csv");
    let head: Vec<&str> = rows.lines().next().unwrap().split(',').collect();
    let first: Vec<&str> = rows.lines().nth(1).unwrap().split(',').collect();
    let found: Vec<f64> = head
        .iter()
        .zip(first)
        .filter(|(name, _)| name.starts_with("theta_"))
        .map(|(_, value)| value.parse().unwrap())
        .collect();
    let expected = rule["theta"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|of_term| of_term.as_array().unwrap());
    let expected: Vec<f64> = expected.map(|theta| theta.as_float().unwrap()).collect();
    assert_eq!(found, expected);
    // Without the rule's file the configuration leads to the same run.
    std::fs::remove_file(place.path("first/rule.toml")).unwrap();
    place.succeed(&[
        "meta-train",
        "--config",
        "second/config.toml",
        "--out",
        "third",
        "--quiet",
    ]);
    assert_eq!(place.read("third/episodes.csv"), rows);
}

#[test]
fn a_rule_to_start_from_is_the_only_rule() {
    let place = Sandbox::new();
    let rule = place.rule();
    place.write(
        "both.toml",
        format!("start_from = \"{rule}\"\npreset = \"fa\"\n"),
    );
    for (arguments, words) in [
        (
            &["--config", "both.toml"][..],
            "both.toml: start_from: the rule brings its terms and coefficients, and `preset`",
        ),
        (&["--start-from", "none.toml"], "none.toml: cannot read"),
        (
            &["--start-from", rule, "--layers", "9,8,47"],
            "--layers: the first layer has 9 units",
        ),
    ] {
        let arguments = [
            &["meta-train", "--out", "run", "--glyphs-per-class", "60"],
            arguments,
        ]
        .concat();
        assert_refused(&place.run(&arguments), &[words], &place.path("run"));
    }
    let output = place.run(&["meta-train", "--start-from", rule, "--preset", "bp"]);
    assert_eq!(output.status.code(), Some(2));
    // A flag's rule is another than the file's.
    place.write(
        "other.toml",
        "preset = \"fa\"\nfeedback = \"kolen-pollack\"\n",
    );
    let arguments = [
        "--config",
        "other.toml",
        "--start-from",
        rule,
        "--episodes",
        "1",
        "--quiet",
        "--out",
        "run",
    ];
    place.succeed(&[&["meta-train"], &TINY[..], &arguments].concat());
    assert!(
        place
            .read("run/config.toml")
            .contains("feedback = \"fixed\"")
    );
}
