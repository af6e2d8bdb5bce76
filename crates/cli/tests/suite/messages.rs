//! What `metaplast meta-train` prints: objects, progress, and what happens inside.

use crate::common::{Sandbox, TINY, stderr};

#[test]
fn json_has_one_object_for_each_row() {
    let place = Sandbox::new();
    let out = place.meta_train("out", &["--trials", "2", "--episodes", "3", "--json"]);
    let csv = place.read("out/episodes.csv");
    assert_eq!(out.lines().count(), 6);
    for (line, row) in out.lines().zip(csv.lines().skip(1)) {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(object["trial"].to_string(), cells[0]);
        assert_eq!(object["episode"].to_string(), cells[1]);
        // serde_json's parser may be off by one bit; the text is not.
        let same = |value: &serde_json::Value, cell: &str| {
            let (value, cell) = (value.as_f64().unwrap(), cell.parse::<f64>().unwrap());
            assert!((value - cell).abs() <= 1e-15 * cell.abs(), "{line}");
        };
        same(&object["meta_loss"], cells[2]);
        same(&object["theta"]["F2"], cells[6]);
        assert_eq!(object["weight_norm"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn plain_lines_tell_the_progress_where_there_is_no_terminal() {
    let place = Sandbox::new();
    let arguments = [
        &["meta-train", "--out", "out", "--episodes", "30"],
        &TINY[..],
    ]
    .concat();
    let output = place.run(&arguments);
    let lines = stderr(&output);
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(lines.starts_with("episode 25/30  loss "), "{lines}");
}

#[test]
fn diagnosis_on_request() {
    let place = Sandbox::new();
    let run = |out: &str, log: &str| {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_metaplast"));
        let flags = ["meta-train", "--out", out, "--episodes", "2", "--quiet"];
        command.current_dir(place.path("")).env("RUST_LOG", log);
        command.args(flags).args(TINY).output().unwrap()
    };
    let output = run("a", "metaplast=trace");
    let log = stderr(&output);
    assert!(
        output.status.success() && log.contains("opened the images"),
        "{log}"
    );
    assert!(
        log.contains("episode=1") && log.contains("saved a checkpoint"),
        "{log}"
    );
    assert_eq!(stderr(&run("b", "")), "");
    assert_eq!(place.read("a/episodes.csv"), place.read("b/episodes.csv"));

    let output = run("c", "loud=very");
    assert!(
        stderr(&output).starts_with("error: RUST_LOG: "),
        "{}",
        stderr(&output)
    );
    assert!(output.status.code() == Some(2) && !place.path("c").exists());
}
