//! The experiments, in sizes in which their numbers mean little.

use std::fs;
use std::path::Path;

use metaplast_discover::experiments::{self, Discovery};
use metaplast_experiment::{Error, Experiment, KeptInMemory, Request, Results, Silent};
use metaplast_runs::rule::RuleFile;

const TINY: [(&str, &str); 6] = [
    ("layers", "49,6,47"),
    ("image_size", "7"),
    ("glyphs", "4"),
    ("shots", "2"),
    ("queries", "1"),
    ("tasks", "4"),
];
const SHORT: [(&str, &str); 8] = [
    ("budget", "12"),
    ("signals", "3"),
    ("stages", "1,2"),
    ("kept", "2"),
    ("episodes", "2"),
    ("trainings", "2"),
    ("final_tasks", "4"),
    ("ways", "2"),
];

fn run(
    experiment: &dyn Experiment,
    changes: &[(&str, &str)],
    directory: Option<&Path>,
) -> Result<Results, Error> {
    let mut settings = experiment.settings(true);
    for (name, value) in changes {
        settings.choose(name, value)?;
    }
    let store = KeptInMemory::default();
    let mut request = Request::new(&settings, &Silent, &store).quickly(true);
    request.directory = directory;
    experiment.run(&request)
}

#[test]
fn rules_are_found_and_their_files_can_be_read() {
    let directory = tempfile::tempdir().unwrap();
    let changes = [&TINY[..], &SHORT].concat();
    let results = run(&Discovery, &changes, Some(directory.path())).unwrap();
    let rules = results
        .tables
        .iter()
        .find(|table| table.id == "rules")
        .unwrap();
    assert!(rules.rows.len() >= 4);
    let compared =
        |finding: &&String| finding.starts_with("The accuracy of the best rule that was found");
    let finding = results.findings.iter().find(compared).unwrap();
    assert!(finding.contains(", minus that of bio is "), "{finding}");
    for row in &rules.rows {
        let path = directory
            .path()
            .join(format!("rules/{}.toml", row[0].to_text()));
        let file = RuleFile::read(&path).unwrap();
        assert_eq!(file.trials.len(), 2);
        assert_eq!(file.provenance.unwrap().held_out_classes.len(), 10);
    }
    let record = fs::read(directory.path().join("candidates.csv")).unwrap();
    let again = run(&Discovery, &changes, Some(directory.path())).unwrap();
    assert_eq!(again, results);
    assert_eq!(
        fs::read(directory.path().join("candidates.csv")).unwrap(),
        record
    );
    // The list may be another; what it was chosen from may not.
    let longer = [&changes[..], &[("episodes", "3")]].concat();
    run(&Discovery, &longer, Some(directory.path())).unwrap();
    let other = [&changes[..], &[("term_price", "0.1")]].concat();
    let error = run(&Discovery, &other, Some(directory.path())).unwrap_err();
    assert!(matches!(error, Error::OtherSettings), "{error}");
}

#[test]
fn subsets_are_trained_and_searched() {
    let all = experiments::all();
    let directory = tempfile::tempdir().unwrap();
    let changes = [
        &TINY[..],
        &[("episodes", "2"), ("terms", "0,2"), ("trials", "2")],
    ]
    .concat();
    let results = run(&*all[0], &changes, Some(directory.path())).unwrap();
    let csv = fs::read_to_string(directory.path().join("pool_subsets.csv")).unwrap();
    assert_eq!(csv.lines().count(), 4);
    assert!(results.findings.len() >= 5);
}

#[test]
fn settings_that_cannot_be_are_refused() {
    for (name, value) in [
        ("search", "x"),
        ("stages", "3,2"),
        ("stages", "1.5"),
        ("signals", "7"),
        ("terms", "0"),
        ("term_price", "2"),
        ("layers", "49,0.5,47"),
    ] {
        let changes = [&TINY[..], &SHORT, &[(name, value)]].concat();
        let error = run(&Discovery, &changes, None).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{name}: ")), "{error}");
    }
}

/// Those of `docs/discover.md`.
#[test]
fn the_rules_that_were_found_can_be_read() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/rules");
    let mut read = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let file = RuleFile::read(&entry.unwrap().path()).unwrap();
        assert!(file.rule.theta().iter().all(|theta| *theta != 0.0));
        assert!(file.provenance.unwrap().held_out_classes.len() >= 5);
        read += 1;
    }
    assert!(read >= 4, "{read} rules");
}
