//! The experiment, in a size in which its numbers mean nothing.

use metaplast_experiment::{Error, Experiment, KeptInMemory, Request, Results, Silent};
use metaplast_spiking::GeneratedSpeech;
use metaplast_spiking::experiments::{BipDigits, ThreeFactorDigits};
use metaplast_spiking::write_events;

fn run(changes: &[(&str, &str)]) -> Result<Results, Error> {
    let mut settings = BipDigits.settings(true);
    let tiny = [
        ("trials", "2"),
        ("recordings", "2"),
        ("held_out", "1"),
        ("layers", "10,8"),
        ("epochs", "1"),
    ];
    for (name, value) in tiny.iter().chain(changes) {
        settings.choose(name, value)?;
    }
    BipDigits.run(&Request::new(&settings, &Silent, &KeptInMemory::default()))
}

#[test]
fn every_network_is_measured_and_paired_with_itself_without_bip() {
    let all = "feedforward,self-loops,scsr,scsr+bip,feedforward+bip,recurrent,frozen,frozen+bip,scsr+local";
    let changes = [("networks", all)];
    let results = run(&changes).unwrap();
    assert_eq!(results.tables[0].rows.len(), 9);
    assert_eq!(results.tables[1].rows.len(), 3);
    assert!(results.findings.len() >= 12);
    let raster = results
        .figures
        .iter()
        .find(|figure| figure.id == "raster")
        .unwrap();
    assert_eq!(raster.plots.len(), 3);
    assert!(raster.plots[0].curves.len() > 50);
    assert_eq!(results, run(&changes).unwrap());
}

#[test]
fn every_speaker_is_held_out_once_and_fewer_clips_may_be_trained_with() {
    let changes = [
        ("splits", "recordings,speakers"),
        ("networks", "scsr"),
        ("train_recordings", "1"),
    ];
    let results = run(&[&changes[..], &[("trials", "1")]].concat()).unwrap();
    // New recordings, six speakers, and the mean of these.
    assert_eq!(results.tables[0].rows.len(), 8);
}

#[test]
fn events_of_a_file_are_data_too() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.npz");
    let speech = GeneratedSpeech {
        speakers: 2,
        recordings: 2,
        ..GeneratedSpeech::default()
    };
    write_events(&path, &speech.clips(1)).unwrap();
    let path = path.to_str().unwrap();
    let results = run(&[("data", path), ("trials", "1")]).unwrap();
    assert!(
        results.tables[0]
            .note
            .contains("40 clips of 10 classes by 2 speakers")
    );
}

#[test]
fn wrong_settings_are_refused_with_a_way_out() {
    for (name, value, message) in [
        (
            "networks",
            "scsr+pib",
            "networks: there is no network scsr+pib; choose among feedforward, ",
        ),
        (
            "splits",
            "clips",
            "splits: clips is nothing to hold out; choose recordings or speakers",
        ),
        (
            "held_out",
            "2",
            "splits: new recordings: 0 clips to train with and 120 to test; both are needed",
        ),
        (
            "layers",
            "10,0.5",
            "layers: neurons of each layer are whole numbers",
        ),
        ("rate", "0", "rate: 0 makes no sense"),
        (
            "data",
            "no such directory",
            "data: no such directory: cannot read: ",
        ),
    ] {
        let error = run(&[(name, value)]).unwrap_err().to_string();
        assert!(error.starts_with(message), "{error}");
    }
}

fn three_factors(changes: &[(&str, &str)]) -> Result<Results, Error> {
    let mut settings = ThreeFactorDigits.settings(true);
    let tiny = [
        ("recordings", "5"),
        ("layers", "10,8"),
        ("episodes", "3"),
        ("stream", "20"),
        ("points", "2"),
    ];
    for (name, value) in tiny.iter().chain(changes) {
        settings.choose(name, value)?;
    }
    ThreeFactorDigits.run(&Request::new(&settings, &Silent, &KeptInMemory::default()))
}

#[test]
fn three_factor_rules_are_compared_with_backpropagation_through_time() {
    let results = three_factors(&[]).unwrap();
    let names: Vec<String> = results
        .tables
        .iter()
        .map(|table| table.id.clone())
        .collect();
    assert_eq!(names, ["accuracy", "pairs", "theta-new-recordings"]);
    let rows = |table: usize| results.tables[table].rows.len();
    // Five learners, five pairs; seven terms and two constants.
    assert_eq!([rows(0), rows(1), rows(2)], [5, 5, 9]);
    assert_eq!(results.figures.len(), 2);
    assert_eq!(results, three_factors(&[]).unwrap());
}

#[test]
fn rules_of_ones_own_may_have_no_memory_and_wrong_ones_are_refused() {
    let plain = [
        ("terms", "eprop = -(e .* slope) * y_pre^T"),
        ("memories", ""),
        ("trials", "1"),
    ];
    let results = three_factors(&plain).unwrap();
    assert_eq!(results.tables[2].rows.len(), 1);
    for (name, value, message) in [
        ("terms", "eprop = e * y", "terms: column "),
        ("terms", "", "terms: none; give one such as eprop = "),
        ("memories", "psp", "memories: "),
        ("rates", "-1", "rates: rates are positive numbers"),
        ("shots", "90", "shots: a task takes 91 clips of each class"),
        (
            "stream",
            "999",
            "stream: 999 clips, where 180 are there to learn from",
        ),
        ("points", "21", "points: 21 tests in a stream of 20 clips"),
    ] {
        let error = three_factors(&[(name, value)]).unwrap_err().to_string();
        assert!(error.starts_with(message), "{name}: {error}");
    }
}
