//! The experiment, in a size in which its numbers mean little.

use metaplast_experiment::{Error, Experiment, KeptInMemory, Request, Results, Silent};
use metaplast_low_rank::experiments;

fn run(changes: &[(&str, &str)]) -> Result<Results, Error> {
    let all = experiments::all();
    let experiment: &dyn Experiment = &*all[0];
    let mut settings = experiment.settings(true);
    for (name, value) in [("trials", "2"), ("draws", "3"), ("most", "500")]
        .iter()
        .chain(changes)
    {
        settings.choose(name, value)?;
    }
    experiment.run(&Request::new(&settings, &Silent, &KeptInMemory::default()))
}

#[test]
fn the_experiment_ends_in_findings_tables_and_figures() {
    let results = run(&[]).expect("results");
    assert!(results.findings.len() > 10);
    assert!(results.tables.iter().all(|table| !table.rows.is_empty()));
    let figures: Vec<&str> = results
        .figures
        .iter()
        .map(|figure| figure.id.as_str())
        .collect();
    assert_eq!(
        figures,
        [
            "error",
            "slow",
            "alignment",
            "laws",
            "spectra",
            "separation",
            "flat",
            "sketches",
            "backward"
        ]
    );
    for plot in results.figures.iter().flat_map(|figure| &figure.plots) {
        assert!(
            plot.curves.iter().any(|curve| !curve.points.is_empty()),
            "{}",
            plot.title
        );
    }
    assert_eq!(
        results,
        run(&[]).expect("results"),
        "the same settings, other results"
    );
}

#[test]
fn settings_that_cannot_be_name_a_way_out() {
    for (setting, value, message) in [
        (
            "eta",
            "3",
            "eta: 3 makes no sense; choose a number above 0, at most 1",
        ),
        (
            "most",
            "10",
            "most: 10 makes no sense; choose 100 to 10000000",
        ),
    ] {
        let error = run(&[(setting, value)]).expect_err("an error");
        assert_eq!(error.to_string(), message);
    }
}
