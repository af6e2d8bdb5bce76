//! Reads and updates of a state, as the recording keeps them.

use metaplast_tensor::Shape;

use super::operands::Operands;
use super::update_bound::UpdateBound;

/// Which way a read multiplies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// `W x`
    Forward,
    /// `Wᵀ x`
    Transposed,
}

impl Direction {
    /// How a read's operand gets its adjoint.
    pub(super) fn reversed(self) -> Self {
        match self {
            Direction::Forward => Direction::Transposed,
            Direction::Transposed => Direction::Forward,
        }
    }
}

/// One vector, or one per row of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batch {
    One,
    Rows,
}

/// A read: the product of the weights with its operand, a vector or a matrix of row vectors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Read {
    pub(super) state: u32,
    /// The state's version that was read.
    pub(super) version: u32,
    pub(super) direction: Direction,
    pub(super) batch: Batch,
    pub(super) detached: bool,
    /// Whether the weights depended on anything differentiable at that time.
    pub(super) tracked: bool,
}

impl Read {
    /// Whether its adjoint flows into the weights.
    pub(crate) fn contributes(self) -> bool {
        self.tracked && !self.detached
    }

    /// Shape of its result for a state `[rows, cols]`; panics with both shapes where the operand
    /// does not fit.
    #[track_caller]
    pub(crate) fn shape(self, (rows, cols): (usize, usize), x: &Shape) -> Shape {
        let (from, to) = match self.direction {
            Direction::Forward => (cols, rows),
            Direction::Transposed => (rows, cols),
        };
        match (self.batch, x.dims()) {
            (Batch::One, &[len]) if len == from => Shape::from([to]),
            (Batch::Rows, &[n, len]) if len == from => Shape::from([n, to]),
            _ => panic!(
                "{}: state of shape [{rows}, {cols}], operand of shape {x}",
                self.name()
            ),
        }
    }

    /// The pattern that says which rows of the state take part, of those of operand and result.
    pub(crate) fn rows(self, operand: u32, result: u32) -> u32 {
        match (self.batch, self.direction) {
            (Batch::One, Direction::Transposed) => operand,
            _ => result,
        }
    }

    fn name(self) -> &'static str {
        match (self.direction, self.batch) {
            (Direction::Forward, Batch::One) => "state.matvec",
            (Direction::Transposed, Batch::One) => "state.matvec_transposed",
            (Direction::Forward, Batch::Rows) => "state.matvec_rows",
            (Direction::Transposed, Batch::Rows) => "state.matvec_transposed_rows",
        }
    }
}

/// A read of the whole matrix, as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WholeRead {
    pub(super) state: u32,
    /// The state's version that was read.
    pub(super) version: u32,
    pub(super) detached: bool,
    /// Whether the weights depended on anything differentiable at that time.
    tracked: bool,
}

impl WholeRead {
    /// Of a state in this version.
    pub(super) fn new(state: usize, version: u32, detached: bool, tracked: bool) -> Self {
        WholeRead {
            state: state as u32,
            version,
            detached,
            tracked,
        }
    }

    /// Whether its adjoint flows into the weights.
    pub(crate) fn contributes(self) -> bool {
        self.tracked && !self.detached
    }
}

/// An update. Its value is `W x` of the projection, from before the update, or empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update {
    pub(super) state: u32,
    /// The state's version after the update.
    pub(super) version: u32,
    pub(super) operands: Operands,
    /// Whether adjoints flow to any operand; none do where it was made without gradients.
    pub(crate) differentiable: bool,
}

/// An addition of a scaled matrix. Its operands are the coefficient and, where it is a value of the
/// recording, the matrix.
///
/// As small as an update's record, since a recording has one for each of its nodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addition {
    pub(super) state: u32,
    /// The state's version after the addition.
    pub(super) version: u32,
    /// The version of the state that was added.
    source_version: u32,
    /// Its place, all ones where a value was added, and flags.
    source: u32,
    /// Bound of what was added.
    largest: f32,
}

/// What an addition adds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// The second operand.
    Value,
    State(SourceState),
}

/// The state that is added to another.
#[derive(Clone, Copy, Debug)]
pub(super) struct SourceState {
    pub(super) state: u32,
    /// Its version then.
    pub(super) version: u32,
    pub(super) detached: bool,
    /// Whether the adjoint of the sum flows into it.
    pub(super) flows: bool,
}

const DIFFERENTIABLE: u32 = 1 << 31;
const DETACHED: u32 = 1 << 30;
const FLOWS: u32 = 1 << 29;
const PLACE: u32 = FLOWS - 1;

impl Addition {
    /// To a state, now in this version; `largest` bounds what was added.
    pub(super) fn new(
        (state, version): (u32, u32),
        source: Source,
        largest: f64,
        differentiable: bool,
    ) -> Self {
        let flag = |is: bool, flag: u32| if is { flag } else { 0 };
        let (place, source_version) = match source {
            Source::Value => (PLACE, 0),
            Source::State(source) => {
                assert!(source.state < PLACE, "tape: more than 2²⁹ states");
                let flags = flag(source.detached, DETACHED) | flag(source.flows, FLOWS);
                (source.state | flags, source.version)
            }
        };
        Addition {
            state,
            version,
            source_version,
            source: place | flag(differentiable, DIFFERENTIABLE),
            largest: largest as f32,
        }
    }

    pub(super) fn source(self) -> Source {
        match self.source & PLACE {
            PLACE => Source::Value,
            state => Source::State(SourceState {
                state,
                version: self.source_version,
                detached: self.source & DETACHED != 0,
                flows: self.source & FLOWS != 0,
            }),
        }
    }

    /// Bound of what it adds.
    pub(super) fn bound(self) -> UpdateBound {
        UpdateBound::of_elements(f64::from(self.largest))
    }

    /// Whether adjoints flow to anything.
    fn is_differentiable(self) -> bool {
        self.source & DIFFERENTIABLE != 0
    }
}

/// A multiplication of each weight by a factor of its own. Its operands are the decay, if there is one, and
/// coefficient, left and right vector of each term.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scaling {
    pub(crate) state: u32,
    /// The state's version after it.
    pub(crate) version: u32,
    /// Number of terms.
    pub(crate) rank: u16,
    pub(crate) decay: bool,
    /// Whether adjoints flow to any operand.
    pub(crate) differentiable: bool,
}

/// A recorded operation on a state.
#[derive(Clone, Copy, Debug)]
pub(crate) enum StateOp {
    Read(Read),
    ReadWhole(WholeRead),
    Update(Update),
    Add(Addition),
    Scale(Scaling),
}

impl StateOp {
    /// The place of the state it reads or updates.
    pub(crate) fn state(self) -> usize {
        match self {
            StateOp::Read(Read { state, .. })
            | StateOp::ReadWhole(WholeRead { state, .. })
            | StateOp::Update(Update { state, .. })
            | StateOp::Add(Addition { state, .. })
            | StateOp::Scale(Scaling { state, .. }) => state as usize,
        }
    }

    /// Where it changes the state: whether adjoints flow from that to anything.
    pub(crate) fn change(self) -> Option<bool> {
        match self {
            StateOp::Read(_) | StateOp::ReadWhole(_) => None,
            StateOp::Update(update) => Some(update.differentiable),
            StateOp::Add(addition) => Some(addition.is_differentiable()),
            StateOp::Scale(scaling) => Some(scaling.differentiable),
        }
    }

    /// Name as shown in messages and pictures.
    pub(crate) fn name(self) -> &'static str {
        match self {
            StateOp::Read(read) => read.name(),
            StateOp::ReadWhole(_) => "state.read",
            StateOp::Update(_) => "state.rank_k_update",
            StateOp::Add(_) => "state.add_scaled",
            StateOp::Scale(_) => "state.scale",
        }
    }
}
