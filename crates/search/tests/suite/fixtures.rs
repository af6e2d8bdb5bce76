//! Numbers made by other programs: a tree search, retention curves, landscapes, measured soils.
//!
//! Every JSON file of the directory that `METAPLAST_METAMODEL_FIXTURES` names is read, by default those beside this
//! test and those that come with the crate. What is in a file is told by its keys.

use std::path::{Path, PathBuf};

use metaplast_fixtures::{files, files_in};
use metaplast_search::Landscape;
use metaplast_search::retention::{HystereticRetention, Soil, VanGenuchten};
use serde_json::Value;

use crate::games::ListedGame;
use crate::landscapes::check_landscape;
use crate::retention::check_soils;

const VARIABLE: &str = "METAPLAST_METAMODEL_FIXTURES";
const TOLERANCE: f64 = 1e-12;

fn paths() -> Vec<PathBuf> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let mut paths = files(VARIABLE, own).unwrap_or_else(|error| panic!("{error}"));
    if std::env::var_os(VARIABLE).is_none() {
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
        let data = files_in(Path::new(data)).unwrap_or_else(|error| panic!("{error}"));
        paths.extend(data);
    }
    paths
}

#[test]
fn every_fixture_is_met() {
    for path in paths() {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let content: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let has = |keys: &[&str]| keys.iter().all(|key| !content[key].is_null());
        if has(&["priors", "values", "rewards", "visited_leaves"]) {
            tree_search(&name, &content);
        } else if has(&["suction", "soils", "paths"]) {
            retention_curves(&name, &content);
        } else if has(&["order", "options", "rows"]) {
            let landscape = Landscape::from_errors(&text);
            check_landscape(
                &name,
                &landscape.unwrap_or_else(|error| panic!("{name}: {error}")),
            );
        } else if has(&["soils"]) {
            let soils = Soil::read(&text);
            check_soils(
                &name,
                &soils.unwrap_or_else(|error| panic!("{name}: {error}")),
            );
        } else {
            panic!("{name}: no tree search, retention curves, landscape or soils");
        }
    }
}

/// The numbers of a list.
fn numbers(name: &str, value: &Value) -> Vec<f64> {
    let list = value
        .as_array()
        .and_then(|list| list.iter().map(Value::as_f64).collect());
    list.unwrap_or_else(|| panic!("{name}: {value} is no list of numbers"))
}

fn choices(name: &str, value: &Value) -> Vec<usize> {
    numbers(name, value)
        .into_iter()
        .map(|choice| choice as usize)
        .collect()
}

#[track_caller]
fn close(name: &str, what: &str, ours: f64, theirs: f64) {
    let off = (ours - theirs).abs();
    assert!(
        off <= TOLERANCE * theirs.abs(),
        "{name}: {what}: {theirs} there, {ours} here"
    );
}

/// Every leaf in order, visits exactly, means.
fn tree_search(name: &str, content: &Value) {
    let game = ListedGame::read(name, content);
    let number = |key: &str| {
        content[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{name}: {key}"))
    };
    let mut judge = game.clone();
    let mut tree = metaplast_search::SearchTree::new(&game, &mut judge, number("exploration"));
    let leaves = content["visited_leaves"]
        .as_array()
        .expect("a list of leaves");
    assert_eq!(
        leaves.len(),
        number("simulations") as usize,
        "{name}: simulations"
    );
    for (k, leaf) in leaves.iter().enumerate() {
        let (reached, value) = tree.simulate(&game, &mut judge);
        assert_eq!(reached, choices(name, &leaf["leaf"]), "{name}: leaf {k}");
        assert_eq!(Some(value), leaf["value"].as_f64(), "{name}: leaf {k}");
    }
    let visits = content["visits"].as_object().expect("visits by prefix");
    assert_eq!(visits.len(), tree.states().len(), "{name}: states");
    for (prefix, visits) in visits {
        let place = ListedGame::prefix(prefix);
        let state = tree
            .state(&place)
            .unwrap_or_else(|| panic!("{name}: no state {prefix}"));
        let ours: Vec<f64> = state.visits.iter().map(|&n| n as f64).collect();
        assert_eq!(ours, numbers(name, visits), "{name}: visits of {prefix}");
        let means = numbers(name, &content["means"][prefix]);
        assert_eq!(means.len(), state.means.len(), "{name}: means of {prefix}");
        for (ours, theirs) in state.means.iter().zip(means) {
            assert!((ours - theirs).abs() <= 1e-12, "{name}: means of {prefix}");
        }
    }
}

fn retention_curves(name: &str, content: &Value) {
    let suctions = numbers(name, &content["suction"]);
    let soils = content["soils"].as_object().expect("soils by name");
    assert!(!soils.is_empty(), "{name}: no soils");
    let parameters = |soil: &str| {
        let numbers = numbers(name, &content["soils"][soil]["parameters"]);
        let [theta_r, theta_s, alpha, n, k_s] = numbers[..] else {
            panic!("{name}: {soil}: five parameters");
        };
        VanGenuchten {
            theta_r,
            theta_s,
            alpha,
            n,
            k_s,
        }
    };
    for (soil, expected) in soils {
        let curve = parameters(soil);
        if let Some((_, ours)) = VanGenuchten::TEXTURES.iter().find(|(name, _)| name == soil) {
            assert_eq!(*ours, curve, "{name}: {soil}");
        }
        let listed = |key: &str| {
            let theirs = numbers(name, &expected[key]);
            assert_eq!(theirs.len(), suctions.len(), "{name}: {soil}: {key}");
            theirs
        };
        let (theta, slope, conductivity) =
            (listed("theta"), listed("slope"), listed("conductivity"));
        for (k, &h) in suctions.iter().enumerate() {
            let what = |key: &str| format!("{soil}: {key} at {h}");
            close(name, &what("theta"), curve.water_content(h), theta[k]);
            close(name, &what("slope"), curve.slope(h), slope[k]);
            // The file's conductivities have 1 − (1 − x)ᵐ as it stands, which for small x has a rounding error of an
            // ulp of 1: against 60 digits, that of sand at 15,000 cm is off by 9·10⁻⁸.
            let flow = (curve.conductivity(h) / curve.k_s / curve.saturation(h).sqrt()).sqrt();
            let room = TOLERANCE + 4.0 * f64::EPSILON / flow;
            let off = (curve.conductivity(h) / conductivity[k] - 1.0).abs();
            assert!(
                off <= room,
                "{name}: {}: off by {off}, room {room}",
                what("conductivity")
            );
        }
    }
    let ratio = content["wetting_alpha_over_drying_alpha"]
        .as_f64()
        .expect("a ratio");
    for path in content["paths"].as_array().expect("a list of paths") {
        let soil = path["soil"].as_str().expect("the name of a soil");
        let (suction, theta) = (
            numbers(name, &path["suction"]),
            numbers(name, &path["theta"]),
        );
        assert_eq!(suction.len(), theta.len(), "{name}: path of {soil}");
        let mut retention = HystereticRetention::new(parameters(soil), ratio, suction[0]);
        let mut direction = retention.direction();
        let mut reversals = Vec::new();
        for (k, (&h, &theirs)) in suction.iter().zip(&theta).enumerate() {
            let ours = if k == 0 {
                retention.water_content()
            } else {
                retention.move_to(h)
            };
            close(name, &format!("path of {soil}, point {k}"), ours, theirs);
            if retention.direction() != direction {
                direction = retention.direction();
                reversals.push(k - 1);
            }
        }
        assert_eq!(
            reversals,
            choices(name, &path["reversals"]),
            "{name}: reversals of {soil}"
        );
    }
}

#[test]
fn a_file_that_is_none_of_these_fails() {
    for text in [
        "{}",
        "[1]",
        "{\"soils\": []}",
        "{\"soils\": [{\"code\": 1}]}",
    ] {
        assert!(Landscape::from_errors(text).is_err(), "{text}");
        assert!(Soil::read(text).is_err(), "{text}");
    }
    let error = Soil::read("{").unwrap_err().to_string();
    assert!(error.starts_with("it is no JSON: "), "{error}");
}
