//! The settings of a network of a soil: what enters, its units, and its training.

use metaplast_autodiff::Var;
use metaplast_tensor::Scalar;

/// How suction enters a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuctionInput {
    /// h.
    Linear,
    /// log₁₀(1 + h), h in cm.
    Logarithm,
    /// h^¼.
    FourthRoot,
}

impl SuctionInput {
    pub(super) fn of(self, suction: f64) -> f64 {
        match self {
            SuctionInput::Linear => suction,
            SuctionInput::Logarithm => Scalar::ln_1p(suction) / std::f64::consts::LN_10,
            SuctionInput::FourthRoot => suction.sqrt().sqrt(),
        }
    }
}

/// What of the history enters a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryInput {
    /// Nothing.
    None,
    /// −1 when drying, 1 when wetting.
    Branch,
    /// That, and its product with the suction as it enters.
    BranchAndProduct,
}

impl HistoryInput {
    /// Inputs of a network, the suction included.
    pub(super) fn inputs(self) -> usize {
        match self {
            HistoryInput::None => 1,
            HistoryInput::Branch => 2,
            HistoryInput::BranchAndProduct => 3,
        }
    }
}

/// The function of a hidden unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// tanh.
    Tanh,
    /// max(0, x).
    Relu,
    /// ln(1 + eˣ).
    Softplus,
    /// x above 0, eˣ − 1 below.
    Elu,
}

impl Unit {
    pub(super) fn of<'t>(self, x: Var<'t, f64>) -> Var<'t, f64> {
        match self {
            Unit::Tanh => x.tanh(),
            Unit::Relu => x.relu(),
            Unit::Softplus => x.softplus(1.0),
            Unit::Elu => x.elu(1.0),
        }
    }
}

/// The settings of a network and of its training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetworkSettings {
    /// How suction enters.
    pub suction: SuctionInput,
    /// What of the history enters.
    pub history: HistoryInput,
    /// Hidden layers.
    pub layers: usize,
    /// Units of each.
    pub width: usize,
    /// Their function.
    pub unit: Unit,
    /// Adam's rate of the first step; it falls to a tenth along half a cosine.
    pub rate: f64,
    /// The weight of `½|W|²` in what is descended; biases are free.
    pub decay: f64,
    /// Full-batch steps of a training.
    pub steps: u64,
}
