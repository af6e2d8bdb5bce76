//! The autoencoder with its parameters.

use metaplast_autodiff::{Tape, Var, concat};
use metaplast_tensor::{Random, Tensor};

use super::data::GraphArrays;
use super::input::InputMaker;
use super::settings::VaeSettings;
use crate::molecule::Molecule;
use crate::net::{
    BatchStatistics, EncoderShape, cross_entropy, decode, encode, kl_divergence, sampled_latent,
};
use crate::placed::{KINDS, ORDERS, PlacedGraph};

/// Graphs that are decoded at a time.
const BATCH: usize = 500;

/// Means over the molecules of an epoch, in nats where they are losses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EpochLosses {
    /// The cross-entropy of atoms and bonds.
    pub reconstruction: f64,
    /// The divergence of the latent distribution from the prior.
    pub divergence: f64,
    /// The penalties, weighted.
    pub penalties: f64,
}

/// A variational autoencoder of molecular graphs, in single precision.
///
/// ```
/// use metaplast_molecules::{
///     EncoderInput, GraphVae, Molecule, SampleScores, Universe, VaeSettings, VaeTraining,
/// };
///
/// let universe = Universe::up_to(3).filtered(Molecule::is_stable);
/// let settings = VaeSettings { places: 3, ..VaeSettings::five_places(EncoderInput::Plain) };
/// let training = VaeTraining { epochs: 60, batch: 10, ..VaeTraining::default() };
/// let known: Vec<Molecule> = universe.molecules().iter().step_by(2).cloned().collect();
/// let vae = GraphVae::train(settings, training, &known, 1, |_, _| true).expect("not stopped");
/// let samples = vae.sample(200, 1);
/// let scores = SampleScores::of(&samples, &Universe::of(known), Some(&universe));
/// assert!(scores.found > 0);
/// ```
#[derive(Clone, Debug)]
pub struct GraphVae {
    pub(super) settings: VaeSettings,
    pub(super) maker: InputMaker,
    pub(super) encoder_shape: EncoderShape,
    pub(super) encoder: Vec<Tensor<f32>>,
    pub(super) decoder: Vec<Tensor<f32>>,
    /// Running means of the batches' statistics.
    pub(super) statistics: Option<BatchStatistics<f32>>,
}

impl GraphVae {
    /// The model's sizes.
    #[must_use]
    pub fn settings(&self) -> &VaeSettings {
        &self.settings
    }

    /// Graphs from the prior, the likeliest kind and order at each place; the same seed draws the same.
    ///
    /// # Panics
    /// When the model is conditioned; then [`sample_given`](Self::sample_given) samples.
    #[must_use]
    #[track_caller]
    pub fn sample(&self, count: usize, seed: u64) -> Vec<PlacedGraph> {
        self.sample_given(&vec![Vec::new(); count], seed)
    }

    /// A graph for each row of numbers that the model is conditioned on.
    ///
    /// # Panics
    /// When a row has not [`VaeSettings::conditions`] numbers.
    #[must_use]
    #[track_caller]
    pub fn sample_given(&self, conditions: &[Vec<f64>], seed: u64) -> Vec<PlacedGraph> {
        let (wanted, latent) = (self.settings.conditions, self.settings.latent);
        let mut random = Random::new(seed);
        let mut graphs = Vec::with_capacity(conditions.len());
        for rows in conditions.chunks(BATCH) {
            let z = Tensor::<f32>::normal([rows.len(), latent], 0.0, 1.0, &mut random);
            let given = Tensor::from_fn([rows.len(), wanted], |at| {
                assert!(rows[at[0]].len() == wanted, "conditions {:?}", rows[at[0]]);
                rows[at[0]][at[1]] as f32
            });
            graphs.extend(self.decoded(&Tensor::concat(&[z, given], 1)));
        }
        graphs
    }

    /// The likeliest graphs of rows `[graphs, latent + conditions]`.
    fn decoded(&self, z: &Tensor<f32>) -> Vec<PlacedGraph> {
        let tape = Tape::new();
        let constant = |tensor| tape.constant(tensor);
        let parameters: Vec<Var<f32>> = self.decoder.iter().map(constant).collect();
        let decoded = decode(&self.settings.decoder(), &parameters, constant(z));
        let n = self.settings.places;
        let kinds = likeliest(&decoded.atoms.value(), KINDS);
        let orders = likeliest(&decoded.bonds.value(), ORDERS);
        let pairs: Vec<_> = (0..n)
            .flat_map(|i| (i + 1..n).map(move |j| (i, j)))
            .collect();
        let each = kinds.chunks_exact(n).zip(orders.chunks_exact(n * n));
        each.map(|(kinds, orders)| {
            let mut graph = PlacedGraph::without_bonds(kinds.to_vec());
            for &(i, j) in &pairs {
                graph.set_order(i, j, orders[i * n + j] as u8);
            }
            graph
        })
        .collect()
    }

    /// Mean losses of molecules, each with one latent vector drawn.
    ///
    /// # Panics
    /// When there is no molecule, one does not fit on the places, or the model is conditioned.
    #[must_use]
    #[track_caller]
    pub fn losses(&self, molecules: &[Molecule], seed: u64) -> EpochLosses {
        assert!(self.settings.conditions == 0, "losses: a conditioned model");
        let graphs: Vec<PlacedGraph> = molecules
            .iter()
            .map(|molecule| PlacedGraph::of(molecule, self.settings.places))
            .collect();
        let mut random = Random::new(seed);
        let mut sums = EpochLosses::default();
        for graphs in graphs.chunks(BATCH) {
            let none = vec![Vec::new(); graphs.len()];
            let arrays = GraphArrays::of(graphs, &none, &self.maker);
            let normal = [graphs.len(), self.settings.latent];
            let normal = Tensor::normal(normal, 0.0, 1.0, &mut random);
            let tape = Tape::new();
            let constant = |tensor| tape.constant(tensor);
            let encoder: Vec<Var<f32>> = self.encoder.iter().map(constant).collect();
            let decoder: Vec<Var<f32>> = self.decoder.iter().map(constant).collect();
            let shape = self.encoder_shape;
            let x = constant(&arrays.inputs);
            let (mean, log_variance, _) = encode(&shape, &encoder, x, self.statistics.as_ref());
            let z = sampled_latent(mean, log_variance, &normal);
            let z = concat(&[z, constant(&arrays.conditions)], 1);
            let decoded = decode(&self.settings.decoder(), &decoder, z);
            let reconstruction = cross_entropy(decoded.atoms, &arrays.atoms)
                + cross_entropy(decoded.bonds, &arrays.bonds);
            sums.reconstruction += f64::from(reconstruction.sum().item());
            sums.divergence += f64::from(kl_divergence(mean, log_variance).sum().item());
        }
        let count = graphs.len() as f64;
        EpochLosses {
            reconstruction: sums.reconstruction / count,
            divergence: sums.divergence / count,
            penalties: 0.0,
        }
    }
}

/// The place of the greatest of each row of `classes` numbers.
fn likeliest(logits: &Tensor<f32>, classes: usize) -> Vec<usize> {
    let rows = logits.data().chunks_exact(classes);
    let greatest = |row: &[f32]| {
        let better = |best: usize, k: usize| if row[k] > row[best] { k } else { best };
        (1..classes).fold(0, better)
    };
    rows.map(greatest).collect()
}
