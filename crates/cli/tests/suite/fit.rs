//! `metaplast simulate --record` and `metaplast fit`: a rule goes out and is found again.

use crate::common::{Sandbox, assert_refused, stderr};
use metaplast_tensor::Tensor;
use metaplast_tensor::exchange::npz;

/// A rule for a small net on glyphs.
const RULE: &str = "terms = [\"F0\", \"F2\", \"F9\"]
theta = [0.02, -0.012, 0.004]
feedback = \"fixed\"
layers = [784, 6, 47]
";

const TASK: [&str; 8] = [
    "--glyphs-per-class",
    "12",
    "--ways",
    "3",
    "--shots",
    "10",
    "--queries",
    "2",
];

fn record(place: &Sandbox, out: &str, more: &[&str]) -> String {
    place.write("truth.toml", RULE);
    let base = ["simulate", "truth.toml", "--record", "--out", out];
    place.succeed(&[&base, &TASK[..], more].concat())
}

/// θ and the ends of its interval, by term.
fn csv(place: &Sandbox, name: &str) -> Vec<(String, Vec<Option<f64>>)> {
    let text = place.read(name);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("term,theta,low,high"));
    let row = |line: &str| {
        let mut cells = line.split(',');
        let term = cells.next().unwrap().to_owned();
        (term, cells.map(|cell| cell.parse().ok()).collect())
    };
    lines.map(row).collect()
}

#[test]
fn a_simulated_rule_is_found_again() {
    let place = Sandbox::new();
    let told = record(
        &place,
        "seen",
        &["--trajectories", "10", "--noise", "0.02", "--seed", "2"],
    );
    assert!(told.contains("recording.npz"), "{told}");
    let fit = ["fit", "seen/recording.npz", "--terms", "0,2,9", "--out"];
    let told = place.succeed(&[&fit[..], &["found"]].concat());
    for words in [
        "98% interval",
        "10 trajectories",
        "activity of layer 2",
        "R² = 0.",
    ] {
        assert!(told.contains(words), "no {words:?} in {told}");
    }
    for ((term, cells), truth) in csv(&place, "found/fit.csv")
        .iter()
        .zip([0.02, -0.012, 0.004])
    {
        let (low, high) = (cells[1].unwrap(), cells[2].unwrap());
        assert!(
            low <= truth && truth <= high,
            "{term}: {truth} not in {low} to {high}"
        );
    }
    // What was found is a rule like any other.
    let again = ["simulate", "found/rule.toml", "--quiet", "--out", "again"];
    place.succeed(&[&again, &TASK[..]].concat());

    // The same bits for any number of threads, and other ones from noise of another seed.
    place.succeed(&[&fit[..], &["one", "--threads", "1", "--quiet"]].concat());
    for file in ["rule.toml", "fit.csv"] {
        let (one, found) = (format!("one/{file}"), format!("found/{file}"));
        assert_eq!(place.read(&one), place.read(&found));
    }
}

#[test]
fn activity_or_weights_alone_will_do() {
    let place = Sandbox::new();
    for quantities in ["activity", "weights"] {
        let out = format!("seen-{quantities}");
        record(
            &place,
            &out,
            &["--trajectories", "2", "--quantities", quantities],
        );
        let file = format!("{out}/recording.npz");
        let found = format!("found-{quantities}");
        // Two files of one net are fitted together.
        let again = format!("{out}/again.npz");
        std::fs::copy(place.path(&file), place.path(&again)).unwrap();
        let told = place.succeed(&["fit", &file, &again, "--preset", "bio", "--out", &found]);
        assert!(
            told.contains("stretches of consecutive steps of 4 trajectories"),
            "{told}"
        );
        for ((_, cells), truth) in csv(&place, &format!("{found}/fit.csv"))
            .iter()
            .zip([0.02, -0.012, 0.004])
        {
            assert!(
                (cells[0].unwrap() - truth).abs() < 1e-4 * truth.abs(),
                "{cells:?}"
            );
        }
    }
}

#[test]
fn terms_that_cannot_be_told_apart_are_named() {
    let place = Sandbox::new();
    record(&place, "seen", &[]);
    let same = "same = -e * y_pre^T";
    let fit = [
        "fit",
        "seen/recording.npz",
        "--preset",
        "bio",
        "--term",
        same,
    ];
    let told = place.succeed(&[&fit[..], &["--out", "found"]].concat());
    assert!(told.contains("F0 and same cannot be told apart"), "{told}");
    assert!(told.contains("not determined"), "{told}");
    let rows = csv(&place, "found/fit.csv");
    assert_eq!(rows[3].0, "same");
    assert_eq!(rows[3].1[1..], [None, None]);
}

/// Oja's rule of linear units, recorded by another program.
fn oja(place: &Sandbox, change: impl Fn(&mut Vec<(&'static str, Tensor<f64>)>)) {
    let (steps, rate) = (30, 0.05);
    let mut w = [0.3, -0.1, 0.2, 0.4];
    let first = Tensor::new([2, 2], w.to_vec());
    let (mut inputs, mut trace) = (Vec::new(), w.to_vec());
    for t in 0..steps {
        let x = [(t as f64 * 0.7).sin(), (t as f64 * 1.3).cos()];
        let y = [w[0] * x[0] + w[1] * x[1], w[2] * x[0] + w[3] * x[1]];
        let v = [w[0] * y[0] + w[2] * y[1], w[1] * y[0] + w[3] * y[1]];
        for j in 0..2 {
            for i in 0..2 {
                w[2 * j + i] += rate * y[j] * (x[i] - v[i]);
            }
        }
        inputs.extend(x);
        trace.extend(w);
    }
    let mut arrays = vec![
        ("inputs", Tensor::new([steps, 2], inputs)),
        ("W0.1", first),
        ("W.1", Tensor::new([steps + 1, 2, 2], trace)),
    ];
    change(&mut arrays);
    npz::write(place.path("oja.npz"), arrays.iter().map(|(n, a)| (n, a))).unwrap();
}

const FIT_OJA: [&str; 8] = [
    "fit", "oja.npz", "--terms", "9", "--output", "linear", "--out", "found",
];

#[test]
fn a_recording_of_ones_own_is_read() {
    let place = Sandbox::new();
    oja(&place, |_| {});
    let told = place.succeed(&FIT_OJA);
    assert!(told.contains("consecutive steps of 1 trajectory"), "{told}");
    let theta = csv(&place, "found/fit.csv")[0].1[0].unwrap();
    assert!((theta - 0.05).abs() < 1e-9, "{theta}");
    let rule = place.read("found/rule.toml");
    assert!(rule.contains("output = \"linear\""), "{rule}");

    // Without teaching signals a term of the errors leaves no trace.
    let flags = ["--terms", "0,9", "--output", "linear", "--out", "more"];
    let told = place.succeed(&[&["fit", "oja.npz"], &flags[..]].concat());
    assert!(told.contains("F0 leaves no trace"), "{told}");
}

#[test]
fn what_is_missing_or_misshaped_is_named() {
    type Change = fn(&mut Vec<(&'static str, Tensor<f64>)>);
    let cases: [(Change, &[&str]); 12] = [
        (|a| drop(a.remove(0)), &["`inputs`", "missing"]),
        (|a| drop(a.drain(1..)), &["`W0.1`", "missing"]),
        (
            |a| drop(a.drain(2..)),
            &["nothing was recorded", "W.l or y.l"],
        ),
        (
            |a| a[1].1 = Tensor::zeros([2, 3]),
            &["`W0.1`", "[2, 3]", "2, the size of the layer below"],
        ),
        (
            |a| a[2].1 = Tensor::zeros([9, 2, 2]),
            &["`W.1`", "9 times of 30 steps", "`times`"],
        ),
        (
            |a| a[2].1 = Tensor::zeros([31, 2, 3]),
            &["`W.1`", "[31, 2, 2]"],
        ),
        (
            |a| a.push(("y.2", Tensor::zeros([30, 2]))),
            &["`y.2`", "1 layers only"],
        ),
        (
            |a| a.push(("labels", Tensor::full([30], 2.0))),
            &["`labels`", "holds 2", "0 to 1"],
        ),
        (
            |a| a.push(("weights", Tensor::zeros([1]))),
            &["`weights`", "unknown", "W0.l"],
        ),
        (
            |a| a[0].1.data_mut()[3] = f64::NAN,
            &["`inputs`", "NaN", "finite"],
        ),
        (
            |a| {
                a.push(("labels", Tensor::zeros([30])));
                a.push(("targets", Tensor::zeros([30, 2])));
            },
            &["`targets`", "`labels` as well", "keep one"],
        ),
        (
            |a| {
                let first = a[1].1.data().to_vec();
                let same = std::iter::repeat_n(first, 31).flatten();
                a[2].1 = Tensor::new([31, 2, 2], same.collect());
            },
            &["nothing was learned"],
        ),
    ];
    let place = Sandbox::new();
    for (change, words) in cases {
        oja(&place, change);
        let words = [&["oja.npz"], words].concat();
        assert_refused(&place.run(&FIT_OJA), &words, &place.path("found"));
    }
    // Errors of a classifier travel back by matrices that must be known.
    oja(&place, |a| a.push(("labels", Tensor::zeros([30]))));
    let reads_input = FIT_OJA.map(|word| if word == "9" { "2,9" } else { word });
    let refused = place.run(&reads_input);
    assert_refused(&refused, &["`B.1`", "--feedback"], &place.path("found"));
    place.succeed(&[&reads_input[..], &["--feedback", "symmetric"]].concat());
    // They are not asked for where no term reads what they bring back.
    std::fs::remove_dir_all(place.path("found")).unwrap();
    place.succeed(&FIT_OJA);
}

#[test]
fn wrong_requests_are_refused() {
    let place = Sandbox::new();
    oja(&place, |_| {});
    place.write("none.npz", "no archive");
    let refuse = |arguments: &[&str], words: &[&str]| {
        let output = place.run(&[arguments, &["--out", "found"]].concat());
        assert_refused(&output, words, &place.path("found"));
    };
    refuse(&["fit", "no.npz"], &["no.npz", "cannot be read"]);
    refuse(&["fit", "none.npz"], &["none.npz", "write it again"]);
    refuse(&["fit", "oja.npz", "--terms", "11"], &["F0 to F9"]);
    refuse(
        &["fit", "oja.npz", "--output", "relu"],
        &["--output", "linear"],
    );
    refuse(&["fit", "oja.npz", "--l1", "-1"], &["--l1"]);
    refuse(&["fit", "oja.npz", "--beta", "0"], &["--beta"]);
    place.write("truth.toml", RULE);
    let simulate = ["simulate", "truth.toml", "--record"];
    let with = |more: &[&'static str]| [&simulate[..], more].concat();
    refuse(&with(&["--noise", "nan"]), &["--noise"]);
    refuse(
        &with(&["--quantities", "spikes"]),
        &["--quantities", "activity"],
    );
    refuse(&with(&["--trajectories", "0"]), &["--trajectories"]);
    refuse(
        &with(&["--trajectories", "99999999"]),
        &["--record", "fewer"],
    );
    let alone = place.run(&["simulate", "truth.toml", "--noise", "0.1"]);
    assert!(stderr(&alone).contains("--record"));
}
