//! Recorded runs, made in 80-bit arithmetic by another program.
//!
//! Every JSON file of the directory that `METAPLAST_LOW_RANK_FIXTURES` names is read, by default those
//! beside this test. What is in a file is told by its keys.

use std::path::Path;

use metaplast_fixtures::files;
use metaplast_low_rank::linear_algebra::product_tn;
use metaplast_low_rank::{
    AlignmentLaw, Factorisation, FactorisationMethod, FactorisationProblem, FactorisationRecord,
    Factors, InputBatch, LinearNetwork, SketchLimit, TargetMatrix, separation_ratio,
};
use metaplast_tensor::Tensor;
use serde_json::Value;

use crate::runs::distance;

const TOLERANCE: f64 = 1e-11;

#[test]
fn every_fixture_is_reproduced() {
    let copies = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let paths =
        files("METAPLAST_LOW_RANK_FIXTURES", copies).unwrap_or_else(|error| panic!("{error}"));
    let mut faults = Vec::new();
    for path in &paths {
        let mut file = FixtureFile::read(path);
        match (file.has("X"), file.has("Y")) {
            (true, true) => isotropic(&mut file),
            (false, true) => factorisation(&mut file),
            _ => panic!("{}: neither a matrix Y nor inputs X", path.display()),
        }
        faults.extend(file.faults);
    }
    assert!(
        faults.is_empty(),
        "{} differences:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// A fixture, and the differences found so far.
struct FixtureFile {
    name: String,
    content: Value,
    faults: Vec<String>,
}

impl FixtureFile {
    fn read(path: &Path) -> Self {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let content = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        FixtureFile {
            name,
            content,
            faults: Vec::new(),
        }
    }

    fn has(&self, key: &str) -> bool {
        !self.content[key].is_null()
    }

    fn number(&self, value: &Value, what: &str) -> f64 {
        value
            .as_f64()
            .unwrap_or_else(|| panic!("{}: {what} is no number", self.name))
    }

    fn matrix(&self, value: &Value, what: &str) -> Tensor<f64> {
        let wrong = || -> ! { panic!("{}: {what} is no matrix", self.name) };
        let rows = value.as_array().unwrap_or_else(|| wrong());
        let mut numbers = Vec::new();
        for row in rows {
            let row = row.as_array().unwrap_or_else(|| wrong());
            numbers.extend(row.iter().map(|x| x.as_f64().unwrap_or_else(|| wrong())));
        }
        let columns = numbers.len() / rows.len().max(1);
        Tensor::try_new([rows.len(), columns], numbers).unwrap_or_else(|_| wrong())
    }

    fn own(&self, key: &str) -> Tensor<f64> {
        self.matrix(&self.content[key], key)
    }

    fn compare(&mut self, what: &str, ours: f64, theirs: f64) {
        let (ours, theirs) = (Tensor::new([1], vec![ours]), Tensor::new([1], vec![theirs]));
        self.compare_matrices(what, &ours, &theirs);
    }

    fn compare_matrices(&mut self, what: &str, ours: &Tensor<f64>, theirs: &Tensor<f64>) {
        if ours.dims() != theirs.dims() {
            let (ours, theirs) = (ours.shape(), theirs.shape());
            self.faults.push(format!(
                "{}: {what}: shape {theirs} there, {ours} here",
                self.name
            ));
            return;
        }
        let off = distance(ours, theirs);
        if off > TOLERANCE {
            self.faults
                .push(format!("{}: {what}: off by {off}", self.name));
        }
    }

    /// Where there is no number, there must be none here.
    fn compare_cosines(&mut self, what: &str, ours: Option<f64>, theirs: &Value, room: f64) {
        match (ours, theirs.as_f64()) {
            (Some(ours), Some(theirs)) if (ours - theirs).abs() <= room => {}
            (None, None) => {}
            (ours, _) => {
                self.faults.push(format!(
                    "{}: {what}: {theirs} there, {ours:?} here",
                    self.name
                ));
            }
        }
    }

    /// The recorded methods with their entries.
    fn methods(&self) -> Vec<(String, Value)> {
        let methods = self.content["methods"].as_object();
        let methods = methods.unwrap_or_else(|| panic!("{}: no methods", self.name));
        assert!(!methods.is_empty(), "{}: no methods", self.name);
        methods
            .iter()
            .map(|(name, entry)| (name.clone(), entry.clone()))
            .collect()
    }

    fn start(&self) -> (Factors, Tensor<f64>, f64) {
        let eta = self.number(&self.content["eta"], "eta");
        (
            Factors::new(self.own("Z0"), self.own("W0")),
            self.own("B"),
            eta,
        )
    }
}

/// The method that a file names, with its parameter.
fn method(file: &FixtureFile, name: &str, parameter: &Value) -> FactorisationMethod {
    let number = || file.number(parameter, "parameter");
    match name {
        "gd" => FactorisationMethod::GradientDescent,
        "fa" => FactorisationMethod::FeedbackAlignment,
        "fa-sequential" => FactorisationMethod::Sequential,
        "fa-fast-readout" => FactorisationMethod::FastReadout {
            steps: number() as usize,
        },
        "fa-star-least-squares" => FactorisationMethod::LeastSquares,
        "fa-star-orthonormal" => FactorisationMethod::Orthonormal,
        "fa-star-ridge" => FactorisationMethod::Ridge { lambda: number() },
        "fa-weight-decay" => FactorisationMethod::WeightDecay { lambda: number() },
        _ => panic!("{}: no method {name}", file.name),
    }
}

/// The shorter of the norms of BᵀE and ZᵀE.
fn shorter_signal(run: &Factorisation<'_, TargetMatrix>) -> f64 {
    let through = |weights: &Tensor<f64>| product_tn(weights, run.residual()).norm();
    through(run.backward()).min(through(&run.factors().readout))
}

/// The trajectories of a matrix, and what is told of their ends.
fn factorisation(file: &mut FixtureFile) {
    let target = TargetMatrix::new(file.own("Y"));
    let (start, backward, eta) = file.start();
    for (name, entry) in file.methods() {
        let method = method(file, &name, &entry["parameter"]);
        let mut run = Factorisation::new(&target, method, eta, start.clone(), backward.clone());
        let mut law = AlignmentLaw::of(&run);
        // The files have both sides without what they start from.
        let constant = law.history().clone();
        let trace = entry["trace"].as_array();
        for recorded in trace.unwrap_or_else(|| panic!("{}: {name}: no trace", file.name)) {
            let step = file.number(&recorded["step"], "step") as u64;
            while run.steps() < step {
                law.before_step(&run);
                run.step();
            }
            let ours = FactorisationRecord::of(&run);
            let what = |key: &str| format!("{name}, step {step}: {key}");
            let number = |file: &FixtureFile, key: &str| file.number(&recorded[key], key);
            file.compare(&what("error"), ours.error, number(file, "error"));
            file.compare(
                &what("trace_BtZ"),
                ours.weight_product,
                number(file, "trace_BtZ"),
            );
            let theirs = &recorded["cos_B_Z"];
            file.compare_cosines(&what("cos_B_Z"), ours.weight_cosine, theirs, TOLERANCE);
            // E holds rounding of some ε, which turns signals the more the shorter they are.
            let room = TOLERANCE.max(2e-15 / shorter_signal(&run));
            let theirs = &recorded["cos_signals"];
            file.compare_cosines(&what("cos_signals"), ours.signal_cosine, theirs, room);
            let factors = run.factors();
            for (key, ours) in [("Z", &factors.readout), ("W", &factors.representation)] {
                if !recorded[key].is_null() {
                    let theirs = file.matrix(&recorded[key], key);
                    file.compare_matrices(&what(key), ours, &theirs);
                }
            }
            let sides = [
                ("identity_lhs", law.weights(&run) - &constant),
                ("identity_rhs", law.history() - &constant),
            ];
            for (key, ours) in sides {
                if !recorded[key].is_null() {
                    let theirs = file.matrix(&recorded[key], key);
                    file.compare_matrices(&what(key), &ours, &theirs);
                }
            }
        }
    }
    ends(file, &target, &backward);
}

/// Rank, optimum, sketch and separation, where a file tells them.
fn ends(file: &mut FixtureFile, target: &TargetMatrix, backward: &Tensor<f64>) {
    let inner = backward.dims()[1];
    let limit = SketchLimit::of(target, backward);
    let content = file.content.clone();
    let told = |value: &Value, ours: f64, what: &str, file: &mut FixtureFile| {
        if !value.is_null() {
            let theirs = file.number(value, what);
            file.compare(what, ours, theirs);
        }
    };
    told(&content["rank_Y"], target.rank() as f64, "rank_Y", file);
    told(
        &content["optimum_error"],
        target.least_error(inner),
        "optimum_error",
        file,
    );
    let sketch = &content["feedback_sketch"];
    told(
        &sketch["error"],
        limit.error(),
        "feedback_sketch/error",
        file,
    );
    if !sketch["projector"].is_null() && inner <= target.rank() {
        let theirs = file.matrix(&sketch["projector"], "projector");
        let ours = limit.row_space().project(&Tensor::eye(theirs.dims()[0]));
        file.compare_matrices("feedback_sketch/projector", &ours, &theirs);
    }
    if let Some(values) = content["singular_values_Y"].as_array() {
        for (ours, theirs) in target.singular_values().iter().zip(values) {
            told(theirs, *ours, "singular_values_Y", file);
        }
    }
    let ratios = &content["limit_error_over_optimum"];
    if !ratios.is_null() {
        let s = file.number(&content["s"], "s");
        let phi = file.number(&content["phi"], "phi");
        told(&ratios["fa"], separation_ratio(s, phi), "limit of fa", file);
        told(
            &ratios["fa"],
            limit.error() / target.least_error(inner),
            "limit of fa",
            file,
        );
        told(&ratios["gd"], 1.0, "limit of gd", file);
        told(
            &ratios["mean_over_uniform_phi"],
            1.0 / s,
            "mean over φ",
            file,
        );
    }
}

/// The iterates of a two-layer linear network on a full batch.
fn isotropic(file: &mut FixtureFile) {
    let batch = InputBatch::new(file.own("X"), file.own("T"));
    let target = TargetMatrix::new(file.own("Y"));
    let (start, backward, eta) = file.start();
    for (name, entries) in file.methods() {
        let method = method(file, &name, &Value::Null);
        let mut run = Factorisation::new(&batch, method, eta, start.clone(), backward.clone());
        let mut matrix = Factorisation::new(&target, method, eta, start.clone(), backward.clone());
        let mut network = match method {
            FactorisationMethod::GradientDescent => LinearNetwork::gradient_descent(start.clone()),
            FactorisationMethod::FeedbackAlignment => {
                LinearNetwork::feedback_alignment(start.clone(), backward.clone())
            }
            _ => panic!("{}: no network learns by {name}", file.name),
        };
        let entries = entries.as_array();
        for recorded in entries.unwrap_or_else(|| panic!("{}: {name}: no list", file.name)) {
            let step = file.number(&recorded["step"], "step") as u64;
            while run.steps() < step {
                run.step();
                matrix.step();
                network.step(&batch, eta);
            }
            let (z, w) = (
                file.matrix(&recorded["Z"], "Z"),
                file.matrix(&recorded["W"], "W"),
            );
            for (who, ours) in [
                ("batch", run.factors().clone()),
                ("matrix", matrix.factors().clone()),
                ("network", network.factors()),
            ] {
                let what = format!("{name} as {who}, step {step}");
                file.compare_matrices(&format!("{what}: Z"), &ours.readout, &z);
                file.compare_matrices(&format!("{what}: W"), &ours.representation, &w);
                let residual = batch.residual(&ours);
                let theirs = file.number(&recorded["mean_squared_error"], "mean_squared_error");
                file.compare(&what, batch.error(&ours, &residual), theirs);
            }
        }
    }
}
