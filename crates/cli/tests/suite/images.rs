//! Images of other layouts, sizes and colours, from the flags to the run and what is done with its rule.

use crate::common::{RUN_FILES, Sandbox, assert_refused};

/// Three alphabets of two characters with two drawings each, as Omniglot has them.
fn omniglot(place: &Sandbox) {
    for alphabet in ["Greek", "Latin", "Tifinagh"] {
        let classes = ["character01", "character02"].map(|c| format!("{alphabet}/{c}"));
        let classes: Vec<&str> = classes.iter().map(String::as_str).collect();
        place.png_folders("omniglot", &classes, 2);
    }
}

fn config(place: &Sandbox, run: &str) -> toml::Table {
    toml::from_str(&place.read(&format!("{run}/config.toml"))).unwrap()
}

fn held_out_classes(place: &Sandbox, run: &str) -> Vec<i64> {
    let rule: toml::Table = toml::from_str(&place.read(&format!("{run}/rule.toml"))).unwrap();
    let classes = rule["provenance"]["held_out_classes"].as_array().unwrap();
    classes.iter().map(|n| n.as_integer().unwrap()).collect()
}

#[test]
fn omniglot_is_learned_alphabet_by_alphabet() {
    let place = Sandbox::new();
    omniglot(&place);
    let told = place.succeed(&["data", "info", "--data", "omniglot"]);
    assert!(told.contains("3: Greek Latin Tifinagh"), "{told}");
    let train = |out: &str, more: &[&str]| {
        let tasks = [
            "--ways",
            "2",
            "--shots",
            "1",
            "--queries",
            "1",
            "--episodes",
            "3",
            "--quiet",
        ];
        place.succeed(
            &[
                &["meta-train", "--out", out, "--data", "omniglot"],
                &tasks[..],
                more,
            ]
            .concat(),
        )
    };
    train(
        "run",
        &[
            "--groups",
            "within",
            "--hold-out-groups",
            "1",
            "--image-size",
            "12",
        ],
    );
    let found = config(&place, "run");
    assert_eq!(found["groups"].as_str(), Some("within"));
    assert_eq!(found["hold_out_groups"].as_integer(), Some(1));
    assert_eq!(found["image_size"].as_str(), Some("12"));
    // The default network, with as many inputs as the images have pixels.
    let layers: Vec<i64> = found["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|n| n.as_integer().unwrap())
        .collect();
    assert_eq!(layers, [144, 170, 130, 100, 70, 47]);
    let held_out = held_out_classes(&place, "run");
    assert!(
        [vec![0, 1], vec![2, 3], vec![4, 5]].contains(&held_out),
        "{held_out:?}"
    );
    // Single classes come beside the group, which stays the same.
    let both = ["--hold-out-groups", "1", "--hold-out-classes", "2"];
    train("both", &both);
    let with_classes = held_out_classes(&place, "both");
    assert_eq!(with_classes.len(), 4, "{with_classes:?}");
    assert!(held_out.iter().all(|class| with_classes.contains(class)));
    // A rule to start from brings the form of its images.
    train("started", &["--start-from", "run/rule.toml"]);
    assert_eq!(config(&place, "started")["image_size"].as_str(), Some("12"));

    let told = place.succeed(&[
        "evaluate",
        "run/rule.toml",
        "--tasks",
        "2",
        "--rate-episodes",
        "1",
        "--quiet",
    ]);
    assert!(
        told.contains("2 ways within a group, 1 shots, 1 queries, from 2 of 6 classes"),
        "{told}"
    );

    // The configuration of a run repeats it, and another directory is as good.
    place.assert_repeats("run", &RUN_FILES);
    place.succeed(&["verify", "run"]);

    place.write("sizes.toml", "image_size = 12\ncolor_mode = \"rgb\"\n");
    train("colour", &["--config", "sizes.toml"]);
    let found = config(&place, "colour");
    assert_eq!(
        found["layers"].as_array().unwrap()[0].as_integer(),
        Some(432)
    );
    assert!(!found.contains_key("groups") && !found.contains_key("hold_out_groups"));
}

#[test]
fn groups_that_cannot_be_are_refused() {
    let place = Sandbox::new();
    omniglot(&place);
    let tasks = [
        "--ways",
        "2",
        "--shots",
        "1",
        "--queries",
        "1",
        "--episodes",
        "1",
    ];
    for (more, words) in [
        (&["--groups", "within"][..], "its classes are in no groups"),
        (
            &["--hold-out-groups", "1"],
            "--hold-out-groups: the classes of these images are in no groups",
        ),
        (
            &["--data", "omniglot", "--hold-out-groups", "3"],
            "--hold-out-groups: 3 of 3 groups held out leave none",
        ),
        (
            &["--data", "omniglot", "--groups", "within", "--ways", "3"],
            "no group has 3 classes, the largest 2",
        ),
        (
            &["--groups", "inside"],
            "--groups: unknown grouping \"inside\"",
        ),
        (&["--image-size", "0"], "--image-size: `0` is no size"),
        (
            &["--color-mode", "hsv"],
            "--color-mode: unknown colour mode \"hsv\"",
        ),
        (
            &["--image-size", "14", "--layers", "784,9,47"],
            "--layers: the first layer has 784 units",
        ),
    ] {
        let ways = if more.contains(&"--ways") {
            &tasks[2..]
        } else {
            &tasks[..]
        };
        let arguments = [&["meta-train", "--out", "run"], ways, more].concat();
        assert_refused(&place.run(&arguments), &[words], &place.path("run"));
    }
    assert_eq!(place.names(), ["omniglot"]);
}

#[test]
fn tables_are_learned_from_and_a_sweep_lets_the_network_follow() {
    let place = Sandbox::new();
    let rows = (0..12).map(|k| format!("{},{},{},0,9\n", k % 3, 20 * k, 240 - 20 * k));
    place.write("digits.csv", rows.collect::<String>());
    let sweep = "[base]\ndata = \"digits.csv\"\nways = 2\nshots = 2\nqueries = 1\nepisodes = 2\n\n[grid]\nimage_size = [2, 3]\n";
    place.write("sweep.toml", sweep);
    let arguments = ["sweep", "sweep.toml", "--out", "swept", "--quiet"];
    place.succeed(&arguments);
    let names = std::fs::read_dir(place.path("swept")).unwrap();
    let mut inputs: Vec<i64> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| place.path("swept").join(name).join("config.toml").is_file())
        .map(|name| {
            config(&place, &format!("swept/{name}"))["layers"]
                .as_array()
                .unwrap()[0]
                .as_integer()
                .unwrap()
        })
        .collect();
    inputs.sort_unstable();
    assert_eq!(inputs, [4, 9]);
    // Runs that are there are found again.
    place.succeed(&arguments);
}
