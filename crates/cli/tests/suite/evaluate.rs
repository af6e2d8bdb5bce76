//! `metaplast evaluate`: one table, the same for any number of threads.

use crate::common::{Sandbox, assert_refused};
use serde_json::Value;

fn json(place: &Sandbox, more: &[&str]) -> Value {
    let arguments = [&["evaluate", "rules/rule.toml", "--json"], more].concat();
    serde_json::from_str(&place.succeed(&arguments)).unwrap()
}

#[test]
fn a_table_beside_fa_and_bp() {
    let place = Sandbox::new();
    let rule = place.rule();
    let flags = [
        "evaluate",
        rule,
        "--tasks",
        "5",
        "--rate-episodes",
        "3",
        "--quiet",
    ];
    let table = place.succeed(&flags);
    let rows: Vec<&str> = table.lines().collect();
    assert!(
        rows[0].starts_with("rule") && rows[0].contains("98% interval"),
        "{table}"
    );
    for (row, name) in rows[1..].iter().zip(["rule (bio)", "FA", "BP"]) {
        assert!(row.starts_with(name), "{table}");
    }
    // Tasks are those of the rule's provenance.
    assert!(table.contains("2 ways, 3 shots, 2 queries"), "{table}");
}

#[test]
fn threads_change_nothing_and_seeds_do() {
    let place = Sandbox::new();
    place.rule();
    let with = |threads: &str, seed: &str| {
        let flags = [
            "--tasks",
            "9",
            "--rate-episodes",
            "3",
            "--threads",
            threads,
            "--seed",
            seed,
        ];
        json(&place, &flags)
    };
    assert_eq!(with("1", "1"), with("5", "1"));
    assert_ne!(with("1", "1"), with("1", "2"));
}

#[test]
fn given_rates_are_used() {
    let place = Sandbox::new();
    place.rule();
    place.write(
        "fa.toml",
        "terms = [\"F0\"]\ntheta = [0.25]\nfeedback = \"fixed\"\n",
    );
    place.write(
        "bp.toml",
        "terms = [\"F0\"]\ntheta = [0.125]\nfeedback = \"attached\"\n",
    );
    let result = json(
        &place,
        &["--tasks", "4", "--fa", "fa.toml", "--bp", "bp.toml"],
    );
    assert_eq!(result["rules"][1]["theta"]["F0"], 0.25);
    assert_eq!(result["rules"][2]["theta"]["F0"], 0.125);
    let interval = &result["rules"][0]["interval"];
    let accuracy = result["rules"][0]["accuracy"].as_f64().unwrap();
    assert!(interval[0].as_f64().unwrap() <= accuracy && accuracy <= interval[1].as_f64().unwrap());
}

/// The same rule under two names meets the same tasks and weights.
#[test]
fn rules_are_compared_in_pairs() {
    let place = Sandbox::new();
    place.meta_train("rules", &["--preset", "fa", "--episodes", "4", "--quiet"]);
    let result = json(
        &place,
        &[
            "--tasks",
            "6",
            "--fa",
            "rules/rule.toml",
            "--rate-episodes",
            "2",
        ],
    );
    for key in ["accuracy", "interval", "query_ce"] {
        assert_eq!(result["rules"][0][key], result["rules"][1][key], "{key}");
    }
}

#[test]
fn held_out_classes_are_the_default() {
    let place = Sandbox::new();
    let flags = ["--hold-out-classes", "4", "--episodes", "2", "--quiet"];
    place.meta_train("rules", &flags);
    let with = |more: &[&str]| {
        let base = [
            "evaluate",
            "rules/rule.toml",
            "--tasks",
            "3",
            "--rate-episodes",
            "2",
        ];
        place.succeed(&[&base[..], more].concat())
    };
    assert!(with(&[]).contains("from 4 of 47 classes"));
    assert!(with(&["--classes", "learned"]).contains("from 43 of 47 classes"));
    assert!(with(&["--classes", "all"]).contains("from 47 of 47 classes"));
}

#[test]
fn a_rule_written_by_hand_needs_little() {
    let place = Sandbox::new();
    place.write(
        "hand.toml",
        "terms = [\"F9\", \"F0\"]\ntheta = [0.002, 0.01]\nfeedback = \"fixed\"\nlayers = [784, 8, 47]\n",
    );
    let flags = [
        "evaluate",
        "hand.toml",
        "--glyphs-per-class",
        "6",
        "--ways",
        "2",
        "--shots",
        "3",
        "--queries",
        "2",
        "--tasks",
        "3",
        "--rate-episodes",
        "2",
        "--json",
    ];
    let result: Value = serde_json::from_str(&place.succeed(&flags)).unwrap();
    assert_eq!(result["rules"][0]["theta"]["F9"], 0.002);
    assert_eq!(result["rules"][0]["theta"]["F0"], 0.01);
}

/// A rule that was learned with another number of online steps is tried with as many.
#[test]
fn steps_are_those_with_which_the_rule_was_learned() {
    let place = Sandbox::new();
    place.meta_train("rules", &["--steps", "9", "--episodes", "4", "--quiet"]);
    let rule: toml::Table = toml::from_str(&place.read("rules/rule.toml")).unwrap();
    assert_eq!(rule["provenance"]["steps"].as_integer(), Some(9));
    assert!(place.read("rules/rule.md").contains("2 queries, 9 steps"));
    place.succeed(&["verify", "rules"]);

    let tasks = ["--tasks", "4", "--rate-episodes", "2"];
    let as_found = json(&place, &tasks);
    let with = |steps: &str| json(&place, &[&tasks[..], &["--steps", steps]].concat());
    assert_eq!(as_found, with("9"));
    assert_ne!(as_found, with("6"));
    let table = place.succeed(&[&["evaluate", "rules/rule.toml"], &tasks[..]].concat());
    assert!(table.contains("2 queries, 9 steps, from"), "{table}");
    let said = place.succeed(&["simulate", "rules/rule.toml"]);
    assert!(said.starts_with("after 9 steps"), "{said}");
    let output = place.run(&["evaluate", "rules/rule.toml", "--steps", "0"]);
    assert!(crate::common::stderr(&output).contains("--steps"));
}

#[test]
fn several_rules_are_compared_with_the_first_in_pairs() {
    let place = Sandbox::new();
    let hold_out = ["--hold-out-classes", "6", "--quiet", "--episodes"];
    place.meta_train(
        "one",
        &[
            &hold_out[..],
            &["2", "--preset", "fa", "--theta-start", "F0=0.05"],
        ]
        .concat(),
    );
    place.meta_train("two", &[&hold_out[..], &["3"]].concat());
    place.meta_train(
        "same",
        &[
            &hold_out[..],
            &["2", "--preset", "fa", "--theta-start", "F0=0.05"],
        ]
        .concat(),
    );
    let rules = ["one/rule.toml", "two/rule.toml", "same/rule.toml"];
    let rates = ["--fa", rules[0], "--tasks", "12", "--rate-episodes", "2"];
    let table = place.succeed(&[&["evaluate"], &rules[..], &rates, &["--quiet"]].concat());
    for words in [
        "two/rule.toml (bio)",
        "minus the first",
        "98% interval, paired",
        "from 6 of 47 classes",
    ] {
        assert!(table.contains(words), "{words} {table}");
    }
    let text = place.succeed(&[&["evaluate"], &rules[..], &rates, &["--json"]].concat());
    let result: Value = serde_json::from_str(&text).unwrap();
    let (found, differences) = (&result["rules"], result["differences"].as_array().unwrap());
    assert_eq!(found.as_array().unwrap().len(), 5);
    for (k, difference) in differences.iter().enumerate() {
        assert_eq!(difference["minus"], "one/rule.toml (fa)");
        assert_eq!(difference["rule"], found[k + 1]["rule"]);
        let accuracy = |of: &Value| of["accuracy"].as_f64().unwrap();
        let expected = accuracy(&found[k + 1]) - accuracy(&found[0]);
        assert!((accuracy(difference) - expected).abs() < 1e-12);
        let [low, high] = [0, 1].map(|end| difference["interval"][end].as_f64().unwrap());
        assert!(low <= expected + 1e-12 && expected <= high + 1e-12);
    }
    // The same rule on the same tasks is no different on any of them; so is FA at its rate.
    for same in [1, 2] {
        assert_eq!(differences[same]["interval"], serde_json::json!([0.0, 0.0]));
    }
    let twice = place.run(&["evaluate", rules[0], rules[0]]);
    assert_refused(
        &twice,
        &["one/rule.toml: the rule is given twice"],
        &place.path("nothing"),
    );
    // Other classes were held out for a rule with another seed.
    place.meta_train("other", &[&hold_out[..], &["1", "--seed", "2"]].concat());
    let arguments = [
        "evaluate",
        rules[0],
        "other/rule.toml",
        "--tasks",
        "2",
        "--quiet",
    ];
    let output = place.run(&arguments);
    let said = crate::common::stderr(&output);
    let few = said.contains("no class is held out for this rule and those before it")
        || said.contains("for a task of 2");
    assert!(few || output.status.success(), "{said}");
}
