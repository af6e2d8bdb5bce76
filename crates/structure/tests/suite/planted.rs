//! Rules that were planted are found.

use metaplast_structure::{
    GreedySearch, Grounding, LogicalRule, PlantedDomain, StructureSearch, TruthValues,
    WeightPenalty,
};

/// Of twenty seeds the rule for the target is found in seventeen at least.
#[test]
fn a_planted_rule_is_found() {
    let domain = PlantedDomain::default();
    let rules: Vec<LogicalRule> = domain
        .candidates()
        .into_iter()
        .map(|candidate| candidate.rule)
        .collect();
    assert_eq!(rules.len(), 121);
    let planted = domain.candidate_of(0);
    assert_eq!(
        rules[planted].to_string(),
        "old(A) & linked(A, B) -> chosen(A, B)"
    );
    assert_eq!(
        rules[domain.candidate_of(1)].to_string(),
        "round(B) & heavy(B) -> not chosen(A, B)"
    );
    let found = (1..=20).filter(|&seed| {
        let (database, truth) = domain.draw(seed);
        let grounding = Grounding::of(&rules, &database).unwrap();
        let mut search = StructureSearch::new(
            &grounding.model,
            &truth,
            TruthValues::Soft,
            WeightPenalty::default(),
        );
        let found = GreedySearch::new(rules.len(), &[0]).run(&mut search);
        found.rules.contains(&planted)
    });
    let found = found.count();
    assert!(found >= 17, "{found} of 20");
}

#[test]
fn a_domain_depends_on_its_seed_alone() {
    let domain = PlantedDomain::default();
    assert_eq!(domain.draw(3).1, domain.draw(3).1);
    assert_ne!(domain.draw(3).1, domain.draw(4).1);
}
