//! Experiments, in a size in which their numbers mean nothing.

use metaplast_experiment::{Cell, Error, Experiment, KeptInMemory, Request, Results, Silent};
use metaplast_reservoir::experiments;

fn find(name: &str) -> Box<dyn Experiment> {
    let all = experiments::all().into_iter();
    let mut named = all.filter(|experiment| experiment.name() == name);
    named.next().expect("an experiment of this name")
}

fn run(experiment: &dyn Experiment, changes: &[(&str, &str)]) -> Result<Results, Error> {
    let mut settings = experiment.settings(true);
    for (name, value) in [("units", "30"), ("steps", "40"), ("trials", "3")]
        .iter()
        .chain(changes)
    {
        settings.choose(name, value)?;
    }
    experiment.run(&Request::new(&settings, &Silent, &KeptInMemory::default()))
}

#[test]
fn every_experiment_ends_in_findings_tables_and_figures() {
    for experiment in experiments::all() {
        let results = run(&*experiment, &[]).expect("results");
        let name = experiment.name();
        assert!(!results.findings.is_empty(), "{name}");
        assert!(
            results.tables.iter().all(|table| !table.rows.is_empty()),
            "{name}"
        );
        let plots = results.figures.iter().flat_map(|figure| &figure.plots);
        assert!(plots.count() > 0, "{name}");
        let again = run(&*experiment, &[]).expect("results");
        assert_eq!(results, again, "{name}: the same settings, other results");
    }
}

#[test]
fn the_page_of_a_task_shows_the_movement_beside_the_target() {
    let results = run(&*find("supertrex-1"), &[]).expect("results");
    let figure = results
        .figures
        .iter()
        .find(|figure| figure.id == "movement");
    let figure = figure.expect("a figure of the movement");
    assert_eq!(figure.plots.len(), 3);
    for plot in &figure.plots {
        assert_eq!(plot.curves.len(), 2);
        assert!(plot.curves.iter().all(|curve| curve.points.len() >= 40));
    }
}

#[test]
fn both_precisions_begin_alike() {
    let distance = |precision| {
        let changes = [("precision", precision), ("steps", "20"), ("trials", "1")];
        let results = run(&*find("supertrex-1"), &changes).expect("results");
        let figure = results
            .figures
            .iter()
            .find(|figure| figure.id == "distance");
        let plot = &figure.expect("a figure of the distance").plots[0];
        plot.curves[0].points[0].y.mean
    };
    let (single, double) = (distance("f32"), distance("f64"));
    assert!(single != double && (single - double).abs() < 1e-4);
}

#[test]
fn diverged_runs_are_counted_and_not_averaged() {
    // Few units with the published rate for a thousand never get far; three segments of an arm by
    // the authors' rules are as likely to diverge as not, so all that is sure is the sum.
    let changes = [
        ("variants", "authors,steady"),
        ("units", "60"),
        ("steps", "400"),
    ];
    let results = run(&*find("supertrex-2"), &changes).expect("results");
    let table = &results.tables[0];
    let column = |heading: &str| {
        table
            .headings
            .iter()
            .position(|h| h == heading)
            .expect("it")
    };
    for row in &table.rows {
        let Cell::Count(diverged) = row[column("diverged")] else {
            panic!("diverged runs are a count");
        };
        assert_eq!(row[column("deviation")] == Cell::Nothing, diverged == 3);
    }
}

#[test]
fn settings_that_cannot_be_name_a_way_out() {
    for (name, setting, value, message) in [
        (
            "supertrex-1",
            "variants",
            "mine",
            "variants: 'mine' is not a variant; those are authors, modified and steady",
        ),
        (
            "supertrex-1",
            "test",
            "open",
            "test: open is no test; choose forced or free",
        ),
        (
            "supertrex-arms",
            "segments",
            "2.5",
            "segments: 2.5 segments make no arm; choose 1 to 1000",
        ),
        (
            "parkinson",
            "feedback",
            "none",
            "feedback: none is no feedback; choose target, circle or outputs",
        ),
        (
            "parkinson",
            "units",
            "3",
            "units: 3 makes no sense; choose 10 to 65536",
        ),
        (
            "parkinson",
            "precision",
            "f16",
            "precision: f16 is no number to compute with; choose f32 or f64",
        ),
        (
            "meta-rmhl",
            "units",
            "1",
            "units: 1 makes no sense; choose 10 to 10000",
        ),
    ] {
        let error = run(&*find(name), &[(setting, value)]).expect_err("an error");
        assert_eq!(error.to_string(), message);
    }
}
