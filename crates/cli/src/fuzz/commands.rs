//! Command lines.

use std::ffi::OsString;

use clap::{CommandFactory, Parser};
use metaplast_runs::settings::{Config, Settings};
use rand::RngExt;
use rand::rngs::Xoshiro256PlusPlus;

use super::{Case, run};
use crate::commands::Command;
use crate::{Invocation, Metaplast};

const VALUES: [&str; 34] = [
    "0",
    "1",
    "-1",
    "600",
    "1e-3",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "",
    " ",
    "bio",
    "pool",
    "fa",
    "F0,F2",
    "0,2,9",
    "0,0",
    ",",
    "784,170,47",
    "784",
    "784,0,47",
    "99999999999,47",
    "glyphs",
    "/nowhere",
    "../out",
    "fixed",
    "symmetric",
    "adam",
    "f64",
    "paper",
    "θ\u{0}\n",
];

/// Every word that the command knows, and every flag.
fn words(command: &clap::Command, into: &mut Vec<String>) {
    for argument in command.get_arguments() {
        into.extend(argument.get_long().map(|long| format!("--{long}")));
        into.extend(argument.get_short().map(|short| format!("-{short}")));
    }
    for command in command.get_subcommands() {
        into.push(command.get_name().into());
        words(command, into);
    }
}

fn line(rng: &mut Xoshiro256PlusPlus, commands: &[String], words: &[String]) -> Vec<OsString> {
    let mut line = vec!["metaplast".into()];
    if rng.random_range(0..10) > 0 {
        line.push(commands[rng.random_range(0..commands.len())].clone().into());
    }
    for _ in 0..rng.random_range(0..12) {
        let word = &words[rng.random_range(0..words.len())];
        let value = VALUES[rng.random_range(0..VALUES.len())];
        match rng.random_range(0..8) {
            0 => line.push(value.into()),
            1 => line.push(word.into()),
            2 => line.push(format!("{word}={value}").into()),
            _ => line.extend([word.into(), value.into()]),
        }
    }
    if rng.random_range(0..50) == 0 {
        line.push(not_unicode());
    }
    line
}

#[cfg(unix)]
fn not_unicode() -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(vec![b'-', 0xff, b'='])
}

#[cfg(not(unix))]
fn not_unicode() -> OsString {
    "-\u{fffd}=".into()
}

#[test]
fn command_lines() {
    let command = Metaplast::command();
    let commands: Vec<String> = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    let mut all = Vec::new();
    words(&command, &mut all);
    // Half of them flags of the command with the most.
    let mut words_of = Vec::new();
    words(
        command.find_subcommand("meta-train").unwrap(),
        &mut words_of,
    );
    all.extend(words_of.clone());

    run("command lines", |rng| {
        let line = if rng.random() {
            line(rng, &["meta-train".into()], &words_of)
        } else {
            line(rng, &commands, &all)
        };
        Case {
            limit: 4 << 20,
            shown: format!("{line:?}"),
            accepted: Box::new(|| match Metaplast::try_parse_from(line) {
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    false
                }
                Ok(parsed) => match parsed.invocation {
                    Invocation::Command(Command::MetaTrain(arguments)) => {
                        Config::resolve(&arguments.settings, &Settings::default(), None).is_ok()
                    }
                    _ => true,
                },
            }),
        }
        .check()
    });
}
