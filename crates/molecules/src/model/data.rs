//! Graphs as the arrays that a net takes.

use metaplast_tensor::Tensor;

use super::input::InputMaker;
use crate::placed::{KINDS, ORDERS, PlacedGraph};

/// Graphs as arrays, one row each.
pub(crate) struct GraphArrays {
    /// `[graphs, inputs]`
    pub(crate) inputs: Tensor<f32>,
    /// Kinds, one-hot, `[graphs, n, KINDS]`.
    pub(crate) atoms: Tensor<f32>,
    /// Orders above the diagonal, one-hot, `[graphs, n, n, ORDERS]`; zero elsewhere.
    pub(crate) bonds: Tensor<f32>,
    /// `[graphs, conditions]`
    pub(crate) conditions: Tensor<f32>,
}

impl GraphArrays {
    pub(crate) fn of(graphs: &[PlacedGraph], conditions: &[Vec<f64>], maker: &InputMaker) -> Self {
        let (count, n) = (graphs.len(), graphs[0].places());
        let one = |is: bool| f32::from(u8::from(is));
        let given = graphs.iter().zip(conditions);
        let inputs: Vec<f32> = given
            .flat_map(|(graph, given)| maker.input(graph, given))
            .map(|x| x as f32)
            .collect();
        GraphArrays {
            inputs: Tensor::new([count, inputs.len() / count], inputs),
            atoms: Tensor::from_fn([count, n, KINDS], |at| {
                one(graphs[at[0]].kinds()[at[1]] == at[2])
            }),
            bonds: Tensor::from_fn([count, n, n, ORDERS], |at| {
                one(at[1] < at[2] && usize::from(graphs[at[0]].order(at[1], at[2])) == at[3])
            }),
            conditions: Tensor::from_fn([count, conditions[0].len()], |at| {
                conditions[at[0]][at[1]] as f32
            }),
        }
    }

    /// Some of the rows.
    pub(crate) fn rows(&self, places: &[usize]) -> Self {
        let of = |tensor: &Tensor<f32>| tensor.index_select(0, places);
        GraphArrays {
            inputs: of(&self.inputs),
            atoms: of(&self.atoms),
            bonds: of(&self.bonds),
            conditions: of(&self.conditions),
        }
    }
}
