//! Meshes of linear elements.

/// Linear elements of the vertical plane: segments of a column or triangles of a rectangle. The second coordinate
/// points upwards; lengths are in cm.
#[derive(Clone, Debug)]
pub struct FlowMesh {
    nodes: Vec<[f64; 2]>,
    elements: Vec<FlowElement>,
    /// The part of the measure that belongs to each node.
    shares: Vec<f64>,
    band: usize,
}

/// An element: its nodes, the gradients of their shape functions, and its length or area.
#[derive(Clone, Debug)]
pub(super) struct FlowElement {
    pub(super) nodes: Vec<usize>,
    pub(super) gradients: Vec<[f64; 2]>,
    pub(super) measure: f64,
}

impl FlowMesh {
    /// A column of this height, of so many segments; node 0 is its bottom, the last node its top.
    ///
    /// # Panics
    /// When there is no segment, or the height is not positive.
    #[must_use]
    #[track_caller]
    pub fn column(height: f64, segments: usize) -> Self {
        assert!(
            segments > 0 && height > 0.0,
            "flow mesh: {segments} segments of {height} cm"
        );
        let length = height / segments as f64;
        let nodes = (0..=segments).map(|k| [0.0, k as f64 * length]).collect();
        let slope = 1.0 / length;
        let element = |k: usize| FlowElement {
            nodes: vec![k, k + 1],
            gradients: vec![[0.0, -slope], [0.0, slope]],
            measure: length,
        };
        Self::of(nodes, (0..segments).map(element).collect())
    }

    /// A rectangle of this width and height, of `across × up` cells of two triangles each; node
    /// `row (across + 1) + place` is at `place` from the left in the row from the bottom.
    ///
    /// # Panics
    /// When there is no cell, or an extent is not positive.
    #[must_use]
    #[track_caller]
    pub fn rectangle([width, height]: [f64; 2], [across, up]: [usize; 2]) -> Self {
        assert!(
            across > 0 && up > 0 && width > 0.0 && height > 0.0,
            "flow mesh: {across} × {up} cells of {width} × {height} cm"
        );
        let (dx, dy) = (width / across as f64, height / up as f64);
        let row = across + 1;
        let nodes: Vec<[f64; 2]> = (0..row * (up + 1))
            .map(|k| [(k % row) as f64 * dx, (k / row) as f64 * dy])
            .collect();
        let mut elements = Vec::new();
        for cell in 0..across * up {
            let (i, j) = (cell % across, cell / across);
            let [a, b] = [j * row + i, j * row + i + 1];
            let [c, d] = [a + row, b + row];
            // Diagonals change direction from cell to cell, so that the mesh has none of its own.
            let pair = match (i + j) % 2 {
                0 => [[a, b, d], [a, d, c]],
                _ => [[a, b, c], [b, d, c]],
            };
            elements.extend(pair.map(|corners| triangle(&nodes, corners)));
        }
        Self::of(nodes, elements)
    }

    fn of(nodes: Vec<[f64; 2]>, elements: Vec<FlowElement>) -> Self {
        let mut shares = vec![0.0; nodes.len()];
        let mut band = 0;
        for element in &elements {
            for &a in &element.nodes {
                shares[a] += element.measure / element.nodes.len() as f64;
                band = element
                    .nodes
                    .iter()
                    .fold(band, |band, &b| band.max(a.abs_diff(b)));
            }
        }
        FlowMesh {
            nodes,
            elements,
            shares,
            band,
        }
    }

    /// The places of the nodes in cm.
    #[must_use]
    pub fn nodes(&self) -> &[[f64; 2]] {
        &self.nodes
    }

    /// The length or area that belongs to each node.
    #[must_use]
    pub fn shares(&self) -> &[f64] {
        &self.shares
    }

    pub(super) fn elements(&self) -> &[FlowElement] {
        &self.elements
    }

    /// The greatest difference between numbers of two nodes of an element.
    pub(super) fn band(&self) -> usize {
        self.band
    }
}

fn triangle(nodes: &[[f64; 2]], corners: [usize; 3]) -> FlowElement {
    let [p, q, r] = corners.map(|corner| nodes[corner]);
    let twice = (q[0] - p[0]) * (r[1] - p[1]) - (r[0] - p[0]) * (q[1] - p[1]);
    // The gradient at a corner is the opposite side, turned by 90°, over twice the area.
    let turned =
        |from: [f64; 2], to: [f64; 2]| [(from[1] - to[1]) / twice, (to[0] - from[0]) / twice];
    FlowElement {
        nodes: corners.to_vec(),
        gradients: vec![turned(q, r), turned(r, p), turned(p, q)],
        measure: twice / 2.0,
    }
}
