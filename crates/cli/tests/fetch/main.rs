//! `metaplast data fetch`, from a server on loopback, and `--data` with what it fetched.

#[path = "../common/mod.rs"]
mod common;
mod server;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use common::{Place, assert_refused, stderr};
use metaplast_data::idx;
use server::{Reply, Server};
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const TAG: &str = "\"v1\"";
const TRAIN_IMAGES: &str = "train-images-idx3-ubyte.gz";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte.gz";

/// Files by their names.
type Files = BTreeMap<String, Vec<u8>>;

/// A small data set under the names that a pair of IDX files has.
fn pair(name: &str, classes: u8, per_class: usize) -> Files {
    let place = Place::new();
    let names = ["images-idx3", "labels-idx1"].map(|kind| format!("{name}-{kind}-ubyte.gz"));
    let labels: Vec<u8> = (0..classes)
        .flat_map(|class| std::iter::repeat_n(class, per_class))
        .collect();
    // Numbers that do not pack, so that a file can be broken off in the middle.
    let mut x = 7u32;
    let mut noise = || {
        x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (x >> 24) as u8
    };
    let pixels: Vec<u8> = (0..784 * labels.len()).map(|_| noise()).collect();
    idx::write_images(&place.path(&names[0]), 28, 28, &pixels).unwrap();
    idx::write_labels(&place.path(&names[1]), &labels).unwrap();
    let read = |name: String| (name.clone(), fs::read(place.path(&name)).unwrap());
    names.map(read).into_iter().collect()
}

fn mnist() -> Files {
    pair("train", 3, 6)
        .into_iter()
        .chain(pair("t10k", 3, 4))
        .collect()
}

fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file for `--sources` with these checksums.
fn sources(place: &Place, data: &str, files: &Files) {
    let tables = files.iter().map(|(name, bytes)| {
        format!(
            "[{data}.files.\"{name}\"]\nsha256 = \"{}\"\n",
            sha256(bytes)
        )
    });
    place.write("sources.toml", tables.collect::<String>());
}

fn fetch(place: &Place, data: &str, address: &str, more: &[&str]) -> Output {
    let flags = [
        "data",
        "fetch",
        data,
        "--from",
        address,
        "--sources",
        "sources.toml",
    ];
    place.run(&[&flags[..], more].concat())
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Asserts that the last line on standard error is an error with these words.
#[track_caller]
fn fails(output: &Output, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let last = said.lines().last().unwrap_or("");
    assert!(last.starts_with("error: "), "{said}");
    for word in words {
        assert!(last.contains(word), "no {word:?} in: {last}");
    }
}

/// Names in the cache of a data set.
fn cached(place: &Place, data: &str) -> Vec<String> {
    let directory: PathBuf = place.path("cache").join(data);
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".lock")
        .collect();
    names.sort();
    names
}

/// Everything of `files` is in the cache, and nothing else but the checksums.
#[track_caller]
fn assert_cached(place: &Place, data: &str, files: &Files) {
    let mut expected: Vec<String> = files.keys().cloned().collect();
    expected.push("SHA256SUMS".into());
    expected.sort();
    assert_eq!(cached(place, data), expected);
    for (name, bytes) in files {
        assert!(
            fs::read(place.path("cache").join(data).join(name)).unwrap() == *bytes,
            "{name}"
        );
    }
}

#[test]
fn a_data_set_is_fetched_once_and_then_used() {
    let place = Place::new();
    let files = mnist();
    sources(&place, "mnist", &files);
    let served = files.clone();
    let server = Server::new(move |request, _| Reply::whole(&served[&request.name]));
    let said = succeeds(&fetch(&place, "mnist", &server.address(), &[]));
    assert!(
        said.contains("fetched: ") && said.contains("--data mnist:test"),
        "{said}"
    );
    assert_cached(&place, "mnist", &files);
    let said = succeeds(&fetch(&place, "mnist", &server.address(), &[]));
    assert!(said.contains("was there, and is sound"), "{said}");
    assert_eq!(server.requests().len(), 4);

    // A file that was damaged since is fetched again.
    fs::write(place.path("cache/mnist").join(TEST_IMAGES), "x").unwrap();
    assert!(succeeds(&fetch(&place, "mnist", &server.address(), &["--quiet"])).is_empty());
    assert_eq!(server.requests().len(), 5);
    assert_cached(&place, "mnist", &files);

    let info = place.succeed(&["data", "info", "--data", "mnist"]);
    assert!(info.contains("18 of 28x28 pixels, upright"), "{info}");
    let info = place.succeed(&["data", "info", "--data", "mnist:test"]);
    assert!(
        info.contains("mnist:test") && info.contains("12 of 28x28"),
        "{info}"
    );
    place.succeed(&["data", "preview", "--data", "mnist", "--out", "sheet.png"]);
    let small = [
        "--layers",
        "784,6,3",
        "--ways",
        "2",
        "--shots",
        "2",
        "--queries",
        "1",
    ];
    let train = [
        "meta-train",
        "--data",
        "mnist",
        "--episodes",
        "2",
        "--out",
        "run",
        "--quiet",
    ];
    place.succeed(&[&train[..], &small].concat());
    assert!(place.read("run/config.toml").contains("data = \"mnist\""));
    let evaluate = [
        "evaluate",
        "run/rule.toml",
        "--data",
        "mnist:test",
        "--tasks",
        "2",
    ];
    place.succeed(&[&evaluate[..], &["--rate-episodes", "2", "--quiet"]].concat());
}

#[test]
fn a_download_that_broke_off_goes_on_where_it_stopped() {
    let place = Place::new();
    let files = mnist();
    sources(&place, "mnist", &files);
    let served = files.clone();
    let server = Server::new(move |request, n| {
        let reply = Reply::ranged(&served[&request.name], TAG, request);
        match n {
            0 => reply.broken_off_after(1000),
            _ => reply,
        }
    });
    let length = files[TEST_IMAGES].len();
    let output = fetch(&place, "mnist", &server.address(), &["--retries", "0"]);
    fails(
        &output,
        &[
            TEST_IMAGES,
            &format!("broken off after 1000 of {length} bytes"),
        ],
    );
    assert!(!cached(&place, "mnist").contains(&TEST_IMAGES.to_owned()));
    succeeds(&fetch(&place, "mnist", &server.address(), &[]));
    assert_cached(&place, "mnist", &files);
    let second = &server.requests()[1];
    assert_eq!(
        (second.from, second.if_range.as_deref()),
        (Some(1000), Some(TAG))
    );
}

#[test]
fn passing_failures_are_tried_again() {
    let place = Place::new();
    let files = mnist();
    sources(&place, "mnist", &files);
    let served = files.clone();
    let server = Server::new(move |request, n| {
        let reply = Reply::ranged(&served[&request.name], TAG, request);
        match n {
            0 => Reply::status("503 Service Unavailable"),
            1 => reply.broken_off_after(500),
            _ => reply,
        }
    });
    let output = fetch(&place, "mnist", &server.address(), &[]);
    succeeds(&output);
    assert_cached(&place, "mnist", &files);
    let said = stderr(&output);
    assert!(
        said.contains("503") && said.contains("trying again in 0.5 s"),
        "{said}"
    );
    assert_eq!(server.requests()[2].from, Some(500));
}

#[test]
fn a_server_without_ranges_sends_all_again() {
    let place = Place::new();
    let files = mnist();
    sources(&place, "mnist", &files);
    let served = files.clone();
    let server = Server::new(move |request, n| {
        let reply = Reply::whole(&served[&request.name]);
        match n {
            0 => reply.broken_off_after(1000),
            _ => reply,
        }
    });
    succeeds(&fetch(&place, "mnist", &server.address(), &[]));
    assert_cached(&place, "mnist", &files);
    assert_eq!(server.requests()[1].from, Some(1000));
}

#[test]
fn pieces_of_two_versions_are_not_put_together() {
    let files = mnist();
    for honest in [true, false] {
        let place = Place::new();
        sources(&place, "mnist", &files);
        let served = files.clone();
        let server = Server::new(move |request, n| match n {
            // Another file of the same length, which then changes.
            0 => {
                let other = vec![0; served[&request.name].len()];
                Reply::ranged(&other, "\"v0\"", request).broken_off_after(1000)
            }
            // A server may say so or not.
            _ if honest => Reply::ranged(&served[&request.name], TAG, request),
            _ => Reply::ranged(&served[&request.name], "\"v0\"", request),
        });
        succeeds(&fetch(&place, "mnist", &server.address(), &[]));
        assert_cached(&place, "mnist", &files);
        let expected = if honest { 5 } else { 6 };
        assert_eq!(server.requests().len(), expected);
    }
}

#[test]
fn more_is_here_than_there() {
    let place = Place::new();
    let files = mnist();
    sources(&place, "mnist", &files);
    let served = files.clone();
    let server = Server::new(move |request, n| match n {
        0 => Reply::ranged(&[1; 9_000_000], TAG, request).broken_off_after(1_000_000),
        _ => Reply::ranged(&served[&request.name], TAG, request),
    });
    succeeds(&fetch(&place, "mnist", &server.address(), &[]));
    assert_cached(&place, "mnist", &files);
}

#[test]
fn a_wrong_checksum_leaves_nothing() {
    let place = Place::new();
    let files = mnist();
    sources(&place, "mnist", &files);
    let server = Server::new(move |_, _| Reply::whole(b"something else"));
    let output = fetch(&place, "mnist", &server.address(), &[]);
    let (found, right) = (sha256(b"something else"), sha256(&files[TEST_IMAGES]));
    fails(&output, &[&found, &right, "--from URL"]);
    assert_eq!(
        (server.requests().len(), cached(&place, "mnist").len()),
        (1, 0)
    );
    // Without a table, it is the published files that are expected.
    let output = place.run(&["data", "fetch", "mnist", "--from", &server.address()]);
    fails(&output, &["8d422c7b0a1c1c79"]);
}

#[test]
fn a_file_that_is_not_there_is_not_asked_for_again() {
    let place = Place::new();
    sources(&place, "mnist", &mnist());
    let server = Server::new(|_, _| Reply::status("404 Not Found"));
    let address = server.address();
    let output = fetch(&place, "mnist", &address, &[]);
    fails(
        &output,
        &[
            &format!("{address}{TEST_IMAGES}"),
            "404 Not Found",
            "--from URL",
        ],
    );
    assert_eq!(
        (server.requests().len(), cached(&place, "mnist").len()),
        (1, 0)
    );
}

#[test]
fn nobody_answers() {
    let place = Place::new();
    sources(&place, "mnist", &mnist());
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = format!("http://127.0.0.1:{port}");
    let output = fetch(&place, "mnist", &address, &["--retries", "1"]);
    fails(
        &output,
        &["no answer", "refused", "attempt 2 of 2", "--from URL"],
    );
    assert_eq!(stderr(&output).lines().count(), 2);
}

#[test]
fn silence_is_a_failure() {
    let place = Place::new();
    let files = mnist();
    sources(&place, "mnist", &files);
    let served = files.clone();
    let server = Server::new(move |request, _| Reply {
        silence: Duration::from_secs(4),
        ..Reply::whole(&served[&request.name]).broken_off_after(100)
    });
    let output = fetch(
        &place,
        "mnist",
        &server.address(),
        &["--retries", "0", "--timeout", "1"],
    );
    fails(&output, &["broken off after 100 of"]);
    assert!(!cached(&place, "mnist").contains(&TEST_IMAGES.to_owned()));
}

#[test]
fn files_beyond_the_limit_are_refused() {
    for announced in [true, false] {
        let place = Place::new();
        let limit = format!("[mnist.files.\"{TEST_IMAGES}\"]\nmost_bytes = 100000\n");
        place.write("sources.toml", limit);
        let server = Server::new(move |_, _| {
            let mut reply = Reply::whole(&vec![0; 300_000]);
            if !announced {
                // The end of the connection is the end of the file.
                reply.headers.clear();
            }
            reply
        });
        let output = fetch(&place, "mnist", &server.address(), &[]);
        let how = if announced {
            "announces 300000 bytes"
        } else {
            "goes on"
        };
        fails(&output, &[how, "at most 100000", "most_bytes"]);
        assert!(cached(&place, "mnist").is_empty());
    }
}

#[test]
fn without_a_checksum_the_first_file_is_what_later_ones_must_be() {
    let place = Place::new();
    let files = mnist();
    let unknown = files.keys();
    let unknown = unknown.map(|name| format!("[mnist.files.\"{name}\"]\nsha256 = \"unknown\"\n"));
    place.write("sources.toml", unknown.collect::<String>());
    let served = files.clone();
    let server = Server::new(move |request, n| match n {
        0..4 => Reply::whole(&served[&request.name]),
        _ => Reply::whole(b"another"),
    });
    succeeds(&fetch(&place, "mnist", &server.address(), &[]));
    assert_cached(&place, "mnist", &files);
    let record = place.read("cache/mnist/SHA256SUMS");
    assert!(record.contains(&format!(
        "{}  {TRAIN_IMAGES}\n",
        sha256(&files[TRAIN_IMAGES])
    )));
    fs::remove_file(place.path("cache/mnist").join(TRAIN_IMAGES)).unwrap();
    let output = fetch(&place, "mnist", &server.address(), &[]);
    fails(
        &output,
        &[
            &sha256(b"another"),
            &sha256(&files[TRAIN_IMAGES]),
            "SHA256SUMS",
        ],
    );
    assert!(!cached(&place, "mnist").contains(&TRAIN_IMAGES.to_owned()));

    place.write("cache/mnist/SHA256SUMS", "what\n");
    let output = fetch(&place, "mnist", &server.address(), &[]);
    assert!(
        stderr(&output).contains("SHA256SUMS: line 1: "),
        "{}",
        stderr(&output)
    );
}

/// An archive as EMNIST's, with entries besides that want to be elsewhere.
fn archive(files: &Files) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, bytes: &[u8]| {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    };
    add("../../evil", b"out");
    add("/evil", b"out");
    add(
        "gzip/emnist-letters-test-images-idx3-ubyte.gz",
        b"not wanted",
    );
    for (name, bytes) in files {
        add(&format!("gzip/{name}"), bytes);
    }
    zip.finish().unwrap().into_inner()
}

fn emnist() -> Files {
    let mut files = pair("emnist-balanced-train", 3, 6);
    files.extend(pair("emnist-balanced-test", 3, 4));
    files.insert(
        "emnist-balanced-mapping.txt".into(),
        b"0 48\n1 65\n2 97\n".to_vec(),
    );
    files
}

#[test]
fn only_what_is_needed_is_taken_out_of_an_archive() {
    let place = Place::new();
    let files = emnist();
    let zip = archive(&files);
    sources(
        &place,
        "emnist",
        &Files::from([("gzip.zip".into(), zip.clone())]),
    );
    let server = Server::new(move |_, _| Reply::whole(&zip));
    succeeds(&fetch(&place, "emnist", &server.address(), &[]));
    assert_cached(&place, "emnist", &files);
    assert_eq!(place.names(), ["cache", "sources.toml"]);
    succeeds(&fetch(&place, "emnist", &server.address(), &[]));
    assert_eq!(server.requests().len(), 1);
    let info = place.succeed(&["data", "info", "--data", "emnist:test"]);
    assert!(info.contains("12 of 28x28 pixels, transposed"), "{info}");
    assert!(info.contains("3: 0 A a"), "{info}");
}

#[test]
fn an_archive_that_is_damaged_or_lacks_a_file_leaves_nothing_half_done() {
    let mut files = emnist();
    files.remove("emnist-balanced-train-labels-idx1-ubyte.gz");
    let lacking = archive(&files);
    let mut damaged = archive(&emnist());
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0x40;
    for (zip, words) in [
        (lacking, "holds no gzip/emnist-balanced-train-labels"),
        (damaged, "gzip/emnist-balanced-t"),
        (b"PK no zip".to_vec(), "gzip.zip: "),
    ] {
        let place = Place::new();
        sources(
            &place,
            "emnist",
            &Files::from([("gzip.zip".into(), zip.clone())]),
        );
        let server = Server::new(move |_, _| Reply::whole(&zip));
        let output = fetch(&place, "emnist", &server.address(), &[]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
        assert_eq!(cached(&place, "emnist"), ["SHA256SUMS", "gzip.zip"]);
        let output = place.run(&["data", "info", "--data", "emnist"]);
        assert!(stderr(&output).contains("metaplast data fetch emnist"));
    }
}

#[test]
fn requests_that_cannot_be() {
    let place = Place::new();
    let nothing = place.path("cache");
    let refused = |flags: &[&str], words: &[&str]| {
        assert_refused(
            &place.run(&[&["data", "fetch"], flags].concat()),
            words,
            &nothing,
        );
    };
    refused(
        &["kmnist"],
        &["kmnist", "choose one of emnist, fashion, mnist"],
    );
    refused(
        &["mnist", "--from", "ftp://x/"],
        &["--from ftp://x/", "is no address"],
    );
    refused(&["mnist", "--from", "http://"], &["is no address"]);
    refused(&["mnist", "--timeout", "0"], &["--timeout", "1 or more"]);
    refused(
        &["mnist", "--sources", "none.toml"],
        &["none.toml", "cannot read"],
    );
    place.write("own.toml", "[mnist]\nadress = \"http://x/\"\n");
    refused(
        &["mnist", "--sources", "own.toml"],
        &["own.toml: line 2", "adress"],
    );

    for data in ["mnist", "fashion:test", "emnist"] {
        let train = ["meta-train", "--data", data, "--out", "run"];
        let name = data.split(':').next().unwrap();
        let command = format!("metaplast data fetch {name}");
        assert_refused(
            &place.run(&train),
            &["--data", &command],
            &place.path("run"),
        );
    }
    let output = place.run(&["data", "info", "--data", "mnist:letters"]);
    assert_refused(
        &output,
        &["mnist:letters", "mnist:test or mnist:train"],
        &nothing,
    );
}
