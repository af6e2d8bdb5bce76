//! What a search shows on a page.

use metaplast_search::{Landscape, Search, SearchMethod, policy_table, progress_figure};

#[test]
fn a_search_is_shown_by_its_progress_and_its_policy() {
    let landscape = Landscape::from_errors(include_str!("../../data/landscape_486.json")).unwrap();
    let searches: Vec<Search> = SearchMethod::ALL
        .map(|method| {
            let mut search = Search::new(&landscape, method.searcher(1));
            search.run(30);
            search
        })
        .into();
    let named: Vec<_> = SearchMethod::ALL
        .iter()
        .zip(&searches)
        .map(|(method, search)| (method.name().to_owned(), search.history()))
        .collect();
    let figure = progress_figure(&named);
    assert_eq!(figure.plots[0].curves.len(), 5);
    for curve in &figure.plots[0].curves {
        assert_eq!(curve.points.len(), 30);
        assert!(
            curve
                .points
                .windows(2)
                .all(|pair| pair[0].y.mean <= pair[1].y.mean)
        );
    }
    let table = policy_table(&landscape, searches[3].history());
    // One row for each option along the best candidate.
    assert_eq!(table.rows.len(), 3 + 3 + 2 + 3 + 3 + 3);
    let first = table.rows[0][1].to_text();
    assert_eq!(first, "inp linear");
    let second = table.rows[3][1].to_text();
    assert_eq!(second, "hist none");
    let taken = table.rows.iter().filter(|row| row[4].to_text() == "taken");
    assert_eq!(taken.count(), 6);
}
