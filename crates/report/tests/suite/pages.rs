//! Pages from made-up runs.

use metaplast_report::{Episode, Page, Run, Study, Term, Trial};

/// A run with these terms and trials, whose names would break careless markup.
pub(crate) fn run(name: &str, symbols: &[&str], trials: u64, episodes: u32) -> Run {
    let terms = symbols.iter().map(|symbol| Term {
        symbol: (*symbol).into(),
        name: format!("term <{symbol}> & more, scaled by the projected error of its layer"),
        formula: "y_l y_(l−1)ᵀ − (y_l y_lᵀ) W_l".into(),
        locality: "local to pre, post and synapse".into(),
    });
    let trial = |number: u64| Trial {
        number,
        theta: vec![0.01; symbols.len()],
        episodes: (0..episodes)
            .map(|k| episode(number, k, symbols.len()))
            .collect(),
    };
    Run {
        name: name.into(),
        rule: "ΔW_l = −0.012719 e_l y_(l−1)ᵀ + 0.045248 e_l e_(l−1)ᵀ".into(),
        terms: terms.collect(),
        ways: 5,
        outputs: 47,
        trials: (0..trials).map(trial).collect(),
        settings: vec![
            ("terms".into(), symbols.join(",")),
            ("data".into(), "a/very/long/path/".repeat(12)),
            ("seed".into(), "1".into()),
        ],
        command: format!(
            "metaplast meta-train --data {}",
            "a/very/long/path/".repeat(12)
        ),
    }
}

fn episode(trial: u64, k: u32, terms: usize) -> Episode {
    let wave = (f64::from(k) + trial as f64).sin();
    let diverged = k % 17 == 16;
    let loss = 1.0 + 2.0 * (-f64::from(k) / 20.0).exp() + 0.1 * wave;
    Episode {
        meta_loss: if diverged { f64::INFINITY } else { loss },
        cross_entropy: if diverged { f64::NAN } else { loss },
        accuracy: 0.7 - 0.5 * (-f64::from(k) / 20.0).exp() + 0.05 * wave,
        theta: (0..terms)
            .map(|r| 1e-4 * f64::from(k) * (r as f64 - 0.5))
            .collect(),
        angles: vec![88.0 + wave, 70.0 + wave, 35.0 + wave],
        orthonormality: vec![2000.0, 300.0, 0.0, 5.0 + wave],
        diverged,
    }
}

/// A page about several runs, or about one.
pub(crate) fn page(runs: Vec<Run>) -> Page {
    Page {
        title: "Rules <compared> & contrasted".into(),
        study: Some(Study {
            question: "Does a < b hold?".into(),
            published: Some("It does.".into()),
            found: vec!["It does here too.".into()],
        }),
        first: Vec::new(),
        runs,
        program: "a test".into(),
    }
}

/// Pages of very different kinds.
pub(crate) fn pages() -> Vec<(&'static str, Page)> {
    let pool = ["F0", "F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9"];
    let many = (0..10).map(|k| run(&format!("run {k} with a name & more"), &["F0", "F9"], 2, 30));
    vec![
        ("single trial", page(vec![run("one", &["F0"], 1, 120)])),
        ("several trials", page(vec![run("one", &pool, 3, 80)])),
        (
            "two runs",
            page(vec![
                run("a", &["F0"], 1, 40),
                run("b", &["F0", "F2"], 3, 90),
            ]),
        ),
        ("ten runs", page(many.collect())),
        ("one episode", page(vec![run("short", &["F0"], 1, 1)])),
    ]
}
