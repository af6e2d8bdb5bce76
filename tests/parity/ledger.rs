//! What was compared, how far off it was, and the verdict.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Largest errors allowed; all but the angles' are relative to the norm of the tensor.
#[derive(Clone, Copy)]
pub(crate) struct Tolerances {
    /// Activations, errors, weights, loss, orthonormality, gradient by the first weights, Adam.
    pub(crate) tensor: f64,
    pub(crate) meta_gradient: f64,
    /// The fixture's own finite differences.
    pub(crate) differences: f64,
    /// Degrees.
    pub(crate) angle: f64,
}

impl Tolerances {
    pub(crate) const F64: Self = Tolerances {
        tensor: 1e-10,
        meta_gradient: 1e-8,
        differences: 1e-5,
        angle: 1e-4,
    };

    /// Signals that are off by 10⁻³ of their norm turn by as many radians at most, 0.057°, and an
    /// angle has two sides.
    pub(crate) const F32: Self = Tolerances {
        tensor: 1e-3,
        meta_gradient: 1e-3,
        differences: 1e-3,
        angle: 0.12,
    };
}

/// All comparisons of one precision.
#[derive(Default)]
pub(crate) struct Ledger {
    /// Of each kind of quantity: how many comparisons, the largest error and its tolerance.
    worst: BTreeMap<String, (usize, f64, f64)>,
    failures: Vec<String>,
}

impl Ledger {
    /// Enters one comparison. `quantity` is its name in the fixture, up to an index in brackets.
    pub(crate) fn compare(&mut self, file: &str, quantity: &str, error: f64, tolerance: f64) {
        let kind = quantity.split('[').next().unwrap_or(quantity);
        let worst = self
            .worst
            .entry(kind.to_owned())
            .or_insert((0, 0.0, tolerance));
        worst.0 += 1;
        worst.1 = worst.1.max(error);
        // NaN is a failure as well.
        let passed = error <= tolerance;
        if !passed {
            let line = format!("{file}: {quantity}: error {error:.2e}, tolerance {tolerance:.0e}");
            self.failures.push(line);
        }
    }

    /// Enters a file or quantity that could not be compared at all.
    pub(crate) fn fail(&mut self, file: &str, message: &str) {
        self.failures.push(format!("{file}: {message}"));
    }

    pub(crate) fn comparisons(&self) -> usize {
        self.worst.values().map(|(count, ..)| count).sum()
    }

    /// One line for each failure.
    pub(crate) fn into_failures(self) -> Vec<String> {
        self.failures
    }

    /// Prints the worst errors; panics with every failure.
    #[track_caller]
    pub(crate) fn conclude(self, precision: &str) {
        let mut table = format!("{precision}: comparisons, worst error, tolerance\n");
        for (kind, (count, error, tolerance)) in &self.worst {
            let _ = writeln!(table, "{kind:36}{count:6}  {error:8.1e}  {tolerance:8.0e}");
        }
        println!("{table}");
        assert!(
            self.failures.is_empty(),
            "{precision}: {} disagreements\n{}",
            self.failures.len(),
            self.failures.join("\n")
        );
    }
}
