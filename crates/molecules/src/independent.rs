//! The baseline: each place and each pair of places drawn by itself.

use metaplast_tensor::Random;

use crate::placed::{KINDS, ORDERS, PlacedGraph};

/// Frequencies of kinds at each place and of orders between each pair, in training graphs. Samples draw
/// all of them independently.
#[derive(Clone, Debug, PartialEq)]
pub struct IndependentPlaces {
    kinds: Vec<[usize; KINDS]>,
    /// Of pairs i < j.
    orders: Vec<((usize, usize), [usize; ORDERS])>,
    graphs: usize,
}

impl IndependentPlaces {
    /// The frequencies of graphs with the same number of places.
    ///
    /// # Panics
    /// When there is no graph, or their places differ in number.
    #[must_use]
    #[track_caller]
    pub fn of(graphs: &[PlacedGraph]) -> Self {
        assert!(!graphs.is_empty(), "independent places: no graphs");
        let places = graphs[0].places();
        let pairs = (0..places).flat_map(|i| (i + 1..places).map(move |j| (i, j)));
        let mut counts = IndependentPlaces {
            kinds: vec![[0; KINDS]; places],
            orders: pairs.map(|pair| (pair, [0; ORDERS])).collect(),
            graphs: graphs.len(),
        };
        for graph in graphs {
            assert!(
                graph.places() == places,
                "independent places: {places} and {}",
                graph.places()
            );
            for (count, &kind) in counts.kinds.iter_mut().zip(graph.kinds()) {
                count[kind] += 1;
            }
            for ((i, j), count) in &mut counts.orders {
                count[usize::from(graph.order(*i, *j))] += 1;
            }
        }
        counts
    }

    /// So many graphs.
    #[must_use]
    pub fn sample(&self, count: usize, random: &mut Random) -> Vec<PlacedGraph> {
        let mut draw = |counts: &[usize]| {
            let mut left = random.below(self.graphs);
            let chosen = counts.iter().position(|&count| {
                let here = left < count;
                left = left.saturating_sub(count);
                here
            });
            chosen.expect("counts of all graphs")
        };
        (0..count)
            .map(|_| {
                let kinds = self.kinds.iter().map(|counts| draw(counts)).collect();
                let mut graph = PlacedGraph::without_bonds(kinds);
                for ((i, j), counts) in &self.orders {
                    graph.set_order(*i, *j, draw(counts) as u8);
                }
                graph
            })
            .collect()
    }
}
