//! Permeability laws, on pore structures that they have not seen and in a patch of soil that is wetted.

use std::sync::Arc;

use metaplast_experiment::{Error, Measurement, Request, Results, Table};
use metaplast_numbers::statistics::mean;
use metaplast_numbers::streams::seed;
use metaplast_tensor::Random;

use super::Setup;
use crate::flow::{FlowMesh, UnsaturatedFlow};
use crate::permeability::{
    FabricLaw, PermeabilityNetwork, PermeabilityTensor, PoreSample, PoreStructure, PorosityLaw,
};
use crate::retention::{HystereticLaw, VanGenuchten};

/// Pore structures for training and for the test.
const TRAINING: usize = 300;
const TEST: usize = 100;
/// The patch in cm, and how long it is wetted, in days.
const SIDE: f64 = 60.0;
const DAYS: f64 = 0.5;
/// The suction of the patch at the beginning, and of the part of its top through which water comes, cm.
const DRY: f64 = 300.0;
const WET: f64 = 5.0;

const LAWS: [&str; 3] = ["network", "porosity and fabric", "porosity alone"];

fn samples(number: usize, random: &mut Random) -> Vec<PoreSample> {
    let draw = |_| PoreStructure::random(random).sample(random);
    (0..number).map(draw).collect()
}

/// The water contents of the patch after the wetting, with a conductivity for saturated soil.
fn wetted(conductivity: PermeabilityTensor, cells: usize) -> Result<Vec<f64>, Error> {
    let (_, loam) = VanGenuchten::TEXTURES[3];
    let law = Arc::new(HystereticLaw::of_ratio(loam, 2.0));
    let mesh = FlowMesh::rectangle([SIDE, SIDE], [cells, cells]);
    let top = mesh.nodes().iter().enumerate();
    let top = top.filter(|(_, [x, y])| *y > 0.999 * SIDE && (x - SIDE / 2.0).abs() < SIDE / 10.0);
    let given: Vec<(usize, f64)> = top.map(|(node, _)| (node, -WET)).collect();
    let mut flow = UnsaturatedFlow::new(mesh, &law, loam, conductivity, |_| DRY);
    let run = flow.run(DAYS, DAYS / 25.0, &given);
    run.map_err(Error::other)?;
    Ok(flow.water_contents())
}

pub(super) fn compare(
    setup: &Setup,
    request: &Request<'_>,
    results: Results,
) -> Result<Results, Error> {
    let cells = if request.quick { 12 } else { 24 };
    let names: Vec<String> = (0..setup.fields)
        .map(|k| format!("pores, set {k}"))
        .collect();
    let measured = request.measure("permeability", &names, |k| {
        let seeds = |purpose: u64| seed(&[setup.seed, k as u64, super::PORES, purpose]);
        let mut random = Random::new(seeds(0));
        let training = samples(TRAINING, &mut random);
        let test = samples(TEST, &mut random);
        let network = PermeabilityNetwork::train(&training, seeds(1));
        let fabric = FabricLaw::fit(&training);
        let porosity = PorosityLaw::fit(&training);
        let of = |sample: &PoreSample| {
            [
                network.permeability(&sample.features),
                fabric.permeability(&sample.features),
                porosity.permeability(&sample.features),
            ]
        };
        let mut errors = [Vec::new(), Vec::new(), Vec::new()];
        let mut definite = 0.0;
        for sample in &test {
            for (errors, k) in errors.iter_mut().zip(of(sample)) {
                errors.push(k.relative_error(&sample.permeability));
            }
            definite += f64::from(u8::from(of(sample)[0].is_positive_definite()));
        }
        // A medium of strong anisotropy, with the mean conductivity of loam.
        let structure = PoreStructure {
            anisotropy: 1.2,
            disorder: 0.3,
            ..PoreStructure::random(&mut random)
        };
        let sample = structure.sample(&mut random);
        let (_, loam) = VanGenuchten::TEXTURES[3];
        let scale = loam.k_s / sample.permeability.determinant().sqrt();
        let scaled = |k: PermeabilityTensor| PermeabilityTensor {
            xx: scale * k.xx,
            xy: scale * k.xy,
            yy: scale * k.yy,
        };
        let truth = wetted(scaled(sample.permeability), cells)?;
        let mut off = Vec::new();
        for k in of(&sample) {
            let found = wetted(scaled(k), cells)?;
            let squares: Vec<f64> = found
                .iter()
                .zip(&truth)
                .map(|(a, b)| (a - b) * (a - b))
                .collect();
            off.push(mean(&squares).sqrt());
        }
        Ok(Measurement::new()
            .with("errors", errors.map(|errors| mean(&errors)))
            .with("definite", [definite])
            .with("off", off))
    })?;
    let mut table = Table::new(
        "permeability",
        "Permeability of pore structures, and a patch that is wetted",
        ["law", "relative error", "difference of water content in the patch"],
    )
    .with_note(format!(
        "Means over {} sets with their 98% bootstrap intervals. A set: {TRAINING} generated pore structures for \
         training, {TEST} others for the relative error of the tensor (Frobenius), one of strong anisotropy for the \
         patch: {SIDE} × {SIDE} cm of loam, {cells} × {cells} cells, dry (suction {DRY} cm), wetted through a fifth \
         of its top (suction {WET} cm) for {DAYS} days; root mean square over the nodes.",
        measured.len()
    ));
    for (law, name) in LAWS.into_iter().enumerate() {
        let of =
            |series: &str| -> Vec<f64> { measured.iter().map(|m| m.series(series)[law]).collect() };
        let cells = [
            table.mean_of(&of("errors"), 2),
            table.mean_of(&of("off"), 2),
        ];
        let [errors, off] = cells;
        table.row([name.into(), errors, off]);
    }
    let definite: f64 = measured.iter().map(|m| m.number("definite")).sum();
    let said = |law: usize, column: usize| table.rows[law][column].to_text();
    let finding = format!(
        "Permeability of unseen pore structures: relative error {} by the network ({definite} of {} tensors positive \
         definite), {} by porosity and fabric, {} by porosity alone.",
        said(0, 1),
        measured.len() * TEST,
        said(1, 1),
        said(2, 1)
    );
    Ok(results.with_finding(finding).with_table(table))
}
