//! Searchers on landscapes of which every candidate was measured.

use metaplast_search::{Judgement, Landscape, SearchMethod};

/// What holds on a landscape of any size N, after 40 evaluations from 60 seeds: the mean rank of the best is at
/// most .0047 N, and .80 of the seeds find one of the best 1%.
pub(crate) fn check_landscape(name: &str, landscape: &Landscape) {
    let of =
        |method: SearchMethod| Judgement::of(landscape, 40, 1..=60, |seed| method.searcher(seed));
    let puct = of(SearchMethod::Puct);
    let (rank, share) = (puct.mean_rank(), puct.share());
    let most = 0.0047 * puct.candidates as f64;
    assert!(rank <= most, "{name}: mean rank {rank}, at most {most}");
    assert!(share >= 0.8, "{name}: {share} within the best 1%");
    let others = [
        SearchMethod::Random,
        SearchMethod::Uct,
        SearchMethod::Evolution,
    ]
    .map(of);
    for other in others {
        assert!(
            rank < other.mean_rank(),
            "{name}: {rank}, {}",
            other.mean_rank()
        );
    }
}

#[test]
fn a_landscape_comes_back_from_its_text() {
    let text = include_str!("../../data/landscape_486.json");
    let landscape = Landscape::from_errors(text).unwrap();
    assert_eq!(landscape.measured().len(), 486);
    let again = Landscape::from_errors(&landscape.to_errors("again")).unwrap();
    assert_eq!(again, landscape);
    let wrong = [
        (
            "[0,0,0,0,0,1,",
            "[0,0,0,0,0,0,",
            "row 1 is a candidate that was there before",
        ),
        (
            "[[0,0,0,0,0,0,",
            "[[3,0,0,0,0,0,",
            "row 0 names an option that is not there",
        ),
        (
            "[[0,0,0,0,0,0,",
            "[[0,0,0,0,0,",
            "row 0 does not have a number for each column",
        ),
        ("\"val\"", "\"value\"", "no column val after the choices"),
    ];
    for (there, instead, message) in wrong {
        assert!(text.contains(there), "{there}");
        let changed = text.replacen(there, instead, 1);
        let error = Landscape::from_errors(&changed).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}
