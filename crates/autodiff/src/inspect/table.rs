//! Table of a recording's nodes.

use std::fmt::{self, Write};

use metaplast_tensor::{Scalar, Shape};

use crate::nodes::Nodes;
use crate::recording::Recorded;
use crate::tape::Tape;

/// One node of a recording; see [`Tape::rows`].
///
/// ```
/// use metaplast_autodiff::Tape;
///
/// let tape = Tape::<f64>::new();
/// let x = tape.scalar(2.0);
/// let _ = x * x;
/// let rows = tape.rows();
/// assert_eq!((rows[1].op, &rows[1].operands[..]), ("mul", &[0, 0][..]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// Place in the recording.
    pub node: usize,
    /// Name of the operation; `leaf` for inputs and constants.
    pub op: &'static str,
    /// Places of the nodes it was computed from.
    pub operands: Vec<usize>,
    /// The state it reads or updates, by order of creation.
    pub state: Option<usize>,
    /// Whether it updates that state.
    pub updates: bool,
    /// Shape of its value; `[0]` for an update without a projection, which has none.
    pub shape: Shape,
    /// Bytes of node, operand list and value.
    pub bytes: usize,
    /// Whether a sweep passes an adjoint through it.
    pub differentiable: bool,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut from = String::new();
        if let Some(state) = self.state {
            write!(from, "  W{state}")?;
        }
        for operand in &self.operands {
            write!(from, "  #{operand}")?;
        }
        let (node, shape) = (format!("#{}", self.node), self.shape.to_string());
        write!(f, "{node:>6}  {:<27}  {shape:<14}  ", self.op)?;
        write!(f, "{:>10}{from}", self.bytes)
    }
}

impl<T: Scalar> Tape<T> {
    /// What is recorded, node by node, in order of creation.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0]);
    /// let _ = x.tanh().sum();
    /// let ops: Vec<_> = tape.rows().iter().map(|row| row.op).collect();
    /// assert_eq!(ops, ["leaf", "tanh", "sum"]);
    /// ```
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let rec = self.recording.borrow();
        let row = |(id, op): (usize, &Recorded<T>)| {
            let (node, operands) = (&rec.nodes[id], rec.nodes.operands(id));
            let (state, updates, differentiable) = match op {
                Recorded::State(op) => {
                    let differentiable = op.change().unwrap_or(node.needs_gradient());
                    (Some(op.state()), op.change().is_some(), differentiable)
                }
                _ => (None, false, node.needs_gradient()),
            };
            Row {
                node: id,
                op: op.name(),
                operands: operands.iter().map(|&id| id as usize).collect(),
                state,
                updates,
                shape: rec.nodes.shape(id).clone(),
                bytes: node_bytes::<T>(operands.len()) + size_of_val(rec.value(id)),
                differentiable,
            }
        };
        rec.ops.iter().enumerate().map(row).collect()
    }

    /// [`rows`](Tape::rows) as text, with a heading and a line of sums.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(1.0);
    /// let _ = x.exp();
    /// println!("{}", tape.table());
    /// //  node  op                           shape                bytes  from
    /// //    #0  leaf                         []                     …
    /// //    #1  exp                          []                     …  #0
    /// // 2 nodes, … bytes; 0 states, 0 bytes
    /// assert_eq!(tape.table().lines().count(), 4);
    /// ```
    #[must_use]
    pub fn table(&self) -> String {
        let rows = self.rows();
        let heading = ["node", "op", "shape", "bytes", "from"];
        let [node, op, shape, bytes, from] = heading;
        let mut text = format!("{node:>6}  {op:<27}  {shape:<14}  {bytes:>10}  {from}\n");
        for row in &rows {
            text += &format!("{row}\n");
        }
        let bytes: usize = rows.iter().map(|row| row.bytes).sum();
        let rec = self.recording.borrow();
        let (states, held) = (rec.states.len(), rec.states.bytes());
        text += &format!(
            "{} nodes, {bytes} bytes; {states} states, {held} bytes\n",
            rows.len()
        );
        text
    }
}

/// Bytes of a node with so many operands, without its value.
fn node_bytes<T: Scalar>(operands: usize) -> usize {
    Nodes::bytes_of(1, operands) + size_of::<Recorded<T>>()
}

#[cfg(test)]
mod tests {
    use metaplast_tensor::Tensor;

    use super::*;

    #[test]
    fn the_table_has_every_node_and_its_bytes() {
        let tape = Tape::<f64>::new();
        let x = tape.var(&Tensor::ones([3]));
        let w = tape.state(&Tensor::ones([2, 3]));
        let y = w.matvec(x).tanh();
        w.rank_k_update(None, &[y], &[x]);
        let _ = y.stop_gradient().sum();
        let rows = tape.rows();
        let ops: Vec<_> = rows.iter().map(|row| row.op).collect();
        let update = "state.rank_k_update";
        let expected = [
            "leaf",
            "state.matvec",
            "tanh",
            update,
            "stop_gradient",
            "sum",
        ];
        assert_eq!(ops, expected);
        assert_eq!(rows[3].operands, [0, 2]);
        assert_eq!((rows[3].state, rows[3].updates), (Some(0), true));
        assert_eq!((rows[1].state, rows[1].updates), (Some(0), false));
        assert_eq!(rows[1].shape.dims(), [2]);
        let through: Vec<_> = rows.iter().map(|row| row.differentiable).collect();
        assert_eq!(through, [true, true, true, true, false, false]);
        assert_eq!(rows[0].bytes, node_bytes::<f64>(0) + 3 * 8);
        assert_eq!(rows[2].bytes, node_bytes::<f64>(1) + 2 * 8);
        let sum: usize = rows.iter().map(|row| row.bytes).sum();
        let table = tape.table();
        assert_eq!(table.lines().count(), 1 + 6 + 1);
        let states = tape.memory().state_bytes;
        let sums = format!("6 nodes, {sum} bytes; 1 states, {states} bytes\n");
        assert!(table.ends_with(&sums), "{table}");
        assert!(table.contains("  W0  #0  #2\n"), "{table}");
    }
}
