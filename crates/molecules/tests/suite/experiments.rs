//! Experiments, in a size in which their numbers mean nothing.

use metaplast_experiment::{Error, Experiment, KeptInMemory, Request, Results, Silent};
use metaplast_molecules::experiments;

fn find(name: &str) -> Box<dyn Experiment> {
    let all = experiments::all().into_iter();
    let mut named = all.filter(|experiment| experiment.name() == name);
    named.next().expect("an experiment of this name")
}

const SMALL: [(&str, &str); 8] = [
    ("places", "3"),
    ("training", "40"),
    ("trials", "2"),
    ("epochs", "3"),
    ("samples", "60"),
    ("hidden", "12"),
    ("latent", "3"),
    ("batch", "20"),
];

fn run(experiment: &dyn Experiment, changes: &[(&str, &str)]) -> Result<Results, Error> {
    let mut settings = experiment.settings(true);
    for (name, value) in SMALL.iter().chain(changes) {
        settings.choose(name, value)?;
    }
    experiment.run(&Request::new(&settings, &Silent, &KeptInMemory::default()))
}

#[test]
fn every_experiment_ends_in_findings_and_tables_and_repeats() {
    for experiment in experiments::all() {
        let results = run(&*experiment, &[]).expect("results");
        let name = experiment.name();
        assert!(!results.findings.is_empty(), "{name}");
        assert!(
            results.tables.iter().all(|table| !table.rows.is_empty()),
            "{name}"
        );
        let again = run(&*experiment, &[]).expect("results");
        assert_eq!(results, again, "{name}: the same settings, other results");
    }
}

#[test]
fn molecules_are_learned_from_a_file() {
    let directory =
        std::env::temp_dir().join(format!("metaplast-molecules-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a directory");
    let path = directory.join("chains.smi");
    let chains = (2..9).flat_map(|n| ["O", "N", "F", "C"].map(|end| "C".repeat(n) + end));
    std::fs::write(&path, chains.collect::<Vec<_>>().join("\n")).expect("a file");
    let data = path.to_str().expect("a path");
    let changes = [("data", data), ("places", "9"), ("training", "20")];
    let results = run(&*find("molecules"), &changes).expect("results");
    let headings = &results.tables[0].headings;
    assert!(headings.contains(&"distinct and new".to_owned()));
    std::fs::remove_dir_all(&directory).expect("removed");
    let error = run(&*find("molecules"), &changes)
        .expect_err("an error")
        .to_string();
    assert!(error.contains("chains.smi"), "{error}");
}

#[test]
fn settings_that_cannot_be_name_a_way_out() {
    for (setting, value, message) in [
        (
            "places",
            "8",
            "places: 8 places make too many molecules to enumerate; choose 2 to 6, or give --data FILE.smi",
        ),
        (
            "training",
            "100",
            "training: 100 of 91 molecules would leave none to hold out; choose fewer",
        ),
        (
            "order",
            "random",
            "order: there is no order random; choose one of depth-first, breadth-first, canonical",
        ),
        (
            "which",
            "5",
            "which: there is no penalty 5; choose some of 1, 2, 3, 4",
        ),
        (
            "penalties",
            "-1",
            "penalties: −1 makes no sense; choose a number above 0, at most 1000",
        ),
        (
            "data",
            "no.smi",
            "data: no.smi: No such file or directory (os error 2); name a file of SMILES that can be read",
        ),
    ] {
        let error = run(&*find("molecules"), &[(setting, value)]).expect_err("an error");
        assert_eq!(error.to_string(), message);
    }
}
