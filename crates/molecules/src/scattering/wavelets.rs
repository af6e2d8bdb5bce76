//! Wavelets on graphs, as functions of the eigenvalue.

use std::f64::consts::TAU;

use metaplast_tensor::Tensor;

use super::warp::SpectrumWarp;
use crate::placed::PlacedGraph;

/// R: how many neighbouring wavelets overlap.
const OVERLAP: usize = 3;

/// J translates of a raised cosine along the warped spectrum (Shuman et al. 2015, with the GSVAE
/// release's constants).
///
/// ```text
/// ĝ_j(λ) = ½ + ½ cos(2π (v/t − ½)) on 0 ≤ v ≤ t, else 0
/// v = ω(λ) − (t/R) (j − R + 1),  t = R γ/(J − R + 1),  γ = ω(λ_max),  R = 3
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct WarpedWavelets {
    warp: SpectrumWarp,
    count: usize,
}

impl WarpedWavelets {
    /// So many wavelets on a warped spectrum.
    ///
    /// # Panics
    /// When they are fewer than 3.
    #[must_use]
    #[track_caller]
    pub fn new(warp: SpectrumWarp, count: usize) -> Self {
        assert!(
            count >= OVERLAP,
            "warped wavelets: {count}, fewer than {OVERLAP}"
        );
        WarpedWavelets { warp, count }
    }

    /// J, how many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// The warp.
    #[must_use]
    pub fn warp(&self) -> &SpectrumWarp {
        &self.warp
    }

    /// γ, the warped largest eigenvalue.
    #[must_use]
    pub fn gamma(&self) -> f64 {
        self.warp.at(self.warp.largest())
    }

    /// ĝ_j at an eigenvalue, with j from 1 to J.
    ///
    /// # Panics
    /// When there is no such wavelet.
    #[must_use]
    #[track_caller]
    pub fn response(&self, j: usize, eigenvalue: f64) -> f64 {
        assert!(
            (1..=self.count).contains(&j),
            "wavelet {j} of {}",
            self.count
        );
        let overlap = OVERLAP as f64;
        let width = overlap * self.gamma() / (self.count - OVERLAP + 1) as f64;
        let start = width / overlap * (j as f64 - overlap + 1.0);
        let v = self.warp.at(eigenvalue) - start;
        if (0.0..=width).contains(&v) {
            0.5 + 0.5 * (TAU * (v / width - 0.5)).cos()
        } else {
            0.0
        }
    }

    /// The filters `G_j = V diag(ĝ_j(λ)) Vᵀ` of a graph's Laplacian side by side, `[n, J n]`.
    #[must_use]
    pub fn filters(&self, graph: &PlacedGraph) -> Tensor<f64> {
        let (eigenvalues, vectors) = graph.laplacian().eigh();
        let filters: Vec<Tensor<f64>> = (1..=self.count)
            .map(|j| {
                let response = eigenvalues.map(|lambda| self.response(j, lambda));
                (&vectors * &response).matmul(&vectors.transpose())
            })
            .collect();
        Tensor::concat(&filters, 1)
    }
}
