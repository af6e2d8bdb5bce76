//! Representation: what the first hidden layer of a network makes of images after an episode, whatever the
//! outputs do; for rules that know no labels.

use metaplast_autodiff::Tape;
use metaplast_plasticity::Network;
use metaplast_tensor::Tensor;

use crate::episode::Episode;
use crate::query_loss::QueryLoss;

/// How a hidden layer represents the query examples of an episode.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Representation {
    /// The share of query examples whose activity is nearest to the mean activity of their own class, of the means
    /// of the support examples of each class: a read-out that learns nothing else.
    pub accuracy: f64,
    /// The same of the inputs themselves, without a network.
    pub input_accuracy: f64,
    /// The mean squared correlation of two units of the hidden layers, see [`QueryLoss::Decorrelation`].
    pub correlation: f64,
    /// Of the activity of the hidden layers, see [`QueryLoss::Sparseness`]; lower is sparser.
    pub sparseness: f64,
    /// The share of the variance of query inputs, around the mean support input, that lies in the space that the
    /// weights of the first layer span.
    pub explained_variance: f64,
}

/// Runs an episode, in f32, and looks at its first hidden layer; none where activity or weights are not finite.
///
/// ```
/// use metaplast_data::{Dataset, Sampling, TaskSampler};
/// use metaplast_meta::representation::represent;
/// use metaplast_meta::seeds::{EpisodeKey, Purpose};
/// use metaplast_meta::{Episode, Model};
/// use metaplast_plasticity::{Architecture, Feedback, Rule};
///
/// let dataset = Dataset::glyphs(8, 1);
/// let key = EpisodeKey::new(1, 0, 0);
/// let sampler = TaskSampler::new(&dataset, 3, 5, 3, Sampling::Fresh)?;
/// let task = sampler.sample(&dataset, &mut key.stream(Purpose::Task));
/// let model = Model {
///     architecture: Architecture::new(vec![784, 12, 47])?,
///     feedback: Feedback::fixed(),
///     rule: Rule::from_pool(&[9])?.with_theta(&[1e-3]),
/// };
/// let found = represent(&Episode::new(&model, key, &dataset, &task)).expect("numbers");
/// assert!(found.explained_variance > 0.0 && found.explained_variance < 1.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// When the network is recurrent, the examples do not fit it, or there are none to learn from or to be judged on.
#[must_use]
#[track_caller]
pub fn represent(episode: &Episode<'_>) -> Option<Representation> {
    let tape = Tape::<f32>::new();
    let live = episode.begin(&tape);
    live.run_unrecorded(&episode.bind(&tape).0);
    let network = live.network().feed_forward();
    let network = network.expect("representation: a recurrent network");
    let support = episode.examples.inputs(0..episode.examples.support_len());
    let query = episode.examples.query::<f32>();
    tape.without_gradients(|| {
        let (learned, judged) = (
            hidden(network, &support.0.cast()),
            hidden(network, &query.0),
        );
        let weights = network.weights().matrices()[0].cast::<f64>();
        let values = learned.data().iter().chain(judged.data());
        if !values.chain(weights.data()).all(|x| x.is_finite()) {
            return None;
        }
        let x = tape.constant(&query.0);
        let by = |loss: QueryLoss| {
            let logits = network.logits(x);
            f64::from(loss.of(network, x, logits, &query.1).item())
        };
        Some(Representation {
            accuracy: nearest_class_mean((&learned, &support.1), (&judged, &query.1)),
            input_accuracy: nearest_class_mean(
                (&support.0, &support.1),
                (&query.0.cast(), &query.1),
            ),
            correlation: by(QueryLoss::Decorrelation),
            sparseness: by(QueryLoss::Sparseness),
            explained_variance: explained(&weights, &support.0, &query.0.cast()),
        })
    })
}

/// The activity of the first hidden layer, one row for each input.
fn hidden(network: &Network<'_, f32>, inputs: &Tensor<f32>) -> Tensor<f64> {
    let x = network.tape().constant(inputs);
    network.forward(x).y[1].value().cast()
}

fn squared_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// The share of `judged` rows whose nearest mean of `learned` rows with one label is that of their own.
fn nearest_class_mean(
    (learned, labels): (&Tensor<f64>, &[usize]),
    (judged, wanted): (&Tensor<f64>, &[usize]),
) -> f64 {
    let units = learned.dims()[1];
    let mut classes: Vec<usize> = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    let means: Vec<Vec<f64>> = classes
        .iter()
        .map(|class| {
            let rows = learned.data().chunks(units).zip(labels);
            let own = rows.filter(|(_, label)| *label == class);
            mean_row(units, own.map(|(row, _)| row))
        })
        .collect();
    let right = judged
        .data()
        .chunks(units)
        .zip(wanted)
        .filter(|(row, label)| {
            let distances = means.iter().map(|mean| squared_distance(row, mean));
            let nearest = distances
                .enumerate()
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .expect("a class");
            classes[nearest.0] == **label
        });
    right.count() as f64 / wanted.len() as f64
}

fn mean_row<'a>(length: usize, rows: impl Iterator<Item = &'a [f64]>) -> Vec<f64> {
    let mut mean = vec![0.0; length];
    let mut count = 0.0;
    for row in rows {
        mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x);
        count += 1.0;
    }
    mean.iter_mut().for_each(|mean| *mean /= count);
    mean
}

/// The share of the squares of the inputs, less the mean of `learned`, in the space of the rows of the weights.
fn explained(weights: &Tensor<f64>, learned: &Tensor<f64>, inputs: &Tensor<f64>) -> f64 {
    let n = weights.dims()[1];
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    // Gram & Schmidt, twice for each row, without rows that the others span.
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for row in weights.data().chunks(n) {
        let mut rest = row.to_vec();
        for _ in 0..2 {
            for known in &basis {
                let share = dot(&rest, known);
                rest.iter_mut()
                    .zip(known)
                    .for_each(|(x, k)| *x -= share * k);
            }
        }
        let length = dot(&rest, &rest).sqrt();
        if length > 1e-6 * dot(row, row).sqrt() {
            basis.push(rest.iter().map(|x| x / length).collect());
        }
    }
    let mean = mean_row(n, learned.data().chunks(n));
    let (mut within, mut all) = (0.0, 0.0);
    for row in inputs.data().chunks(n) {
        let centred: Vec<f64> = row.iter().zip(&mean).map(|(x, mean)| x - mean).collect();
        within += basis
            .iter()
            .map(|known| dot(known, &centred).powi(2))
            .sum::<f64>();
        all += dot(&centred, &centred);
    }
    within / all
}

#[cfg(test)]
mod tests {
    use metaplast_tensor::tensor;

    use super::*;

    #[test]
    fn the_nearest_mean_is_the_class() {
        let learned = tensor![[0.0, 1.0], [0.0, 3.0], [5.0, 0.0]];
        let judged = tensor![[0.5, 2.0], [4.0, 4.0], [4.0, 0.0]];
        let accuracy = nearest_class_mean((&learned, &[4, 4, 2]), (&judged, &[4, 4, 2]));
        // (4, 4) is √20 from (0, 2) and √17 from (5, 0).
        assert!((accuracy - 2.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn what_is_explained_lies_in_the_space_of_the_weights() {
        let weights = tensor![[2.0, 0.0, 0.0], [4.0, 0.0, 0.0], [1.0, 1.0, 0.0]];
        let learned = tensor![[0.0, 0.0, 1.0]];
        let inputs = tensor![[3.0, 0.0, 1.0], [0.0, 4.0, 1.0], [0.0, 0.0, 6.0]];
        assert!((explained(&weights, &learned, &inputs) - 0.5).abs() < 1e-12);
    }
}
