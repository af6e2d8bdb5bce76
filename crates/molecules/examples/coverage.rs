//! A model of 600 molecules, and how many of the 2,654 others it finds.
//!
//! ```text
//! cargo run --release -p metaplast-molecules --example coverage -- [EPOCHS]
//! ```
//!
//! It takes less than two minutes on two cores with the usual 150 epochs; the experiment `molecules` trains
//! for 400.

use metaplast_molecules::{
    EncoderInput, GraphVae, IndependentPlaces, Molecule, PenaltyWeights, PlacedGraph, SampleScores,
    Universe, VaeSettings, VaeTraining,
};
use metaplast_tensor::Random;

fn main() {
    let epochs = std::env::args()
        .nth(1)
        .map_or(150, |epochs| epochs.parse().expect("epochs"));
    // All molecules of up to five atoms without three-rings and without triple bonds in rings.
    let universe = Universe::up_to(5).filtered(Molecule::is_stable);
    let mut random = Random::new(1);
    let order = random.permutation(universe.len());
    let training: Vec<Molecule> = order[..600]
        .iter()
        .map(|&k| universe.molecules()[k].depth_first())
        .collect();
    let known = Universe::of(training.iter().cloned());
    println!(
        "{} molecules, of which {} are for training",
        universe.len(),
        known.len()
    );
    let show = |name: &str, samples: &[PlacedGraph]| {
        let scores = SampleScores::of(samples, &known, Some(&universe));
        println!(
            "{name}: {:.3} of {} samples valid, {} of {} found",
            scores.valid,
            samples.len(),
            scores.found,
            universe.len() - known.len()
        );
    };
    let graphs: Vec<PlacedGraph> = training.iter().map(|m| PlacedGraph::of(m, 5)).collect();
    let independent = IndependentPlaces::of(&graphs);
    show("independent places", &independent.sample(4000, &mut random));

    let how = VaeTraining {
        epochs,
        penalties: PenaltyWeights::first_three(0.3),
        ..VaeTraining::default()
    };
    let settings = VaeSettings::five_places(EncoderInput::Plain);
    let vae = GraphVae::train(settings, how, &training, 1, |epoch, losses| {
        if (epoch + 1) % 25 == 0 {
            println!(
                "epoch {}: reconstruction {:.2}, divergence {:.2}, penalties {:.3}",
                epoch + 1,
                losses.reconstruction,
                losses.divergence,
                losses.penalties
            );
        }
        true
    });
    let samples = vae.expect("not stopped").sample(4000, 1);
    show("plain encoder, penalties at 0.3", &samples);
    let valid = samples.iter().filter_map(|sample| sample.molecule().ok());
    let new = valid.filter(|molecule| !known.contains(molecule)).take(8);
    let smiles: Vec<String> = new
        .map(|molecule| molecule.canonical().to_smiles())
        .collect();
    println!("new ones: {}", smiles.join("  "));
}
