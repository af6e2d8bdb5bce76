//! Networks that are judged: their features, labels and nuisances.

use metaplast_experiment::Measurement;
use metaplast_tensor::Tensor;

use crate::classifier::{RuleClassifier, cross_validated, named};
use crate::features::{FeatureSet, Sight, Sighted, feature_matrix};
use crate::splits::shuffled;
use crate::virtual_networks::{NetworkPlan, NetworkRecord};

/// Networks that are judged.
pub(super) struct Judged<'a> {
    pub(super) networks: Vec<&'a NetworkRecord>,
    pub(super) labels: Vec<usize>,
    pub(super) classes: usize,
    pub(super) seed: u64,
}

impl<'a> Judged<'a> {
    /// The networks of the first `classes` rules.
    pub(super) fn of(records: &'a [NetworkRecord], classes: usize, seed: u64) -> Self {
        let chosen = records.iter().filter(|record| record.plan.class < classes);
        let networks: Vec<&NetworkRecord> = chosen.collect();
        Judged {
            labels: networks.iter().map(|network| network.plan.class).collect(),
            networks,
            classes,
            seed,
        }
    }

    /// The first of them.
    pub(super) fn first(&self, n: usize) -> Judged<'a> {
        Judged {
            networks: self.networks[..n].to_vec(),
            labels: self.labels[..n].to_vec(),
            classes: self.classes,
            seed: self.seed,
        }
    }

    /// Features under a condition, `[networks, features]`.
    pub(super) fn features(&self, set: &FeatureSet, condition: usize) -> Tensor<f64> {
        let sights: Vec<Sight<'_>> = self
            .networks
            .iter()
            .map(|record| Sight { record, condition })
            .collect();
        let sights: Vec<&dyn Sighted> = sights.iter().map(|sight| sight as &dyn Sighted).collect();
        feature_matrix(set, &sights)
    }

    /// What is named in cross-validation, when the classifier is trained under the first condition and
    /// judged under the second.
    pub(super) fn cross_validated(
        &self,
        set: &FeatureSet,
        (trained, judged): (usize, usize),
    ) -> Measurement {
        let train = self.features(set, trained);
        let test = match trained == judged {
            true => train.clone(),
            false => self.features(set, judged),
        };
        let p = cross_validated(&train, &test, &self.labels, self.classes, self.seed);
        measured(&p, &self.labels)
    }

    /// With the labels of other networks.
    pub(super) fn shuffled_labels(&self, set: &FeatureSet) -> Measurement {
        let order = shuffled(self.labels.len(), &[self.seed, 0x5a0f]);
        let labels: Vec<usize> = order.iter().map(|&k| self.labels[k]).collect();
        let x = self.features(set, 0);
        let p = cross_validated(&x, &x, &labels, self.classes, self.seed);
        measured(&p, &labels)
    }

    /// Layers as examples: each network's probabilities are the mean of its layers'.
    pub(super) fn by_layers(&self, set: &FeatureSet) -> Measurement {
        let folds = crate::splits::grouped_folds(&self.labels, crate::classifier::FOLDS, self.seed);
        let mut p = Tensor::zeros([self.labels.len(), self.classes]);
        for fold in 0..crate::classifier::FOLDS {
            let layers = |inside: bool| {
                let chosen = (0..self.labels.len()).filter(|&k| (folds[k] == fold) == inside);
                let (mut rows, mut of) = (Vec::new(), Vec::new());
                for k in chosen {
                    let sight = Sight {
                        record: self.networks[k],
                        condition: 0,
                    };
                    for layer in 0..sight.layers() {
                        let depth = crate::rows::Depth::of(layer, sight.layers()).one_hot();
                        let mut row = depth.to_vec();
                        row.extend(set.of_layer(&sight, layer));
                        rows.push(row);
                        of.push(k);
                    }
                }
                let columns = rows.first().map_or(0, Vec::len);
                (Tensor::new([rows.len(), columns], rows.concat()), of)
            };
            let ((train, known), (test, asked)) = (layers(false), layers(true));
            if asked.is_empty() {
                continue;
            }
            let labels: Vec<usize> = known.iter().map(|&k| self.labels[k]).collect();
            let fitted = RuleClassifier::fit(&train, &labels, self.classes, self.seed);
            for (row, &k) in fitted.probabilities(&test).rows().zip(&asked) {
                let layers = self.networks[k].layers() as f64;
                let into = p.row_mut(k).iter_mut();
                into.zip(row).for_each(|(sum, p)| *sum += p / layers);
            }
        }
        measured(&p, &self.labels)
    }

    /// What is named of the networks for which `held_out` holds, when the classifier is trained on the
    /// others.
    pub(super) fn held_out(
        &self,
        set: &FeatureSet,
        held_out: impl Fn(&NetworkPlan) -> bool,
    ) -> Measurement {
        let x = self.features(set, 0);
        let rows = |wanted: bool| -> Vec<usize> {
            let rows = 0..self.labels.len();
            rows.filter(|&k| held_out(&self.networks[k].plan) == wanted)
                .collect()
        };
        let (test, train) = (rows(true), rows(false));
        let labels =
            |rows: &[usize]| -> Vec<usize> { rows.iter().map(|&k| self.labels[k]).collect() };
        if test.is_empty() || train.is_empty() {
            return Measurement::new().with("right", []).with("named", []);
        }
        let known = labels(&train);
        let fitted =
            RuleClassifier::fit(&x.index_select(0, &train), &known, self.classes, self.seed);
        measured(
            &fitted.probabilities(&x.index_select(0, &test)),
            &labels(&test),
        )
    }

    /// Random forests in cross-validation.
    #[cfg(feature = "forest")]
    pub(super) fn forest(&self, set: &FeatureSet) -> Result<Measurement, crate::ForestError> {
        let x = self.features(set, 0);
        let folds = crate::splits::grouped_folds(&self.labels, crate::classifier::FOLDS, self.seed);
        let mut p = Tensor::zeros([self.labels.len(), self.classes]);
        for fold in 0..crate::classifier::FOLDS {
            let rows = |inside: bool| -> Vec<usize> {
                let rows = 0..self.labels.len();
                rows.filter(|&k| (folds[k] == fold) == inside).collect()
            };
            let (test, train) = (rows(true), rows(false));
            let known: Vec<usize> = train.iter().map(|&k| self.labels[k]).collect();
            let train = x.index_select(0, &train);
            let grown = crate::RandomForest::fit(&train, &known, self.classes, 200, self.seed)?;
            let votes = grown.votes(&x.index_select(0, &test))?;
            for (&k, row) in test.iter().zip(votes.rows()) {
                p.row_mut(k).copy_from_slice(row);
            }
        }
        Ok(measured(&p, &self.labels))
    }
}

/// Which rows were named right, what they were named, and all probabilities.
fn measured(p: &Tensor<f64>, labels: &[usize]) -> Measurement {
    let names = named(p);
    let right = names
        .iter()
        .zip(labels)
        .map(|(a, b)| f64::from(u8::from(a == b)));
    Measurement::new()
        .with("right", right.collect::<Vec<f64>>())
        .with(
            "actual",
            labels.iter().map(|&k| k as f64).collect::<Vec<f64>>(),
        )
        .with(
            "named",
            names.iter().map(|&k| k as f64).collect::<Vec<f64>>(),
        )
        .with("probabilities", p.data())
}
