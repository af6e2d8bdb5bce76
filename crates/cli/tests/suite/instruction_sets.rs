//! Instruction sets, chosen by the environment.

use std::process::Output;

use crate::common::{Sandbox, TINY, stderr};

/// Trains a tiny net into `out` on this instruction set.
fn train(place: &Sandbox, out: &str, instructions: &str) -> Output {
    let arguments = [
        &["meta-train", "--out", out, "--episodes", "2", "--quiet"],
        &TINY[..],
    ]
    .concat();
    let mut command = place.command(&arguments);
    command.env("METAPLAST_INSTRUCTIONS", instructions);
    command.output().unwrap()
}

#[test]
fn an_instruction_set_that_is_not_there_is_refused_in_one_line() {
    let place = Sandbox::new();
    // No machine has both.
    let foreign = if cfg!(target_arch = "x86_64") {
        "neon"
    } else {
        "avx2"
    };
    for (name, words) in [
        ("sse9", "choose avx512, avx2"),
        (foreign, "this machine has no"),
    ] {
        let output = train(&place, "out", name);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(
            message.starts_with("error: METAPLAST_INSTRUCTIONS: "),
            "{message}"
        );
        assert!(
            message.contains(words) && message.trim_end().lines().count() == 1,
            "{message}"
        );
        assert!(!place.path("out").exists());
    }
}

#[test]
fn every_set_with_fused_multiply_add_gives_the_same_bytes() {
    let place = Sandbox::new();
    let output = train(&place, "best", "");
    assert!(output.status.success(), "{}", stderr(&output));
    for set in ["avx2", "neon"] {
        let output = train(&place, set, set);
        if output.status.success() {
            for file in ["episodes.csv", "rule.toml"] {
                let bytes = |out: &str| place.read(&format!("{out}/{file}"));
                assert_eq!(bytes("best"), bytes(set), "{set}, {file}");
            }
        }
    }
    assert!(train(&place, "portable", "portable").status.success());
}
