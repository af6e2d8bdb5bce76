//! The pool as a landscape of which the truth is known.

use metaplast_discover::{PoolSubsets, RulePrice};
use metaplast_plasticity::Preset;
use metaplast_search::{Judgement, SearchMethod};

const PRICE: RulePrice = RulePrice {
    term: 0.005,
    locality: 0.0025,
};

#[test]
fn a_search_finds_one_of_the_best_percent_within_80_of_1023_rules() {
    let landscape = PoolSubsets::trained().landscape(PRICE);
    let judged = Judgement::of(&landscape, 80, 0..60, |seed| {
        SearchMethod::Puct.searcher(seed)
    });
    let share = judged.share();
    assert!(share >= 0.8, "{share}: ranks {:?}", judged.ranks);
}

#[test]
fn the_table_comes_back_from_what_was_written() {
    let subsets = PoolSubsets::trained();
    assert_eq!(subsets.subsets().len(), 1023);
    assert_eq!(PoolSubsets::from_csv(&subsets.to_csv()).unwrap(), subsets);
    assert!(subsets.accuracy(Preset::Bio.terms()) > subsets.accuracy(Preset::EHebb.terms()));
}

#[test]
fn tables_that_are_none_are_refused_with_the_line() {
    for (text, line) in [
        ("", "line 1: "),
        ("terms,accuracy\n", "line 1: "),
        ("terms,accuracy\nF0 0.5\n", "line 2: "),
        ("terms,accuracy\nF10,0.5\n", "line 2: "),
        ("terms,accuracy\nF0,x\n", "line 2: "),
        ("terms,accuracy\nF0,0.5\nF2,0.5\n", "line 2: "),
        ("terms,accuracy\nF2,0.5\nF0,0.5\nF0 F2,1\n", "line 2: "),
    ] {
        let error = PoolSubsets::from_csv(text).unwrap_err().to_string();
        assert!(error.starts_with(line), "{text:?}: {error}");
    }
}
