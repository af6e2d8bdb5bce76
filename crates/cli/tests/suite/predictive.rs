//! `metaplast predictive`, and the experiments on predictive coding.

use crate::common::{Sandbox, assert_refused, object};

const OUTPUT_PAGE: &str = include_str!("../../../../docs/output.md");

const SMALL: [&str; 6] = [
    "--net",
    "dense",
    "--train-images",
    "12",
    "--test-images",
    "4",
];

#[test]
fn a_net_is_trained_then_compared_and_looked_at() {
    let place = Sandbox::new();
    let train = [
        "predictive",
        "train",
        "--steps",
        "6",
        "--every",
        "3",
        "--batch",
        "10",
    ];
    let out = ["--out", "o", "--json"];
    let said = place.succeed(&[&train[..], &SMALL, &out].concat());
    assert_eq!(said.lines().count(), 2, "{said}");
    assert_eq!(place.read("o/training.csv").lines().count(), 3);
    let again = place.succeed(&[&train[..], &SMALL, &["--out", "p", "--json"]].concat());
    assert_eq!(said, again);
    assert_eq!(
        std::fs::read(place.path("o/weights.safetensors")).unwrap(),
        std::fs::read(place.path("p/weights.safetensors")).unwrap()
    );

    let compare = ["predictive", "compare", "o", "--batch", "10", "--json"];
    let fixed = object(&place.succeed(&[&compare[..], &["--method", "fixed-prediction"]].concat()));
    for layer in fixed["layers"].as_array().unwrap() {
        let [error, exact] =
            ["relative_error", "exact_error"].map(|key| layer[key].as_f64().unwrap());
        assert!((error - exact).abs() < 1e-9, "{layer}");
    }
    let inferred = object(&place.succeed(&["predictive", "infer", "o", "--json"]));
    for (said, keys) in [(&fixed, 9), (&inferred, 10)] {
        let said = said.as_object().unwrap();
        assert_eq!(said.len(), keys);
        for key in said.keys() {
            assert!(OUTPUT_PAGE.contains(&format!("`{key}`")), "{key}");
        }
    }
    let energies: Vec<f64> = inferred["energies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            step.as_array()
                .unwrap()
                .iter()
                .map(|e| e.as_f64().unwrap())
                .sum()
        })
        .collect();
    assert_eq!(energies.len(), 21);
    assert!(
        energies.windows(2).all(|pair| pair[1] <= pair[0]),
        "{energies:?}"
    );
}

#[test]
fn what_cannot_be_is_refused_in_one_line() {
    let place = Sandbox::new();
    let compare = |flags: &[&str]| place.run(&[&["predictive", "compare"][..], flags].concat());
    for (flags, words) in [
        (&["--eta", "0"][..], &["--eta", "not above 0"][..]),
        (
            &["--iterations", "0"],
            &["--iterations", "0 makes no sense"],
        ),
        (&["--solver", "up"], &["--solver", "momentum"]),
        (&["--nudge", "centred"], &["--nudge", "centred:S"]),
        (&["--classes", "99"], &["99 classes", "glyphs has 47"]),
        (&["--train-images", "500"], &["400 images", "take fewer"]),
        (&["nowhere"], &["nowhere", "no net is there"]),
        (
            &["--method", "backprop", "--eta", "0.3"],
            &["--eta", "backprop has no use for it", "--method strict"],
        ),
        (
            &["--method", "fixed-prediction", "--halving"],
            &["--halving", "has no use for it"],
        ),
    ] {
        assert_refused(&compare(flags), words, &place.path("runs"));
    }
    let diverging = compare(&["--net", "dense", "--eta", "9"]);
    let said = String::from_utf8_lossy(&diverging.stderr).into_owned();
    assert_eq!(diverging.status.code(), Some(1), "{said}");
    assert!(
        said.contains("layer") && said.contains("iteration"),
        "{said}"
    );
}

#[test]
fn an_experiment_goes_on_where_it_was_and_has_the_same_results_on_any_number_of_threads() {
    let place = Sandbox::new();
    let experiment = |out: &str, threads: &str| {
        let flags = ["--quick", "--quiet", "--threads", threads, "--out", out];
        place.succeed(&[&["reproduce", "pc-alignment"][..], &flags].concat())
    };
    let said = experiment("a", "1");
    assert!(
        said.contains("linear, 5 layers") && said.contains("report: a/report.html"),
        "{said}"
    );
    experiment("b", "3");
    let results = |out: &str| {
        let results = object(&place.read(&format!("{out}/results.json")));
        let mut results = results.as_object().unwrap().clone();
        // It names the directory.
        results.remove("command").unwrap();
        results
    };
    assert_eq!(results("a"), results("b"));
    let measurements = || std::fs::read_dir(place.path("a/measurements")).unwrap();
    let first = measurements().next().unwrap().unwrap().path();
    std::fs::remove_file(first).unwrap();
    let before = measurements().count();
    experiment("a", "2");
    assert_eq!(measurements().count(), before + 1);
    assert_eq!(results("a"), results("b"));

    // The page and its figures come from the results again.
    let page = place.read("a/report.html");
    std::fs::remove_file(place.path("a/report.html")).unwrap();
    place.succeed(&["report", "a", "--svg", "figures"]);
    assert_eq!(page, place.read("a/report.html"));
    assert!(place.path("figures/alignment.svg").is_file());

    let no_page = |paths: &[&str], words: &[&str]| {
        let output = place.run(&[&["report"][..], paths, &["--out", "page.html"]].concat());
        assert_refused(&output, words, &place.path("page.html"));
    };
    no_page(&["a/results.json"], &["a/results.json", "this is a file"]);
    no_page(&["b", "a"], &["b: ", "name this directory alone"]);
    place.write("b/results.json", "{\n\"experiment\": 3}");
    no_page(&["b"], &["b/results.json", "repeat the command"]);
}

#[test]
fn what_is_there_is_neither_replaced_nor_believed_when_it_was_changed() {
    let place = Sandbox::new();
    let flags = ["--quick", "--quiet", "--out", "a"];
    let run =
        |more: &[&str]| place.run(&[&["reproduce", "pc-alignment"][..], &flags, more].concat());
    assert!(run(&[]).status.success());
    let results = place.read("a/results.json");
    let other = run(&["--set", "width=7"]);
    assert_eq!(other.status.code(), Some(2));
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(said.contains("other settings are there"), "{said}");
    let solvers = place.run(&["reproduce", "pc-solvers", "--quick", "--out", "a"]);
    let said = String::from_utf8_lossy(&solvers.stderr).into_owned();
    assert!(
        said.contains("the results of pc-alignment are there"),
        "{said}"
    );

    let file = std::fs::read_dir(place.path("a/measurements"))
        .unwrap()
        .next()
        .unwrap();
    let file = file.unwrap().path();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"cosines\":[", "\"cosines\":[7.5,")).unwrap();
    assert!(run(&[]).status.success());
    assert_eq!(place.read("a/results.json"), results);
    std::fs::write(&file, b"\xff\xfe").unwrap();
    assert!(run(&[]).status.success());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_net_that_blew_up_is_an_error_whether_trained_or_read() {
    let place = Sandbox::new();
    let train = [
        "predictive",
        "train",
        "--method",
        "backprop",
        "--steps",
        "8",
        "--batch",
        "10",
    ];
    let output = place.run(&[&train[..], &SMALL, &["--rate", "1e30", "--out", "o"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("smaller --rate") && !place.path("o").exists(),
        "{said}"
    );

    place.succeed(&[&train[..], &SMALL, &["--out", "p", "--quiet"]].concat());
    let path = place.path("p/weights.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    bytes[8 + header..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let output = place.run(&["predictive", "infer", "p"]);
    assert_refused(
        &output,
        &["weights.safetensors", "not finite"],
        &place.path("runs"),
    );
}

#[test]
fn settings_of_an_experiment_are_shown_chosen_and_refused() {
    let place = Sandbox::new();
    let shown = place.succeed(&["reproduce", "pc-fig3", "--quick", "--show"]);
    assert!(
        shown.contains("eta=0.1") && shown.contains("steps=80"),
        "{shown}"
    );
    let flags = [
        "--quick",
        "--set",
        "depths=2,3",
        "--trials",
        "2",
        "--out",
        "o",
        "--json",
    ];
    let said = place.succeed(&[&["reproduce", "pc-solvers"][..], &flags].concat());
    // Four solvers in nets of two depths, and eight rows of departures.
    assert_eq!(said.lines().count(), 16, "{said}");
    let first = object(said.lines().next().unwrap());
    assert_eq!(
        (&first["table"], &first["layers"]),
        (&"solvers".into(), &2.into())
    );
    for (set, words) in [
        ("depths=x", ["--set depths", "no number"]),
        ("depth=2", ["--set depth", "no such setting"]),
        ("depths", ["--set depths", "NAME=VALUE"]),
        ("depths=2,2", ["2 layers", "name each value once"]),
    ] {
        let output = place.run(&["reproduce", "pc-solvers", "--set", set, "--out", "q"]);
        assert_refused(&output, &words, &place.path("q"));
    }
}
