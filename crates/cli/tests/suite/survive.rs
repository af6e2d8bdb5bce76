//! Runs that are killed, interrupted or damaged go on and end with the same bytes.
//!
//! `METAPLAST_KILLED_RUNS` runs are killed once each (50 unless given), and others again and again until
//! there were `METAPLAST_KILLS` kills (5 unless given).

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Sandbox, TINY, number, stderr};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// What an uninterrupted run leaves for its readers.
const RESULTS: [&str; 4] = ["episodes.csv", "rule.toml", "rule.md", "config.toml"];

fn command(place: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_metaplast"));
    command.current_dir(place.path(""));
    command.args(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn start(place: &Sandbox, arguments: &[&str]) -> Child {
    command(place, arguments).spawn().unwrap()
}

fn begin<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["meta-train", "--out", out], &TINY[..], more].concat()
}

/// Waits until a run has checkpointed something beyond its begin.
fn wait_for(place: &Sandbox, name: &str) {
    let begin = Instant::now();
    while !place.path(name).exists() {
        assert!(begin.elapsed() < Duration::from_secs(120), "no {name}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

#[track_caller]
fn assert_same(place: &Sandbox, one: &str, other: &str) {
    for file in RESULTS {
        assert!(
            place.read(&format!("{one}/{file}")) == place.read(&format!("{other}/{file}")),
            "{one}/{file} is not {other}/{file}"
        );
    }
    let left: Vec<String> = std::fs::read_dir(place.path(other))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".waiting") || name.ends_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Settings of runs that are to be killed.
const MORTAL: [&str; 7] = [
    "--quiet",
    "--trials",
    "3",
    "--episodes",
    "25",
    "--checkpoint-every",
    "4",
];

/// Whether a run that was killed can be resumed, or was killed before its first checkpoint.
fn has_begun(place: &Sandbox, out: &str) -> bool {
    ["checkpoint.toml", "checkpoint.previous.toml"]
        .iter()
        .any(|name| place.path(&format!("{out}/{name}")).exists())
}

/// Starts a run and kills it after `life`; whether it came to its end before.
fn kill_after(place: &Sandbox, arguments: &[&str], life: Duration) -> bool {
    let mut child = start(place, arguments);
    std::thread::sleep(life);
    if child.try_wait().unwrap().is_none() {
        // SIGKILL, in the middle of whatever it is at.
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    match output.status.code() {
        Some(0) => true,
        None => false,
        Some(_) => panic!("{}", stderr(&output)),
    }
}

/// Runs the settings without a break, and says how long that takes.
fn whole(place: &Sandbox) -> Duration {
    let clock = Instant::now();
    place.succeed(&begin("whole", &MORTAL));
    clock.elapsed()
}

/// Kill −9 at any moment: in the middle of an episode, a row, a checkpoint, the last file. Each run
/// is killed once and resumed once.
#[test]
fn separate_runs_killed_at_random_moments() {
    let runs = number("METAPLAST_KILLED_RUNS", 50);
    let place = Sandbox::new();
    let whole = whole(&place);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(u64::from(std::process::id()));
    let (mut early, mut late) = (0, 0);
    let mut lines = Vec::new();
    while lines.len() < runs as usize {
        let out = format!("run-{}", lines.len() + early + late);
        let life = whole.mul_f64(rng.random::<f64>());
        if kill_after(&place, &begin(&out, &MORTAL), life) {
            late += 1;
        } else if has_begun(&place, &out) {
            let rows =
                std::fs::read(place.path(&format!("{out}/episodes.csv"))).unwrap_or_default();
            lines.push(rows.iter().filter(|&&byte| byte == b'\n').count());
            place.succeed(&["meta-train", "--resume", &out, "--quiet"]);
        } else {
            // Nothing was there to go on with, and nothing is in the way of a new beginning.
            early += 1;
            place.succeed(&begin(&out, &MORTAL));
        }
        assert_same(&place, "whole", &out);
        std::fs::remove_dir_all(place.path(&out)).unwrap();
    }
    lines.sort_unstable();
    println!(
        "{runs} of {runs} runs that were killed and resumed ended with the same bytes; so did {early} \
         killed before their first checkpoint and begun again, and {late} that ended before they were killed; \
         rows of episodes.csv at the kills, of {}: {lines:?}",
        place.read("whole/episodes.csv").lines().count()
    );
}

/// The same, but a run that was resumed may be killed again.
#[test]
fn killed_again_and_again() {
    let kills = number("METAPLAST_KILLS", 5);
    let place = Sandbox::new();
    let whole = whole(&place);
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(u64::from(std::process::id()));
    let (mut runs, mut killed) = (0, 0);
    while killed < kills {
        let out = format!("run-{runs}");
        runs += 1;
        loop {
            let arguments = if has_begun(&place, &out) {
                let way = ["--resume", &out, "--checkpoint-every", "3"];
                [&["meta-train", "--quiet"], &way[..]].concat()
            } else {
                begin(&out, &MORTAL)
            };
            let life = whole.mul_f64(rng.random::<f64>());
            if kill_after(&place, &arguments, life) {
                break;
            }
            killed += 1;
        }
        assert_same(&place, "whole", &out);
        std::fs::remove_dir_all(place.path(&out)).unwrap();
    }
    println!("{killed} kills in {runs} runs, all of which ended with the same bytes");
}

/// Whether this process, and so the command that it starts, was told to ignore a signal, as the shell
/// tells commands in the background.
fn is_ignored(name: &str) -> bool {
    let number = match name {
        "INT" => 2,
        "TERM" => 15,
        _ => panic!("signal {name}"),
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.map_or(0, |set| u64::from_str_radix(set.trim(), 16).unwrap());
    ignored >> (number - 1) & 1 == 1
}

#[test]
fn ctrl_c_saves_and_says_how_to_go_on() {
    let place = Sandbox::new();
    let settings = [
        "--trials",
        "2",
        "--episodes",
        "1200",
        "--checkpoint-every",
        "20",
    ];
    let heard = ["INT", "TERM"].into_iter().filter(|name| !is_ignored(name));
    let heard: Vec<&str> = heard.collect();
    for &name in &heard {
        let child = start(&place, &begin(name, &settings));
        wait_for(&place, &format!("{name}/checkpoint.previous.toml"));
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(130), "{message}");
        let last = message.lines().last().unwrap();
        assert!(
            last.starts_with("stopped after ")
                && last.ends_with(&format!("go on with: metaplast meta-train --resume {name}")),
            "{message}"
        );
        // What was learned so far can be tried.
        let rule: toml::Table = toml::from_str(&place.read(&format!("{name}/rule.toml"))).unwrap();
        let done = &rule["provenance"]["stopped_after"].as_array().unwrap()[..];
        let done: i64 = done.iter().map(|n| n.as_integer().unwrap()).sum();
        let rows = place.read(&format!("{name}/episodes.csv")).lines().count();
        assert_eq!(rows as i64, done + 1);
        assert!(0 < done && done < 2400, "{done}");
    }
    place.succeed(&begin("whole", &settings));
    for name in heard {
        place.succeed(&["meta-train", "--resume", name, "--threads", "1"]);
        assert_same(&place, "whole", name);
    }
}

#[test]
fn a_finished_run_has_nothing_left_to_do() {
    let place = Sandbox::new();
    place.meta_train("out", &["--episodes", "5", "--quiet"]);
    let before = RESULTS.map(|file| place.read(&format!("out/{file}")));
    let summary = place.succeed(&["meta-train", "--resume", "out"]);
    assert!(summary.contains("over the last 5 episodes"), "{summary}");
    assert_eq!(
        RESULTS.map(|file| place.read(&format!("out/{file}"))),
        before
    );
}

/// A run in `run`, stopped on the way, and the same in `whole`, not stopped.
fn stopped(place: &Sandbox) {
    let settings = [
        "--trials",
        "2",
        "--episodes",
        "300",
        "--checkpoint-every",
        "10",
    ];
    place.succeed(&[&begin("whole", &settings)[..], &["--quiet"]].concat());
    let mut child = start(place, &begin("run", &settings));
    wait_for(place, "run/checkpoint.previous.toml");
    child.kill().unwrap();
    child.wait().unwrap();
}

fn resume(place: &Sandbox) -> String {
    let output = place.run(&["meta-train", "--resume", "run"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_same(place, "whole", "run");
    stderr(&output)
}

#[test]
fn a_row_cut_in_the_middle_and_files_that_are_gone() {
    let place = Sandbox::new();
    stopped(&place);
    let rows = place.read("run/episodes.csv");
    place.write("run/episodes.csv", format!("{rows}0,17,3.14"));
    std::fs::remove_file(place.path("run/config.toml")).unwrap();
    place.write("run/.rule.toml.4711.tmp", "half");
    resume(&place);
}

#[test]
fn a_flipped_byte_falls_back_to_the_checkpoint_before() {
    let place = Sandbox::new();
    stopped(&place);
    let mut text = place.read("run/checkpoint.toml").into_bytes();
    let middle = text.len() / 2;
    text[middle] ^= 1;
    place.write("run/checkpoint.toml", &text);
    let said = resume(&place);
    assert!(
        said.contains("the checkpoint is damaged: its checksum is wrong; going on from checkpoint.previous.toml"),
        "{said}"
    );
}

#[test]
fn what_cannot_go_on_is_refused_by_name() {
    let place = Sandbox::new();
    stopped(&place);
    let refused = |arguments: &[&str], words: &str| {
        let output = place.run(arguments);
        let message = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(
            message.contains(words) && message.lines().count() == 1,
            "{message}"
        );
    };
    refused(
        &["meta-train", "--resume", "nowhere"],
        "no checkpoint is there",
    );
    refused(
        &["meta-train", "--resume", "run", "--lr", "9"],
        "a run goes on with its own settings",
    );
    refused(
        &begin("run", &[]),
        "go on with it by meta-train --resume run",
    );

    let config = place.read("run/config.toml");
    place.write(
        "run/config.toml",
        config.replace("episodes = 300", "episodes = 301"),
    );
    refused(
        &["meta-train", "--resume", "run"],
        "not those with which the run began",
    );
    place.write("run/config.toml", config);

    for name in ["run/checkpoint.toml", "run/checkpoint.previous.toml"] {
        place.write(name, "");
    }
    refused(&["meta-train", "--resume", "run"], "start the run again");
}

#[test]
fn two_processes_do_not_share_a_directory() {
    let place = Sandbox::new();
    let mut first = start(&place, &begin("run", &["--episodes", "100000", "--quiet"]));
    wait_for(&place, "run/config.toml");
    let output = place.run(&["meta-train", "--resume", "run"]);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    let process = format!("another metaplast (process {}) is at work", first.id());
    assert!(message.contains(&process), "{message}");
    first.kill().unwrap();
    first.wait().unwrap();
}

/// A limit on the size of files stands for a disk that is full.
#[test]
fn a_full_disk_loses_nothing() {
    let place = Sandbox::new();
    let settings = ["--episodes", "200", "--quiet", "--checkpoint-every", "10"];
    place.succeed(&begin("whole", &settings));
    let limited = |arguments: &[&str], blocks: u32| {
        let mut shell = Command::new("sh");
        shell.current_dir(place.path(""));
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_metaplast")]);
        shell.args(arguments).output().unwrap()
    };
    let output = limited(&begin("run", &settings), 16);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(
        message.contains("File too large")
            && message.contains("go on with: metaplast meta-train --resume run"),
        "{message}"
    );
    resume(&place);

    // No room even for the first file: nothing stays behind.
    let output = limited(&begin("none", &settings), 0);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(!place.path("none").exists());
}

#[test]
fn a_directory_that_cannot_be_written() {
    let place = Sandbox::new();
    // Where nobody may write, not even root.
    let output = place.run(&begin("/proc/metaplast/run", &["--episodes", "1"]));
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("cannot create"), "{message}");

    place.meta_train("run", &["--episodes", "2", "--quiet"]);
    std::fs::remove_file(place.path("run/.lock")).unwrap();
    std::fs::create_dir(place.path("run/.lock")).unwrap();
    let output = place.run(&["meta-train", "--resume", "run"]);
    let message = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("cannot write"), "{message}");
}
