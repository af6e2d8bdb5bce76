//! Rules on relations, against all combinations of constants.

use metaplast_numbers::streams::stream;
use metaplast_structure::{
    Areas, Database, FriendsAndSmokers, Grounding, GroundingError, LogicalRule,
};
use proptest::prelude::*;

/// The potentials of `friends(A, B) & smokes(A) -> smokes(B)` are what the definition says, for every pair.
#[test]
fn ground_rules_are_those_of_the_definition() {
    let close = [[0.0, 0.9, 0.0], [0.4, 0.0, 1.0], [0.2, 0.0, 0.0]];
    let mut database = Database::new();
    let names = ["a", "b", "c"];
    for (a, row) in close.iter().enumerate() {
        for (b, &close) in row.iter().enumerate() {
            if close > 0.0 {
                database.observe("friends", &[names[a], names[b]], close);
            }
        }
    }
    // The first smokes by .7, of the others it is open.
    database.observe("smokes", &["a"], 0.7);
    let open = [
        None,
        Some(database.open("smokes", &["b"])),
        Some(database.open("smokes", &["c"])),
    ];
    let rule: LogicalRule = "friends(A, B) & smokes(A) -> smokes(B)".parse().unwrap();
    let grounding = Grounding::of(&[rule], &database).unwrap();
    let mut found = 0;
    for (a, row) in close.iter().enumerate() {
        for (b, close) in row.iter().enumerate() {
            let mut constant = close - 1.0;
            let mut terms = Vec::new();
            match open[a] {
                Some(atom) => terms.push((atom, 1.0)),
                None => constant += 0.7,
            }
            match open[b] {
                Some(atom) => terms.push((atom, -1.0)),
                None => constant -= 0.7,
            }
            let most: f64 = terms.iter().map(|(_, k): &(usize, f64)| k.max(0.0)).sum();
            if *close == 0.0 || terms.is_empty() || constant + most <= 0.0 {
                continue;
            }
            let model = &grounding.model;
            let here = (0..model.potentials()).filter(|&g| {
                (model.constant(g) - constant).abs() < 1e-15
                    && model.terms(g).eq(terms.iter().copied())
            });
            assert_eq!(here.count(), 1, "{a} {b}");
            found += 1;
        }
    }
    assert_eq!(found, grounding.model.potentials());
}

#[test]
fn negated_conditions_and_constants_hold_where_they_should() {
    let mut database = Database::new();
    for (person, phase) in [("ann", "early"), ("bob", "late"), ("eve", "late")] {
        database.observe("phase", &[person, phase], 1.0);
        database.open("done", &[person]);
    }
    database.observe("ill", &["eve"], 1.0);
    let rules: Vec<LogicalRule> = [
        "phase(A, late) & not ill(A) -> done(A)",
        "phase(A, never) -> done(A)",
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect();
    let grounding = Grounding::of(&rules, &database).unwrap();
    assert_eq!(grounding.model.potentials(), 1);
    let text = grounding.text(0, &rules, &database);
    assert_eq!(text, "phase(bob, late) & not ill(bob) -> done(bob)");
}

#[test]
fn a_rule_that_does_not_fit_is_refused_with_a_way_out() {
    let mut database = Database::new();
    database.observe("r", &["a", "b"], 1.0);
    database.open("t", &["a"]);
    let refused = |text: &str| {
        let rule: LogicalRule = text.parse().unwrap();
        Grounding::of(&[rule], &database).unwrap_err()
    };
    assert!(matches!(
        refused("s(A) -> t(A)"),
        GroundingError::UnknownRelation { .. }
    ));
    assert!(matches!(
        refused("r(A) -> t(A)"),
        GroundingError::Arguments {
            expected: 2,
            found: 1,
            ..
        }
    ));
    let unbound = refused("not r(A, B) -> t(A)");
    assert_eq!(
        unbound.to_string(),
        "rule not r(A, B) -> t(A): nothing says what B may be; use it in a literal of the body that is not negated"
    );
}

#[test]
fn files_that_are_no_areas_are_refused_with_the_place() {
    for (text, message) in [
        ("{", "areas: EOF while parsing an object at line 1 column 1"),
        (
            "{}",
            "areas: target: say what is to be predicted, like advisedby(student,professor)",
        ),
        (
            r#"{"target": "t(x)"}"#,
            "areas: areas: this is to be a list of areas",
        ),
        (
            r#"{"target": "t(x)", "areas": [{"area": 1, "facts": {"x": [["a"], [1]]}}]}"#,
            "areas: areas/0/facts/x: this is to be a list of facts, each a list of names",
        ),
        (
            r#"{"target": "t(x)", "areas": [{"area": 7, "facts": {"r": [["a", "b"], ["a"]]}}]}"#,
            "areas: area 7: r(a, b): r has 1 arguments elsewhere",
        ),
    ] {
        assert_eq!(Areas::from_json(text).unwrap_err().to_string(), message);
    }
    let error = Areas::read(std::path::Path::new("no/such/file.json")).unwrap_err();
    assert!(error.to_string().starts_with("no/such/file.json: "));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Rules of a random domain are violated by its ground rules as a loop over all people says.
    #[test]
    fn energies_of_rules_are_sums_over_people(seed in any::<u64>()) {
        let mut rng = stream(&[seed]);
        let domain = FriendsAndSmokers::random(5, &mut rng);
        let database = domain.database(&[0, 1, 2, 3, 4]);
        let grounding = Grounding::of(&FriendsAndSmokers::rules(), &database).unwrap();
        let y: Vec<f64> = (0..10).map(|_| rand::RngExt::random::<f64>(&mut rng)).collect();
        let energies = grounding.model.rule_energies(&y);
        let square = |x: f64| x.max(0.0) * x.max(0.0);
        let (smokes, cancer) = y.split_at(5);
        let priors: f64 = smokes.iter().map(|&s| square(s)).sum();
        prop_assert!((energies[0] - priors).abs() < 1e-12);
        let causes: f64 = smokes.iter().zip(cancer).map(|(s, c)| square(s - c)).sum();
        prop_assert!((energies[2] - causes).abs() < 1e-12);
    }
}
