//! Searches.

use metaplast_structure::{
    CandidateRule, Database, FriendsAndSmokers, GreedySearch, Grounding, HeadSigns, LogicalRule,
    ModelScore, PlantedDomain, RandomRuleSets, StructureSearch, Template, TruthValues,
    TypedRelation, WeightPenalty, average_precision, path_rules, prior_rules, similarity_rules,
};

fn planted(seed: u64) -> (Vec<CandidateRule>, Grounding, Vec<f64>) {
    let domain = PlantedDomain::default();
    let candidates = domain.candidates();
    let rules: Vec<LogicalRule> = candidates
        .iter()
        .map(|candidate| candidate.rule.clone())
        .collect();
    let (database, truth) = domain.draw(seed);
    (candidates, Grounding::of(&rules, &database).unwrap(), truth)
}

#[test]
fn a_cached_search_equals_one_that_fits_again() {
    let (candidates, grounding, truth) = planted(5);
    for values in [TruthValues::Soft, TruthValues::Binary] {
        let search =
            || StructureSearch::new(&grounding.model, &truth, values, WeightPenalty::default());
        let mut greedy = GreedySearch::new(candidates.len(), &[0]);
        greedy.candidates.truncate(40);
        assert_eq!(
            greedy.run(&mut search()),
            greedy.run(&mut search().without_cache())
        );
        let mut random = RandomRuleSets::new(&candidates, &[0], 9);
        random.rounds = 10;
        assert_eq!(
            random.run(&mut search()),
            random.run(&mut search().without_cache())
        );
    }
}

/// What is had in closed form is the optimum that the solver finds.
#[test]
fn the_closed_form_is_the_optimum() {
    let (candidates, grounding, truth) = planted(2);
    let mut search = StructureSearch::new(
        &grounding.model,
        &truth,
        TruthValues::Binary,
        WeightPenalty::default(),
    );
    let random = RandomRuleSets {
        rounds: 1,
        ..RandomRuleSets::new(&candidates, &[0], 3)
    };
    let found = random.run(&mut search);
    let closed = search.predict(&found.rules);
    let model = grounding.model.of_rules(&found.rules);
    let solved = metaplast_structure::MapSolver::default().solve(&model, &found.weights);
    for (a, b) in closed.iter().zip(&solved.y) {
        assert!((a - b).abs() < 1e-12);
    }
    assert_eq!(found.score, average_precision(&closed, &truth));
}

/// Collective rules and soft evidence go through the solver.
#[test]
fn collective_models_are_searched_too() {
    let mut rng = metaplast_numbers::streams::stream(&[1]);
    let domain = FriendsAndSmokers::random(6, &mut rng);
    let database = domain.database(&[0, 1, 2, 3, 4, 5]);
    let rules = FriendsAndSmokers::rules();
    let grounding = Grounding::of(&rules, &database).unwrap();
    // Truth that the rules themselves make.
    let weights = [0.3, 0.3, 3.0, 2.0, 3.0, 0.1];
    let truth = metaplast_structure::MapSolver::default()
        .solve(&grounding.model, &weights)
        .y;
    let mut search = StructureSearch::new(
        &grounding.model,
        &truth,
        TruthValues::Soft,
        WeightPenalty::default(),
    );
    let mut greedy = GreedySearch::new(rules.len(), &[0, 1]);
    greedy.score = ModelScore::SquaredError;
    greedy.gain = 1e-4;
    let found = greedy.run(&mut search);
    assert!(
        found.rules.contains(&2) && found.rules.contains(&4),
        "{found:?}"
    );
    assert!(found.course.is_sorted() && found.score > 2.0 * found.course[0]);
}

#[test]
fn a_share_of_the_rules_explains() {
    let (candidates, grounding, truth) = planted(7);
    let explains = |rules: &[usize]| {
        rules
            .iter()
            .filter(|&&rule| candidates[rule].explainable)
            .count()
    };
    let mut search = StructureSearch::new(
        &grounding.model,
        &truth,
        TruthValues::Binary,
        WeightPenalty::default(),
    );
    let mut greedy = GreedySearch::new(candidates.len(), &[0]);
    greedy.explainable = candidates
        .iter()
        .map(|candidate| candidate.explainable)
        .collect();
    greedy.gain = 1e-6;
    for share in [0.5, 1.0] {
        greedy.share = share;
        let found = greedy.run(&mut search);
        for added in 1..found.rules.len() {
            let explaining = explains(&found.rules[1..=added]) as f64;
            assert!(explaining >= share * added as f64);
        }
    }
    let random = RandomRuleSets {
        share: 1.0,
        ..RandomRuleSets::new(&candidates, &[0], 1)
    };
    let found = random.run(&mut search);
    assert_eq!(explains(&found.rules[1..]), found.rules.len() - 1);
    assert_eq!(candidates[0].template, Template::Prior);
}

#[test]
fn a_random_search_depends_on_its_seed_and_only_gets_better() {
    let (candidates, grounding, truth) = planted(7);
    let run = |seed, rounds| {
        let mut search = StructureSearch::new(
            &grounding.model,
            &truth,
            TruthValues::Soft,
            WeightPenalty::default(),
        );
        RandomRuleSets {
            rounds,
            ..RandomRuleSets::new(&candidates, &[0], seed)
        }
        .run(&mut search)
    };
    let (short, long) = (run(1, 20), run(1, 40));
    assert_eq!(short.course, long.course[..20]);
    assert!(long.course.is_sorted());
    assert_ne!(run(2, 20).course, short.course);
}

/// The joint fit does not count twice what two equal rules say: together they have the weight of one.
#[test]
fn a_refit_does_not_count_twice() {
    let (_, grounding, truth) = planted(4);
    let rule = PlantedDomain::default().candidate_of(0);
    let model = grounding.model.of_rules(&[0, rule, rule]);
    let penalty = WeightPenalty {
        lambda: 1e-9,
        most: 1024.0,
    };
    let search = StructureSearch::new(&model, &truth, TruthValues::Binary, penalty);
    let (one, two) = (
        search.refit(&[0, 1]).weights,
        search.refit(&[0, 1, 2]).weights,
    );
    assert!((two[1] + two[2] - one[1]).abs() < 1e-5, "{one:?} {two:?}");
    assert!((two[0] - one[0]).abs() < 1e-5);
}

/// Candidates of all templates: chains with a chain planted among them, similarities, and priors.
#[test]
fn a_planted_chain_is_found_among_all_templates() {
    let mut rng = metaplast_numbers::streams::stream(&[31]);
    let mut holds = |p: f64| rand::RngExt::random::<f64>(&mut rng) < p;
    let relation = |name, types| TypedRelation::new(name, types);
    let relations = [
        relation("r", ["x", "y"]),
        relation("s", ["y", "z"]),
        relation("q", ["x", "y"]),
        relation("u", ["y", "z"]),
    ];
    let target = relation("t", ["x", "z"]);
    let alike = relation("alike", ["x", "x"]);
    let mut database = Database::new();
    let names = |letter: char, n: usize| -> Vec<String> {
        (0..n).map(|k| format!("{letter}{k}")).collect()
    };
    let (x, y, z) = (names('x', 15), names('y', 10), names('z', 12));
    let mut chain = vec![vec![false; z.len()]; x.len()];
    let mut links = vec![Vec::new(); y.len()];
    for (k, middle) in y.iter().enumerate() {
        for (a, first) in x.iter().enumerate() {
            if holds(0.12) {
                database.observe("r", &[first, middle], 1.0);
                links[k].push(a);
            }
            if holds(0.12) {
                database.observe("q", &[first, middle], 1.0);
            }
        }
        for (b, last) in z.iter().enumerate() {
            if holds(0.12) {
                database.observe("s", &[middle, last], 1.0);
                links[k].iter().for_each(|&a| chain[a][b] = true);
            }
            if holds(0.12) {
                database.observe("u", &[middle, last], 1.0);
            }
        }
    }
    for a in &x {
        for b in x.iter().filter(|b| *b != a) {
            if holds(0.1) {
                database.observe("alike", &[a, b], 0.8);
            }
        }
    }
    let mut truth = Vec::new();
    for (a, first) in x.iter().enumerate() {
        for (b, last) in z.iter().enumerate() {
            database.open("t", &[first, last]);
            // One in ten is otherwise.
            truth.push(f64::from(u8::from(chain[a][b] != holds(0.1))));
        }
    }
    let mut candidates =
        CandidateRule::of(Template::Prior, prior_rules(&target, HeadSigns::Both), &[]);
    // Longer chains that go to and fro before they follow the planted one rank even better, and are no matter of two
    // relations: there are 32 of four.
    let paths = |longest| path_rules(&target, &relations, longest, HeadSigns::Positive);
    assert_eq!([paths(2).len(), paths(4).len()], [4, 36]);
    candidates.extend(CandidateRule::of(
        Template::Path,
        paths(2),
        &["r".to_owned()],
    ));
    let similar = similarity_rules(&target, &[alike], HeadSigns::Both);
    candidates.extend(CandidateRule::of(Template::Similarity, similar, &[]));
    let rules: Vec<LogicalRule> = candidates
        .iter()
        .map(|candidate| candidate.rule.clone())
        .collect();
    let grounding = Grounding::of(&rules, &database).unwrap();
    let mut search = StructureSearch::new(
        &grounding.model,
        &truth,
        TruthValues::Binary,
        WeightPenalty::default(),
    );
    let found = GreedySearch::new(rules.len(), &[1]).run(&mut search);
    assert_eq!(
        rules[found.rules[1]].to_string(),
        "r(A, B) & s(B, C) -> t(A, C)"
    );
    assert!(found.score > 0.6, "{}", found.score);
    let random = RandomRuleSets {
        rounds: 5,
        ..RandomRuleSets::new(&candidates, &[1], 1)
    };
    // Similarities are collective and not drawn, which leaves two templates.
    assert_eq!(random.templates.len(), 2);
    assert!(random.run(&mut search).score > 0.0);
}
