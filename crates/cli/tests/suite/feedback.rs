//! Every kind of feedback, from the command line to the rule file and back.

use crate::common::{Sandbox, TINY, assert_refused};

const KINDS: [&str; 8] = [
    "fixed",
    "symmetric",
    "attached",
    "dfa",
    "sign-symmetric",
    "kolen-pollack",
    "weight-mirror",
    "information",
];

/// The name as files print it, with its parameters.
fn printed(kind: &str) -> String {
    let parameters = match kind {
        "information" => "(rho=1,alpha=0.002,beta=0.001,gamma=0.001,input=activity)",
        _ => "",
    };
    format!("{kind}{parameters}")
}

#[test]
fn meta_gradients_of_every_kind_agree() {
    let place = Sandbox::new();
    for kind in KINDS {
        let flags = ["gradcheck", "--terms", "0,2,3,9", "--feedback", kind];
        let table = place.succeed(&[&flags[..], &TINY].concat());
        assert!(
            table.contains(&format!("feedback {kind}")) && table.contains("all agree"),
            "{table}"
        );
        // Differences see all of every other kind's gradient.
        assert_eq!(
            table.contains("differences do not apply"),
            kind == "symmetric",
            "{table}"
        );
    }
}

#[test]
fn every_kind_is_learned_with_written_and_read() {
    let place = Sandbox::new();
    for kind in KINDS {
        let more = [
            "--terms",
            "0,3",
            "--feedback",
            kind,
            "--episodes",
            "3",
            "--quiet",
        ];
        place.meta_train(kind, &more);
        let rule = format!("{kind}/rule.toml");
        assert!(
            place
                .read(&rule)
                .contains(&format!("feedback = \"{}\"", printed(kind)))
        );
        assert!(
            place
                .read(&format!("{kind}/rule.md"))
                .contains(&format!("- feedback: {}", printed(kind)))
        );
        let config = format!("{kind}/config.toml");
        let again = format!("{kind}-again");
        place.succeed(&[
            "meta-train",
            "--config",
            &config,
            "--out",
            &again,
            "--quiet",
        ]);
        let episodes = |run: &str| place.read(&format!("{run}/episodes.csv"));
        assert_eq!(episodes(kind), episodes(&again));
        place.succeed(&["simulate", &rule, "--steps", "3", "--quiet"]);
    }
}

#[test]
fn an_unknown_kind_is_refused_with_all_that_are() {
    let place = Sandbox::new();
    let flags = ["meta-train", "--out", "out", "--feedback", "mirror"];
    let words = [&["--feedback", "`mirror`"][..], &KINDS].concat();
    assert_refused(
        &place.run(&[&flags[..], &TINY].concat()),
        &words,
        &place.path("out"),
    );
}
