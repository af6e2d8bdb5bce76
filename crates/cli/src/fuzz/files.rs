//! The text files of the command: rules, configurations, checkpoints, rows.

use std::path::{Component, Path};

use metaplast_counting::peak_bytes;
use metaplast_plasticity::Rule;
use metaplast_plasticity::text::TextTerm;
use metaplast_runs::Error;
use metaplast_runs::checkpoint::Checkpoint;
use metaplast_runs::episodes::{Columns, row};
use metaplast_runs::rule::RuleFile;
use metaplast_runs::settings::{Config, Settings};

use super::{Diet, MIB, damage};
use crate::sweep::Plan;

// Made anew, when their contents change, by
// metaplast meta-train --out DIR --preset bio --episodes 4 --shots 2 --queries 1 --ways 2 --layers 784,4,47
// --glyphs-per-class 4
const RULE: &str = include_str!("seeds/rule.toml");
const CONFIG: &str = include_str!("seeds/config.toml");
const CHECKPOINT: &str = include_str!("seeds/checkpoint.toml");
const ROWS: &str = include_str!("seeds/episodes.csv");

const OWN_TERMS: &str = "terms = [\"mine\", \"F0\"]\ntheta = [0.1, 0.2]\nfeedback = \"fixed\"\n\
     [own_terms]\nmine = \"tanh(z - 0.5 ones) * (W^T e)^T / 2\"\n";

const PER_LAYER: &str = "terms = [\"F0\", \"F9\"]\ntheta = [[0.1, 0.2], [-0.1, 0.0]]\nfeedback = \"fixed\"\n\
     layers = [784, 4, 47]\n[[trials]]\ntheta = [[0.1, 0.2], [-0.1, 0.0]]\n";

const WORDS: &[&[u8]] = &[
    b"[",
    b"]",
    b"[[",
    b"]]",
    b"{",
    b"}",
    b"=",
    b"\"",
    b"\"\"\"",
    b"'",
    b"\\u0000",
    b"\\",
    b"\n",
    b"#",
    b"nan",
    b"inf",
    b"-inf",
    b"-0.0",
    b"1e309",
    b"1e-400",
    b"0x",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-1",
    b"0",
    b"4294967296",
    b"1979-05-27T07:32:00Z",
    b"true",
    b"[provenance]",
    b"[[trials]]",
    b"terms",
    b"theta",
    b"layers",
    b"F0",
    b"F9",
    b"[[[[[[[[[[[[[[[[[[[[",
    b"a.a.a.a.a.a.a.a.",
    b"preset = \"pool\"\n",
    "θ".as_bytes(),
    b"\xff\xfe",
];
/// A table with its positions takes a good deal more than its text.
const TABLE: usize = 2000;

fn text(input: &[u8]) -> Option<&str> {
    std::str::from_utf8(input).ok()
}

/// Errors are one line once `main` has written them, and never empty.
fn accepted<T>(read: Result<T, Error>) -> bool {
    if let Err(error) = &read {
        assert!(!error.to_string().is_empty());
    }
    read.is_ok()
}

#[test]
fn rule_files() {
    let by_hand = "terms = [\"F0\"]\ntheta = [0.1]\nfeedback = \"fixed\"\n";
    let diet = Diet {
        seeds: &[
            RULE.into(),
            by_hand.into(),
            OWN_TERMS.into(),
            PER_LAYER.into(),
        ],
        words: WORDS,
        flat: MIB,
        per_byte: TABLE,
    };
    damage("rule TOML", &diet, |input| {
        let Some(text) = text(input) else {
            return false;
        };
        let read = RuleFile::parse(text, Path::new("x"));
        if let Ok(rule) = &read {
            assert!(rule.rule.theta().iter().all(|theta| theta.is_finite()));
            let again = RuleFile::parse(&rule.to_toml(), Path::new("x")).expect("what was written");
            assert_eq!(
                (again.rule, again.trials),
                (rule.rule.clone(), rule.trials.clone())
            );
        }
        accepted(read)
    });
}

#[test]
fn terms() {
    let diet = Diet {
        seeds: &[
            b"oja = y * y_pre^T - (y * y^T) * W".into(),
            "six = −y_l (y_lᵀ W_l e_(l−1)) e_(l−1)ᵀ".into(),
            b"bcm = (y .* (y - 0.2 ones)) * y_pre^T + exp(-(y^T y)) W / 1e3".into(),
        ],
        words: &[
            b"(",
            b")",
            b"((((",
            b"^T",
            b"*",
            b".*",
            b"+",
            b"-",
            b"/",
            b"W",
            b"W^T",
            b"y",
            b"e_pre",
            b"ones",
            b"z",
            b"tanh(",
            b"1e308",
            b"0",
            b"=",
            b"(y + e) * (y + e)^T",
            "ᵀ".as_bytes(),
            "\u{2212}".as_bytes(),
            b"1_l",
            b"_(l-1)",
        ],
        flat: MIB,
        per_byte: TABLE,
    };
    damage("own term", &diet, |input| {
        let Some(text) = text(input) else {
            return false;
        };
        match TextTerm::parse(text) {
            Ok(term) => {
                let again = TextTerm::parse(&term.to_string()).expect("what was written");
                assert_eq!(again, term);
                true
            }
            Err(error) => {
                assert_eq!(error.picture().lines().count(), 2);
                false
            }
        }
    });
}

#[test]
fn configurations() {
    let preset = "preset = \"pool\"\nlayers = [784, 8, 47]\nquiet = true\n";
    let diet = Diet {
        seeds: &[CONFIG.into(), preset.into()],
        words: WORDS,
        flat: MIB,
        per_byte: TABLE,
    };
    damage("config TOML", &diet, |input| {
        let Some(text) = text(input) else {
            return false;
        };
        let resolve = || {
            let file = Settings::parse(text, Path::new("x"))?;
            Config::resolve(&Settings::default(), &file, Some(Path::new("x")))
        };
        accepted(resolve())
    });
}

const SWEEP: &str = "\
title = \"Rates\"
[base]
preset = \"bio\"
layers = [784, 8, 47]
[grid]
lr = [1e-3, 1e-2]
seed = [1, 2]
[[arm]]
name = \"a\"
optimizer = \"adam\"
[[target]]
name = \"t\"
classes = \"held-out\"
[quick]
episodes = 2
";
const RANDOM_SWEEP: &str = "\
[random]
cells = 3
log = { lr = [1e-4, 1e-2] }
uniform = { lambda = [0.0, 0.1] }
choice = { optimizer = [\"adam\", \"sgd\"] }
";

#[test]
fn sweeps() {
    let diet = Diet {
        seeds: &[SWEEP.into(), RANDOM_SWEEP.into()],
        words: &[
            WORDS,
            &[
                b"[grid]",
                b"[random]",
                b"[[arm]]",
                b"[quick_grid]",
                b"cells",
                b"name = ",
                b"choice",
                b"[[target]]",
                b"tasks = ",
                b"lr = ",
                b"../../x",
                b"out = ",
            ],
        ]
        .concat(),
        // Ten thousand cells are allowed, however short their description.
        flat: 256 * MIB,
        per_byte: TABLE,
    };
    damage("sweep TOML", &diet, |input| {
        let Some(text) = text(input) else {
            return false;
        };
        let plan = Plan::read(Path::new("x"), text, input.len() % 2 == 0, &[]);
        if let Ok(plan) = &plan {
            let out = Path::new("out");
            for directory in plan.directories(out) {
                let inside = directory.strip_prefix(out).expect("below the directory");
                assert_eq!(inside.components().count(), 1, "{inside:?}");
                let names = inside
                    .components()
                    .all(|c| matches!(c, Component::Normal(_)));
                assert!(names, "{inside:?}");
            }
        }
        accepted(plan)
    });
}

/// A grid of 10^40 cells is refused before it is laid out.
#[test]
fn a_grid_beyond_counting() {
    let values: Vec<String> = (0..10).map(|k| format!("{k}.5")).collect();
    let keys = [
        "lr",
        "lambda",
        "seed",
        "episodes",
        "trials",
        "patience",
        "ways",
        "shots",
        "queries",
        "meta_batch",
        "data_seed",
        "glyphs_per_class",
        "hold_out_classes",
    ];
    let axes = keys.map(|key| format!("{key} = [{}]\n", values.join(",")));
    let text = format!("[grid]\n{}", axes.concat());
    let (plan, peak) = peak_bytes(|| Plan::read(Path::new("x"), &text, false, &[]));
    assert!(plan.is_err() && peak < MIB, "{peak}");
}

/// With a checksum that is right for the damage, so that the reader behind it is reached.
#[test]
fn checkpoints() {
    let body = &CHECKPOINT[..CHECKPOINT.rfind("# crc32").unwrap()];
    let diet = Diet {
        seeds: &[body.into()],
        words: WORDS,
        flat: MIB,
        per_byte: TABLE,
    };
    damage("checkpoint", &diet, |input| {
        let mut whole = input.to_vec();
        whole.extend(format!("# crc32 {:08x}\n", crc32fast::hash(input)).bytes());
        assert!(Checkpoint::from_text(input).is_err() || input == CHECKPOINT.as_bytes());
        let Ok(checkpoint) = Checkpoint::from_text(&whole) else {
            return false;
        };
        let Ok(config) = Config::resolve(&Settings::default(), &checkpoint.settings, None) else {
            return false;
        };
        let settings = config.trainer_settings();
        checkpoint
            .trials
            .iter()
            .all(|state| state.check(&settings).is_ok())
    });
}

#[test]
fn rows() {
    let line = ROWS.lines().nth(1).unwrap();
    let diet = Diet {
        seeds: &[line.into()],
        words: &[
            b",",
            b"NaN",
            b"inf",
            b"-",
            b"1e999",
            b"true",
            b"18446744073709551616",
        ],
        flat: MIB,
        per_byte: 100,
    };
    let columns = Columns::new(&Rule::new(&[0, 2, 9]).unwrap(), 2);
    damage("episodes.csv", &diet, |input| {
        let Some(record) = text(input).and_then(|text| columns.read(text).ok()) else {
            return false;
        };
        let again = row(&record);
        let back = columns.read(again.trim_end()).expect("what was written");
        assert_eq!(row(&back), again);
        true
    });
}

#[test]
fn depth_is_bounded() {
    for open in ["[", "{a=", "a.", "[["] {
        let deep = format!("x = {}", open.repeat(200_000));
        assert!(Settings::parse(&deep, Path::new("x")).is_err());
        assert!(RuleFile::parse(&open.repeat(200_000), Path::new("x")).is_err());
    }
}
