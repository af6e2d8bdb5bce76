//! The experiment, in a size in which its numbers mean little.

use metaplast_experiment::{Error, KeptInMemory, Request, Results, Silent};
use metaplast_structure::experiments;

fn run(changes: &[(&str, &str)]) -> Result<Results, Error> {
    let experiment = &experiments::all()[0];
    let mut settings = experiment.settings(true);
    for (name, value) in [("trials", "2"), ("rounds", "5"), ("changes", "6")]
        .iter()
        .chain(changes)
    {
        settings.choose(name, value)?;
    }
    experiment.run(&Request::new(&settings, &Silent, &KeptInMemory::default()))
}

#[test]
fn it_ends_in_findings_tables_and_figures_that_repeat() {
    let results = run(&[]).unwrap();
    let ids: Vec<&str> = results
        .tables
        .iter()
        .map(|table| table.id.as_str())
        .collect();
    assert_eq!(
        ids,
        [
            "areas",
            "shares",
            "rules",
            "explanations",
            "planted",
            "stability"
        ]
    );
    assert!(results.tables.iter().all(|table| !table.rows.is_empty()));
    assert_eq!(results.figures.len(), 3);
    assert!(
        results
            .findings
            .iter()
            .any(|finding| finding.contains("broken 0 times"))
    );
    assert_eq!(run(&[]).unwrap(), results);
}

#[test]
fn settings_that_cannot_be_name_a_way_out() {
    let refused = |name, value| run(&[(name, value)]).unwrap_err().to_string();
    assert_eq!(
        refused("rounds", "0"),
        "rounds: 0 makes no sense; choose 1 to 1000000"
    );
    let unread = refused("areas", "no/such/file.json");
    assert!(
        unread.starts_with("areas: no/such/file.json: ") && unread.ends_with("that can be read")
    );
    assert_eq!(
        refused("gain", "2"),
        "gain: 2 makes no sense; choose a number above 0, at most 1"
    );
}

/// One area is too few to leave one out, and no reason to stop.
#[test]
fn one_area_measures_the_rest() {
    let directory = std::env::temp_dir().join(format!("structure-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("one.json");
    let text = r#"{"target": "advisedby(student,professor)", "areas": [{"area": 5, "facts":
        {"student": [["s"]], "professor": [["p"]], "advisedby": [["s", "p"]]}}]}"#;
    std::fs::write(&file, text).unwrap();
    let results = run(&[("areas", file.to_str().unwrap())]).unwrap();
    assert!(results.findings[0].starts_with("Leaving one area out needs two"));
    assert_eq!(results.tables.len(), 2);
    std::fs::remove_dir_all(&directory).unwrap();
}
