//! `docs/reliability.md` names tests that exist, and every line of `unsafe` code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn page() -> String {
    fs::read_to_string("docs/reliability.md").unwrap()
}

fn sources(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for directory in ["benches", "crates", "examples", "src", "tests"] {
        sources(Path::new(directory), &mut files);
    }
    files.sort();
    files
}

/// Names as the page writes them: `module::test`.
#[test]
fn every_test_that_is_named_exists() {
    let page = page();
    let named: Vec<(&str, &str)> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once("::"))
        .filter(|(module, test)| {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            module.chars().all(plain) && test.chars().all(plain)
        })
        .collect();
    assert!(named.len() > 20, "{named:?}");
    let files = all_sources();
    for (module, test) in named {
        let function = format!("fn {test}(");
        let of_module = |file: &&PathBuf| {
            let name = file.file_stem().unwrap();
            let folder = file.parent().unwrap().file_name().unwrap();
            name == module || ((name == "mod" || name == "main") && folder == module)
        };
        let found = files
            .iter()
            .filter(of_module)
            .any(|file| fs::read_to_string(file).unwrap().contains(&function));
        assert!(found, "no test `{module}::{test}`");
    }
}

/// Rows of the table as `| file | lines with unsafe code | …`.
#[test]
fn all_unsafe_code_is_in_the_inventory() {
    let page = page();
    let rows = page.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        let (lines, _) = rest.split_once(" | ")?;
        Some((name.to_owned(), lines.parse().ok()?))
    });
    let inventory: BTreeMap<String, usize> = rows.collect();
    // In two words, so that this line is none.
    let word = concat!("un", "safe ");
    let is_unsafe = |line: &&str| {
        let line = line.trim_start();
        let begins = |next| line.contains(&format!("{word}{next}"));
        !line.starts_with("//") && ["{", "impl", "fn", "extern"].into_iter().any(begins)
    };
    let files = all_sources().into_iter().map(|file| {
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().filter(is_unsafe).count();
        (file.display().to_string(), lines)
    });
    let found: BTreeMap<String, usize> = files.filter(|(_, lines)| *lines > 0).collect();
    assert_eq!(inventory, found, "docs/reliability.md and the code");
}
