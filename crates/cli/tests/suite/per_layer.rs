//! Coefficients of their own for each layer, from meta-training to the report.

use crate::common::{RUN_FILES, Sandbox, TINY, assert_refused};

const PER_LAYER: [&str; 4] = ["--preset", "bio", "--theta-scope", "per-layer"];

#[test]
fn each_layer_learns_its_own() {
    let place = Sandbox::new();
    let flags = [&PER_LAYER[..], &["--episodes", "6"]].concat();
    let said = place.meta_train("run", &flags);
    assert!(said.contains("F0_l1") && said.contains("F9_l2"), "{said}");

    let csv = place.read("run/episodes.csv");
    let mut rows = csv.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let column = |name: &str| head.iter().position(|&other| other == name).unwrap();
    let first = column("theta_0_l1");
    let names = [
        "theta_0_l2",
        "theta_2_l1",
        "theta_2_l2",
        "theta_9_l1",
        "theta_9_l2",
    ];
    assert_eq!(head[first + 1..first + 6], names);
    let rows: Vec<_> = rows.collect();
    // They start alike, θ_0 as in the paper, and part.
    assert_eq!(rows[0][first..first + 2], ["0.001", "0.001"]);
    let last = rows.last().unwrap();
    assert_ne!(last[first], last[first + 1]);

    let rule = place.read("run/rule.toml");
    let theta = rule.lines().find(|line| line.starts_with("theta = [["));
    assert!(theta.is_some(), "{rule}");
    let page = place.read("run/rule.md");
    assert!(
        page.contains("| F2, layer 1 |") && page.contains("]_l e_l"),
        "{page}"
    );
    let config = place.read("run/config.toml");
    assert!(config.contains("theta_scope = \"per-layer\""), "{config}");

    // The rule and the run are taken up by everything else.
    let rule = "run/rule.toml";
    place.succeed(&["simulate", rule, "--steps", "3", "--quiet"]);
    let tried = [
        "evaluate",
        rule,
        "--tasks",
        "2",
        "--rate-episodes",
        "2",
        "--json",
    ];
    assert!(place.succeed(&tried).contains("\"F2_l2\":"));
    place.succeed(&["verify", "run"]);
    place.succeed(&["report", "run", "--out", "page.html"]);
    let page = place.read("page.html");
    assert!(page.contains("θ of F9_l2"), "no figure of it");

    place.assert_repeats("run", &RUN_FILES);
}

#[test]
fn runs_with_and_without_are_laid_over_each_other() {
    let place = Sandbox::new();
    place.write(
        "sweep.toml",
        "[base]
preset = \"fa\"
episodes = 3
glyphs_per_class = 6
layers = [784, 8, 47]
ways = 2
shots = 3
queries = 2
[grid]
theta_scope = [\"shared\", \"per-layer\"]
",
    );
    place.succeed(&["sweep", "sweep.toml", "--out", "sweep", "--quiet"]);
    let csv = place.read("sweep/sweep.csv");
    for column in ["theta_F0,", "theta_F0_l1,", "theta_F0_l2,"] {
        assert!(csv.contains(column), "{csv}");
    }
}

#[test]
fn gradients_by_each_layers_coefficients_agree() {
    let place = Sandbox::new();
    let flags = [
        "gradcheck",
        "--theta-scope",
        "per-layer",
        "--feedback",
        "attached",
    ];
    let said = place.succeed(&[&flags[..], &TINY].concat());
    assert!(
        said.contains("F9_l2") && said.ends_with("all agree\n"),
        "{said}"
    );
}

/// A rule whose layers differ is found again from a recording.
#[test]
fn fit_tells_layers_apart() {
    let place = Sandbox::new();
    place.write(
        "truth.toml",
        "terms = [\"F0\", \"F9\"]
theta = [[0.02, 0.01], [0.004, 0.002]]
feedback = \"fixed\"
layers = [784, 6, 47]
",
    );
    let simulate = ["simulate", "truth.toml", "--record", "--out", "seen"];
    let flags = ["--trajectories", "2", "--glyphs-per-class", "8"];
    let task = ["--ways", "2", "--shots", "6", "--queries", "1"];
    place.succeed(&[&simulate[..], &flags, &task].concat());
    let fit = [
        "fit",
        "seen/recording.npz",
        "--terms",
        "0,9",
        "--out",
        "found",
    ];
    place.succeed(&[&fit[..], &["--theta-scope", "per-layer"]].concat());
    let csv = place.read("found/fit.csv");
    let rows: Vec<Vec<&str>> = csv
        .lines()
        .skip(1)
        .map(|l| l.split(',').collect())
        .collect();
    let truth = [
        ("F0_l1", 0.02),
        ("F0_l2", 0.01),
        ("F9_l1", 0.004),
        ("F9_l2", 0.002),
    ];
    for (row, (name, theta)) in rows.iter().zip(truth) {
        assert_eq!(row[0], name);
        let found: f64 = row[1].parse().unwrap();
        assert!((found - theta).abs() < 1e-4 * theta, "{csv}");
    }
}

#[test]
fn what_does_not_fit_the_layers_is_refused() {
    let place = Sandbox::new();
    let none = place.path("none");
    let refuse = |theta: &str, words: &[&str]| {
        let text = format!(
            "terms = [\"F0\", \"F2\"]\ntheta = {theta}\nfeedback = \"fixed\"\nlayers = [784, 8, 47]\n"
        );
        place.write("rule.toml", text);
        let output = place.run(&["simulate", "rule.toml", "--out", "none"]);
        assert_refused(&output, &[&["rule.toml: line 2: "], words].concat(), &none);
    };
    refuse(
        "[[0.1, 0.2, 0.3], [0.1, 0.2]]",
        &["F0 has 3", "2 layers of weights"],
    );
    refuse("[[0.1, 0.2], 0.1]", &["F2 has one", "list"]);
    refuse("[[0.1, 0.2]]", &["2 terms but 1"]);
    refuse("[[0.1, nan], [0.1, 0.2]]", &["F0_l2 is NaN"]);
    refuse("[\"0.1\", 0.2]", &["a number, or a list of numbers"]);

    let train = ["meta-train", "--out", "none", "--episodes", "1"];
    let with = |more: &[&'static str]| place.run(&[&train[..], &TINY, more].concat());
    assert_refused(
        &with(&["--theta-scope", "layer"]),
        &["shared or per-layer"],
        &none,
    );
    let start = ["--theta-scope", "per-layer", "--theta-start", "F0_l3=0.1"];
    assert_refused(&with(&start), &["no term `F0_l3`", "F0, F2, F9"], &none);
}
