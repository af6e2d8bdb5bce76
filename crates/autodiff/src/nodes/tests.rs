//! Lists of nodes, their shapes and patterns.

use super::*;

#[test]
fn each_node_has_its_own_operands_and_shape() {
    let mut nodes = Nodes::default();
    let mut start = 0;
    for k in 0..100usize {
        let operands: Vec<u32> = (0..k as u32 % 3).collect();
        let id = nodes.push(NewNode {
            operands: &operands,
            start,
            len: k % 50,
            shape: Shape::from([k % 50]),
            pattern: if k % 5 == 0 { k as u32 } else { DENSE },
            stamp: k as u32 / 30,
            needs_gradient: k % 2 == 0,
        });
        assert_eq!(id as usize, k);
        start += k % 50;
    }
    for k in 0..100 {
        assert_eq!(nodes.operands(k).len(), k % 3);
        assert_eq!(nodes.shape(k).dims(), [k % 50]);
        assert_eq!(nodes.value_range(k).len(), k % 50);
        assert_eq!(nodes[k].needs_gradient(), k % 2 == 0);
        assert_eq!(nodes.stamp(k), Some(k as u32 / 30));
        let pattern = if k % 5 == 0 { k as u32 } else { DENSE };
        assert_eq!(nodes.pattern(k), pattern);
    }
    assert_eq!(nodes.stamp(100), None);
}

#[test]
fn equal_shapes_are_kept_once() {
    let mut nodes = Nodes::default();
    for k in 0..1000 {
        nodes.push(NewNode {
            operands: &[],
            start: 0,
            len: k % 7 * 2,
            shape: Shape::from([k % 7, 2]),
            pattern: DENSE,
            stamp: 0,
            needs_gradient: false,
        });
    }
    assert_eq!(nodes.shapes.len(), 7);
}

#[test]
fn a_pattern_that_is_cut_away_leaves_an_older_node_dense() {
    let mut nodes = Nodes::default();
    let new = || NewNode {
        operands: &[],
        start: 0,
        len: 3,
        shape: Shape::from([3]),
        pattern: DENSE,
        stamp: 0,
        needs_gradient: false,
    };
    nodes.push(new());
    nodes.push(new());
    let extent = nodes.extent();
    nodes.push(new());
    nodes.set_pattern(0, 7);
    nodes.set_pattern(2, 8);
    assert_eq!((nodes.pattern(0), nodes.pattern(2)), (7, 8));
    nodes.truncate(extent);
    assert_eq!((nodes.pattern(0), nodes.pattern(1)), (DENSE, DENSE));
    assert_eq!(nodes.shape(0).dims(), [3]);
}

#[test]
fn values_of_many_elements_are_as_long_as_their_shape() {
    let mut nodes = Nodes::default();
    let mut start = 0;
    for len in [3, (1 << 24) - 2, (1 << 24) - 1, 1 << 24, 5 << 32, 7] {
        let id = nodes.push(NewNode {
            operands: &[],
            start,
            len,
            shape: Shape::from([len]),
            pattern: DENSE,
            stamp: 0,
            needs_gradient: false,
        });
        assert_eq!(nodes.value_range(id as usize), start..start + len);
        assert_eq!(nodes.value_len(id as usize), len);
        start += len;
    }
}
