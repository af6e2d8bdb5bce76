//! The experiment, in a size in which its numbers mean little.

use metaplast_experiment::{Error, Experiment, KeptInMemory, Request, Results, Silent};
use metaplast_search::experiments;

fn run(changes: &[(&str, &str)]) -> Result<Results, Error> {
    let all = experiments::all();
    let experiment: &dyn Experiment = &*all[0];
    let mut settings = experiment.settings(true);
    for (name, value) in changes {
        settings.choose(name, value)?;
    }
    let store = KeptInMemory::default();
    experiment.run(&Request::new(&settings, &Silent, &store).quickly(true))
}

#[test]
fn the_experiment_ends_in_findings_tables_and_figures() {
    let small = [
        ("trials", "2"),
        ("soils", "1"),
        ("fields", "1"),
        ("steps", "2"),
    ];
    let results = run(&small).expect("results");
    assert_eq!(results.failure, None);
    assert!(results.findings.len() >= 6);
    assert!(results.tables.iter().all(|table| !table.rows.is_empty()));
    let ids: Vec<&str> = results
        .tables
        .iter()
        .map(|table| table.id.as_str())
        .collect();
    assert_eq!(
        ids,
        ["searchers", "errors", "policy", "column", "permeability"]
    );
}

#[test]
fn settings_that_cannot_be_are_refused() {
    for (name, value) in [
        ("soils", "19"),
        ("soils", "0"),
        ("trials", "0"),
        ("budget", "0"),
    ] {
        let error = run(&[(name, value)]).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name}: ")), "{error}");
    }
}
