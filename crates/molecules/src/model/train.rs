//! Training.

use metaplast_autodiff::optim::{Adam, Optimizer, Schedule};
use metaplast_autodiff::{Tape, Var, concat};
use metaplast_numbers::streams;
use metaplast_tensor::{Random, Tensor};

use super::data::GraphArrays;
use super::input::InputMaker;
use super::settings::{DecoderLearning, VaeSettings, VaeTraining};
use super::vae::{EpochLosses, GraphVae};
use crate::molecule::Molecule;
use crate::net::penalties::ConstraintPenalty;
use crate::net::{
    BatchStatistics, DenseActivity, EncoderShape, cross_entropy, decode_observed,
    decode_with_feedback, encode, kl_divergence, sampled_latent,
};
use crate::placed::PlacedGraph;

/// The purposes of random numbers, in the names of streams.
const PARAMETERS: u64 = 1;
const ORDER: u64 = 2;
const NORMAL: u64 = 3;
const FEEDBACK: u64 = 4;
/// What a batch counts in the running statistics, as in PyTorch.
const MOMENTUM: f32 = 0.1;
/// Under the root of a penalty's mean square, so that it has a derivative at 0.
const UNDER_ROOT: f64 = 1e-12;

impl GraphVae {
    /// Trains on molecules with the atoms of each in a fixed order. After each epoch `go_on` is told its
    /// number, from 0, and mean losses; where it says no, training stops and gives nothing.
    ///
    /// The same seed gives the same bits.
    ///
    /// # Panics
    /// When there are no molecules, one does not fit on the places, or a batch or the prior's samples are
    /// 0.
    #[track_caller]
    pub fn train(
        settings: VaeSettings,
        training: VaeTraining,
        molecules: &[Molecule],
        seed: u64,
        go_on: impl FnMut(usize, EpochLosses) -> bool,
    ) -> Option<Self> {
        let weights = vec![1.0; molecules.len()];
        let conditions = vec![Vec::new(); molecules.len()];
        Self::train_weighted(
            settings,
            training,
            molecules,
            &weights,
            &conditions,
            seed,
            go_on,
        )
    }

    /// [`train`](Self::train) with a weight of each molecule, 1 on average, and with the numbers that
    /// each is conditioned on.
    ///
    /// # Panics
    /// As `train`, and when weights or conditions do not fit.
    #[track_caller]
    pub fn train_weighted(
        settings: VaeSettings,
        training: VaeTraining,
        molecules: &[Molecule],
        weights: &[f64],
        conditions: &[Vec<f64>],
        seed: u64,
        mut go_on: impl FnMut(usize, EpochLosses) -> bool,
    ) -> Option<Self> {
        let count = molecules.len();
        assert!(
            count > 0 && weights.len() == count && conditions.len() == count,
            "graph VAE: {count} molecules, {} weights, {} conditions",
            weights.len(),
            conditions.len()
        );
        assert!(
            training.batch > 0 && training.prior_samples > 0,
            "graph VAE: batches of {}, {} samples from the prior",
            training.batch,
            training.prior_samples
        );
        let place = |molecule| PlacedGraph::of(molecule, settings.places);
        let graphs: Vec<PlacedGraph> = molecules.iter().map(place).collect();
        let maker = InputMaker::fitted(settings.input, &graphs, conditions);
        let arrays = GraphArrays::of(&graphs, conditions, &maker);
        let mut vae = Self::draw(settings, maker, arrays.inputs.dims()[1], seed);
        let feedback = vae.draw_feedback(training.decoder, seed);
        let steps = training.epochs * count.div_ceil(training.batch);
        let rate = Schedule::cosine(training.rate, training.final_rate, steps as u64);
        let mut adam = Adam::new(rate);
        let mut order = Random::new(streams::seed(&[seed, ORDER]));
        let mut normal = Random::new(streams::seed(&[seed, NORMAL]));
        let tape = Tape::new();
        for epoch in 0..training.epochs {
            let mut sums = EpochLosses::default();
            for places in order.permutation(count).chunks(training.batch) {
                let batch = Batch {
                    arrays: arrays.rows(places),
                    weights: places.iter().map(|&k| weights[k] as f32).collect(),
                };
                tape.reset();
                let (losses, gradients, statistics) =
                    vae.gradients(&tape, &training, &batch, &feedback, &mut normal);
                let share = places.len() as f64 / count as f64;
                sums.reconstruction += share * losses.reconstruction;
                sums.divergence += share * losses.divergence;
                sums.penalties += share * losses.penalties;
                adam.step(vae.encoder.iter_mut().chain(&mut vae.decoder), &gradients);
                vae.note(statistics);
            }
            if !go_on(epoch, sums) {
                return None;
            }
        }
        Some(vae)
    }

    fn draw(settings: VaeSettings, maker: InputMaker, inputs: usize, seed: u64) -> Self {
        let encoder_shape = EncoderShape {
            inputs,
            hidden: settings.hidden,
            latent: settings.latent,
            batch_norm: settings.batch_norm,
        };
        let mut random = Random::new(streams::seed(&[seed, PARAMETERS]));
        GraphVae {
            encoder: encoder_shape.draw(&mut random),
            decoder: settings.decoder().draw(&mut random),
            settings,
            maker,
            encoder_shape,
            statistics: None,
        }
    }

    /// A feedback matrix for each dense layer of the decoder, drawn as its weights were, or none.
    fn draw_feedback(&self, learning: DecoderLearning, seed: u64) -> Vec<Tensor<f32>> {
        if learning == DecoderLearning::Backpropagation {
            return Vec::new();
        }
        let mut random = Random::new(streams::seed(&[seed, FEEDBACK]));
        let drawn = self.settings.decoder().draw(&mut random);
        drawn.into_iter().step_by(2).collect()
    }

    /// The mean losses of a batch, and their gradients by all parameters.
    fn gradients(
        &self,
        tape: &Tape<f32>,
        training: &VaeTraining,
        batch: &Batch,
        feedback: &[Tensor<f32>],
        random: &mut Random,
    ) -> (EpochLosses, Vec<Tensor<f32>>, Option<BatchStatistics<f32>>) {
        let arrays = &batch.arrays;
        let count = batch.weights.len();
        let latent = self.settings.latent;
        let encoder: Vec<Var<f32>> = self.encoder.iter().map(|p| tape.var(p)).collect();
        let decoder: Vec<Var<f32>> = self.decoder.iter().map(|p| tape.var(p)).collect();
        let feedback: Vec<Var<f32>> = feedback.iter().map(|b| tape.constant(b)).collect();
        let shape = self.settings.decoder();
        let weights = tape.constant(&Tensor::new([count], batch.weights.clone()));
        let mean_of = |losses: Var<'_, f32>| f64::from(losses.mean().item());

        let x = tape.constant(&arrays.inputs);
        let (mean, log_variance, statistics) = encode(&self.encoder_shape, &encoder, x, None);
        let normal = Tensor::normal([count, latent], 0.0, 1.0, random);
        let z = sampled_latent(mean, log_variance, &normal);
        let given = tape.constant(&arrays.conditions);
        let z = concat(&[z, given], 1);
        let (decoded, activities) = decode_observed(&shape, &decoder, &feedback, z);
        if let DecoderLearning::Rule { .. } = training.decoder {
            for activity in &activities {
                activity.input.retain();
                activity.affine.retain();
            }
        }
        let reconstruction = cross_entropy(decoded.atoms, &arrays.atoms)
            + cross_entropy(decoded.bonds, &arrays.bonds);
        let divergence = kl_divergence(mean, log_variance);
        let mut losses = EpochLosses {
            reconstruction: mean_of(reconstruction),
            divergence: mean_of(divergence),
            penalties: 0.0,
        };
        let mut loss = reconstruction + divergence;
        let counting = training.penalties.counting();
        if !counting.is_empty() {
            let samples = training.prior_samples;
            let z = Tensor::normal([samples * count, latent], 0.0, 1.0, random);
            let given = Tensor::concat(&vec![arrays.conditions.clone(); samples], 0);
            let z = tape.constant(&Tensor::concat(&[z, given], 1));
            let decoded = decode_with_feedback(&shape, &decoder, &feedback, z);
            let (kinds, orders) = (decoded.atoms.softmax(), decoded.bonds.softmax());
            let of = |(penalty, weight): (ConstraintPenalty, f64)| {
                let squares = penalty.of(kinds, orders).square().reshape([samples, count]);
                (squares.mean_axes(&[0], false) + UNDER_ROOT).sqrt() * weight
            };
            let penalties = counting.into_iter().map(of).reduce(|a, b| a + b);
            let penalties = penalties.expect("at least one");
            losses.penalties = mean_of(penalties);
            loss += penalties;
        }
        let gradients = (loss * weights).mean().backward();
        let by = encoder.iter().chain(&decoder).map(|&p| gradients.wrt(p));
        let mut by: Vec<Tensor<f32>> = by.collect();
        if let DecoderLearning::Rule { errors, oja } = training.decoder {
            let layers = by[encoder.len()..].chunks_exact_mut(2).zip(&activities);
            for ((into, activity), weights) in layers.zip(self.decoder.chunks_exact(2)) {
                let delta = gradients.wrt(activity.affine);
                let error = gradients.wrt(activity.input);
                let terms = rule_terms(activity, &delta, &error, &weights[0], count as f32);
                into[0] = &into[0] + &(&terms[0] * errors as f32) - &(&terms[1] * oja as f32);
            }
        }
        (losses, by, statistics)
    }

    /// Follows the statistics of batches.
    fn note(&mut self, statistics: Option<BatchStatistics<f32>>) {
        let Some(new) = statistics else { return };
        let Some(running) = &mut self.statistics else {
            self.statistics = Some(new);
            return;
        };
        let pairs = running.inputs.iter_mut().zip(&new.inputs);
        for (old, new) in pairs.chain(running.hidden.iter_mut().zip(&new.hidden)) {
            for (old, &new) in old.data_mut().iter_mut().zip(new.data()) {
                *old += MOMENTUM * (new - *old);
            }
        }
    }
}

/// The means over a batch of `δ eᵀ` and of `y xᵀ − y yᵀ W`, each `[out, in]`. Errors of a mean loss are
/// a batch's part of those of its members.
fn rule_terms(
    activity: &DenseActivity<'_, f32>,
    delta: &Tensor<f32>,
    error: &Tensor<f32>,
    weights: &Tensor<f32>,
    batch: f32,
) -> [Tensor<f32>; 2] {
    let (x, y) = (activity.input.value(), activity.output.value());
    let transposed = y.transpose();
    let kept = transposed.matmul(&x) - &transposed.matmul(&y).matmul(weights);
    [
        delta.transpose().matmul(error) * batch,
        kept * (1.0 / batch),
    ]
}

/// Molecules of a step.
struct Batch {
    arrays: GraphArrays,
    weights: Vec<f32>,
}
