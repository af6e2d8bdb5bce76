//! The scattering transform.

use metaplast_autodiff::{Tape, Var, concat};
use metaplast_tensor::{Scalar, Tensor};

use super::wavelets::WarpedWavelets;
use crate::placed::{KINDS, PlacedGraph};

/// Scattering coefficients: means over places of what is left of a signal after paths of filters and
/// absolute values (Gama, Ribeiro & Bruna, *Diffusion scattering transforms on graphs*, 2019).
///
/// ```text
/// U_0 = f,  U_(q,j) = |U_q G_j|,  coefficient of a path = mean over places
/// ```
///
/// Paths are those of 0 to `layers − 1` filters, level by level; path `q` of a level has the paths
/// `q J + j` of the next. They do not change when places change their order.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphScattering {
    wavelets: WarpedWavelets,
    layers: usize,
}

impl GraphScattering {
    /// With these wavelets and so many layers, of which the first is the signal itself.
    ///
    /// # Panics
    /// When there is no layer.
    #[must_use]
    #[track_caller]
    pub fn new(wavelets: WarpedWavelets, layers: usize) -> Self {
        assert!(layers > 0, "graph scattering: 0 layers");
        GraphScattering { wavelets, layers }
    }

    /// The wavelets.
    #[must_use]
    pub fn wavelets(&self) -> &WarpedWavelets {
        &self.wavelets
    }

    /// The number of paths, Σ Jˡ.
    #[must_use]
    pub fn paths(&self) -> usize {
        let powers = (0..self.layers).map(|layer| self.wavelets.count().pow(layer as u32));
        powers.sum()
    }

    /// The coefficients of a graph's kinds and of further signals that are the same at all places,
    /// `[KINDS + constants, paths]`.
    #[must_use]
    pub fn coefficients(&self, graph: &PlacedGraph, constants: &[f64]) -> Tensor<f64> {
        let places = graph.places();
        let mut signal = graph.signal().into_data();
        signal.extend(
            constants
                .iter()
                .flat_map(|&c| std::iter::repeat_n(c, places)),
        );
        let signal = Tensor::new([KINDS + constants.len(), places], signal);
        let tape = Tape::new();
        let filters = tape.constant(&self.wavelets.filters(graph));
        scatter(tape.constant(&signal), filters, self.layers).value()
    }
}

/// The scattering coefficients `[signals, paths]` of signals `[signals, n]` under filters side by side,
/// `[n, J n]`, with `layers` layers.
///
/// # Panics
/// When the shapes do not fit.
#[must_use]
#[track_caller]
pub fn scatter<'t, T: Scalar>(
    signals: Var<'t, T>,
    filters: Var<'t, T>,
    layers: usize,
) -> Var<'t, T> {
    let shape = filters.shape();
    let &[places, width] = shape.dims() else {
        panic!("scatter: filters of shape {shape}");
    };
    let rows = signals.shape().dims()[0];
    let mut level = signals;
    let mut means = Vec::new();
    for layer in 0..layers {
        if layer > 0 {
            let paths = level.shape().dims()[0] * width / places;
            level = level.matmul(filters).reshape([paths, places]).abs();
        }
        let paths = level.shape().dims()[0] / rows;
        means.push(level.mean_axes(&[1], false).reshape([rows, paths]));
    }
    concat(&means, 1)
}
