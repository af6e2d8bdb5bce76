//! Averages of explanations over tasks.

use metaplast_experiment::Point;
use metaplast_meta::explain::{ExplainedLayer, ExplainedStretch};
use metaplast_meta::statistics::Interval;
use metaplast_numbers::Estimate;

/// What moved the weights, for each task.
pub(crate) struct ExplanationAverages<'a> {
    /// The whole of each task.
    pub(crate) whole: Vec<&'a ExplainedStretch>,
    /// The stretches of each task.
    pub(crate) stretches: Vec<&'a [ExplainedStretch]>,
}

impl ExplanationAverages<'_> {
    /// Layers of weights.
    pub(crate) fn layers(&self) -> usize {
        self.whole.first().map_or(0, |whole| whole.layers.len())
    }

    /// The mean over the tasks of something of a layer, counted from 0.
    pub(crate) fn of(
        &self,
        layer: usize,
        get: impl Fn(&ExplainedLayer) -> f64,
    ) -> Option<Estimate> {
        let values: Vec<f64> = self
            .whole
            .iter()
            .map(|whole| get(&whole.layers[layer]))
            .collect();
        Estimate::of(&values, layer as u64)
    }

    /// The same for each stretch, at the step after it.
    pub(crate) fn course(&self, layer: usize, get: impl Fn(&ExplainedLayer) -> f64) -> Vec<Point> {
        let stretches = self
            .stretches
            .first()
            .map_or(0, |stretches| stretches.len());
        let point = |k: usize| {
            let to = self.stretches[0][k].to as f64;
            let values = self
                .stretches
                .iter()
                .map(|of_task| get(&of_task[k].layers[layer]));
            Point::of(to, &values.collect::<Vec<_>>())
        };
        (0..stretches).filter_map(point).collect()
    }

    /// The two terms whose parts point most against each other in the mean over tasks, and their cosine.
    pub(crate) fn most_opposed(&self, layer: usize) -> Option<(usize, usize, Estimate)> {
        let terms = self.whole.first()?.layers[layer].terms.len();
        let pairs = (0..terms).flat_map(|a| (a + 1..terms).map(move |b| (a, b)));
        let cosine = |(a, b): (usize, usize)| {
            let of = |l: &ExplainedLayer| l.cosines.data()[a * terms + b];
            Some((a, b, self.of(layer, of)?))
        };
        let opposed = pairs.filter_map(cosine).filter(|(_, _, cosine)| {
            let high = cosine
                .interval
                .map_or(cosine.mean, |Interval { high, .. }| high);
            high < 0.0
        });
        opposed.min_by(|a, b| a.2.mean.total_cmp(&b.2.mean))
    }
}
