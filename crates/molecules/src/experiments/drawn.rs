//! Molecules as numbers that a measurement keeps, and as drawings.

use metaplast_experiment::{Across, Figure, Plot, Point};

use crate::drawing::{bond_lines, layout};
use crate::element::Element;
use crate::molecule::Molecule;

/// Molecules that are drawn of each model.
pub(super) const DRAWN: usize = 12;

/// A molecule as its number of atoms, their elements, and the orders of all pairs.
pub(super) fn to_numbers(molecule: &Molecule, numbers: &mut Vec<f64>) {
    numbers.push(molecule.atoms() as f64);
    numbers.extend(molecule.elements().iter().map(|e| e.index() as f64));
    for i in 0..molecule.atoms() {
        numbers.extend((i + 1..molecule.atoms()).map(|j| f64::from(molecule.order(i, j))));
    }
}

/// What [`to_numbers`] wrote, one after the other; numbers that are none are left out.
pub(super) fn from_numbers(numbers: &[f64]) -> Vec<Molecule> {
    let mut numbers = numbers.iter().map(|&x| x as usize);
    let mut molecules = Vec::new();
    while let Some(atoms) = numbers.next() {
        let elements: Vec<usize> = numbers.by_ref().take(atoms).collect();
        let pairs = (0..atoms).flat_map(|i| (i + 1..atoms).map(move |j| (i, j)));
        let bonds: Vec<(usize, usize, u8)> = pairs
            .filter_map(|(i, j)| Some((i, j, numbers.next()? as u8)))
            .filter(|bond| bond.2 > 0)
            .collect();
        let elements = elements.iter().map(|&e| Element::ALL.get(e).copied());
        let elements: Option<Vec<Element>> = elements.collect();
        molecules.extend(elements.and_then(|elements| Molecule::new(&elements, &bonds).ok()));
    }
    molecules
}

/// A figure with a panel for each molecule: its bonds as lines, and rings of colour around what is no
/// carbon.
pub(super) fn figure(explanation: &str, molecules: &[Molecule]) -> Figure {
    let mut figure = Figure::new("samples", "Sampled molecules", explanation)
        .with_series(["bond", "oxygen", "nitrogen", "fluorine"])
        .with_method(
            "Lines are bonds, two for a double and three for a triple one; an end without a ring is a carbon. \
             Hydrogens are not drawn. The title is the SMILES.",
        );
    for molecule in molecules {
        let at = layout(molecule);
        let label = || "bond lengths".to_owned();
        let title = molecule.to_smiles();
        let mut plot = Plot::new(title, Across::Plane { label: label() }, label());
        for line in bond_lines(molecule, &at) {
            plot = plot.with_curve(0, line.map(|[x, y]| Point::exact(x, y)));
        }
        for (element, centre) in molecule.elements().iter().zip(&at) {
            if *element != Element::Carbon || molecule.atoms() == 1 {
                plot = plot.with_curve(element.index(), ring(*centre));
            }
        }
        figure = figure.with_plot(plot);
    }
    figure
}

fn ring([x, y]: [f64; 2]) -> impl Iterator<Item = Point> {
    (0..=24).map(move |k| {
        let (sin, cos) = (std::f64::consts::TAU * f64::from(k) / 24.0).sin_cos();
        Point::exact(x + 0.2 * cos, y + 0.2 * sin)
    })
}
