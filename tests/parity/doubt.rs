//! Whether the comparison would notice: the fixtures in the tree, with something wrong in them.

use serde_json::{Value, json};

use crate::check_text;
use crate::ledger::{Ledger, Tolerances};

/// The fixtures in the tree by name; not another directory's, of which one cannot know what is in it.
fn in_the_tree(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn failures(value: &Value) -> Vec<String> {
    let mut ledger = Ledger::default();
    check_text::<f64>(
        &value.to_string(),
        "doubtful.json",
        Tolerances::F64,
        &mut ledger,
    );
    ledger.into_failures()
}

/// Moves each of these numbers by a millionth and expects a failure that names it.
#[track_caller]
fn expect_notice(name: &str, places: &[&str]) {
    let original = in_the_tree(name);
    assert_eq!(failures(&original), [""; 0], "{name} as it is");
    for place in places {
        let mut changed = original.clone();
        let number = changed
            .pointer_mut(place)
            .unwrap_or_else(|| panic!("{name}: no {place}"));
        let old = number
            .as_f64()
            .unwrap_or_else(|| panic!("{name}: {place} is no number"));
        *number = json!(old + 1e-6 * (1.0 + old.abs()));
        let found = failures(&changed);
        assert!(
            !found.is_empty(),
            "{name}: a change of {place} was not noticed"
        );
        assert!(
            found.iter().all(|line| line.starts_with("doubtful.json: ")),
            "{found:?}"
        );
    }
}

#[test]
fn wrong_numbers_are_noticed() {
    expect_notice("g0_terms", &["/F/0/0/0", "/F/9/3/2", "/y_l/1", "/e_prev/2"]);
    let everywhere = [
        "/theta/1",
        "/W0/2/0/1",
        "/y_step1/0/2",
        "/y_step1/3/1",
        "/e_step1/0/2",
        "/e_step1/2/0",
        "/W_after/1/0/0/0",
        "/W_after/5/2/0/3",
        "/query_logits/5/2",
        "/query_ce",
        "/query_loss",
        "/query_acc",
        "/E1/0",
    ];
    for name in ["g1_fix", "g2_sym", "g3_pool10"] {
        expect_notice(name, &everywhere);
    }
    expect_notice(
        "g1_fix",
        &["/B/1/0/1", "/grad_theta/2", "/grad_W0/0/0/0", "/lambda_l1"],
    );
    let symmetric = [
        "/grad_theta_feedback_detached/0",
        "/grad_theta_through_feedback/1",
        "/grad_W0_through_feedback/2/1/1",
        "/grad_W0_feedback_detached/0/1/1",
    ];
    expect_notice("g2_sym", &symmetric);
    expect_notice(
        "g7_adam",
        &["/episodes/1/theta_after/0", "/episodes/3/grad_theta/2"],
    );
}

#[test]
fn wrong_fingerprints_and_angles_are_noticed() {
    let original = in_the_tree("g5_full_fix_compact");
    let mut changed = original.clone();
    for place in [
        "/W0/0/fro",
        "/B/4/probe_dot",
        "/x_u8_fingerprint/1/sum",
        "/e0_step1/0/entries/7",
        "/W_after_250/1/sum",
        "/query_logits_first_row/3",
        "/query_logits_probe/0/entries/1",
        "/grad_W0_probe/2/probe_dot",
        "/angles_deg/1",
        "/fd/richardson/0",
    ] {
        let number = changed.pointer_mut(place).expect(place);
        let old = number.as_f64().expect(place);
        *number = json!(old + 1e-3 * (1.0 + old.abs()));
    }
    let found = failures(&changed).join("\n");
    for quantity in [
        "W0[0]",
        "B[4]",
        "x_u8_fingerprint[1]",
        "e0_step1[0]",
        "W_after_250[1]",
        "query_logits_first_row",
        "query_logits_probe[0]",
        "grad_W0_probe[2]",
        "angles_deg[1]",
        "fd",
    ] {
        assert!(
            found.contains(&format!(": {quantity}: error")),
            "{quantity} in\n{found}"
        );
    }
}

#[test]
fn files_without_sense_are_failures() {
    let mut without_theta_gradient = in_the_tree("g1_fix");
    without_theta_gradient
        .as_object_mut()
        .expect("an object")
        .remove("grad_theta");
    let mut misshapen = in_the_tree("g1_fix");
    misshapen["W0"][0] = json!([1.0]);
    let mut other_pictures = in_the_tree("g5_full_fix_compact");
    other_pictures["splitmix_seed"] = json!(6);
    for value in [
        json!({}),
        json!([1.0]),
        json!({"episodes": []}),
        json!({"F": []}),
        without_theta_gradient,
        misshapen,
        other_pictures,
    ] {
        assert!(!failures(&value).is_empty());
    }
    let mut ledger = Ledger::default();
    check_text::<f64>("{\"theta\": [", "torn.json", Tolerances::F64, &mut ledger);
    let failures = ledger.into_failures();
    assert!(failures[0].starts_with("torn.json: "), "{failures:?}");
}

/// Only compact files may leave out the first step's activity and teaching signals.
#[test]
fn compact_files_may_lack_the_first_step() {
    for (name, may_lack) in [("g5_full_fix_compact", true), ("g1_fix", false)] {
        for key in ["y_step1", "e_step1"] {
            let mut file = in_the_tree(name);
            file.as_object_mut().expect("an object").remove(key);
            let failures = failures(&file);
            assert_eq!(failures.is_empty(), may_lack, "{name} without {key}: {failures:?}");
        }
    }
}

/// Small files hold their inputs; those must be what the generators of the compact files make.
#[test]
fn generators_make_the_small_files() {
    use crate::generate::{Matrices, Set, noise, pathway};
    for name in ["g1_fix", "g1b_fix_out47", "g2_sym", "g3_pool10"] {
        let file = in_the_tree(name);
        let seed = file["splitmix_seed"].as_u64().expect("a seed");
        let sizes: Vec<usize> = serde_json::from_value(file["sizes"].clone()).expect("sizes");
        let numbers = |key: &str| crate::expected::numbers(&file[key]).expect(key);
        // All are f32 numbers; the JSON reader may miss the last bit of an f64.
        let narrow = |wide: &[f64]| wide.iter().map(|&x| x as f32).collect::<Vec<f32>>();
        let equal = |key: &str, made: &[f64]| {
            assert_eq!(narrow(&numbers(key)), narrow(made), "{name}: {key}");
        };
        equal("W0", &pathway(&sizes, seed, Matrices::Forward).concat());
        if file["B"].is_array() {
            equal("B", &pathway(&sizes, seed, Matrices::Feedback).concat());
        }
        let sets = [
            ("x_u8", "labels", Set::Support),
            ("xq_u8", "labels_q", Set::Query),
        ];
        for (pixels, labels, set) in sets {
            let made = noise(&sizes, seed, set, numbers(labels).len());
            let bytes: Vec<f64> = made.pixels.concat().into_iter().map(f64::from).collect();
            equal(pixels, &bytes);
            let made_labels: Vec<f64> = made.labels.iter().map(|&label| label as f64).collect();
            equal(labels, &made_labels);
        }
    }
}
