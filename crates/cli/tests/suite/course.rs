//! `meta-train` with other ways to the gradient: forward mode, and long episodes in little memory.

use crate::common::{Sandbox, TINY, assert_refused, stderr};

fn config(place: &Sandbox, run: &str) -> toml::Table {
    toml::from_str(&place.read(&format!("{run}/config.toml"))).unwrap()
}

fn csv(place: &Sandbox, run: &str) -> String {
    place.read(&format!("{run}/episodes.csv"))
}

/// Query losses of a run.
fn losses(place: &Sandbox, run: &str) -> Vec<f64> {
    let rows = csv(place, run);
    let loss = |row: &str| row.split(',').nth(3).unwrap().parse().unwrap();
    rows.lines().skip(1).map(loss).collect()
}

#[test]
fn forward_mode_trains_as_reverse_mode_does() {
    let place = Sandbox::new();
    let more = ["--episodes", "4", "--precision", "f64", "--quiet"];
    place.meta_train("reverse", &more);
    place.meta_train("forward", &[&more[..], &["--gradient", "forward"]].concat());
    let pairs = losses(&place, "reverse")
        .into_iter()
        .zip(losses(&place, "forward"));
    for (reverse, forward) in pairs {
        assert!((reverse - forward).abs() < 1e-9, "{reverse} {forward}");
    }
    assert_eq!(
        config(&place, "forward")["gradient"].as_str(),
        Some("forward")
    );
    assert!(!config(&place, "forward").contains_key("unroll"));
    assert_eq!(config(&place, "reverse")["unroll"].as_str(), Some("tape"));
}

#[test]
fn a_budget_picks_an_unroll_and_the_configuration_repeats_it() {
    let place = Sandbox::new();
    let short = ["--episodes", "3", "--steps", "40"];
    let train = |out: &str, more: &[&str]| {
        let arguments = [&["meta-train", "--out", out], &TINY[..], &short, more].concat();
        let output = place.run(&arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        stderr(&output)
    };
    let told = train("large", &["--memory", "64MB"]);
    assert!(
        told.contains("memory 64MB: one tape for the 40 steps"),
        "{told}"
    );
    assert_eq!(config(&place, "large")["unroll"].as_str(), Some("tape"));

    let told = train("small", &["--memory", "400kB"]);
    assert!(
        told.contains("memory 400kB: the 40 steps of an episode in segments"),
        "{told}"
    );
    let settled = config(&place, "small");
    assert_eq!(settled["memory"].as_str(), Some("400kB"));
    assert_eq!(settled["steps"].as_integer(), Some(40));
    let unroll = settled["unroll"].as_str().unwrap();
    assert!(unroll.starts_with("undo "), "{unroll}");
    for (small, large) in losses(&place, "small").iter().zip(losses(&place, "large")) {
        assert!((small - large).abs() < 1e-3 * large, "{small} {large}");
    }

    let again = [
        "meta-train",
        "--config",
        "small/config.toml",
        "--out",
        "again",
        "--quiet",
    ];
    place.succeed(&again);
    assert_eq!(csv(&place, "again"), csv(&place, "small"));
    assert_eq!(
        place.read("again/config.toml"),
        place.read("small/config.toml")
    );
    // Another budget is another choice.
    let other = [
        "meta-train",
        "--config",
        "small/config.toml",
        "--out",
        "other",
    ];
    place.succeed(&[&other[..], &["--memory", "64MB"]].concat());
    assert_eq!(csv(&place, "other"), csv(&place, "large"));
}

/// Stored and replayed weights give the same bytes by any segments, and for any number of threads.
#[test]
fn stored_segments_change_no_byte() {
    let place = Sandbox::new();
    let train = |out: &str, unroll: &str, threads: &str| {
        let more = [
            "--episodes",
            "4",
            "--steps",
            "20",
            "--meta-batch",
            "2",
            "--quiet",
        ];
        let way = ["--unroll", unroll, "--threads", threads];
        place.meta_train(out, &[&more[..], &way].concat());
        csv(&place, out)
    };
    let whole = train("whole", "stored 20/1", "1");
    assert_eq!(train("segments", "stored 3/2", "1"), whole);
    assert_eq!(train("threads", "stored 6/3", "5"), whole);
}

#[test]
fn ways_that_are_none_are_refused() {
    let refuses = |flags: &[&str], words: &[&str]| {
        let place = Sandbox::new();
        let arguments = [&["meta-train", "--out", "out"], &TINY[..], flags].concat();
        assert_refused(&place.run(&arguments), words, &place.path("out"));
    };
    refuses(
        &["--gradient", "sideways"],
        &[
            "--gradient",
            "choose reverse, gram, forward, truncated:STEPS",
        ],
    );
    refuses(
        &["--gradient", "gram", "--preset", "pool"],
        &["--gradient", "gram: term F6 takes more", "or take reverse"],
    );
    refuses(
        &["--gradient", "gram", "--feedback", "kolen-pollack"],
        &["--gradient", "gram: kolen-pollack feedback reads"],
    );
    refuses(&["--memory", "64 apples"], &["--memory", "like 64MB"]);
    refuses(
        &["--memory", "1kB"],
        &["--memory", "1.0 kB do not hold", "or more"],
    );
    refuses(&["--unroll", "undo 0/1"], &["--unroll", "stored 30/40"]);
    refuses(&["--steps", "0"], &["--steps", "1 or more"]);
}

#[test]
fn other_ways_to_the_gradient_train_and_are_resumed() {
    let place = Sandbox::new();
    for (name, way, stored) in [
        ("gram", "gram", "gram"),
        ("truncated", "truncated:4", "truncated:4"),
        ("es", "es:2", "es:2:0.0001"),
    ] {
        let flags = ["--gradient", way, "--meta-batch", "2", "--quiet"];
        place.meta_train(name, &[&flags[..], &["--episodes", "6"]].concat());
        let found = config(&place, name);
        assert_eq!(found["gradient"].as_str(), Some(stored));
        assert!(!found.contains_key("unroll"));
        let short = format!("{name}-short");
        let threads = ["--episodes", "4", "--threads", "1"];
        place.meta_train(&short, &[&flags[..], &threads].concat());
        place.succeed(&[
            "meta-train",
            "--resume",
            &short,
            "--episodes",
            "6",
            "--quiet",
        ]);
        assert_eq!(csv(&place, &short), csv(&place, name));
        place.succeed(&["verify", name, "--episodes", "2"]);
    }
    // As many steps as there are make the exact gradient.
    place.meta_train("exact", &["--episodes", "4", "--quiet"]);
    place.meta_train(
        "all",
        &["--episodes", "4", "--quiet", "--gradient", "truncated:6"],
    );
    assert_eq!(csv(&place, "all"), csv(&place, "exact"));
    for wrong in ["es:0", "truncated:0", "sideways"] {
        let arguments = [
            &["meta-train", "--out", "run", "--gradient", wrong],
            &TINY[..],
        ]
        .concat();
        let words = format!(
            "--gradient: unknown gradient `{wrong}`; choose reverse, gram, forward, truncated:STEPS"
        );
        assert_refused(&place.run(&arguments), &[&words], &place.path("run"));
    }
}

#[test]
fn the_bias_of_estimates_is_told() {
    let place = Sandbox::new();
    let tiny = [
        "--layers",
        "784,8,47",
        "--glyphs-per-class",
        "8",
        "--ways",
        "2",
        "--shots",
        "4",
        "--queries",
        "2",
    ];
    let told = place.succeed(&[&["gradcheck", "--bias", "4"], &tiny[..]].concat());
    for words in [
        "cosine",
        "truncated:1 ",
        "truncated:8",
        "es:64:0.0001",
        "over 4 episodes of 8 steps",
    ] {
        assert!(told.contains(words), "{words} {told}");
    }
    let whole = told
        .lines()
        .find(|line| line.starts_with("truncated:8"))
        .unwrap();
    let numbers: Vec<&str> = whole.split_whitespace().skip(1).collect();
    assert_eq!(numbers, ["1.00", "1.00", "0.00", "0.00"], "{told}");
    let one = place.succeed(
        &[
            &[
                "gradcheck",
                "--bias",
                "2",
                "--gradient",
                "truncated:2,es:1:0.01",
            ],
            &tiny[..],
        ]
        .concat(),
    );
    assert!(
        one.contains("truncated:2") && one.contains("es:1:0.01"),
        "{one}"
    );
}
