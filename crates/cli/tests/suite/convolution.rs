//! Networks with kernels and other activations: described, learned, written, and read by every command.

use crate::common::{RUN_FILES, Sandbox, TINY_TASKS, assert_refused, assert_refused_in_lines};

const LAYERS: &str = "28x28x1 conv7x2/3 pool2, dense8 47";

#[test]
fn a_described_network_goes_through_every_command() {
    goes_through_every_command(
        LAYERS,
        "28x28x1 conv7x2/3 pool2 8 47",
        &["sum over all places"],
    );
}

#[test]
fn borders_maxima_and_skips_go_through_every_command() {
    let layers = "28x28x1 conv5x2+2/4 conv3x2+1 skip1 maxpool7 6 dense6 skip1 47";
    let words = ["sum over all places", "Where a skip leads to layer l"];
    goes_through_every_command(layers, &layers.replace("dense", ""), &words);
}

fn goes_through_every_command(layers: &str, written: &str, words: &[&str]) {
    let place = Sandbox::new();
    let network = ["--layers", layers, "--activation", "tanh"];
    let train = [
        &[
            "meta-train",
            "--preset",
            "bio",
            "--episodes",
            "3",
            "--out",
            "run",
        ][..],
        &network,
        &TINY_TASKS,
    ];
    place.succeed(&train.concat());
    let description = format!("layers = \"{written}\"");
    for file in ["run/config.toml", "run/rule.toml"] {
        let text = place.read(file);
        assert!(text.contains(&description), "{file}: {text}");
    }
    assert!(place.read("run/rule.toml").contains("name = \"tanh\""));
    let page = place.read("run/rule.md");
    let units = format!("{written}, tanh");
    let always = ["tanh in hidden layers", "⊙ (1 − y_(l−1) ⊙ y_(l−1))", &units];
    for words in always.iter().chain(words) {
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
    assert!(
        place
            .read("more/config.toml")
            .contains("activation = \"tanh\"")
    );

    let tried = place.succeed(
        &[
            &["evaluate", "run/rule.toml", "--tasks", "2"][..],
            &TINY_TASKS,
        ]
        .concat(),
    );
    assert!(tried.contains("BP"), "{tried}");
    let learned = ["simulate", "run/rule.toml", "--out", "learned"];
    place.succeed(&[&learned[..], &TINY_TASKS].concat());
    assert!(place.read("learned/curve.csv").starts_with("step,query_ce"));
    let checked = ["gradcheck", "--preset", "pool", "--shots", "1"];
    place.succeed(&[&checked[..], &network].concat());
}

#[test]
fn kernels_have_gains_and_biases() {
    let place = Sandbox::new();
    let memories = [
        "--remember",
        "bias = bias - k * e",
        "--remember",
        "m = m + c * (y .* y - m)",
        "--theta-start",
        "F0=1e-3,k=1e-3,c=0.1",
    ];
    let train = ["meta-train", "--preset", "fa", "--layers", LAYERS];
    let out = ["--episodes", "2", "--out", "run"];
    place.succeed(&[&train[..], &memories, &out, &TINY_TASKS].concat());
    place.assert_repeats("run", &RUN_FILES);
    place.succeed(
        &[
            &["evaluate", "run/rule.toml", "--tasks", "2"][..],
            &TINY_TASKS,
        ]
        .concat(),
    );
}

#[test]
fn a_word_that_does_not_fit_is_named() {
    let place = Sandbox::new();
    for (arguments, words) in [
        (
            &["--layers", "28x28x1 conv5x8 pool5 47"][..],
            "--layers: word 3, `pool5`: the image below it is 24x24",
        ),
        (
            &["--layers", "784 ten 47"],
            "--layers: word 2, `ten`: no layer; write conv5x8",
        ),
        (
            &["--layers", "784 60 50 skip1 47"],
            "--layers: word 4, `skip1`: the layer it comes from is 60 and this one 50; make them the same",
        ),
        (
            &["--layers", "28x28x1 conv5x8+5 47"],
            "--layers: word 2, `conv5x8+5`: a border must be smaller than the kernel; write +4 or less",
        ),
        (
            &["--layers", "784 60 60 skip1 47", "--feedback", "predictive"],
            "of softplus units without skips",
        ),
        (
            &["--layers", "28x28x1 conv5x8 pool2 46"],
            "--layers: the last layer has 46 units",
        ),
        (
            &["--layers", LAYERS, "--feedback", "weight-mirror"],
            "--layers: weight-mirror feedback: passes no errors through convolution",
        ),
        (
            &[
                "--layers",
                LAYERS,
                "--remember",
                "E = 0.9 * E + k * (y * y_pre^T) .* W",
            ],
            "--layers: memory E takes each weight by itself, which means nothing at the places of layer 1,",
        ),
        (
            &["--layers", "14x56x1 conv5x8/2 47"],
            "--layers: the first word is 14x56x1, but images of \"glyphs\" are 28x28x1; make it that",
        ),
        (
            &["--layers", "32x32x1 conv5x8/2 47"],
            "--layers: the first word is 32x32x1, but images of \"glyphs\" are 28x28x1; make it that",
        ),
        (
            &["--layers", LAYERS, "--preset", "node-perturbation"],
            "--layers: perturbations of nodes or weights in a network with convolution",
        ),
        (
            &["--activation", "step"],
            "--activation: unknown activation `step`; choose softplus, relu or tanh",
        ),
    ] {
        let arguments = [&["meta-train", "--out", "run"][..], arguments, &TINY_TASKS].concat();
        assert_refused(&place.run(&arguments), &[words], &place.path("run"));
    }
    let nothing = ["meta-train", "--out", "run", "--layers", ""];
    let words = ["give sizes like 784,170,47, or words like"];
    assert_refused_in_lines(&place.run(&nothing), &words, 3);
}
