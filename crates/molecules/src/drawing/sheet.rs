//! Sheets of molecules as SVG.

use std::fmt::Write;

use super::layout::{bond_lines, layout};
use crate::element::Element;
use crate::molecule::Molecule;

/// Pixels of a bond.
const BOND: f64 = 26.0;
/// The least width of a cell.
const CELL: f64 = 130.0;
/// What a cell has around a molecule, and below it for its caption.
const MARGIN: f64 = 22.0;
const CAPTION: f64 = 18.0;

/// A sheet of molecules in rows of `columns`, each over its SMILES, as an SVG image. Carbon is drawn as
/// chemists do, without a letter; other atoms have theirs with their hydrogens.
///
/// ```
/// use metaplast_molecules::{Molecule, draw_sheet};
///
/// let molecules = ["CCO", "c1ccoc1"].map(|smiles| smiles.parse::<Molecule>().expect("a SMILES"));
/// let svg = draw_sheet(&molecules, 2);
/// assert!(svg.starts_with("<svg") && svg.contains(">OH</text>"));
/// ```
///
/// # Panics
/// When there are no columns.
#[must_use]
#[track_caller]
pub fn draw_sheet(molecules: &[Molecule], columns: usize) -> String {
    assert!(columns > 0, "draw_sheet: 0 columns");
    let layouts: Vec<_> = molecules.iter().map(layout).collect();
    let extent = |k: usize| {
        let ends = layouts.iter().flatten().map(|p| p[k].abs());
        2.0 * BOND * ends.fold(0.0, f64::max) + 2.0 * MARGIN
    };
    let (width, height) = (extent(0).max(CELL), extent(1) + CAPTION);
    let rows = molecules.len().div_ceil(columns);
    let columns = columns.min(molecules.len().max(1));
    let (all_wide, all_high) = (width * columns as f64, height * rows as f64);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {all_wide:.0} {all_high:.0}\" \
         width=\"{all_wide:.0}\" height=\"{all_high:.0}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    for (number, (molecule, at)) in molecules.iter().zip(&layouts).enumerate() {
        let left = width * (number % columns) as f64;
        let top = height * (number / columns) as f64;
        let centre = [left + width / 2.0, top + (height - CAPTION) / 2.0];
        let at: Vec<_> = at
            .iter()
            .map(|p| [centre[0] + BOND * p[0], centre[1] + BOND * p[1]])
            .collect();
        draw(molecule, &at, &mut svg);
        let (x, y) = (centre[0], top + height - 6.0);
        text(
            &mut svg,
            x,
            y,
            "#666",
            "font-size=\"11\"",
            &molecule.to_smiles(),
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(molecule: &Molecule, at: &[[f64; 2]], svg: &mut String) {
    // The lines' distance is in bonds, the places are in pixels.
    let scaled: Vec<_> = at.iter().map(|p| p.map(|x| x / BOND)).collect();
    for [from, to] in bond_lines(molecule, &scaled) {
        let [x1, y1] = from.map(|x| x * BOND);
        let [x2, y2] = to.map(|x| x * BOND);
        let _ = writeln!(
            svg,
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#222\" \
             stroke-width=\"1.5\" stroke-linecap=\"round\"/>"
        );
    }
    for (i, &element) in molecule.elements().iter().enumerate() {
        if element == Element::Carbon && molecule.atoms() > 1 {
            continue;
        }
        let [x, y] = at[i];
        let letters = label(element, molecule.hydrogens(i));
        let half = 4.0 + 4.0 * letters.chars().count() as f64;
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"16\" fill=\"white\"/>",
            x - half,
            y - 8.0,
            2.0 * half
        );
        text(svg, x, y + 4.5, colour(element), "", &letters);
    }
}

fn text(svg: &mut String, x: f64, y: f64, colour: &str, more: &str, letters: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" fill=\"{colour}\" text-anchor=\"middle\" {more}>{letters}</text>"
    );
}

fn label(element: Element, hydrogens: usize) -> String {
    let count = ["", "H", "H₂", "H₃", "H₄"][hydrogens];
    format!("{}{count}", element.symbol())
}

fn colour(element: Element) -> &'static str {
    match element {
        Element::Carbon => "#222",
        Element::Oxygen => "#c22",
        Element::Nitrogen => "#22a",
        Element::Fluorine => "#282",
    }
}
