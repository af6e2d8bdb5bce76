//! What an encoder is given of a graph.

use crate::placed::{KINDS, ORDERS, PlacedGraph};
use crate::scattering::{GraphScattering, SpectrumWarp, WarpedWavelets};

/// What an encoder is given of a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncoderInput {
    /// Kinds of places and orders of pairs of places, one-hot.
    Plain,
    /// Scattering coefficients, which do not tell the order of places.
    Scattering {
        /// Wavelets, J.
        wavelets: usize,
        /// Layers, of which the first is the signal.
        layers: usize,
    },
}

/// Makes inputs of graphs, fitted to those of training.
#[derive(Clone, Debug)]
pub(crate) enum InputMaker {
    Plain,
    Scattering {
        scattering: GraphScattering,
        standard: Vec<Standard>,
    },
}

/// A coefficient over the training graphs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standard {
    mean: f64,
    deviation: f64,
    /// The least and the greatest value. Those of other graphs are kept within, so that one that hardly
    /// differs among training graphs cannot become huge.
    low: f64,
    high: f64,
}

impl InputMaker {
    pub(crate) fn fitted(
        input: EncoderInput,
        graphs: &[PlacedGraph],
        conditions: &[Vec<f64>],
    ) -> Self {
        let EncoderInput::Scattering { wavelets, layers } = input else {
            return InputMaker::Plain;
        };
        let spectra = graphs
            .iter()
            .map(|graph| graph.laplacian().eigh().0.into_data());
        let warp = SpectrumWarp::of(&spectra.flatten().collect::<Vec<_>>());
        let scattering = GraphScattering::new(WarpedWavelets::new(warp, wavelets), layers);
        let rows: Vec<Vec<f64>> = graphs
            .iter()
            .zip(conditions)
            .map(|(graph, given)| scattering.coefficients(graph, given).into_data())
            .collect();
        let count = rows.len() as f64;
        let standard = (0..rows[0].len()).map(|column| {
            let values = || rows.iter().map(|row| row[column]);
            let mean = values().sum::<f64>() / count;
            let square = values().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            Standard {
                mean,
                // A coefficient that is the same for all graphs, but for rounding, tells nothing.
                deviation: if square > 1e-18 {
                    square.sqrt()
                } else {
                    f64::INFINITY
                },
                low: values().fold(f64::INFINITY, f64::min),
                high: values().fold(f64::NEG_INFINITY, f64::max),
            }
        });
        InputMaker::Scattering {
            standard: standard.collect(),
            scattering,
        }
    }

    /// The input of a graph with the numbers that it is conditioned on.
    pub(crate) fn input(&self, graph: &PlacedGraph, conditions: &[f64]) -> Vec<f64> {
        match self {
            InputMaker::Plain => {
                let places = graph.places();
                let one_hot =
                    |k: usize, of: usize| (0..of).map(move |i| f64::from(u8::from(i == k)));
                let kinds = graph.kinds().iter().flat_map(|&kind| one_hot(kind, KINDS));
                let pairs = (0..places).flat_map(|i| (i + 1..places).map(move |j| (i, j)));
                let orders = pairs.flat_map(|(i, j)| one_hot(graph.order(i, j).into(), ORDERS));
                kinds
                    .chain(orders)
                    .chain(conditions.iter().copied())
                    .collect()
            }
            InputMaker::Scattering {
                scattering,
                standard,
            } => {
                let coefficients = scattering.coefficients(graph, conditions).into_data();
                let standardised = coefficients.iter().zip(standard);
                standardised
                    .map(|(x, s)| (x.clamp(s.low, s.high) - s.mean) / s.deviation)
                    .collect()
            }
        }
    }
}
