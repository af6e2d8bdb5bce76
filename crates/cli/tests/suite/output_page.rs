//! `docs/output.md` lists every file, column and key that `meta-train` writes.

use std::collections::BTreeSet;

use crate::common::Sandbox;

const PAGE: &str = include_str!("../../../../docs/output.md");

/// Names in the first column of the table that follows `heading`.
fn names_below(heading: &str) -> Vec<&'static str> {
    let (_, below) = PAGE.split_once(heading).unwrap();
    let rows = below
        .lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'));
    let first = rows.flat_map(|row| {
        let column = row.split('|').nth(1).unwrap();
        column.split('`').skip(1).step_by(2)
    });
    first.collect()
}

#[test]
fn every_file_of_a_run_directory_is_listed() {
    let place = Sandbox::new();
    let flags = [
        "--trials",
        "2",
        "--episodes",
        "3",
        "--checkpoint-every",
        "1",
    ];
    place.meta_train("run", &[&flags[..], &["--quiet"]].concat());
    place.succeed(&["report", "run"]);
    let entries = place.path("run").read_dir().unwrap();
    let written: BTreeSet<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed = names_below("## A run directory");
    let listed: BTreeSet<String> = listed.into_iter().map(str::to_owned).collect();
    assert_eq!(written, listed);
}

#[test]
fn every_column_of_the_episodes_is_listed_in_order() {
    let place = Sandbox::new();
    place.meta_train("run", &["--episodes", "1", "--preset", "bio", "--quiet"]);
    let csv = place.read("run/episodes.csv");
    let written: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    // The rule has the terms F0, F2 and F9, and the network two layers of weights.
    let listed = names_below("`episodes.csv`, by trial");
    let listed: Vec<String> = listed
        .into_iter()
        .flat_map(|name| match name {
            "theta_R" => vec!["theta_0".to_owned(), "theta_2".into(), "theta_9".into()],
            "alpha_L" => vec!["alpha_1".to_owned()],
            name => match name.strip_suffix("_L") {
                Some(stem) => vec![format!("{stem}_1"), format!("{stem}_2")],
                None => vec![name.to_owned()],
            },
        })
        .collect();
    assert_eq!(written, listed);
}

#[test]
fn every_key_of_an_episode_as_json_is_listed() {
    let place = Sandbox::new();
    let line = place.meta_train("run", &["--episodes", "1", "--json"]);
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&line).unwrap();
    let written: BTreeSet<&str> = object.keys().map(String::as_str).collect();
    let listed: BTreeSet<&str> = names_below("`meta-train --json`").into_iter().collect();
    assert_eq!(written, listed);
}

#[test]
fn every_file_of_an_experiment_is_listed() {
    let place = Sandbox::new();
    let sizes = [
        "--quick",
        "--episodes",
        "1",
        "--trials",
        "1",
        "--out",
        "o",
        "--quiet",
    ];
    place.succeed(&[&["reproduce", "oja-on-backprop"][..], &sizes].concat());
    let listed = names_below("## An experiment's directory");
    let entries = place.path("o").read_dir().unwrap();
    let files = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_file());
    let names = files.map(|entry| entry.file_name().into_string().unwrap());
    for name in names.filter(|name| name != "sweep.csv") {
        assert!(listed.contains(&name.as_str()), "{name}");
    }
    let results: serde_json::Value = serde_json::from_str(&place.read("o/results.json")).unwrap();
    for key in results.as_object().unwrap().keys() {
        assert!(PAGE.contains(&format!("`{key}`")), "{key}");
    }
}
