//! Estimates of the meta-gradient beside the exact one: how large their bias and their noise are.

use metaplast_data::{Dataset, TaskSampler};
use metaplast_meta::gradient::{Ask, Bias, Evolution, GradientMode, run};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::{Episode, Model, Precision, QueryLoss};
use metaplast_plasticity::digits::significant;
use metaplast_runs::settings::{Choice, gradient_mode};
use rayon::prelude::*;

use crate::error::Error;
use crate::terminal::table::table;

/// Episodes over which estimates are compared.
pub(super) struct BiasTable<'a> {
    pub(super) model: &'a Model,
    pub(super) dataset: &'a Dataset,
    pub(super) sampler: &'a TaskSampler,
    pub(super) seed: u64,
    pub(super) query_loss: QueryLoss,
    pub(super) episodes: u64,
    /// By how much each θ_r changes an update as much as θ_0 does by 1.
    pub(super) units: &'a [f64],
}

impl BiasTable<'_> {
    /// The estimates of these names, or of a range of each kind.
    pub(super) fn of(&self, names: Option<&[String]>) -> Result<String, Error> {
        let steps = self.sampler.ways() * self.sampler.shots();
        let ways = match names {
            Some(names) => names.to_vec(),
            None => usual(steps as u64),
        };
        let mut rows = vec![
            ["gradient", "cosine", "length", "bias", "noise"]
                .map(str::to_owned)
                .to_vec(),
        ];
        let exact = self.gradients(GradientMode::default())?;
        for way in ways {
            let mode = gradient_mode(&Choice::new(way.clone(), "--gradient"))?;
            let bias = Bias::of(&exact, &self.gradients(mode)?, self.units);
            let numbers = [bias.cosine, bias.length, bias.bias, bias.noise];
            let mut row = vec![way];
            row.extend(numbers.map(|x| significant(x, 3)));
            rows.push(row);
        }
        Ok(format!(
            "{}\nover {} episodes of {steps} steps in f32; bias and noise are relative to the exact mean gradient, in units\nof each term's size; of an estimate without bias, {} of its noise shows as one\n",
            table(&rows),
            self.episodes,
            significant(1.0 / (self.episodes as f64).sqrt(), 2)
        ))
    }

    /// The gradients of all episodes.
    fn gradients(&self, mode: GradientMode) -> Result<Vec<Vec<f64>>, Error> {
        let gradient = |k: u64| {
            let key = EpisodeKey::new(self.seed, 0, k);
            let task = self
                .sampler
                .sample(self.dataset, &mut key.stream(Purpose::Task));
            let episode =
                Episode::new(self.model, key, self.dataset, &task).with_query_loss(self.query_loss);
            let outcome = run(&episode, mode, Precision::Single, Ask::GRADIENT);
            let finite = |gradient: &Vec<f64>| gradient.iter().all(|g| g.is_finite());
            outcome.gradient.filter(finite).ok_or_else(|| {
                let reason = format!(
                    "episode {k} diverges, so there is nothing to compare; choose smaller --theta"
                );
                Error::Failed(reason)
            })
        };
        (0..self.episodes).into_par_iter().map(gradient).collect()
    }
}

/// Parts of the unroll, and numbers of pairs.
fn usual(steps: u64) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in [8, 4, 2, 1] {
        let name = format!("truncated:{}", (steps / part).max(1));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let sigma = Evolution::default().sigma;
    names.extend([4, 16, 64].map(|pairs| format!("es:{pairs}:{sigma}")));
    names
}
