//! Rules that remember: learned, written, read by every command, and fitted.

use crate::common::{RUN_FILES, Sandbox, assert_refused};

const SLIDING: &str = "m = m + k * (y .* y - m)";
const BCM: &str = "bcm = y .* (y - m) * y_pre^T";

#[test]
fn rules_that_remember_go_through_every_command() {
    let place = Sandbox::new();
    let flags = [
        "--episodes",
        "3",
        "--preset",
        "fa",
        "--term",
        BCM,
        "--remember",
        SLIDING,
        "--theta-start",
        "F0=1e-3,k=0.05",
    ];
    let summary = place.meta_train("run", &flags);
    assert!(summary.contains("m ← m + k (y_l ⊙ y_l − m)"), "{summary}");
    let table = place.read("run/episodes.csv");
    let columns = "query_accuracy,theta_0,theta_bcm,theta_k,alpha_1";
    assert!(table.contains(columns), "{table}");
    assert!(table.contains(",0.001,0.0,0.05,"), "{table}");
    let rule = place.read("run/rule.toml");
    assert!(
        rule.contains("remember = [\"m = m + k * (y .* y - m)\"]") && rule.contains("[constants]"),
        "{rule}"
    );
    let page = place.read("run/rule.md");
    assert!(
        page.contains("| k | constant of m | `m ← m + k (y_l ⊙ y_l − m)` |"),
        "{page}"
    );

    place.assert_repeats("run", &RUN_FILES);
    let started = [
        "meta-train",
        "--start-from",
        "run/rule.toml",
        "--glyphs-per-class",
        "6",
        "--ways",
        "2",
        "--shots",
        "3",
        "--queries",
        "2",
        "--episodes",
        "1",
        "--quiet",
        "--out",
        "further",
    ];
    place.succeed(&started);
    assert!(place.read("further/config.toml").contains(SLIDING));
    let evaluated = [
        "evaluate",
        "run/rule.toml",
        "--tasks",
        "2",
        "--rate-episodes",
        "2",
        "--json",
    ];
    let result: serde_json::Value = serde_json::from_str(&place.succeed(&evaluated)).unwrap();
    assert!(result["rules"][0]["theta"]["k"].is_f64());
    place.succeed(&["report", "run", "--quiet"]);
    assert!(place.read("run/report.html").contains("--remember"));
}

#[test]
fn a_memory_is_fitted_and_missed_where_it_is_left_out() {
    let place = Sandbox::new();
    let rule = "terms = [\"F0\", \"bcm\"]\ntheta = [0.002, 0.004]\nfeedback = \"fixed\"\n\
                remember = [\"m = m + k * (y .* y - m)\"]\nlayers = [784, 8, 47]\n\
                [own_terms]\nbcm = \"y .* (y - m) * y_pre^T\"\n[constants]\nk = 0.05\n";
    place.write("bcm.toml", rule);
    place.succeed(&[
        "simulate",
        "bcm.toml",
        "--shots",
        "20",
        "--record",
        "--trajectories",
        "2",
        "--quantities",
        "weights",
        "--every",
        "5",
        "--noise",
        "0.01",
        "--out",
        "recorded",
    ]);
    let fit = |out: &str, rule: &[&str]| {
        let mut arguments = vec![
            "fit",
            "recorded/recording.npz",
            "--terms",
            "0",
            "--out",
            out,
        ];
        arguments.extend(rule);
        place.succeed(&arguments)
    };
    let whole = fit("whole", &["--term", BCM, "--remember", SLIDING]);
    assert!(!whole.contains("something is missing"), "{whole}");
    let table = place.read("whole/fit.csv");
    let k = table.lines().find(|line| line.starts_with("k,")).unwrap();
    let k: f64 = k.split(',').nth(1).unwrap().parse().unwrap();
    assert!((k - 0.05).abs() < 0.005, "{table}");
    let others = [
        "--term",
        "square = y .* y * y_pre^T",
        "--term",
        "hebb = y * y_pre^T",
    ];
    let without = fit("without", &others);
    assert!(without.contains("something is missing"), "{without}");
}

/// The rules of the literature, by name; what is written is read back.
#[test]
fn known_rules_are_presets() {
    let place = Sandbox::new();
    for name in [
        "sanger",
        "stdp-triplet",
        "momentum",
        "reinforce",
        "weight-perturbation",
        "foldiak",
        "soft-bounds",
    ] {
        let error = [
            "--term",
            "error = -e * y_pre^T",
            "--theta-start",
            "error=1e-3",
        ];
        place.meta_train(
            name,
            &[&["--episodes", "2", "--preset", name], &error[..]].concat(),
        );
        place.assert_repeats(name, &RUN_FILES);
        place.succeed(&[
            "evaluate",
            &format!("{name}/rule.toml"),
            "--tasks",
            "1",
            "--rate-episodes",
            "1",
        ]);
    }
}

/// Gains, biases and rewards go where memories go; recordings hold no rewards.
#[test]
fn units_and_rewards_are_learned_from_text() {
    let place = Sandbox::new();
    let units = [
        "--preset",
        "fa",
        "--remember",
        "gain = gain - c * (e .* z) ./ (ones + gain)",
        "--remember",
        "bias = bias - k * e ./ (ones + gain)",
    ];
    place.meta_train("units", &[&["--episodes", "2"], &units[..]].concat());
    assert!(
        place
            .read("units/rule.toml")
            .contains("bias = bias - k * e ./ (ones + gain)")
    );
    let record = [
        "--shots", "3", "--record", "--every", "5", "--out", "recorded",
    ];
    place.succeed(&[&["simulate", "units/rule.toml"], &record[..]].concat());
    let fit = [
        "fit",
        "recorded/recording.npz",
        "--terms",
        "none",
        "--term",
        "t = -reward * e * y_pre^T",
        "--out",
        "fitted",
    ];
    let refused = place.run(&fit);
    let error = String::from_utf8(refused.stderr).unwrap();
    let reason = "the rule reads `reward`, and recordings hold neither actions nor rewards";
    assert!(error.contains(reason), "{error}");
    assert!(!place.path("fitted").exists());
}

#[test]
fn a_memory_that_cannot_be_is_refused_with_its_place() {
    let place = Sandbox::new();
    let refused = place.run(&["meta-train", "--remember", "m = m + k * (y - y_pre)"]);
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(
        message.starts_with("error: --remember: column 13: cannot add"),
        "{message}"
    );
    let refused = place.run(&["meta-train", "--memory", "m = m + 0.1 y"]);
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.contains("is given by --remember"), "{message}");
}

/// Late rewards and other query losses are kept by configuration, rule and page, and read back.
#[test]
fn late_rewards_and_query_losses_go_from_file_to_file() {
    let place = Sandbox::new();
    let flags = [
        "--episodes",
        "2",
        "--preset",
        "reinforce-trace",
        "--reward-delay",
        "2",
        "--query-loss",
        "decorrelation",
    ];
    place.meta_train("late", &flags);
    for (file, line) in [
        ("late/config.toml", "reward_delay = 2\n"),
        ("late/config.toml", "query_loss = \"decorrelation\"\n"),
        ("late/rule.toml", "reward_delay = 2\n"),
        ("late/rule.toml", "query_loss = \"decorrelation\"\n"),
        ("late/rule.md", "- rewards: 2 steps after their actions\n"),
        ("late/rule.md", "- scored by: decorrelation\n"),
    ] {
        let text = place.read(file);
        assert!(text.contains(line), "{file}: {text}");
    }
    place.assert_repeats("late", &RUN_FILES);
    place.succeed(&["verify", "late"]);
    let page = place.read("late/rule.md");
    for words in [
        "onehot(action)",
        "- the action is drawn",
        "| Baxter & Bartlett 2001 |",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let record = [
        "simulate",
        "late/rule.toml",
        "--record",
        "--out",
        "recorded",
    ];
    let words = ["--record: the rule reads rewards", "leave --record out"];
    assert_refused(&place.run(&record), &words, &place.path("recorded"));
    let evaluate = [
        "evaluate",
        "late/rule.toml",
        "--tasks",
        "2",
        "--rate-episodes",
        "1",
    ];
    let table = place.succeed(&evaluate);
    assert!(table.contains("decorrelation"), "{table}");
    let usual = place.succeed(&[&evaluate[..], &["--query-loss", "cross-entropy"]].concat());
    assert!(!usual.contains("decorrelation"), "{usual}");
    let refused = place.run(&["meta-train", "--preset", "bio", "--reward-delay", "2"]);
    let message = String::from_utf8(refused.stderr).unwrap();
    let reason = "error: --reward-delay: no term or memory of the rule reads `reward`";
    assert!(message.starts_with(reason), "{message}");
}
