//! The molecules of an experiment.

use std::path::Path;

use metaplast_experiment::{Error, ExperimentSettings};
use metaplast_numbers::streams;
use metaplast_tensor::Random;

use crate::molecule::Molecule;
use crate::smiles::read_smiles_file;
use crate::universe::Universe;

/// The name of the enumerated data.
const UNIVERSE: &str = "universe";
/// The same molecule with its atoms in another order.
type Reordered = fn(&Molecule) -> Molecule;

/// Orders of atoms by name; the first is the usual one.
const ORDERS: [(&str, Reordered); 3] = [
    ("depth-first", Molecule::depth_first),
    ("breadth-first", Molecule::breadth_first),
    ("canonical", Molecule::canonical),
];
/// The purpose of the split, in the names of streams.
const SPLIT: u64 = 11;

/// All molecules that an experiment may learn from: enumerated ones with their atoms in an order that the
/// settings name, those of a file in its order.
pub(super) struct Data {
    pub(super) places: usize,
    molecules: Vec<Molecule>,
    /// What they are, in words.
    pub(super) description: String,
    /// The molecules that can be found, where they are known.
    pub(super) universe: Option<Universe>,
    /// Molecules of a split to train with.
    training: usize,
}

/// Molecules to train with, and others.
pub(super) struct Split {
    pub(super) training: Vec<Molecule>,
    pub(super) held_out: Vec<Molecule>,
    /// The training molecules, to look up.
    pub(super) known: Universe,
}

impl Data {
    /// The settings that say which molecules.
    pub(super) fn settings(settings: ExperimentSettings) -> ExperimentSettings {
        settings
            .text(
                "data",
                UNIVERSE,
                "universe (all stable molecules of so many places, enumerated) or a file with a SMILES on each line",
            )
            .whole(
                "places",
                0,
                "places of a graph, the most atoms of a molecule; 0 for 5, or 9 with a file",
            )
            .text(
                "order",
                ORDERS[0].0,
                "order of the atoms of enumerated molecules: depth-first, breadth-first or canonical",
            )
            .whole("training", 600, "molecules to train with")
    }

    pub(super) fn read(settings: &ExperimentSettings) -> Result<Self, Error> {
        let name = settings.get_text("data");
        let training = settings.whole_within("training", 10..=1_000_000)? as usize;
        let places = match settings.whole_within("places", 0..=9)? as usize {
            0 if name == UNIVERSE => 5,
            0 => 9,
            places => places,
        };
        let order = order_of_atoms(settings.get_text("order"))?;
        let data = if name == UNIVERSE {
            if places > 6 {
                let reason = format!(
                    "{places} places make too many molecules to enumerate; choose 2 to 6, or give --data FILE.smi"
                );
                return Err(Error::setting("places", reason));
            }
            let universe = Universe::up_to(places).filtered(Molecule::is_stable);
            Data {
                places,
                description: format!(
                    "{} stable molecules of up to {places} atoms",
                    universe.len()
                ),
                molecules: universe.molecules().iter().map(order).collect(),
                universe: Some(universe),
                training,
            }
        } else {
            let file = read_smiles_file(Path::new(name), places);
            let file = file.map_err(|error| Error::setting("data", error.to_string()))?;
            Data {
                places,
                description: format!(
                    "{name}, {} molecules of up to {places} atoms, {} lines left out",
                    file.molecules.len(),
                    file.left_out.len()
                ),
                molecules: file.molecules,
                universe: None,
                training,
            }
        };
        if data.molecules.len() <= training {
            let reason = format!(
                "{training} of {} molecules would leave none to hold out; choose fewer",
                data.molecules.len()
            );
            return Err(Error::setting("training", reason));
        }
        Ok(data)
    }

    /// A random split.
    pub(super) fn split(&self, seed: u64) -> Split {
        let mut random = Random::new(streams::seed(&[seed, SPLIT]));
        let order = random.permutation(self.molecules.len());
        let (training, held_out) = order.split_at(self.training);
        let of = |places: &[usize]| -> Vec<Molecule> {
            places.iter().map(|&k| self.molecules[k].clone()).collect()
        };
        let training = of(training);
        Split {
            known: Universe::of(training.iter().cloned()),
            held_out: of(held_out),
            training,
        }
    }
}

fn order_of_atoms(name: &str) -> Result<Reordered, Error> {
    let named = ORDERS.iter().find(|order| order.0 == name);
    named.map(|order| order.1).ok_or_else(|| {
        let names = ORDERS.map(|order| order.0).join(", ");
        Error::setting(
            "order",
            format!("there is no order {name}; choose one of {names}"),
        )
    })
}
