//! The published program's numbers for networks of the plasticity crate's form, through its `Network`.
//!
//! Files come from the directory that `METAPLAST_PREDICTIVE_FIXTURES` names, or the copies beside the
//! tests. What a file is its keys say: a chain of layers without biases on one image, cut behind the
//! softplus or before it. Others are for other tests.

use std::path::Path;

use metaplast_autodiff::{Tape, Var};
use metaplast_fixtures::files;
use metaplast_plasticity::{Architecture, Feedback, Network, Pathway, TeachingSignals};
use metaplast_tensor::Tensor;
use serde_json::Value;

use super::pathway;
use crate::fixtures::{COPIES, VARIABLE};

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list of numbers");
    list.iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// Where beliefs live.
#[derive(Clone, Copy, PartialEq)]
enum CutOfFile {
    Y,
    Z,
}

/// A file whose network is one of the plasticity crate's.
struct Fixture {
    name: String,
    file: Value,
    cut: CutOfFile,
    architecture: Architecture,
    weights: Pathway<f64>,
}

impl Fixture {
    /// None where the file is of another form.
    fn read(path: &Path) -> Option<Self> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{name}: {e}"));
        let file: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let net = file["net"].as_array()?;
        let (mut sizes, mut betas) = (Vec::new(), Vec::new());
        let mut orders: Vec<Vec<&str>> = Vec::new();
        for layer in net {
            let mut order = Vec::new();
            for op in layer.as_array()? {
                order.push(op["op"].as_str()?);
                match op["op"].as_str()? {
                    "linear" if op["bias"] == false => {
                        if sizes.is_empty() {
                            sizes.push(op["in"].as_u64()? as usize);
                        }
                        sizes.push(op["out"].as_u64()? as usize);
                    }
                    "softplus" => betas.push(op["beta"].as_f64()?),
                    _ => return None,
                }
            }
            orders.push(order);
        }
        let (first, last) = (orders.first()?, orders.last()?);
        let inner = |order: &[&str]| orders[1..orders.len() - 1].iter().all(|o| o == order);
        let cut = match (first.as_slice(), last.as_slice()) {
            (["linear", "softplus"], ["linear"]) if inner(&["linear", "softplus"]) => CutOfFile::Y,
            (["linear"], ["softplus", "linear"]) if inner(&["softplus", "linear"]) => CutOfFile::Z,
            _ => return None,
        };
        let one_image = file["batch"] == 1 && file["loss_spec"]["kind"] == "ce";
        let has_signals = |run: &Value| cut == CutOfFile::Z || run.get("e").is_some();
        if !one_image || !file["runs"].as_array()?.iter().all(has_signals) {
            return None;
        }
        let weights = file["params"].as_array()?.iter().map(|layer| {
            let shape = numbers(&layer["W_shape"]);
            Tensor::new([shape[0] as usize, shape[1] as usize], numbers(&layer["W"]))
        });
        let weights = Pathway::from_matrices(&weights.collect::<Vec<_>>());
        assert!(betas.windows(2).all(|pair| pair[0] == pair[1]), "{name}: β");
        let architecture = Architecture::new(sizes).unwrap();
        Some(Fixture {
            architecture: architecture.with_beta(betas[0]).unwrap(),
            name,
            cut,
            weights,
            file,
        })
    }

    /// Which pathway a run of the file is.
    fn feedback(&self, run: &Value) -> Feedback {
        let cut = if self.cut == CutOfFile::Y { "y" } else { "z" };
        let scheme = match run["method"].as_str().unwrap() {
            "Exact" => return Feedback::symmetric(),
            "FixedPred" => "fixed-pred",
            "Strict" => "strict-released",
            other => panic!("{}: method {other}", self.name),
        };
        let (eta, n) = (&run["eta"], &run["n"]);
        pathway(&format!(
            "predictive({scheme},eta={eta},n={n},cut={cut},y=belief)"
        ))
    }

    /// Calls `check` with the signals of one pathway.
    fn teach<R>(
        &self,
        feedback: &Feedback,
        check: impl for<'t> FnOnce(&Network<'t, f64>, Var<'t, f64>, TeachingSignals<'t, f64>) -> R,
    ) -> R {
        let tape = Tape::new();
        let network = Network::builder(&tape, &self.architecture)
            .weights(&self.weights)
            .feedback(feedback, &Pathway::none())
            .build();
        let x = tape.constant(&Tensor::from(numbers(&self.file["x"])));
        let activations = network.forward(x);
        let label = numbers(&self.file["y"])[0] as usize;
        let signals = network.teach(&activations, label);
        let input = network.input_error(&activations, &signals.errors);
        check(&network, input, signals)
    }
}

/// To 1e-10 of the larger of the tensor's largest number and `beside`; to 1e-9 where the run diverges.
fn assert_close(what: &str, found: &[f64], expected: &[f64], beside: f64) {
    let largest = |x: &[f64]| x.iter().fold(0.0f64, |m, x| m.max(x.abs()));
    let scale = largest(expected).max(beside);
    let tolerance = if scale > 1e3 * beside { 1e-9 } else { 1e-10 };
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let apart = (found - expected).abs();
        assert!(
            apart <= tolerance * scale,
            "{what}[{i}]: {found:e}, expected {expected:e}, apart {apart:e}"
        );
    }
}

#[test]
fn teaching_signals_are_those_of_the_published_program() {
    let mut runs = 0;
    let fixtures: Vec<Fixture> = files(VARIABLE, COPIES)
        .unwrap_or_else(|error| panic!("{error}"))
        .iter()
        .filter_map(|path| Fixture::read(path))
        .collect();
    for fixture in &fixtures {
        // The size of backpropagation's signals, e_0 included.
        let sizes: Vec<f64> = fixture.teach(&Feedback::symmetric(), |_, input, signals| {
            let all = [input].into_iter().chain(signals.errors);
            let size = |e: Var<'_, f64>| e.with(|e| e.iter().fold(0.0f64, |m, e| m.max(e.abs())));
            all.map(size).collect()
        });
        for run in fixture.file["runs"].as_array().unwrap() {
            runs += 1;
            let feedback = fixture.feedback(run);
            let what = format!("{}: {} {feedback}", fixture.name, run["method"]);
            fixture.teach(&feedback, |network, input, signals| {
                check_run(fixture, run, &what, &sizes, network, input, &signals);
            });
        }
    }
    println!("{} files, {runs} runs", fixtures.len());
    if std::env::var_os(VARIABLE).is_none() {
        assert!(fixtures.len() >= 2 && runs >= 20);
    }
}

fn check_run<'t>(
    fixture: &Fixture,
    run: &Value,
    what: &str,
    sizes: &[f64],
    network: &Network<'t, f64>,
    input: Var<'t, f64>,
    signals: &TeachingSignals<'t, f64>,
) {
    let layers = fixture.architecture.layers();
    let given = match fixture.cut {
        CutOfFile::Y => &run["e"],
        CutOfFile::Z => &run["eps"],
    };
    let values = |x: Var<'t, f64>| x.value().data().to_vec();
    for (l, e) in (1..).zip(&signals.errors) {
        let of = format!("{what}, e_{l}");
        assert_close(&of, &values(*e), &numbers(&given[l]), sizes[l]);
    }
    if let Some(e_0) = run.get("e") {
        assert_close(
            &format!("{what}, e_0"),
            &values(input),
            &numbers(&e_0[0]),
            sizes[0],
        );
    }
    // What the published gradient is made at: the forward pass, or in strict inference the beliefs.
    let own = network.forward(
        network
            .tape()
            .constant(&Tensor::from(numbers(&fixture.file["x"]))),
    );
    let strict = run["method"] == "Strict";
    let seen = if strict {
        signals.activity_or(&own)
    } else {
        &own
    };
    for l in 1..=layers {
        let (e, y) = (values(signals.errors[l - 1]), values(seen.y[l - 1]));
        let outer: Vec<f64> = e
            .iter()
            .flat_map(|e| y.iter().map(move |y| e * y))
            .collect();
        let of = format!("{what}, gradient of W_{l}");
        let largest = y.iter().fold(0.0f64, |m, y| m.max(y.abs()));
        assert_close(
            &of,
            &outer,
            &numbers(&run["grad"][l - 1]["W"]),
            sizes[l] * largest,
        );
        if let Some(z) = run.get("z") {
            let of = format!("{what}, z_{l}");
            assert_close(&of, &values(seen.z[l - 1]), &numbers(&z[l]), 1.0);
        }
    }
    let Some(relaxed) = &signals.activity else {
        return;
    };
    for l in 1..layers {
        let beta = fixture.architecture.beta();
        let v = numbers(&run["v"][l]);
        let y: Vec<f64> = match fixture.cut {
            CutOfFile::Y => v,
            CutOfFile::Z => v.iter().map(|v| (beta * v).exp().ln_1p() / beta).collect(),
        };
        assert_close(
            &format!("{what}, belief {l}"),
            &values(relaxed.y[l]),
            &y,
            1.0,
        );
    }
}
