//! `--feedback predictive`: a pathway whose name holds parameters, in every command that knows
//! pathways.

use crate::common::{RUN_FILES, Sandbox, TINY, assert_refused};

/// Three layers, so that errors come back through one.
const NET: [&str; 4] = ["--layers", "784,8,6,47", "--episodes", "3"];

/// What `predictive(n=4,back=fixed)` is in files.
const NAME: &str = "predictive(strict,eta=0.1,n=4,cut=y,back=fixed,y=activation)";

/// [`TINY`] without its layers.
fn tasks() -> Vec<&'static str> {
    [&TINY[..2], &TINY[4..]].concat()
}

fn meta_train(place: &Sandbox, out: &str, more: &[&str]) -> String {
    let start = ["meta-train", "--out", out, "--terms", "0,2,9", "--quiet"];
    place.succeed(&[&start[..], &tasks(), more].concat())
}

#[test]
fn a_rule_keeps_the_parameters_from_training_to_evaluation() {
    let place = Sandbox::new();
    let feedback = ["--feedback", "predictive( n=4, back=fixed )"];
    meta_train(&place, "run", &[&NET[..], &feedback].concat());
    let rule = place.read("run/rule.toml");
    assert!(rule.contains(&format!("feedback = \"{NAME}\"")), "{rule}");
    let page = place.read("run/rule.md");
    assert!(page.contains(&format!("- feedback: {NAME}")), "{page}");
    place.assert_repeats("run", &RUN_FILES);
    place.succeed(&["verify", "run"]);
    let compared = ["evaluate", "run/rule.toml", "--tasks", "2", "--json"];
    let table = place.succeed(&compared);
    assert!(table.contains(NAME), "{table}");
    place.succeed(&["report", "run", "--out", "page.html"]);
    assert!(place.read("page.html").contains("predictive"));
}

#[test]
fn a_run_goes_on_as_one_long_run() {
    let place = Sandbox::new();
    let feedback = ["--feedback", "predictive(n=3)", "--layers", "784,8,6,47"];
    meta_train(
        &place,
        "long",
        &[&feedback[..], &["--episodes", "5"]].concat(),
    );
    meta_train(
        &place,
        "short",
        &[&feedback[..], &["--episodes", "2"]].concat(),
    );
    let longer = [
        "meta-train",
        "--resume",
        "short",
        "--episodes",
        "5",
        "--quiet",
    ];
    place.succeed(&longer);
    for file in [
        "episodes.csv",
        "rule.toml",
        "config.toml",
        "checkpoint.toml",
    ] {
        let of = |run: &str| place.read(&format!("{run}/{file}"));
        assert_eq!(of("long"), of("short"), "{file}");
    }
}

#[test]
fn a_simulated_rule_is_fitted_and_a_sweep_goes_over_parameters() {
    let place = Sandbox::new();
    place.write(
        "truth.toml",
        "terms = [\"F0\"]\ntheta = [0.05]\nfeedback = \"predictive(fixed-pred,eta=0.3)\"\n\
         layers = [784, 6, 5, 47]\n",
    );
    let record = [
        "simulate",
        "truth.toml",
        "--record",
        "--out",
        "seen",
        "--quiet",
    ];
    place.succeed(&[&record[..], &tasks()].concat());
    let fit = [
        "fit",
        "seen/recording.npz",
        "--terms",
        "0",
        "--out",
        "found",
        "--quiet",
    ];
    let feedback = ["--feedback", "predictive(fixed-pred,eta=0.3)"];
    place.succeed(&[&fit[..], &feedback].concat());
    let found = place.read("found/fit.csv");
    let theta: f64 = found
        .lines()
        .nth(1)
        .unwrap()
        .split(',')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    assert!((theta - 0.05).abs() < 1e-4, "{found}");

    place.write(
        "s.toml",
        "[base]\nglyphs_per_class = 6\nlayers = [784, 6, 5, 47]\nways = 2\nshots = 3\nqueries = 2\n\
         episodes = 2\nterms = [\"F0\"]\n[grid]\nfeedback = [\"fixed\", \"predictive(n=2)\", \
         \"predictive(n=3,cut=z)\"]\n",
    );
    place.succeed(&["sweep", "s.toml", "--quiet"]);
    let table = place.read("runs/s/sweep.csv");
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(table.contains("predictive(n=3,cut=z)"), "{table}");
    // A second time finds the runs finished.
    place.succeed(&["sweep", "s.toml", "--quiet"]);
}

#[test]
fn its_meta_gradients_agree() {
    let place = Sandbox::new();
    for name in [
        "predictive(n=3,y=belief)",
        "predictive(fixed-pred,back=fixed)",
    ] {
        let flags = ["gradcheck", "--terms", "0,2,9", "--feedback", name];
        let net = ["--layers", "784,8,6,47"];
        let table = place.succeed(&[&flags[..], &tasks(), &net].concat());
        assert!(table.contains("all agree"), "{table}");
    }
}

#[test]
fn wrong_parameters_are_refused_before_anything_begins() {
    let place = Sandbox::new();
    for (name, words) in [
        ("predictive(n=0)", &["`n=0`", "1 to 10000"][..]),
        ("predictive(speed=1)", &["`speed=1`", "eta="]),
        ("fixed(n=3)", &["`fixed` takes no parameters"]),
        ("predictve", &["`predictve`", "e-prop or predictive"]),
    ] {
        let flags = ["meta-train", "--out", "out", "--feedback", name];
        let words = [&["--feedback"], words].concat();
        assert_refused(&place.run(&flags), &words, &place.path("out"));
    }
    for command in ["meta-train", "fit", "gradcheck"] {
        let help = place.succeed(&[command, "--help"]);
        assert!(help.contains("predictive"), "{command}: {help}");
    }
}
