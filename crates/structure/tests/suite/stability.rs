//! Names do not matter, and a change of the evidence reaches no further than its bound.

use std::collections::BTreeMap;

use metaplast_numbers::streams::{stream, uniform_index};
use metaplast_structure::{
    Database, EvidenceChange, Explanation, FriendsAndSmokers, Grounding, LogicalRule, MapSolver,
};
use rand::Rng;

const WEIGHTS: [f64; 6] = [0.7, 0.4, 1.5, 0.9, 2.0, 0.3];

fn permutation(n: usize, rng: &mut impl Rng) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    for k in (1..n).rev() {
        all.swap(k, uniform_index(rng, k + 1));
    }
    all
}

/// A rule, the people in it, and the part of its ground rule.
type Parts = BTreeMap<(usize, Vec<usize>), f64>;

/// What is predicted of each person's two atoms, and the parts of the explanations, by people and not by names.
fn by_people(domain: &FriendsAndSmokers, names: &[usize]) -> Vec<(f64, Parts)> {
    let people = domain.people();
    let database = domain.database(names);
    let grounding = Grounding::of(&FriendsAndSmokers::rules(), &database).unwrap();
    let optimum = MapSolver::default().solve(&grounding.model, &WEIGHTS);
    assert!(optimum.converged);
    let mut person_of = vec![0; people];
    names
        .iter()
        .enumerate()
        .for_each(|(person, &name)| person_of[name] = person);
    let mut all = Vec::new();
    for kind in 0..2 {
        for &name in names {
            let atom = kind * people + name;
            let explanation = Explanation::of(&grounding.model, &WEIGHTS, &optimum.y, atom);
            let mut parts = Parts::new();
            for pull in &explanation.pulls {
                let ground = &grounding.ground_rules[pull.potential];
                let named = ground.constants.iter().map(|&constant| {
                    let name = &database.constants()[constant];
                    person_of[name[1..].parse::<usize>().unwrap()]
                });
                parts.insert((ground.rule, named.collect()), pull.derivative);
            }
            assert_eq!(parts.len(), explanation.pulls.len());
            all.push((explanation.value, parts));
        }
    }
    all
}

#[test]
fn a_hundred_renamings_permute_predictions_and_explanations_and_nothing_else() {
    for trial in 0..100 {
        let mut rng = stream(&[trial, 21]);
        let domain = FriendsAndSmokers::random(7, &mut rng);
        let own: Vec<usize> = (0..7).collect();
        let before = by_people(&domain, &own);
        let after = by_people(&domain, &permutation(7, &mut rng));
        for ((value, parts), (renamed, renamed_parts)) in before.iter().zip(&after) {
            assert!((value - renamed).abs() < 1e-9);
            // A part of rounding's size may be there once and not the other time.
            for key in parts.keys().chain(renamed_parts.keys()) {
                let part = |parts: &Parts| parts.get(key).copied().unwrap_or(0.0);
                assert!((part(parts) - part(renamed_parts)).abs() < 1e-9, "{key:?}");
            }
        }
    }
}

/// Two people with isomorphic evidence: the same predictions, and the same sizes of parts.
#[test]
fn isomorphic_evidence_gets_the_same_explanation() {
    let mut database = Database::new();
    database.declare("friends", 2);
    // A ring of five; two neighbours of the first are stressed alike.
    let names: Vec<String> = (0..5).map(|k| format!("p{k}")).collect();
    for k in 0..5 {
        database.observe("friends", &[&names[k], &names[(k + 1) % 5]], 0.8);
        database.observe("friends", &[&names[(k + 1) % 5], &names[k]], 0.8);
    }
    for (person, stress) in [(0, 0.9), (1, 0.6), (4, 0.6), (2, 0.1), (3, 0.1)] {
        database.observe("stressed", &[&names[person]], stress);
    }
    for predicate in ["smokes", "cancer"] {
        names.iter().for_each(|name| {
            database.open(predicate, &[name]);
        });
    }
    let grounding = Grounding::of(&FriendsAndSmokers::rules(), &database).unwrap();
    let y = MapSolver::default().solve(&grounding.model, &WEIGHTS).y;
    let parts = |atom| {
        let explanation = Explanation::of(&grounding.model, &WEIGHTS, &y, atom);
        let mut parts: Vec<f64> = explanation
            .pulls
            .iter()
            .map(|pull| pull.derivative)
            .collect();
        parts.retain(|part| part.abs() > 1e-12);
        parts.sort_by(f64::total_cmp);
        parts
    };
    for (a, b) in [(1, 4), (2, 3), (6, 9), (7, 8)] {
        assert!((y[a] - y[b]).abs() < 1e-9);
        let (a, b) = (parts(a), parts(b));
        assert_eq!(a.len(), b.len());
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-9));
    }
}

#[test]
fn a_thousand_changes_of_the_evidence_stay_within_the_bound() {
    let mut closest = 0.0f64;
    for trial in 0..1000u64 {
        let mut rng = stream(&[trial, 22]);
        let before = FriendsAndSmokers::random(5, &mut rng);
        let size = [0.01, 0.1, 1.0][trial as usize % 3];
        let after = before.changed(size, &mut rng);
        let people: Vec<usize> = (0..5).collect();
        let ground = |domain: &FriendsAndSmokers| {
            Grounding::of(&FriendsAndSmokers::rules(), &domain.database(&people)).unwrap()
        };
        let (before, after) = (ground(&before), ground(&after));
        let solve =
            |grounding: &Grounding| MapSolver::default().solve(&grounding.model, &WEIGHTS).y;
        let (y, y_after) = (solve(&before), solve(&after));
        let change = EvidenceChange::new(&before, &after, &WEIGHTS, &y);
        let moved = y
            .iter()
            .zip(&y_after)
            .map(|(a, b)| (a - b) * (a - b))
            .sum::<f64>()
            .sqrt();
        assert!(moved <= change.prediction_bound() + 1e-9, "trial {trial}");
        for part in change.parts(&y_after) {
            let moved = (part.after - part.before).abs();
            assert!(moved <= part.bound + 1e-9, "trial {trial}: {part:?}");
            closest = closest.max(if part.bound > 1e-6 {
                moved / part.bound
            } else {
                0.0
            });
        }
    }
    // Bounds that are far from everything would hold, too.
    assert!(closest > 0.5, "{closest}");
}

/// One atom with a prior and a rule whose evidence changes a little: the bound is met to first order.
#[test]
fn the_bound_is_tight() {
    let rules: Vec<LogicalRule> = ["-> not t(A)", "e(A) -> t(A)"]
        .iter()
        .map(|text| text.parse().unwrap())
        .collect();
    let ground = |evidence| {
        let mut database = Database::new();
        database.observe("e", &["a"], evidence);
        database.open("t", &["a"]);
        Grounding::of(&rules, &database).unwrap()
    };
    // A prior so strong that the rule's own curvature hardly counts.
    let weights = [1000.0, 1.0];
    let (before, after) = (ground(0.5), ground(0.6));
    let solve = |grounding: &Grounding| MapSolver::default().solve(&grounding.model, &weights).y;
    let (y, y_after) = (solve(&before), solve(&after));
    let change = EvidenceChange::new(&before, &after, &weights, &y);
    let ratio = (y_after[0] - y[0]).abs() / change.prediction_bound();
    assert!(ratio > 0.998 && ratio <= 1.0, "{ratio}");
}
