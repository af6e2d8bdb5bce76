//! Files of data sets as a server would send them, and the command that fetches them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Output;

use metaplast_data::idx;
use sha2::{Digest, Sha256};

use crate::common::{Sandbox, stderr};

pub(super) const TAG: &str = "\"v1\"";
pub(super) const TRAIN_IMAGES: &str = "train-images-idx3-ubyte.gz";
pub(super) const TEST_IMAGES: &str = "t10k-images-idx3-ubyte.gz";

/// Files by their names.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// A small data set under the names that a pair of IDX files has.
pub(super) fn pair(name: &str, classes: u8, per_class: usize) -> Files {
    let place = Sandbox::new();
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

pub(super) fn mnist() -> Files {
    pair("train", 3, 6)
        .into_iter()
        .chain(pair("t10k", 3, 4))
        .collect()
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file for `--sources` with these checksums.
pub(super) fn sources(place: &Sandbox, data: &str, files: &Files) {
    let tables = files.iter().map(|(name, bytes)| {
        format!(
            "[{data}.files.\"{name}\"]\nsha256 = \"{}\"\n",
            sha256(bytes)
        )
    });
    place.write("sources.toml", tables.collect::<String>());
}

pub(super) fn fetch(place: &Sandbox, data: &str, address: &str, more: &[&str]) -> Output {
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
pub(super) fn succeeds(output: &Output) -> String {
    assert!(output.status.success(), "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Asserts that the last line on standard error is an error with these words.
#[track_caller]
pub(super) fn fails(output: &Output, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let last = said.lines().last().unwrap_or("");
    assert!(last.starts_with("error: "), "{said}");
    for word in words {
        assert!(last.contains(word), "no {word:?} in: {last}");
    }
}

/// Names in the cache of a data set.
pub(super) fn cached(place: &Sandbox, data: &str) -> Vec<String> {
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
pub(super) fn assert_cached(place: &Sandbox, data: &str, files: &Files) {
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
