//! Recurrent networks on the command line: described, learned, written, and read by every command that can.

use crate::common::{RUN_FILES, Sandbox, TINY_TASKS, assert_refused};

const NETWORK: [&str; 6] = [
    "--layers",
    "28 recurrent8 47",
    "--leak",
    "0.5",
    "--activation",
    "tanh",
];

/// Trains into `out` with these arguments more.
fn train(place: &Sandbox, out: &str, more: &[&str]) {
    let arguments = ["meta-train", "--episodes", "3", "--out", out];
    place.succeed(&[&arguments[..], &NETWORK, &TINY_TASKS, more].concat());
}

#[test]
fn a_recurrent_network_goes_through_every_command() {
    let place = Sandbox::new();
    let trials = ["--preset", "bio", "--trials", "2"];
    train(&place, "run", &[&trials[..], &["--threads", "2"]].concat());
    train(
        &place,
        "alone",
        &[&trials[..], &["--threads", "1"]].concat(),
    );
    for file in ["episodes.csv", "rule.toml"] {
        assert_eq!(
            place.read(&format!("run/{file}")),
            place.read(&format!("alone/{file}"))
        );
    }
    for file in ["run/config.toml", "run/rule.toml"] {
        let text = place.read(file);
        for words in [
            "layers = \"28 recurrent8 47\"",
            "leak = 0.5",
            "feedback = \"fixed\"",
        ] {
            assert!(text.contains(words), "{file}: {words}: {text}");
        }
    }
    let header = place.read("run/episodes.csv");
    let header = header.lines().next().unwrap().to_owned();
    let angles = "theta_9,alpha_1,alpha_2,orthonormality_1,";
    assert!(
        header.contains(angles) && header.contains(",weight_norm_3,"),
        "{header}"
    );
    let page = place.read("run/rule.md");
    for words in [
        "seen as a sequence x_1..x_T of 28 values",
        "φ tanh and α = 0.5",
        "+ B_recᵀ e_(t+1)",
        "network: 28 recurrent8 47, tanh, leak 0.5",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    place.assert_repeats("run", &RUN_FILES);

    let more = [
        "meta-train",
        "--start-from",
        "run/rule.toml",
        "--episodes",
        "1",
        "--out",
        "more",
    ];
    place.succeed(&[&more[..], &TINY_TASKS].concat());
    assert!(place.read("more/config.toml").contains("leak = 0.5"));
    let other = ["--layers", "784,8,47", "--out", "other"];
    let more = [
        "meta-train",
        "--start-from",
        "run/rule.toml",
        "--episodes",
        "1",
    ];
    place.succeed(&[&more[..], &other, &TINY_TASKS].concat());
    assert!(!place.read("other/config.toml").contains("leak"));

    let evaluate = [
        "evaluate",
        "run/rule.toml",
        "--tasks",
        "2",
        "--rate-episodes",
        "2",
    ];
    let tried = place.succeed(&[&evaluate[..], &TINY_TASKS].concat());
    assert!(tried.contains("BP"), "{tried}");
    let learned = ["simulate", "run/rule.toml", "--out", "learned"];
    place.succeed(&[&learned[..], &TINY_TASKS].concat());
    assert!(place.read("learned/curve.csv").starts_with("step,query_ce"));
    let explained = [
        "explain",
        "run/rule.toml",
        "--tasks",
        "1",
        "--out",
        "explained",
    ];
    place.succeed(&[&explained[..], &TINY_TASKS].concat());
    let recorded = ["simulate", "run/rule.toml", "--record", "--out", "recorded"];
    assert_refused(
        &place.run(&[&recorded[..], &TINY_TASKS].concat()),
        &["--record: the network has convolution, pooling, skips or recurrent units"],
        &place.path("recorded"),
    );
}

#[test]
fn every_way_back_through_time_is_learned_with() {
    let place = Sandbox::new();
    for (feedback, words) in [
        ("symmetric", "+ B_recᵀ e_(t+1)"),
        ("attached", "+ B_recᵀ e_(t+1)"),
        ("e-prop", "δ_t = (1 − α) δ_(t+1)`"),
    ] {
        train(&place, feedback, &["--terms", "0", "--feedback", feedback]);
        let page = place.read(&format!("{feedback}/rule.md"));
        assert!(page.contains(words), "{feedback}: {page}");
    }
    let rows = |run: &str| place.read(&format!("{run}/episodes.csv"));
    assert_ne!(rows("symmetric"), rows("e-prop"));
    // In segments, as on one tape but for the last digits of θ.
    let segments = [
        "--terms",
        "0",
        "--feedback",
        "e-prop",
        "--unroll",
        "stored 3/2",
    ];
    train(&place, "segments", &segments);
    train(
        &place,
        "text",
        &["--terms", "none", "--term", "hebb = y * y_pre^T"],
    );
    let own = ["--terms", "0", "--theta-scope", "per-layer"];
    train(&place, "per-layer", &own);
    assert!(rows("per-layer").contains("theta_0_l3"));
}

#[test]
fn gradients_of_a_recurrent_network_agree() {
    let place = Sandbox::new();
    for feedback in ["fixed", "e-prop"] {
        let check = [
            "gradcheck",
            "--preset",
            "pool",
            "--shots",
            "1",
            "--feedback",
            feedback,
        ];
        place.succeed(&[&check[..], &NETWORK].concat());
    }
}

#[test]
fn memories_run_over_the_steps_of_a_sequence() {
    let place = Sandbox::new();
    let trace = [
        "--remember",
        "x = x + k * (y_pre - x)",
        "--term",
        "stdp = y * x^T",
    ];
    train(&place, "run", &[&trace[..], &["--terms", "0"]].concat());
    assert!(
        place
            .read("run/rule.toml")
            .contains("x = x + k * (y_pre - x)")
    );
    let check = ["gradcheck", "--terms", "0", "--shots", "1"];
    place.succeed(&[&check[..], &trace, &NETWORK].concat());
}

#[test]
fn what_a_recurrent_network_cannot_is_refused_in_one_line() {
    let place = Sandbox::new();
    for (arguments, words) in [
        (
            &["--layers", "28 recurrent8"][..],
            "--layers: word 2, `recurrent8`: no layer with weights follows",
        ),
        (
            &["--layers", "28 recurrent8 9 47"],
            "--layers: word 4, `47`: a recurrent layer stands alone between inputs and outputs",
        ),
        (
            &["--layers", "30 recurrent8 47"],
            "--layers: 30 inputs a step do not divide the 784 values of images of \"glyphs\"; make it 28",
        ),
        (
            &["--layers", "28 recurrent8 46"],
            "--layers: the last layer has 46 units",
        ),
        (
            &["--layers", "28 recurrent8 47", "--feedback", "dfa"],
            "--layers: dfa feedback: passes no errors back through time; choose fixed, symmetric, attached or e-prop",
        ),
        (
            &["--layers", "784,8,47", "--feedback", "e-prop"],
            "--layers: e-prop feedback: goes back through time, which a feed-forward network has not; choose fixed",
        ),
        (
            &["--layers", "28 recurrent8 47", "--leak", "0"],
            "--leak: the leak must be above 0 and at most 1, got 0",
        ),
        (
            &["--layers", "784,8,47", "--leak", "0.5"],
            "--leak: only recurrent units leak; leave the leak out, or write layers like",
        ),
        (
            &["--layers", "28 recurrent8 47", "--query-loss", "sparseness"],
            "--query-loss: sparseness is of feed-forward layers, and the network is recurrent; choose",
        ),
        (
            &["--layers", "28 recurrent8 47", "--preset", "reinforce"],
            "--layers: the rule reads the reward; a recurrent network is told the targets",
        ),
        (
            &[
                "--layers",
                "28 recurrent8 47",
                "--remember",
                "bias = bias - k * e",
            ],
            "--layers: `bias` is of feed-forward units, and recurrent ones have none",
        ),
    ] {
        let arguments = [&["meta-train", "--out", "run"][..], arguments, &TINY_TASKS].concat();
        assert_refused(&place.run(&arguments), &[words], &place.path("run"));
    }
}
