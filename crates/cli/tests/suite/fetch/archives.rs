//! Data sets that come as one archive.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::files::*;
use super::server::{Reply, Server};
use crate::common::{Sandbox, stderr};

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
    let place = Sandbox::new();
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
        let place = Sandbox::new();
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
