//! Work that is spread over processes by `--shard` ends with the bytes of one process.
//!
//! `METAPLAST_KILLED_SHARDS` is how many times one of four shards is killed (3 unless given).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::common::{Sandbox, number, stderr};

/// A sweep of five runs that take a moment.
const SWEEP: &str = "\
[base]
glyphs_per_class = 6
layers = [784, 8, 47]
ways = 2
shots = 3
queries = 2
episodes = 6
preset = \"fa\"
[grid]
lambda = [0, 0.1, 0.2, 0.5, 1]
";
const SWEPT: [&str; 4] = ["sweep", "s.toml", "--out", "o"];

fn place() -> Sandbox {
    let place = Sandbox::new();
    place.write("s.toml", SWEEP);
    place
}

/// Every file below a directory but locks, and checkpoints before the last, of which a run that was stopped
/// makes one more.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(next) = directories.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path
                .file_name()
                .is_some_and(|name| name != ".lock" && name != "checkpoint.previous.toml")
            {
                let name = path.strip_prefix(directory).unwrap().display().to_string();
                found.insert(name, std::fs::read(path).unwrap());
            }
        }
    }
    found
}

#[track_caller]
fn assert_same(place: &Sandbox, expected: &BTreeMap<String, Vec<u8>>) {
    let found = files(&place.path("o"));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(expected));
    for (name, bytes) in &found {
        assert!(bytes == &expected[name], "{name} differs");
    }
}

/// What one process leaves.
fn whole(command: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let place = place();
    place.succeed(&[command, &["--quiet"]].concat());
    files(&place.path("o"))
}

fn start(place: &Sandbox, command: &[&str], shard: &str) -> Child {
    start_by(
        Command::new(env!("CARGO_BIN_EXE_metaplast")),
        place,
        command,
        shard,
    )
}

fn start_by(mut program: Command, place: &Sandbox, command: &[&str], shard: &str) -> Child {
    program
        .current_dir(place.path(""))
        .args(command)
        .args(["--shard", shard, "--threads", "1", "--quiet"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn shards_of_a_sweep_one_after_the_other_then_gathered() {
    let expected = whole(&SWEPT);
    for of in [1, 2, 4] {
        let place = place();
        for number in (1..=of).rev() {
            let shard = format!("{number}/{of}");
            let said = place.succeed(&[&SWEPT[..], &["--shard", &shard, "--quiet"]].concat());
            assert!(said.contains("of 5 runs are there"), "{said}");
            assert!(said.contains("sweep s.toml --out o --gather"), "{said}");
        }
        assert!(!place.path("o/report.html").exists());
        let said = place.succeed(&[&SWEPT[..], &["--gather"]].concat());
        assert!(said.contains("λ") || said.contains("lambda"), "{said}");
        assert_same(&place, &expected);
    }
}

#[test]
fn shards_at_the_same_time_one_killed_and_done_again() {
    let expected = whole(&SWEPT);
    let rounds = number("METAPLAST_KILLED_SHARDS", 3);
    let life = {
        let (begin, place) = (Instant::now(), place());
        assert!(start(&place, &SWEPT, "1/4").wait().unwrap().success());
        begin.elapsed()
    };
    let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
    let mut died = 0;
    for _ in 0..rounds {
        let place = place();
        let names = ["1/4", "2/4", "3/4", "4/4"];
        let mut shards = names.map(|shard| start(&place, &SWEPT, shard));
        let killed = random.random_range(0..names.len());
        std::thread::sleep(life.mul_f64(random.random()));
        shards[killed].kill().unwrap();
        let codes = shards.map(|mut shard| shard.wait().unwrap().code());
        for (number, code) in codes.into_iter().enumerate() {
            assert!(number == killed || code == Some(0), "{code:?}");
        }
        died += u32::from(codes[killed].is_none());
        let mut again = start(&place, &SWEPT, names[killed]);
        assert_eq!(again.wait().unwrap().code(), Some(0));
        place.succeed(&[&SWEPT[..], &["--gather", "--quiet"]].concat());
        assert_same(&place, &expected);
    }
    println!("{died} of {rounds} had not ended when they were killed");
}

/// A host of its own by Linux's namespaces: its name, its processes (of which the program is the
/// first, so that hosts cannot be told apart by a process's number), and a network without any other
/// host; only the files are shared. Nothing where a user may not make one.
#[cfg(target_os = "linux")]
fn host(name: &str) -> Option<Command> {
    let mut host = Command::new("unshare");
    host.args(["--user", "--map-root-user", "--net", "--uts", "--ipc"]);
    host.args(["--pid", "--fork", "--kill-child", "--mount-proc"]);
    host.args(["sh", "-c", r#"hostname "$0" && exec "$@""#, name]);
    let output = Command::new(host.get_program())
        .args(host.get_args())
        .args(["uname", "-n"])
        .output();
    let output = output.ok().filter(|output| output.status.success())?;
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), name);
    host.arg(env!("CARGO_BIN_EXE_metaplast"));
    Some(host)
}

#[cfg(target_os = "linux")]
#[test]
fn shards_on_three_hosts_one_of_which_dies_and_another_takes_over() {
    if host("node1").is_none() {
        eprintln!("no hosts: namespaces cannot be made here; processes stand in for them");
    }
    let program =
        |name| host(name).unwrap_or_else(|| Command::new(env!("CARGO_BIN_EXE_metaplast")));
    let expected = whole(&SWEPT);
    let place = place();
    let mut shards = [("node1", "1/3"), ("node2", "2/3"), ("node3", "3/3")]
        .map(|(name, shard)| start_by(program(name), &place, &SWEPT, shard));
    while !place.path("o/lambda=0.1").exists() {
        std::thread::sleep(Duration::from_millis(2));
    }
    shards[1].kill().unwrap();
    let codes = shards.map(|mut shard| shard.wait().unwrap().code());
    assert_eq!((codes[0], codes[2]), (Some(0), Some(0)));
    let mut again = start_by(program("node4"), &place, &SWEPT, "2/3");
    assert_eq!(again.wait().unwrap().code(), Some(0));
    let mut gather = program("node1");
    gather
        .current_dir(place.path(""))
        .args(SWEPT)
        .args(["--gather", "--quiet"]);
    assert!(gather.output().unwrap().status.success());
    assert_same(&place, &expected);
}

#[test]
fn shards_of_an_experiment() {
    let command = ["reproduce", "pc-solvers", "--quick", "--out", "o"];
    let command = [&command[..], &["--trials", "3", "--set", "depths=2,3"]].concat();
    let place = place();
    for shard in ["2/2", "1/2"] {
        place.succeed(&[&command[..], &["--shard", shard, "--quiet"]].concat());
    }
    let measured = files(&place.path("o/measurements"));
    assert_eq!(measured.len(), 6);
    place.succeed(&[&command[..], &["--gather", "--quiet"]].concat());
    assert_eq!(files(&place.path("o/measurements")), measured);
    assert!(place.path("o/report.html").is_file());
}

#[test]
fn what_is_missing_is_listed_and_nothing_is_written() {
    let place = place();
    let gather = [&SWEPT[..], &["--gather", "--quiet"]].concat();
    let output = place.run(&gather);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("5 of 5 runs are missing: lambda=0, "));
    assert!(!place.path("o").exists());
    place.succeed(&[&SWEPT[..], &["--shard", "1/4", "--quiet"]].concat());
    let before = files(&place.path("o"));
    let output = place.run(&gather);
    let said = stderr(&output);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("3 of 5 runs are missing"), "{said}");
    assert_eq!(files(&place.path("o")), before);
    for (shard, words) in [("5/4", "no shard 5 of 4"), ("1", "I/N")] {
        let output = place.run(&[&SWEPT[..], &["--shard", shard]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}

/// The script, run by a stand-in for `sbatch` that does each task at once, one after the other, and
/// tells the second, once it has begun, that its time is up.
#[cfg(unix)]
#[test]
fn a_script_for_slurm_does_the_shards_requeues_what_was_stopped_and_gathers() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let expected = whole(&SWEPT);
    let place = place();
    let script = place.succeed(&[&SWEPT[..], &["--slurm", "2"]].concat());
    place.write("submit.sh", &script);
    std::fs::create_dir(place.path("bin")).unwrap();
    let program = env!("CARGO_BIN_EXE_metaplast");
    symlink(program, place.path("bin/metaplast")).unwrap();
    let tool = |name: &str, text: &str| {
        let name = format!("bin/{name}");
        place.write(&name, text);
        std::fs::set_permissions(place.path(&name), PermissionsExt::from_mode(0o755)).unwrap();
    };
    tool(
        "sbatch",
        r#"#!/bin/sh
cat > job.sh
tasks=$(sed -n 's/^#SBATCH --array=1-//p' job.sh)
export SLURM_CPUS_PER_TASK=1 SLURM_ARRAY_JOB_ID=7
if [ -z "$tasks" ]; then
    echo "$@" > gathered-after
    exec sh job.sh >&2
fi
cp job.sh task.sh
for task in $(seq "$tasks"); do
    SLURM_ARRAY_TASK_ID=$task sh task.sh >&2 &
    if [ "$task" = 2 ]; then
        while [ ! -d o/lambda=0.1 ]; do sleep 0.01; done
        kill -TERM $!
    fi
    wait $! || true
done
echo 7
"#,
    );
    tool(
        "scontrol",
        r#"#!/bin/sh
echo "$@" >> requeued
SLURM_ARRAY_TASK_ID=${2#7_} sh task.sh >&2
"#,
    );
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", place.path("bin").display());
    let ran = Command::new("sh")
        .arg("submit.sh")
        .current_dir(place.path(""))
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", stderr(&ran));
    assert_eq!(
        place.read("gathered-after").trim(),
        "--dependency=afterok:7"
    );
    assert_same(&place, &expected);
}
