//! `--episode-threads`: threads that share the matrices of an episode change no byte of what commands write.

use crate::common::{RUN_FILES, Sandbox, TINY_TASKS, assert_refused};

/// Its first matrix is large enough to be shared.
const LAYERS: [&str; 2] = ["--layers", "784,700,47"];

#[test]
fn runs_evaluations_and_simulations_are_the_same_for_any_number() {
    let place = Sandbox::new();
    let with = |command: &[&str], threads: &str| {
        place.succeed(&[command, &["--episode-threads", threads]].concat())
    };
    let flags = [&TINY_TASKS[..], &LAYERS, &["--episodes", "3", "--json"]].concat();
    let said = ["1", "2", "3"].map(|threads| {
        let out = format!("run-{threads}");
        let train = [&["meta-train", "--out", &out], &flags[..]].concat();
        with(&train, threads)
    });
    assert_eq!(said[1], said[0]);
    assert_eq!(said[2], said[0]);
    for file in RUN_FILES {
        let first = place.read(&format!("run-1/{file}"));
        assert_eq!(place.read(&format!("run-2/{file}")), first, "{file}");
    }
    assert!(!place.read("run-2/config.toml").contains("episode_threads"));

    let rule = "run-1/rule.toml";
    let evaluate = [
        "evaluate",
        rule,
        "--tasks",
        "2",
        "--rate-episodes",
        "2",
        "--json",
    ];
    let explain = ["explain", rule, "--tasks", "2", "--json", "--out"];
    let simulate = ["simulate", rule, "--quiet", "--out"];
    assert_eq!(with(&evaluate, "2"), with(&evaluate, "1"));
    let explained = ["1", "2"].map(|threads| {
        let out = format!("explained-{threads}");
        with(&[&explain[..], &[&out]].concat(), threads);
        place.read(&format!("{out}/explanation.csv"))
    });
    assert_eq!(explained[1], explained[0]);
    let curves = ["1", "2"].map(|threads| {
        let out = format!("simulated-{threads}");
        with(&[&simulate[..], &[&out]].concat(), threads);
        place.read(&format!("{out}/curve.csv"))
    });
    assert_eq!(curves[1], curves[0]);
}

#[test]
fn it_goes_with_a_resumed_run_and_stands_in_a_file() {
    let place = Sandbox::new();
    let train = [&["meta-train", "--quiet"], &TINY_TASKS[..], &LAYERS].concat();
    place.succeed(&[&train[..], &["--episodes", "2", "--out", "whole"]].concat());
    place.write("c.toml", "episode_threads = 2\nepisodes = 1\n");
    place.succeed(&[&train[..], &["--config", "c.toml", "--out", "run"]].concat());
    place.succeed(&[
        "meta-train",
        "--resume",
        "run",
        "--episodes",
        "2",
        "--episode-threads",
        "2",
        "--quiet",
    ]);
    for file in RUN_FILES {
        assert_eq!(
            place.read(&format!("run/{file}")),
            place.read(&format!("whole/{file}"))
        );
    }
}

#[test]
fn no_threads_are_refused() {
    let place = Sandbox::new();
    let words = ["--episode-threads: 0 threads; choose 1 to 1024"];
    let none = ["--episode-threads", "0"];
    let output = place.run(&[&["meta-train", "--out", "out"], &none[..]].concat());
    assert_refused(&output, &words, &place.path("out"));
    let rule = place.rule();
    for command in ["evaluate", "explain", "simulate"] {
        let output = place.run(&[&[command, rule], &none[..]].concat());
        assert_refused(&output, &words, &place.path("runs"));
    }
    place.write("c.toml", "episode_threads = 0\n");
    let output = place.run(&["meta-train", "--config", "c.toml", "--out", "out"]);
    assert_refused(
        &output,
        &["c.toml: episode_threads: 0 threads"],
        &place.path("out"),
    );
}
