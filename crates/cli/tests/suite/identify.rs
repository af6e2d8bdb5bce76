//! `metaplast identify`: recordings of virtual networks, and what cannot be named.

use std::collections::BTreeMap;

use metaplast_tensor::Tensor;
use metaplast_tensor::exchange::npz;

use crate::common::{Sandbox, assert_refused};

#[test]
fn a_network_is_recorded_as_asked_for() {
    let place = Sandbox::new();
    let record = |flags: &[&str]| {
        let fixed = [
            "identify",
            "simulate",
            "--record",
            "no-learning",
            "--out",
            "r.npz",
        ];
        place.succeed(&[&fixed[..], flags].concat());
        npz::read::<f64>(place.path("r.npz")).unwrap()
    };
    let arrays = record(&[
        "--units", "7", "--probes", "5", "--every", "4", "--noise", "0.1",
    ]);
    assert_eq!(arrays["activity.1"].dims(), [6, 5, 7]);
    assert_eq!(arrays["weights.1"].dims(), [6, 7, 7]);
    assert_eq!(
        arrays["times"].data(),
        [0.0, 80.0, 160.0, 240.0, 320.0, 400.0]
    );
    assert_eq!(arrays["behaviour"].dims(), [6]);
    let again = record(&[
        "--units", "7", "--probes", "5", "--every", "4", "--noise", "0.1",
    ]);
    assert_eq!(arrays, again);
    let only = record(&["--only", "activity", "--every", "20"]);
    assert!(only.keys().all(|name| !name.starts_with("weights")));
    let behaviour = record(&["--only", "behaviour"]);
    assert_eq!(behaviour.keys().collect::<Vec<_>>(), ["behaviour", "times"]);
    let steps = record(&["--only", "weights", "--every", "20", "--with-steps"]);
    let [count, batch, inputs] = *steps["inputs"].dims() else {
        panic!("{:?}", steps["inputs"].dims())
    };
    assert!(count == 400 && batch > 1 && inputs == 196);
    assert!(
        steps.contains_key("labels") != steps.contains_key("targets") && steps.contains_key("B.1")
    );
    let said = place.run(&["identify", "simulate", "--record", "sgdd"]);
    assert_refused(
        &said,
        &["no such rule; choose sgd, momentum"],
        &place.path("runs"),
    );
}

#[test]
fn what_cannot_be_named_is_refused_before_anything_is_simulated() {
    let place = Sandbox::new();
    let name = |flags: &[&str]| place.run(&[&["identify", "name"][..], flags].concat());
    assert_refused(&name(&["none.npz"]), &["none.npz"], &place.path("runs"));
    let write = |arrays: &BTreeMap<&str, Tensor<f32>>| {
        npz::write(
            place.path("r.npz"),
            arrays.iter().map(|(name, a)| (*name, a)),
        )
        .unwrap();
    };
    write(&[("activities.1", Tensor::zeros([3, 2, 2]))].into());
    assert_refused(
        &name(&["r.npz"]),
        &["array `activities.1`: unknown"],
        &place.path("runs"),
    );
    write(&[("activity.1", Tensor::zeros([3, 2]))].into());
    assert_refused(
        &name(&["r.npz"]),
        &["it needs [times, probes, units]"],
        &place.path("runs"),
    );
    write(&[("activity.1", Tensor::zeros([3, 2, 2]))].into());
    assert_refused(
        &name(&["r.npz", "--networks", "61"]),
        &["no multiple of the 12 rules"],
        &place.path("runs"),
    );
    assert_refused(
        &name(&["r.npz", "--networks", "24"]),
        &["--networks 24: too few", "give 60 or more"],
        &place.path("runs"),
    );
    assert_refused(
        &name(&["r.npz", "--prior", "sgd"]),
        &["write RULE=NUMBER"],
        &place.path("runs"),
    );
    assert_refused(
        &name(&["r.npz", "--prior", "x=1"]),
        &["no such rule"],
        &place.path("runs"),
    );
    assert_refused(
        &name(&["r.npz", "--noise-weights", "-1"]),
        &["--noise-weights"],
        &place.path("runs"),
    );
    let test = place.run(&["identify", "test", "--networks", "61"]);
    assert_refused(
        &test,
        &["61 is no multiple of the 12 rules"],
        &place.path("runs"),
    );
}

#[test]
fn rule_files_are_classes() {
    let place = Sandbox::new();
    let rule = "terms = [\"F0\", \"F2\"]\ntheta = [0.02, -0.05]\nfeedback = \"fixed\"\n";
    std::fs::create_dir(place.path("found")).unwrap();
    std::fs::write(place.path("found/rule.toml"), rule).unwrap();
    let rule = [
        "--rule",
        "found/rule.toml",
        "--every",
        "20",
        "--out",
        "r.npz",
    ];
    let said = place.succeed(&[&["identify", "simulate", "--record", "found"][..], &rule].concat());
    assert!(said.starts_with("found: "), "{said}");
    std::fs::copy(place.path("found/rule.toml"), place.path("sgd.toml")).unwrap();
    let said = place.run(&[
        "identify", "simulate", "--record", "sgd", "--rule", "sgd.toml",
    ]);
    assert_refused(&said, &["there is a rule sgd already"], &place.path("runs"));
}
