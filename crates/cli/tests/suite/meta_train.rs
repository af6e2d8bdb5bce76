//! `metaplast meta-train`: the run directory, and that it repeats.

use crate::common::{RUN_FILES, Sandbox, TINY, assert_refused, stderr};

#[test]
fn a_run_directory_holds_everything() {
    let place = Sandbox::new();
    let summary = place.meta_train("out", &["--episodes", "3", "--preset", "bio"]);
    assert!(summary.contains("accuracy"), "{summary}");
    assert!(
        summary.contains("next: metaplast evaluate out/rule.toml"),
        "{summary}"
    );

    let csv = place.read("out/episodes.csv");
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(
        rows[0],
        "trial,episode,meta_loss,query_ce,query_accuracy,theta_0,theta_2,theta_9,alpha_1,\
         orthonormality_1,orthonormality_2,weight_norm_1,weight_norm_2,diverged,diverged_so_far,\
         cause,at_step,at_layer,at_term,relative_update"
    );
    assert_eq!(rows.len(), 4);
    for (episode, row) in rows[1..].iter().enumerate() {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells[..2], ["0".to_owned(), episode.to_string()]);
        assert!(
            cells[2..13].iter().all(|cell| cell.parse::<f64>().is_ok()),
            "{row}"
        );
        assert!(cells[13].parse::<bool>().is_ok(), "{row}");
    }
    // θ is logged before the episode's update.
    assert!(rows[1].contains(",0.001,0.0,0.0,"), "{}", rows[1]);

    let rule: toml::Table = toml::from_str(&place.read("out/rule.toml")).unwrap();
    assert_eq!(rule["terms"].as_array().unwrap().len(), 3);
    assert_eq!(rule["theta"], rule["trials"][0]["theta"]);
    assert_eq!(rule["provenance"]["dataset"].as_str(), Some("glyphs"));
    let page = place.read("out/rule.md");
    assert!(
        page.contains("ΔW_l = ") && page.contains("Oja's subspace rule"),
        "{page}"
    );
    let config: toml::Table = toml::from_str(&place.read("out/config.toml")).unwrap();
    assert_eq!(config["seed"].as_integer(), Some(1));
    assert!(!config.contains_key("threads") && !config.contains_key("out"));
}

/// The number of threads changes no byte: neither trials nor meta-batches are reordered by it.
#[test]
fn bytes_are_the_same_for_any_number_of_threads() {
    let place = Sandbox::new();
    for (name, batch) in [("trials", "1"), ("batch", "3")] {
        let outs = ["1", "2", "5"].map(|threads| {
            let out = format!("{name}-{threads}");
            let more = ["--trials", "3", "--episodes", "7", "--meta-batch", batch];
            place.meta_train(
                &out,
                &[&more[..], &["--threads", threads, "--quiet"]].concat(),
            );
            out
        });
        for file in ["episodes.csv", "rule.toml", "rule.md", "config.toml"] {
            let first = place.read(&format!("{}/{file}", outs[0]));
            for out in &outs[1..] {
                assert_eq!(first, place.read(&format!("{out}/{file}")), "{out}/{file}");
            }
        }
        let csv = place.read(&format!("{}/episodes.csv", outs[0]));
        let order: Vec<(u32, u32)> = csv
            .lines()
            .skip(1)
            .map(|row| {
                let mut cells = row.split(',').map(|cell| cell.parse::<u32>());
                (
                    cells.next().unwrap().unwrap(),
                    cells.next().unwrap().unwrap(),
                )
            })
            .collect();
        let expected: Vec<(u32, u32)> = (0..3).flat_map(|t| (0..7).map(move |e| (t, e))).collect();
        assert_eq!(order, expected);
    }
}

#[test]
fn the_configuration_of_a_run_repeats_it() {
    let place = Sandbox::new();
    let more = [
        "--terms",
        "0,9",
        "--feedback",
        "attached",
        "--episodes",
        "4",
        "--seed",
        "7",
        "--lambda",
        "0.01",
        "--hold-out-classes",
        "5",
        "--precision",
        "f64",
        "--quiet",
    ];
    place.meta_train("first", &more);
    place.assert_repeats("first", &RUN_FILES);
}

#[test]
fn flags_win_over_the_configuration() {
    let place = Sandbox::new();
    place.meta_train("bp", &["--preset", "bp", "--episodes", "2", "--quiet"]);
    let config = ["meta-train", "--config", "bp/config.toml", "--quiet"];
    let with = |more: &[&str]| place.succeed(&[&config[..], more].concat());
    with(&["--preset", "oja", "--seed", "5", "--out", "oja"]);
    let text = place.read("oja/config.toml");
    assert!(text.contains("terms = [\"F0\", \"F9\"]"), "{text}");
    assert!(text.contains("feedback = \"fixed\""), "{text}");
    assert!(
        text.contains("seed = 5") && text.contains("episodes = 2"),
        "{text}"
    );
    // Other glyphs than those of the file are no reason to complain about its fingerprint.
    with(&["--data-seed", "9", "--out", "other"]);
    with(&["--feedback", "attached", "--out", "attached"]);
    assert!(
        place
            .read("attached/config.toml")
            .contains("terms = [\"F0\"]")
    );
}

#[test]
fn a_configuration_takes_every_key() {
    let place = Sandbox::new();
    place.write(
        "c.toml",
        "preset = \"ehebb\"\nglyphs_per_class = 6\nlayers = [784, 8, 47]\nways = 2\nshots = 3\n\
         queries = 2\nepisodes = 2\ntrials = 2\nthreads = 1\nout = \"made\"\nquiet = true\n\
         optimizer = \"sgd\"\nlr = 1e-4\nmeta_batch = 2\nsampling = \"paper\"\npatience = 3\n",
    );
    assert_eq!(place.succeed(&["meta-train", "--config", "c.toml"]), "");
    assert_eq!(place.read("made/episodes.csv").lines().count(), 5);
}

#[test]
fn directories_get_readable_names_that_are_free() {
    let place = Sandbox::new();
    let run = |more: &[&str]| {
        place.succeed(
            &[
                &["meta-train", "--episodes", "1", "--quiet"],
                &TINY[..],
                more,
            ]
            .concat(),
        )
    };
    run(&["--preset", "fa"]);
    run(&["--preset", "fa"]);
    run(&["--terms", "F0,F3"]);
    for name in ["fa-1", "fa-2", "f0-f3-fixed-1"] {
        assert!(
            place.path(&format!("runs/{name}/rule.toml")).is_file(),
            "{name}"
        );
    }
}

/// The rows up to the end are there, and no rule is.
#[test]
fn a_trial_that_keeps_diverging_ends_in_an_error() {
    let place = Sandbox::new();
    let flags = [
        "meta-train",
        "--out",
        "out",
        "--quiet",
        "--optimizer",
        "sgd",
        "--lr",
        "1e6",
        "--patience",
        "1",
        "--trials",
        "2",
        "--episodes",
        "60",
    ];
    let output = place.run(&[&flags, &TINY[..]].concat());
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.starts_with("error: trial 0"), "{message}");
    assert!(
        message.contains("out/episodes.csv") && message.lines().count() == 1,
        "{message}"
    );
    let csv = place.read("out/episodes.csv");
    // Where the last one blew up.
    let last: Vec<&str> = csv.lines().last().unwrap().split(',').rev().collect();
    assert!(last[0].parse::<f64>().is_ok(), "{csv}");
    assert!(["F0", "F2", "F9"].contains(&last[1]), "{csv}");
    assert!(
        message.contains(" in step ") && message.contains("most by F"),
        "{message}"
    );
    assert!(csv.lines().any(|row| row.starts_with("1,0,")), "{csv}");
    assert!(!place.path("out/rule.toml").exists());
}

#[test]
fn what_follows_a_diverged_episode_is_a_setting() {
    let place = Sandbox::new();
    let flags = |policy, out| {
        let flags = [
            "meta-train",
            "--out",
            out,
            "--optimizer",
            "adam",
            "--lr",
            "0.03",
            "--episodes",
            "40",
            "--on-divergence",
            policy,
        ];
        [&flags, &TINY[..]].concat()
    };
    for policy in ["skip", "clip"] {
        let summary = place.succeed(&flags(policy, policy));
        assert!(!summary.contains(" 0 diverged"), "{summary}");
    }
    assert_ne!(
        place.read("skip/episodes.csv"),
        place.read("clip/episodes.csv")
    );
    let output = place.run(&flags("stop", "stop"));
    assert_eq!(output.status.code(), Some(1));
    let csv = place.read("stop/episodes.csv");
    assert_eq!(csv.matches(",true,").count(), 1, "{csv}");
    let output = place.run(&flags("ignore", "none"));
    assert!(stderr(&output).contains("choose skip, clip or stop"));
}

#[test]
fn coefficients_that_run_away_end_in_an_error() {
    let place = Sandbox::new();
    let flags = [
        "meta-train",
        "--out",
        "out",
        "--quiet",
        "--optimizer",
        "sgd",
        "--lr",
        "1e308",
        "--patience",
        "1",
        "--layers",
        "784,47",
        "--glyphs-per-class",
        "60",
    ];
    let output = place.run(&flags);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("learning rate") && message.lines().count() == 1,
        "{message}"
    );
    assert!(!place.path("out/rule.toml").exists());
}

#[test]
fn images_from_files() {
    let place = Sandbox::new();
    place.idx("data", &[6, 6, 6]);
    let flags = [
        "meta-train",
        "--data",
        "data",
        "--layers",
        "4,5,3",
        "--ways",
        "2",
        "--shots",
        "3",
        "--queries",
        "2",
        "--episodes",
        "2",
        "--out",
        "out",
        "--quiet",
    ];
    place.succeed(&flags);
    let config: toml::Table = toml::from_str(&place.read("out/config.toml")).unwrap();
    let data = std::path::Path::new(config["data"].as_str().unwrap()).to_owned();
    assert!(data.is_absolute() && data.ends_with("data"), "{data:?}");
}

/// What happens inside goes to standard error when it is asked for, and changes nothing.
#[test]
fn initial_weights_can_be_scaled() {
    let place = Sandbox::new();
    place.meta_train("one", &["--episodes", "2", "--quiet"]);
    let scaled = ["--episodes", "2", "--quiet", "--init-scale", "0.5"];
    place.meta_train("half", &scaled);
    let norm = |run: &str| -> f64 {
        let csv = place.read(&format!("{run}/episodes.csv"));
        csv.lines()
            .nth(1)
            .unwrap()
            .split(',')
            .nth(11)
            .unwrap()
            .parse()
            .unwrap()
    };
    let ratio = norm("half") / norm("one");
    assert!((0.45..0.55).contains(&ratio), "{ratio}");
    assert!(!place.read("one/config.toml").contains("init_scale"));
    assert!(place.read("half/config.toml").contains("init_scale = 0.5"));
    // Whoever tries the rule starts its networks alike.
    assert!(place.read("half/rule.toml").contains("init_scale = 0.5"));
    place.succeed(&[
        "evaluate",
        "half/rule.toml",
        "--tasks",
        "2",
        "--rate-episodes",
        "2",
        "--quiet",
    ]);
    let flags = [
        &["meta-train", "--out", "no", "--init-scale", "0"][..],
        &TINY,
    ]
    .concat();
    assert_refused(
        &place.run(&flags),
        &["--init-scale", "above 0"],
        &place.path("no"),
    );
}

#[test]
fn a_penalty_leaves_exact_zeros_unless_it_is_the_subgradient() {
    let place = Sandbox::new();
    let zeros = |out: &str, more: &[&str]| {
        let start = ["--theta-start", "F0=1e-2,F1=1e-4,F2=1e-4,F3=1e-4,F4=1e-4"];
        let flags = ["--preset", "pool", "--lambda", "1", "--episodes", "30"];
        place.meta_train(out, &[&start[..], &flags, more].concat());
        let rule: toml::Table = toml::from_str(&place.read(&format!("{out}/rule.toml"))).unwrap();
        let theta = rule["theta"].as_array().unwrap()[..5].to_vec();
        let zeros = theta.iter().filter(|theta| theta.as_float() == Some(0.0));
        (zeros.count(), rule["provenance"].get("penalty").cloned())
    };
    let (proximal, named) = zeros("proximal", &[]);
    assert!(
        proximal > 0 && named == Some("proximal".into()),
        "{named:?}"
    );
    let (subgradient, named) = zeros("subgradient", &["--penalty", "subgradient"]);
    assert_eq!((subgradient, named), (0, None));
    let config: toml::Table = toml::from_str(&place.read("subgradient/config.toml")).unwrap();
    assert_eq!(config["penalty"].as_str(), Some("subgradient"));
}
