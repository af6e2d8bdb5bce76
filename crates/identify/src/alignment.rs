//! Regularisers whose descent aligns feedback weights B with forward weights W (Kunin et al. 2020,
//! *Two routes to scalable credit assignment without weight symmetry*, as Nayebi et al. 2020 release them).
//!
//! A rule of evolving feedback is B ← B − ρ ∂R/∂B. R is recorded on a tape, so the gradients by B, and by
//! W where the forward weights follow as well, are the tape's.

use metaplast_autodiff::Var;

/// A regulariser of the feedback weights.
///
/// x is what the layer sees, activity or noise; E is the mean over a batch of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum AlignmentRegulariser {
    /// −α E[Bx·Wx] + β E‖BᵀWx‖² + γ (‖B‖² + ‖W‖²), released with α 2e-3, β 1e-3, γ 1e-3. With β = 0 it
    /// is the weight mirror's.
    Information {
        /// Of the agreement of the pathways.
        alpha: f64,
        /// Of what comes back.
        beta: f64,
        /// Of the decay.
        gamma: f64,
    },
    /// α (‖B‖² + ‖W‖²) − β E[Bx·Wx].
    WeightMirror {
        /// Of the decay.
        alpha: f64,
        /// Of the agreement of the pathways.
        beta: f64,
    },
    /// α (‖B‖² + ‖W‖²) − β ⟨B, W⟩.
    Symmetric {
        /// Of the decay.
        alpha: f64,
        /// Of the agreement of the weights.
        beta: f64,
    },
    /// α (E‖Bx‖² + E‖Wx‖²) − β E[Bx·Wx].
    Activation {
        /// Of the sizes of what the pathways give.
        alpha: f64,
        /// Of their agreement.
        beta: f64,
    },
    /// α (‖B‖² + ‖W‖²), Kolen–Pollack's decay: its alignment is in the updates, which B shares with W.
    KolenPollackDecay {
        /// Of the decay.
        alpha: f64,
    },
}

impl AlignmentRegulariser {
    /// R of B and W, both `[n_l, n_(l−1)]`, for a batch x, `[samples, n_(l−1)]`.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_identify::AlignmentRegulariser;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let (b, w) = (tape.var(&tensor![[0.5, 0.0]]), tape.constant(&tensor![[1.0, 1.0]]));
    /// let x = tape.constant(&tensor![[1.0, 0.0]]);
    /// let mirror = AlignmentRegulariser::WeightMirror { alpha: 0.5, beta: 1.0 };
    /// let gradient = mirror.record(b, w, x).backward().wrt(b).clone();
    /// assert_eq!(gradient, tensor![[-0.5, 0.0]]); // 2α B − β E[(Wx)xᵀ]
    /// ```
    ///
    /// # Panics
    /// When the shapes do not fit.
    #[must_use]
    #[track_caller]
    pub fn record<'t>(self, b: Var<'t, f64>, w: Var<'t, f64>, x: Var<'t, f64>) -> Var<'t, f64> {
        let samples = x.shape().dims()[0] as f64;
        let (wx, bx) = (x.matmul(w.transpose()), x.matmul(b.transpose()));
        let agreement = (bx * wx).sum() / samples;
        let sizes = b.square().sum() + w.square().sum();
        match self {
            AlignmentRegulariser::Information { alpha, beta, gamma } => {
                let back = wx.matmul(b).square().sum() / samples;
                beta * back + gamma * sizes - alpha * agreement
            }
            AlignmentRegulariser::WeightMirror { alpha, beta } => alpha * sizes - beta * agreement,
            AlignmentRegulariser::Symmetric { alpha, beta } => {
                alpha * sizes - beta * (b * w).sum()
            }
            AlignmentRegulariser::Activation { alpha, beta } => {
                let sizes = (bx.square().sum() + wx.square().sum()) / samples;
                alpha * sizes - beta * agreement
            }
            AlignmentRegulariser::KolenPollackDecay { alpha } => alpha * sizes,
        }
    }
}
