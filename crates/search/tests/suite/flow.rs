//! Unsaturated flow.

use std::sync::Arc;

use metaplast_search::flow::{FlowMesh, UnsaturatedFlow};
use metaplast_search::permeability::PermeabilityTensor;
use metaplast_search::retention::{HystereticLaw, VanGenuchten};
use proptest::prelude::*;

fn loam() -> VanGenuchten {
    VanGenuchten::TEXTURES[3].1
}

fn law() -> Arc<HystereticLaw> {
    Arc::new(HystereticLaw::of_ratio(loam(), 2.0))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// What came in is there, whatever the soil did before.
    #[test]
    fn water_is_neither_made_nor_lost(
        start in 5.0..200.0_f64, heads in prop::collection::vec(5.0..200.0_f64, 1..4),
    ) {
        let k = PermeabilityTensor::isotropic(loam().k_s);
        let mesh = FlowMesh::column(20.0, 10);
        let mut flow = UnsaturatedFlow::new(mesh, &law(), loam(), k, |_| start);
        for head in heads {
            let before = flow.water();
            let inflow = flow.run(0.2, 0.05, &[(0, -head)]).unwrap();
            let gained = flow.water() - before;
            prop_assert!((gained - inflow).abs() < 1e-6, "{} {}", gained, inflow);
        }
    }

    /// The heads of a column above a water table at rest fall by a cm on each cm, and stay.
    #[test]
    fn a_column_at_rest_stays_at_rest(table in 1.0..100.0_f64) {
        let k = PermeabilityTensor::isotropic(loam().k_s);
        let mesh = FlowMesh::column(30.0, 12);
        let mut flow = UnsaturatedFlow::new(mesh, &law(), loam(), k, |[_, z]| table + z);
        let before = flow.heads().to_vec();
        flow.run(1.0, 0.5, &[(0, -table)]).unwrap();
        for (now, before) in flow.heads().iter().zip(before) {
            prop_assert!((now - before).abs() < 1e-6);
        }
    }
}

/// Under a gradient of gravity alone, water falls with the conductivity of its suction.
#[test]
fn steady_flow_is_that_of_gravity() {
    let k = PermeabilityTensor::isotropic(loam().k_s);
    let suction = 40.0;
    let mesh = FlowMesh::column(20.0, 10);
    let top = mesh.nodes().len() - 1;
    let mut flow = UnsaturatedFlow::new(mesh, &law(), loam(), k, |_| suction);
    let given = [(0, -suction), (top, -suction)];
    for _ in 0..5 {
        flow.run(0.5, 0.1, &given).unwrap();
    }
    // In and out cancel: the whole inflow is nothing, and the heads stay.
    let inflow = flow.run(0.5, 0.1, &given).unwrap();
    assert!(inflow.abs() < 1e-8, "{inflow}");
    assert!(
        flow.heads()
            .iter()
            .all(|head| (head + suction).abs() < 1e-6)
    );
}

/// A rectangle that is wetted all along its top is a column, up to what its triangles do.
#[test]
fn a_rectangle_wetted_evenly_is_a_column() {
    let k = PermeabilityTensor {
        xx: 7.0,
        xy: 0.0,
        yy: 20.0,
    };
    let (width, height, segments) = (10.0, 20.0, 40);
    let gained = |mesh: FlowMesh| {
        let nodes = mesh.nodes().iter().enumerate();
        let top = nodes.filter(|(_, place)| place[1] > 0.999 * height);
        let given: Vec<(usize, f64)> = top.map(|(node, _)| (node, -10.0)).collect();
        let mut flow = UnsaturatedFlow::new(mesh, &law(), loam(), k, |_| 100.0);
        let before = flow.water();
        flow.run(0.1, 0.005, &given).unwrap();
        flow.water() - before
    };
    let column = gained(FlowMesh::column(height, segments));
    let rectangle = gained(FlowMesh::rectangle([width, height], [5, segments]));
    assert!(column > 0.3, "{column}");
    assert!(
        (rectangle / width / column - 1.0).abs() < 0.02,
        "{column} {rectangle}"
    );
}

/// A tensor with its greater value along a diagonal draws water that way.
#[test]
fn water_follows_the_permeability() {
    let wetted = |angle: f64| {
        let k = PermeabilityTensor::from_principal([40.0, 5.0], angle);
        let mesh = FlowMesh::rectangle([40.0, 40.0], [10, 10]);
        let middle = 5;
        let top = 10 * 11 + middle;
        let mut flow = UnsaturatedFlow::new(mesh, &law(), loam(), k, |_| 200.0);
        flow.run(0.2, 0.02, &[(top, -5.0)]).unwrap();
        let theta = flow.water_contents();
        let side = |left: bool| -> f64 {
            let nodes = (0..theta.len()).filter(|k| if left { k % 11 < 5 } else { k % 11 > 5 });
            nodes.map(|k| theta[k]).sum()
        };
        side(true) - side(false)
    };
    let (left, right) = (wetted(45f64.to_radians()), wetted(-45f64.to_radians()));
    assert!(left > 0.1 && right < -0.1, "{left} {right}");
}

#[test]
fn hysteresis_keeps_a_column_drier_on_the_way_back() {
    let run = |ratio: f64| {
        let law = Arc::new(HystereticLaw::of_ratio(loam(), ratio));
        let k = PermeabilityTensor::isotropic(loam().k_s);
        let mesh = FlowMesh::column(20.0, 10);
        let mut flow = UnsaturatedFlow::new(mesh, &law, loam(), k, |_| 10.0);
        flow.run(1.0, 0.1, &[(0, -150.0)]).unwrap();
        flow.run(1.0, 0.1, &[(0, -15.0)]).unwrap();
        flow.water()
    };
    assert!(run(2.0) < run(1.0) - 0.1);
}
