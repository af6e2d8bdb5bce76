//! Explanation of a weight change: which term of the rule moved what, and where terms cancel.
//!
//! An update is linear in θ, so that the change of a layer's weights over any stretch of steps is exactly the
//! sum of the terms' parts:
//!
//! ```text
//! ΔW_l = Σ_r P^r_l          P^r_l = Σ_t θ_r F^r_l(t)
//! ```
//!
//! with `F^r_l(t)` at the weights, signals and memories that the network has in step t, under all terms
//! together. It explains the course that was taken; what would have happened without a term is another
//! question, which takes another episode. That an explanation may consist of parts that pull against each
//! other, and must not depend on how units are numbered, is taken from explainable structured models (Embar,
//! Srinivasan & Getoor 2022).
//!
//! Of each part is given
//!
//! | | | |
//! |---|---|---|
//! | size | `‖P^r‖` | how far the term moved the weights |
//! | path | `Σ_t ‖θ_r F^r(t)‖` | how far it went on its way there: much more than its size where it undoes itself |
//! | share | `⟨P^r, ΔW⟩ / ‖ΔW‖²` | its projection on the whole change; shares add up to 1, and a term that pulls against the change has a negative one |
//!
//! and of each layer `1 − ‖ΔW‖ / Σ_r ‖P^r‖`, the part of the terms' movement that they cancel between them, and
//! the cosines of their parts. Norms are Frobenius norms.

use metaplast_autodiff::Tape;
use metaplast_plasticity::Number;
use metaplast_tensor::Tensor;

use crate::episode::Episode;
use crate::precision::{Precision, in_precision};
use crate::start::Start;

/// Which term moved the weights of an episode how far.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct WeightExplanation {
    /// Stretches of consecutive steps, which make up the episode.
    pub stretches: Vec<ExplainedStretch>,
    /// The whole episode.
    pub whole: ExplainedStretch,
    /// For each layer and term `P^r_l` of the whole episode, `[n_l, n_(l−1)]`.
    pub parts: Vec<Vec<Tensor<f64>>>,
}

/// What moved the weights between two steps.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExplainedStretch {
    /// Steps before it.
    pub from: usize,
    /// Steps before it and in it.
    pub to: usize,
    /// Each layer of weights.
    pub layers: Vec<ExplainedLayer>,
}

/// What moved the weights of a layer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ExplainedLayer {
    /// `‖ΔW_l‖`
    pub change: f64,
    /// What each term did, in the order of the rule's terms.
    pub terms: Vec<TermPart>,
    /// The cosines of the terms' parts with each other, `[terms, terms]`; NaN where a part is 0.
    pub cosines: Tensor<f64>,
}

/// What a term did.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct TermPart {
    /// `‖P^r_l‖`
    pub size: f64,
    /// `Σ_t ‖θ_r F^r_l(t)‖`
    pub path: f64,
    /// `⟨P^r_l, ΔW_l⟩ / ‖ΔW_l‖²`; NaN where nothing changed.
    pub share: f64,
}

impl ExplainedLayer {
    /// The part of the terms' movement that they cancel between them: 0 where all move the weights in one
    /// direction, 1 where nothing is left; NaN where none moves them.
    #[must_use]
    pub fn cancelled(&self) -> f64 {
        let sizes: f64 = self.terms.iter().map(|term| term.size).sum();
        (1.0 - self.change / sizes).max(0.0)
    }

    /// The two terms whose parts point most against each other, and their cosine; none where no two do.
    #[must_use]
    pub fn most_opposed(&self) -> Option<(usize, usize, f64)> {
        let n = self.terms.len();
        let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
        let opposed = pairs.map(|(a, b)| (a, b, self.cosines.data()[a * n + b]));
        let opposed = opposed.filter(|(_, _, cosine)| *cosine < 0.0);
        opposed.min_by(|a, b| a.2.total_cmp(&b.2))
    }
}

/// Runs an episode without gradients and says what moved its weights, over all of it and over stretches of
/// `every` steps.
///
/// ```
/// use metaplast_meta::examples::{ExampleArrays, LabelledRows};
/// use metaplast_meta::explain::explain;
/// use metaplast_meta::seeds::EpisodeKey;
/// use metaplast_meta::{Episode, Model, Precision};
/// use metaplast_plasticity::{Architecture, Feedback, Rule, Term};
/// use metaplast_tensor::tensor;
///
/// // Growth by Hebb's term, and a decay that undoes nearly half of it.
/// let terms = [Term::parse("hebb = y * y_pre^T")?, Term::parse("against = -y * y_pre^T")?];
/// let model = Model {
///     architecture: Architecture::new(vec![2, 3, 2])?,
///     feedback: Feedback::fixed(),
///     rule: Rule::new(terms)?.with_theta(&[0.05, 0.02]),
/// };
/// let rows = LabelledRows::new(tensor![[0.0, 1.0], [1.0, 0.0]], vec![0, 1])?;
/// let arrays = ExampleArrays::new(rows, LabelledRows::none());
/// let episode = Episode::of_arrays(&model, EpisodeKey::new(1, 0, 0), &arrays);
/// let explanation = explain(&episode, Precision::Double, 1);
/// let layer = &explanation.whole.layers[0];
/// assert!((layer.terms[0].share - 5.0 / 3.0).abs() < 1e-12);
/// assert!((layer.terms[1].share + 2.0 / 3.0).abs() < 1e-12);
/// assert!((layer.cancelled() - 4.0 / 7.0).abs() < 1e-12);
/// assert_eq!(explanation.stretches.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// When `every` is 0, and as [`gradient::run`](crate::gradient::run).
#[must_use]
#[track_caller]
pub fn explain(episode: &Episode<'_>, precision: Precision, every: usize) -> WeightExplanation {
    in_precision!(precision, T => explain_from::<T>(episode, &episode.start(), every))
}

/// [`explain`] from these first weights.
///
/// # Panics
/// As [`explain`], and when the weights do not fit the model.
#[must_use]
#[track_caller]
pub fn explain_from<T: Number>(
    episode: &Episode<'_>,
    start: &Start<T>,
    every: usize,
) -> WeightExplanation {
    assert!(every > 0, "explain: stretches of 0 steps");
    let tape = Tape::<T>::new();
    let live = episode.begin_from(&tape, start);
    let (rule, _) = episode.bind(&tape);
    let terms = episode.model.rule.terms().len();
    let shapes = live.network().states().iter().map(|w| w.shape());
    let nothing = |shape| Moved {
        parts: vec![Tensor::zeros(shape); terms],
        paths: vec![0.0; terms],
    };
    let nothing: Vec<Moved> = shapes.map(nothing).collect();
    let mut whole = nothing.clone();
    let mut stretch = nothing.clone();
    let mut stretches = Vec::new();
    let mut from = 0;
    for t in 0..episode.steps {
        live.step_in_parts(&rule, t, &mut |layer, parts| {
            whole[layer].add(parts);
            stretch[layer].add(parts);
        });
        if (t + 1 - from) == every || t + 1 == episode.steps {
            stretches.push(explained(&stretch, from, t + 1));
            stretch.clone_from(&nothing);
            from = t + 1;
        }
    }
    let parts = |moved: &Moved| moved.parts.iter().map(Tensor::transpose).collect();
    WeightExplanation {
        stretches,
        whole: explained(&whole, 0, episode.steps),
        parts: whole.iter().map(parts).collect(),
    }
}

/// How the terms have moved a layer.
#[derive(Clone)]
struct Moved {
    /// Transposed, as weights are kept.
    parts: Vec<Tensor<f64>>,
    paths: Vec<f64>,
}

impl Moved {
    fn add<T: Number>(&mut self, parts: &[Tensor<T>]) {
        let sums = self.parts.iter_mut().zip(&mut self.paths);
        for ((sum, path), part) in sums.zip(parts) {
            let mut square = 0.0;
            for (sum, x) in sum.data_mut().iter_mut().zip(part.data()) {
                let x = x.to_f64();
                *sum += x;
                square += x * x;
            }
            *path += square.sqrt();
        }
    }

    fn explained(&self) -> ExplainedLayer {
        let n = self.parts.len();
        let mut products = vec![0.0; n * n];
        for a in 0..n {
            for b in 0..=a {
                let (x, y) = (self.parts[a].data(), self.parts[b].data());
                let product = x.iter().zip(y).map(|(x, y)| x * y).sum();
                products[a * n + b] = product;
                products[b * n + a] = product;
            }
        }
        let mut change = vec![0.0; self.parts.first().map_or(0, Tensor::len)];
        for part in &self.parts {
            for (sum, x) in change.iter_mut().zip(part.data()) {
                *sum += x;
            }
        }
        let square: f64 = change.iter().map(|x| x * x).sum();
        let size = |r: usize| products[r * n + r].sqrt();
        let term = |r: usize| {
            let along: f64 = self.parts[r]
                .data()
                .iter()
                .zip(&change)
                .map(|(x, y)| x * y)
                .sum();
            TermPart {
                size: size(r),
                path: self.paths[r],
                share: along / square,
            }
        };
        let cosines = (0..n * n).map(|k| products[k] / (size(k / n) * size(k % n)));
        ExplainedLayer {
            change: square.sqrt(),
            terms: (0..n).map(term).collect(),
            cosines: Tensor::new([n, n], cosines.collect()),
        }
    }
}

fn explained(moved: &[Moved], from: usize, to: usize) -> ExplainedStretch {
    ExplainedStretch {
        from,
        to,
        layers: moved.iter().map(Moved::explained).collect(),
    }
}
