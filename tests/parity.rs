//! Agreement with the paper's released code, number by number: every fixture in
//! `tests/fixtures`, or in the directory that `METAPLAST_FIXTURES` names.

use std::any::Any;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use metaplast_plasticity::Number;

#[path = "parity/adam.rs"]
mod adam;
#[path = "parity/agree.rs"]
mod agree;
#[path = "parity/doubt.rs"]
mod doubt;
#[path = "parity/expected.rs"]
mod expected;
#[path = "parity/fixture.rs"]
mod fixture;
#[path = "parity/generate.rs"]
mod generate;
#[path = "parity/ledger.rs"]
mod ledger;
#[path = "parity/run.rs"]
mod run;
#[path = "parity/terms.rs"]
mod terms;

use fixture::Fixture;
use ledger::{Ledger, Tolerances};

#[test]
fn fixtures_agree_in_f64() {
    check_all::<f64>(Tolerances::F64);
}

#[test]
fn fixtures_agree_in_f32() {
    check_all::<f32>(Tolerances::F32);
}

fn check_all<T: Number>(tolerances: Tolerances) {
    let mut ledger = Ledger::default();
    for path in fixture_paths() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        match fs::read_to_string(&path) {
            Ok(text) => check_text::<T>(&text, &name, tolerances, &mut ledger),
            Err(error) => ledger.fail(&name, &error.to_string()),
        }
    }
    ledger.conclude(T::NAME);
}

/// Compares one file; whatever goes wrong with it goes into the ledger under its name.
fn check_text<T: Number>(text: &str, name: &str, tolerances: Tolerances, ledger: &mut Ledger) {
    let before = ledger.comparisons();
    let attempt = AssertUnwindSafe(|| match Fixture::read(text)? {
        Fixture::Episode(episode) => agree::check::<T>(name, &episode, tolerances, ledger),
        Fixture::Terms(file) => terms::check::<T>(name, &file, tolerances, ledger),
        Fixture::Adam(episodes) => adam::check::<T>(name, &episodes, tolerances, ledger),
    });
    let outcome = catch_unwind(attempt);
    match outcome {
        Ok(Ok(())) if ledger.comparisons() > before => {}
        Ok(Ok(())) => ledger.fail(name, "nothing in it was compared"),
        Ok(Err(message)) => ledger.fail(name, &message),
        Err(panic) => ledger.fail(name, &format!("panicked: {}", message_of(&*panic))),
    }
}

/// Every `*.json` of the directory, in order of name.
fn fixture_paths() -> Vec<PathBuf> {
    let directory = match std::env::var_os("METAPLAST_FIXTURES") {
        Some(directory) => PathBuf::from(directory),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")),
    };
    let shown = directory.display();
    let entries = fs::read_dir(&directory).unwrap_or_else(|error| panic!("{shown}: {error}"));
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| {
            entry
                .unwrap_or_else(|error| panic!("{shown}: {error}"))
                .path()
        })
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{shown}: no *.json in it");
    paths
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}
