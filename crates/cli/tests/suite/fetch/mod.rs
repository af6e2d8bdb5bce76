//! `metaplast data fetch`, from a server on loopback, and `--data` with what it fetched.

mod archives;
mod files;
mod server;

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use files::*;
use server::{Reply, Server};

use crate::common::{Sandbox, assert_refused, stderr};

#[test]
fn a_data_set_is_fetched_once_and_then_used() {
    let place = Sandbox::new();
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
    let place = Sandbox::new();
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
    let place = Sandbox::new();
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
    let place = Sandbox::new();
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
        let place = Sandbox::new();
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
    let place = Sandbox::new();
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
    let place = Sandbox::new();
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
    let place = Sandbox::new();
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
    let place = Sandbox::new();
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
    let place = Sandbox::new();
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
        let place = Sandbox::new();
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
    let place = Sandbox::new();
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

#[test]
fn requests_that_cannot_be() {
    let place = Sandbox::new();
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
