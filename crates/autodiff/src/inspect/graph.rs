//! Graph of a recording, in the DOT language.

use metaplast_tensor::Scalar;

use crate::tape::Tape;

impl<T: Scalar> Tape<T> {
    /// The recording as a graph in the DOT language of Graphviz: `dot -Tsvg` makes a picture of it.
    ///
    /// Nodes are boxes with place, operation and shape, bold where a sweep passes an adjoint; arrows
    /// go the way of the values. States are cylinders: reads come out of them, updates go in.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    ///
    /// let tape = Tape::<f64>::new();
    /// let x = tape.scalar(3.0);
    /// let _ = x.exp();
    /// assert!(tape.dot_graph().contains("n0 -> n1;"));
    /// ```
    #[must_use]
    pub fn dot_graph(&self) -> String {
        let mut text = String::from("digraph tape {\n  node [shape=box];\n");
        let states = self.recording.borrow().states.len();
        for state in 0..states {
            text += &format!("  w{state} [label=\"W{state}\", shape=cylinder];\n");
        }
        for row in self.rows() {
            let (node, shape) = (row.node, &row.shape);
            let style = if row.differentiable { "bold" } else { "solid" };
            // An operation defined elsewhere may be called anything.
            let op = row.op.replace('\\', "\\\\").replace('"', "\\\"");
            text += &format!("  n{node} [label=\"#{node} {op}\\n{shape}\", style={style}];\n");
            for from in &row.operands {
                text += &format!("  n{from} -> n{node};\n");
            }
            match row.state {
                Some(state) if row.updates => text += &format!("  n{node} -> w{state};\n"),
                Some(state) => text += &format!("  w{state} -> n{node};\n"),
                None => {}
            }
        }
        text + "}\n"
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use metaplast_tensor::{Shape, Tensor};

    use super::*;
    use crate::{Adjoints, Inputs, Op};

    #[test]
    fn the_graph_has_every_node_and_edge() {
        let tape = Tape::<f64>::new();
        let x = tape.constant(&Tensor::ones([3]));
        let w = tape.state_with_gradient(&Tensor::ones([2, 3]));
        let y = w.matvec(x).tanh();
        w.rank_k_update(None, &[y], &[x]);
        let expected = r##"digraph tape {
  node [shape=box];
  w0 [label="W0", shape=cylinder];
  n0 [label="#0 leaf\n[3]", style=solid];
  n1 [label="#1 state.matvec\n[2]", style=bold];
  n0 -> n1;
  w0 -> n1;
  n2 [label="#2 tanh\n[2]", style=bold];
  n1 -> n2;
  n3 [label="#3 state.rank_k_update\n[0]", style=bold];
  n0 -> n3;
  n2 -> n3;
  n3 -> w0;
}
"##;
        assert_eq!(tape.dot_graph(), expected);
    }

    #[derive(Debug)]
    struct Quoted;

    impl<T: Scalar> Op<T> for Quoted {
        fn name(&self) -> &'static str {
            r#"the "same" \ value"#
        }

        fn shape(&self, operands: &[&Shape]) -> Shape {
            operands[0].clone()
        }

        fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
            output.copy_from_slice(inputs.value(0));
        }

        fn vjp(&self, _: &Inputs<'_, T>, _: &[T], _: &[T], _: &mut Adjoints<'_, T>) {}

        fn differentiable(&self) -> bool {
            false
        }
    }

    #[test]
    fn a_name_may_hold_quotes() {
        let tape = Tape::<f64>::new();
        tape.custom(Arc::new(Quoted), &[tape.scalar(1.0)]);
        let label = r##"label="#1 the \"same\" \\ value\n[]""##;
        assert!(tape.dot_graph().contains(label), "{}", tape.dot_graph());
    }
}
