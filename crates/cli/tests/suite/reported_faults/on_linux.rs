//! Paths, signals, limits and terminals as Linux has them.

use super::BASE;
use crate::common::{Sandbox, TINY, assert_refused, assert_refused_in_lines, stderr};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_metaplast");

/// Runs a line of a shell in which `$M` is the program.
fn shell(place: &Sandbox, line: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .env("M", PROGRAM)
        .current_dir(place.path(""));
    command
}

#[test]
fn paths_that_are_not_utf_8_are_written_read_and_told() {
    let place = Sandbox::new();
    place.write("s.toml", format!("{BASE}[grid]\nlr = [1e-3]\n"));
    let odd = OsStr::from_bytes(b"out\xff");
    let run = |arguments: &[&str], last: &OsStr| {
        let mut command = place.command(arguments);
        command.arg(last).output().unwrap()
    };
    let output = run(&["sweep", "s.toml", "--json", "--out"], odd);
    assert!(output.status.success(), "{}", stderr(&output));
    let line = String::from_utf8(output.stdout).unwrap();
    let object: serde_json::Value = serde_json::from_str(line.trim()).unwrap();
    assert!(
        object["directory"]
            .as_str()
            .unwrap()
            .starts_with("out\u{fffd}"),
        "{line}"
    );
    assert!(place.path("").join(odd).join("report.html").is_file());

    // A command to be copied names the path.
    place.png_folders("images", &["a", "b"], 6);
    std::fs::rename(
        place.path("images"),
        place.path("").join(odd).join("images"),
    )
    .unwrap();
    let images = std::path::Path::new(odd).join("images");
    let output = run(&["data", "info", "--data"], images.as_os_str());
    assert!(output.status.success(), "{}", stderr(&output));
    let output = run(&["meta-train", "--data"], images.as_os_str());
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("not UTF-8, so config.toml could not name it"),
        "{}",
        stderr(&output)
    );
    let missing = run(&["meta-train", "--resume"], odd);
    assert_refused_in_lines(&missing, &["--resume out\u{fffd}: no checkpoint"], 1);
}

/// Waits until a run has rows.
fn wait_for(place: &Sandbox, name: &str) {
    let begin = Instant::now();
    while !place.path(name).exists() {
        assert!(begin.elapsed() < Duration::from_secs(60), "no {name}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn send(child: &Child, signal: &str) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_signal_that_was_ignored_stays_ignored_in_every_command_that_listens() {
    let place = Sandbox::new();
    place.write("s.toml", BASE.replace("episodes = 2", "episodes = 1000000"));
    let train = format!("meta-train {} --episodes 1000000 --out r", TINY.join(" "));
    for (line, first) in [
        (&*train, "r/episodes.csv"),
        ("sweep s.toml --out s", "s/run/episodes.csv"),
    ] {
        let line = format!("trap '' HUP INT; exec $M {line} --quiet");
        let mut child = shell(&place, &line).stderr(Stdio::null()).spawn().unwrap();
        wait_for(&place, first);
        send(&child, "-HUP");
        send(&child, "-INT");
        std::thread::sleep(Duration::from_millis(700));
        assert_eq!(child.try_wait().unwrap(), None, "{line}");
        // What was not ignored is heard.
        send(&child, "-TERM");
        assert_eq!(child.wait().unwrap().code(), Some(130), "{line}");
    }
}

#[test]
fn inputs_without_an_end_are_refused() {
    let place = Sandbox::new();
    for line in [
        "evaluate /dev/zero",
        "meta-train --config /dev/zero",
        "sweep /dev/zero",
        "meta-train --resume endless",
    ] {
        let _ = std::fs::create_dir(place.path("endless"));
        let _ = std::os::unix::fs::symlink("/dev/zero", place.path("endless/checkpoint.toml"));
        let limited = format!("ulimit -v 1000000; exec $M {line}");
        let output = shell(&place, &limited).output().unwrap();
        let message = stderr(&output);
        assert!(
            matches!(output.status.code(), Some(1 | 2)),
            "{line}: {message}"
        );
        assert!(
            !message.contains("panicked") && message.lines().count() == 1,
            "{message}"
        );
    }
}

#[test]
fn layers_beyond_a_limit_of_the_process_are_refused_in_a_line() {
    let place = Sandbox::new();
    let task = "--ways 2 --shots 1 --queries 1 --episodes 1 --glyphs-per-class 6 --out o";
    let line = format!("ulimit -v 1500000; exec $M meta-train --layers 784,300000,47 {task}");
    let output = shell(&place, &line).output().unwrap();
    assert_refused(
        &output,
        &[
            "--layers: a network of these layers takes ",
            "more than can be had",
        ],
        &place.path("o"),
    );
}

#[test]
fn a_terminal_that_cannot_draw_bars_gets_lines() {
    let place = Sandbox::new();
    let train = format!("$M meta-train {} --episodes 60 --out r", TINY.join(" "));
    for (setting, columns) in [("dumb", 80), ("xterm", 1)] {
        let inner = format!("stty rows 24 cols {columns}; rm -rf r; {train}");
        let line = format!("TERM={setting} script -qec \"{inner}\" /dev/null </dev/null");
        let output = shell(&place, &line).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if stderr(&output).contains("script: not found") {
            return;
        }
        assert!(
            said.contains("episode 50/60"),
            "{setting}, {columns}: {said}"
        );
    }
}
