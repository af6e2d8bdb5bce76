//! `metaplast explain`: which term moved the weights.

use crate::common::{Sandbox, TINY_TASKS, assert_refused};

#[test]
fn a_run_and_a_rule_are_explained() {
    let place = Sandbox::new();
    place.meta_train("run", &["--episodes", "3", "--preset", "bio", "--quiet"]);
    let told = place.succeed(&[
        "explain", "run", "--tasks", "3", "--every", "2", "--out", "why",
    ]);
    for words in [
        "share of ΔW",
        "F9",
        "cancelled",
        "In layer 2",
        "explanation.csv",
        "3 tasks",
    ] {
        assert!(told.contains(words), "no {words:?} in {told}");
    }
    let csv = place.read("why/explanation.csv");
    let mut lines = csv.lines();
    let head = "task,from,to,layer,term,size,path,share,change,cancelled";
    assert_eq!(lines.next(), Some(head));
    // Three tasks, the whole and three stretches, two layers, three terms.
    assert_eq!(lines.clone().count(), 3 * 4 * 2 * 3);
    let first: Vec<Vec<&str>> = lines
        .take(3)
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(first[0][..5], ["0", "0", "6", "1", "F0"]);
    let shares: f64 = first.iter().map(|row| row[7].parse::<f64>().unwrap()).sum();
    assert!((shares - 1.0).abs() < 1e-6, "{shares}");

    // The page of a run holds its course, too; that of a rule does not.
    let page = place.read("why/report.html");
    for words in [
        "Movement by each term",
        "Share of the change",
        "Meta-accuracy",
    ] {
        assert!(page.contains(words), "no {words:?}");
    }
    let rule = [
        "explain",
        "run/rule.toml",
        "--tasks",
        "3",
        "--every",
        "2",
        "--out",
        "again",
    ];
    let json = place.succeed(&[&rule[..], &["--json", "--threads", "1"]].concat());
    assert_eq!(place.read("again/explanation.csv"), csv);
    let page = place.read("again/report.html");
    assert!(!page.contains("Meta-accuracy") && page.contains("metaplast explain run/rule.toml"));
    let object: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(object["layers"][1]["terms"][2]["term"], "F9");
    // The page is written again from what is kept.
    place.succeed(&["report", "again", "--svg", "figures"]);
    assert!(place.path("figures/movement.svg").is_file());
}

#[test]
fn memories_layers_and_every_feedback_are_explained() {
    let place = Sandbox::new();
    for (feedback, scope) in [
        ("fixed", "per-layer"),
        ("kolen-pollack", "shared"),
        ("weight-mirror", "shared"),
        ("predictive", "shared"),
    ] {
        let own = [
            "--terms",
            "0,9",
            "--term",
            "bcm = (y .* y - m .* y) * y_pre^T",
            "--remember",
            "m = m + k * (y .* y - m)",
            "--theta-start",
            "F0=1e-3,bcm=1e-4,k=0.1",
            "--episodes",
            "1",
            "--quiet",
            "--feedback",
            feedback,
            "--theta-scope",
            scope,
        ];
        place.meta_train(feedback, &own);
        let told = place.succeed(&[
            "explain",
            feedback,
            "--tasks",
            "1",
            "--out",
            &format!("{feedback}-why"),
        ]);
        assert!(told.contains("bcm"), "{told}");
    }
}

/// Terms move weights; what else changes what the network does is said.
#[test]
fn a_bias_that_changes_beside_the_weights_is_said() {
    let place = Sandbox::new();
    let rule = "terms = [\"F0\"]\ntheta = [0.02]\nremember = [\"bias = bias - k * e\"]\n\
                feedback = \"fixed\"\nlayers = [784, 6, 47]\n[constants]\nk = 0.01\n";
    place.write("rule.toml", rule);
    let told = |name: &str| {
        let explain = [
            "explain",
            name,
            "--tasks",
            "1",
            "--out",
            &format!("{name}-why"),
        ];
        place.succeed(&[&explain[..], &TINY_TASKS].concat())
    };
    let said = "The rule changes the bias of units as well";
    assert!(told("rule.toml").contains(said));
    let plain = "terms = [\"F0\"]\ntheta = [0.02]\nfeedback = \"fixed\"\nlayers = [784, 6, 47]\n";
    place.write("plain.toml", plain);
    assert!(!told("plain.toml").contains(said));
}

#[test]
fn wrong_requests_are_refused() {
    let place = Sandbox::new();
    let rule = "terms = [\"F0\"]\ntheta = [0.02]\nfeedback = \"fixed\"\nlayers = [784, 6, 47]\n";
    place.write("rule.toml", rule);
    let refuse = |arguments: &[&str], words: &[&str]| {
        let output = place.run(&[&["explain"], arguments, &TINY_TASKS, &["--out", "why"]].concat());
        assert_refused(&output, words, &place.path("why"));
    };
    refuse(&["no.toml"], &["no.toml"]);
    std::fs::create_dir(place.path("empty")).unwrap();
    refuse(&["empty"], &["rule.toml"]);
    refuse(&["rule.toml", "--tasks", "0"], &["--tasks"]);
    refuse(&["rule.toml", "--every", "0"], &["--every"]);
}
