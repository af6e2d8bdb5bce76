//! Locality: what a synapse must know to apply a term.

/// What a synapse must know to apply a term, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Locality {
    /// Only its pre- and post-synaptic signals and its own weight.
    Synapse,
    /// One number shared by the whole layer as well.
    LayerScalar,
    /// The weights of its post-synaptic unit from all inputs as well.
    Row,
    /// The weights of all post-synaptic units onto the same input as well.
    Column,
}

impl Locality {
    /// In words, for tables.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Locality::Synapse => "local to pre, post and synapse",
            Locality::LayerScalar => "local up to a scalar shared by the layer",
            Locality::Row => "needs the post-synaptic unit's weights from all inputs",
            Locality::Column => "needs all post-synaptic units' weights onto the same input",
        }
    }
}
