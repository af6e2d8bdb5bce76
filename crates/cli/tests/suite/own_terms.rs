//! Terms written as text: learned, written, read back, shown, and refused with the place.

use crate::common::{RUN_FILES, Sandbox, TINY, assert_refused_in_lines, stderr};

const DECAY: &str = "hebb_decay = y * y_pre^T - 0.1 * W";
const BCM: &str = "bcm = (y .* (y - 0.2 ones)) * y_pre^T";

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap()
}

#[test]
fn own_terms_are_learned_and_kept() {
    let place = Sandbox::new();
    let flags = [
        "--episodes",
        "3",
        "--preset",
        "fa",
        "--term",
        DECAY,
        "--term",
        BCM,
    ];
    let summary = place.meta_train("run", &flags);
    assert!(
        summary.contains("hebb_decay") && summary.contains("bcm"),
        "{summary}"
    );
    assert!(summary.contains("(y_l y_(l−1)ᵀ − 0.1 W_l)"), "{summary}");

    let header = place.read("run/episodes.csv");
    let columns = "query_accuracy,theta_0,theta_hebb_decay,theta_bcm,alpha_1";
    assert!(first_line(&header).contains(columns), "{header}");
    let second = header.lines().nth(1).unwrap();
    assert!(second.contains(",0.001,0.0,0.0,"), "{second}");

    let rule = place.read("run/rule.toml");
    assert!(
        rule.contains("terms = [\"F0\", \"hebb_decay\", \"bcm\"]"),
        "{rule}"
    );
    assert!(
        rule.contains("hebb_decay = \"y * y_pre^T - 0.1 * W\""),
        "{rule}"
    );
    let page = place.read("run/rule.md");
    assert!(
        page.contains("| hebb_decay | own term | `y_l y_(l−1)ᵀ − 0.1 W_l` |"),
        "{page}"
    );
    assert!(
        page.contains("    hebb_decay = y * y_pre^T - 0.1 * W\n"),
        "{page}"
    );

    // The configuration repeats the run.
    place.assert_repeats("run", &RUN_FILES);

    // And every command takes the rule.
    let flags = [
        "evaluate",
        "run/rule.toml",
        "--tasks",
        "2",
        "--rate-episodes",
        "2",
        "--json",
    ];
    let result: serde_json::Value = serde_json::from_str(&place.succeed(&flags)).unwrap();
    assert!(result["rules"][0]["theta"]["hebb_decay"].is_f64());
    place.succeed(&[
        "simulate",
        "run/rule.toml",
        "--steps",
        "4",
        "--out",
        "simulated",
    ]);
    place.read("simulated/curve.csv");
    place.succeed(&["report", "run", "--quiet"]);
    let report = place.read("run/report.html");
    assert!(
        report.contains("--term &apos;bcm = ") || report.contains("--term 'bcm = "),
        "no --term in the command"
    );
}

/// A rule of the pool is the same file, column by column, as it was before there were own terms.
#[test]
fn rules_without_own_terms_say_nothing_of_them() {
    let place = Sandbox::new();
    place.rule();
    let rule = place.read("rules/rule.toml");
    let config = place.read("rules/config.toml");
    assert!(!rule.contains("own_terms"), "{rule}");
    assert!(
        !config.contains("term =") && !config.contains("theta_start"),
        "{config}"
    );
}

/// Oja's rule as text meta-learns what F9 does, bit for bit.
#[test]
fn a_built_in_term_as_text_is_the_same_run() {
    let place = Sandbox::new();
    let episodes = ["--episodes", "5", "--quiet"];
    place.meta_train("built-in", &[&episodes[..], &["--terms", "F0,F9"]].concat());
    let own = [
        "--terms",
        "F0",
        "--term",
        "own_oja = y * y_pre^T - (y * y^T) * W",
    ];
    place.meta_train("own", &[&episodes[..], &own].concat());
    let numbers = |run: &str| -> Vec<String> {
        let csv = place.read(&format!("{run}/episodes.csv"));
        // A diverged episode names the term that it blames.
        let rows = csv.lines().skip(1);
        rows.map(|row| row.replace("own_oja", "F9")).collect()
    };
    assert_eq!(numbers("built-in"), numbers("own"));
}

#[test]
fn own_terms_alone_and_coefficients_to_start_from() {
    let place = Sandbox::new();
    let own = "own_gradient = -e * y_pre^T";
    let flags = [
        "--episodes",
        "2",
        "--terms",
        "none",
        "--term",
        own,
        "--quiet",
    ];
    place.meta_train(
        "run",
        &[&flags[..], &["--theta-start", "own_gradient=0.01"]].concat(),
    );
    let csv = place.read("run/episodes.csv");
    assert!(
        first_line(&csv).contains("query_accuracy,theta_own_gradient,alpha"),
        "{csv}"
    );
    assert!(csv.lines().nth(1).unwrap().contains(",0.01,"), "{csv}");
    place.succeed(&[
        "meta-train",
        "--config",
        "run/config.toml",
        "--out",
        "again",
        "--quiet",
    ]);
    assert_eq!(place.read("again/episodes.csv"), csv);
    // Another rule by a flag is not the file's: its terms and coefficients go with it.
    let flags = [
        "meta-train",
        "--config",
        "run/config.toml",
        "--preset",
        "fa",
        "--out",
        "fa",
        "--quiet",
    ];
    place.succeed(&flags);
    assert!(!place.read("fa/config.toml").contains("own_gradient"));
}

#[test]
fn gradients_by_own_terms_agree() {
    let place = Sandbox::new();
    let flags = [
        "gradcheck",
        "--glyphs-per-class",
        "6",
        "--shots",
        "2",
        "--queries",
        "2",
        "--ways",
        "2",
        "--layers",
        "784,8,47",
        "--preset",
        "pool",
        "--term",
        DECAY,
        "--term",
        BCM,
        "--term",
        "gated = tanh(z) .* e * y_pre^T",
    ];
    let table = place.succeed(&flags);
    for name in ["F9", "hebb_decay", "bcm", "gated", "all agree"] {
        assert!(table.contains(name), "{table}");
    }
}

/// A rule written by hand, its terms in any order.
#[test]
fn a_rule_file_with_own_terms() {
    let place = Sandbox::new();
    place.write(
        "rule.toml",
        "terms = [\"mine\", \"F9\", \"F0\"]\ntheta = [0.25, 0.09, 0.5]\nfeedback = \"fixed\"\n\
         layers = [784, 8, 47]\n\n[own_terms]\nmine = \"−e_l e_(l−1)ᵀ\"\n",
    );
    let flags = [
        "evaluate",
        "rule.toml",
        "--tasks",
        "2",
        "--shots",
        "2",
        "--rate-episodes",
        "2",
        "--json",
        "--glyphs-per-class",
        "6",
        "--queries",
        "2",
    ];
    let result: serde_json::Value = serde_json::from_str(&place.succeed(&flags)).unwrap();
    let theta = &result["rules"][0]["theta"];
    assert_eq!(
        (&theta["F0"], &theta["F9"], &theta["mine"]),
        (&0.5.into(), &0.09.into(), &0.25.into())
    );
    assert_eq!(result["rules"][0]["rule"], "rule (f0-f9-mine-fixed)");
}

#[track_caller]
fn refuses(flags: &[&str], message: &str) {
    let place = Sandbox::new();
    let output = place.run(&[&["meta-train", "--out", "out"], &TINY[..], flags].concat());
    assert_refused_in_lines(&output, &[], 3);
    assert_eq!(stderr(&output), message);
    assert!(place.names().is_empty());
}

#[test]
fn mistakes_are_shown_where_they_are() {
    refuses(
        &["--term", "hebb = q * y_pre^T"],
        "error: --term: column 8: unknown name `q`; there are y, e, z, ones, y_pre, e_pre, ones_pre, \
         reward, loss_change, perturbation, perturbation_pre, W and the functions exp, tanh, relu, abs, sigmoid, sqrt, step, cumsum\n  hebb = q * y_pre^T\n         ^\n",
    );
    refuses(
        &["--term", "hebb = y * y_pre"],
        "error: --term: column 8: cannot multiply a post-synaptic column by a pre-synaptic column; \
         of two vectors transpose one: `a^T * b` is a number (for one side), `a * b^T` a matrix\n  \
         hebb = y * y_pre\n         ^^^^^^^^^\n",
    );
    refuses(
        &["--term", "a = W", "--term", "a = -W"],
        "error: --term: term a is named twice; name each once\n",
    );
    refuses(
        &["--terms", "none"],
        "error: --terms: a rule needs at least one term\n",
    );
    refuses(
        &["--theta-start", "F7=1"],
        "error: --theta-start: the rule has no term `F7`; it has F0, F2, F9\n",
    );
    refuses(
        &["--theta-start", "F0"],
        "error: --theta-start: `F0` is not SYMBOL=VALUE, like F0=1e-3\n",
    );
    refuses(
        &["--theta-start", "F0=x"],
        "error: --theta-start: `x` is no number\n",
    );
    refuses(
        &["--theta-start", "F0=nan"],
        "error: --theta-start: the coefficient of F0 is NaN; coefficients must be finite\n",
    );
}

#[test]
fn mistakes_in_files_are_shown_with_their_line() {
    let place = Sandbox::new();
    let cases = [
        (
            "x = \"y * y\"",
            "rule.toml: line 6: own_terms.x: column 1: cannot multiply",
        ),
        (
            "z = \"W\"",
            "rule.toml: line 6: own_terms.z: column 1: `z` means something else",
        ),
        (
            "x = \"W\"\nu = \"W\"",
            "rule.toml: line 7: `u` is not in `terms`",
        ),
        ("", "rule.toml: line 1: unknown term `x`"),
        ("x = 2", "rule.toml: line 6: 2 is not a text in quotes"),
    ];
    for (own, message) in cases {
        let text = format!(
            "terms = [\"F0\", \"x\"]\ntheta = [0.1, 0.1]\nfeedback = \"fixed\"\n\n[own_terms]\n{own}\n"
        );
        place.write("rule.toml", text);
        let output = place.run(&["simulate", "rule.toml", "--out", "out"]);
        assert_refused_in_lines(&output, &[message], 3);
    }
    place.write("config.toml", "term = [\"a = W +\"]\n");
    let output = place.run(&["meta-train", "--config", "config.toml", "--out", "out"]);
    assert_refused_in_lines(
        &output,
        &[
            "config.toml: term: column 8: expected",
            "\n  a = W +\n         ^",
        ],
        3,
    );
    assert!(!place.path("out").exists());
}
