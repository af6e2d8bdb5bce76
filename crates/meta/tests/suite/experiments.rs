//! The experiments of the crate, in sizes in which their numbers mean little.

use metaplast_experiment::{Error, KeptInMemory, Request, Results, Silent};
use metaplast_meta::experiments;

fn run(name: &str, changes: &[(&str, &str)]) -> Result<Results, Error> {
    let all = experiments::all();
    let experiment = all.iter().find(|experiment| experiment.name() == name);
    let experiment = experiment.unwrap();
    let mut settings = experiment.settings(true);
    for (name, value) in changes {
        settings.choose(name, value)?;
    }
    let store = KeptInMemory::default();
    experiment.run(&Request::new(&settings, &Silent, &store).quickly(true))
}

/// Those that span the images' components explain more than random weights.
#[test]
fn rules_without_a_teacher_are_compared() {
    let changes = [("shots", "8"), ("steps", "200"), ("trials", "2")];
    let results = run("rules-unsupervised", &changes).unwrap();
    let table = &results.tables[0];
    assert_eq!(table.rows.len(), 12);
    let explained = |rule: &str| -> f64 {
        let row = table.rows.iter().find(|row| row[0].to_text() == rule);
        let text = row.unwrap()[3].to_text();
        text.split(' ').next().unwrap().parse().unwrap()
    };
    assert!(explained("sanger") > 2.0 * explained("random weights"));
}

#[test]
fn rules_for_sequences_are_compared_on_both_tasks() {
    let results = run("recurrent", &[("episodes", "4"), ("trials", "2")]).unwrap();
    assert_eq!(results.tables[0].rows.len(), 12);
}

#[test]
fn settings_of_recurrent_that_cannot_be_are_refused() {
    for (name, value, message) in [
        ("leak", "0,0.5", "leak: the leak must be above 0"),
        (
            "leak",
            "0.5",
            "leak: 1 values; give one for each of two tasks",
        ),
        (
            "rate",
            "-1,1",
            "rate: −1 makes no sense; choose a number of 0 or more",
        ),
        ("theta", "0.1,1e300", "theta: "),
        (
            "units",
            "tanh,step",
            "units: unknown activation `step`; choose softplus, relu or tanh",
        ),
    ] {
        let error = run("recurrent", &[(name, value)]).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}
