//! Pages from made-up runs.

use metaplast_experiment::{
    About, Across, ExperimentSettings, Figure, Plot, Point, Results, Scale, Table,
};
use metaplast_report::{Episode, ExperimentReport, Page, Run, Term, Trial};

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

/// An experiment with these results and one finding more.
fn experiment(results: Results) -> ExperimentReport {
    ExperimentReport {
        about: About::new("names", "Rules <compared> & contrasted")
            .asking("Does a < b hold?")
            .published("It does."),
        settings: ExperimentSettings::new().trials_and_seed(3).text(
            "data",
            "<glyphs>",
            "images & labels",
        ),
        results: results.with_finding("It does here too."),
        command: "metaplast reproduce names".into(),
    }
}

/// A page about an experiment without meta-trainings: a table, curves against numbers, and a path.
pub(crate) fn measured() -> Page {
    let mut table = Table::new("errors", "Errors <by layer>", ["layer", "error", "runs"]);
    table.row([
        "first & last".into(),
        table.mean_of(&[0.1, 0.2, 0.4], 2),
        3u64.into(),
    ]);
    let numbers = |scale| Across::Numbers {
        label: "step".into(),
        scale,
    };
    let points = |k: i32| Point::exact(f64::from(k), 2.0f64.powi(-k));
    let explanation =
        "How fast two made-up losses fall, over all steps and over their logarithm, and a circle.";
    let mut figure = Figure::new("curves", "Curves", explanation)
        .with_series(["a", "b < c"])
        .with_method("Lines: exact.");
    for scale in [Scale::Linear, Scale::Logarithmic] {
        let plot = Plot::new("Loss", numbers(scale), "loss, in nats").logarithmic();
        let plot = plot
            .with_curve(0, (1..9).map(points))
            .with_curve(1, (3..20).map(points));
        figure = figure.with_plot(plot);
    }
    let turn = |k: i32| f64::from(k) * 0.1;
    let circle = (0..63).map(|k| Point::exact(turn(k).cos(), turn(k).sin()));
    let plane = Across::Plane { label: "x".into() };
    let path = Plot::new("Movement", plane, "y")
        .wide()
        .with_curve(1, circle);
    Page {
        title: "Rules <compared> & contrasted".into(),
        experiment: Some(experiment(
            Results::new()
                .with_table(table)
                .with_figure(figure.with_plot(path)),
        )),
        runs: Vec::new(),
        program: "a test".into(),
    }
}

/// A page about several runs, or about one.
pub(crate) fn page(runs: Vec<Run>) -> Page {
    Page {
        title: "Rules <compared> & contrasted".into(),
        experiment: Some(experiment(Results::new())),
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
        ("no runs", measured()),
        ("one episode", page(vec![run("short", &["F0"], 1, 1)])),
    ]
}
