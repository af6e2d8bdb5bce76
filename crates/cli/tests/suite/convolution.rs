//! Networks with kernels and other activations: described, learned, written, and read by every command.

use crate::common::{RUN_FILES, Sandbox, TINY_TASKS, assert_refused, assert_refused_in_lines};

const LAYERS: &str = "28x28x1 conv7x2/3 pool2, dense8 47";
#[test]
fn a_described_network_goes_through_every_command() {
    let place = Sandbox::new();
    let network = ["--layers", LAYERS, "--activation", "tanh"];
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
    let description = "layers = \"28x28x1 conv7x2/3 pool2 8 47\"";
    for file in ["run/config.toml", "run/rule.toml"] {
        let text = place.read(file);
        assert!(text.contains(description), "{file}: {text}");
    }
    assert!(place.read("run/rule.toml").contains("name = \"tanh\""));
    let page = place.read("run/rule.md");
    for words in [
        "tanh in hidden layers",
        "⊙ (1 − y_(l−1) ⊙ y_(l−1))",
        "sum over all places",
        "conv7x2/3 pool2 8 47, tanh",
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
            &["--layers", "28x28x1 conv5x8 pool2 46"],
            "--layers: the last layer has 46 units",
        ),
        (
            &["--layers", LAYERS, "--feedback", "weight-mirror"],
            "--layers: weight-mirror feedback: passes no errors through convolution",
        ),
        (
            &["--layers", LAYERS, "--remember", "bias = bias - k * e"],
            "--layers: memory bias in a network with convolution or pooling; choose a rule without memories",
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
