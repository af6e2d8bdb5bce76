//! `metaplast verify` and `metaplast soak`.

use crate::common::{Sandbox, stderr};

#[test]
fn a_run_is_what_it_says() {
    let place = Sandbox::new();
    let more = [
        "--trials",
        "2",
        "--episodes",
        "9",
        "--lambda",
        "0.01",
        "--quiet",
    ];
    place.meta_train("run", &more);
    let said = place.succeed(&["verify", "run"]);
    assert!(
        said.contains("5 episodes repeated from the beginning"),
        "{said}"
    );
    assert!(said.contains("5 more from their logged θ"), "{said}");
    assert!(
        said.contains("rule.toml is that of the checkpoint"),
        "{said}"
    );
    place.succeed(&["verify", "run", "--episodes", "1000"]);

    // Half a row at the end is that of a run that goes on.
    let rows = place.read("run/episodes.csv");
    place.write("run/episodes.csv", &rows[..rows.len() - 30]);
    place.succeed(&["verify", "run"]);
}

#[test]
fn a_changed_number_is_found() {
    let place = Sandbox::new();
    place.meta_train("run", &["--episodes", "6", "--precision", "f64", "--quiet"]);
    let rows = place.read("run/episodes.csv");
    let changed = |line: usize, column: usize, to: &str| {
        let mut lines: Vec<String> = rows.lines().map(str::to_owned).collect();
        let mut cells: Vec<&str> = lines[line].split(',').collect();
        cells[column] = to;
        lines[line] = cells.join(",");
        place.write("run/episodes.csv", lines.join("\n") + "\n");
        let output = place.run(&["verify", "run", "--episodes", "3"]);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        message
    };
    let message = changed(2, 5, "0.25");
    assert!(
        message.contains("line 3: episode 1 of trial 0: theta_0 is 0.25, and "),
        "{message}"
    );
    let message = changed(6, 4, "0.125");
    assert!(message.contains("query_accuracy is 0.125"), "{message}");

    place.write("run/episodes.csv", &rows);
    let rule = place.read("run/rule.toml");
    place.write(
        "run/rule.toml",
        rule.replace("theta = [0.0", "theta = [0.1"),
    );
    let output = place.run(&["verify", "run"]);
    assert!(
        stderr(&output).contains("its trials do not end at"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn soaking_finds_nothing() {
    let place = Sandbox::new();
    let said = place.succeed(&["soak", "--episodes", "20", "--seed", "3"]);
    assert!(said.starts_with("20 episodes in "), "{said}");
    assert!(place.names().is_empty());
    let output = place.run(&["soak", "--episodes", "2"]);
    assert!(
        stderr(&output).contains("1 episodes, "),
        "{}",
        stderr(&output)
    );
    let output = place.run(&["soak", "--episodes", "2", "--quiet"]);
    assert_eq!(stderr(&output), "");
    let output = place.run(&["soak", "--minutes", "0"]);
    assert_eq!(output.status.code(), Some(2));
}
