//! Where atoms lie in a drawing.

use metaplast_tensor::Random;

use crate::molecule::Molecule;

/// Random starts, of which the least strained layout is taken.
const STARTS: u64 = 6;
/// Steps of a start.
const STEPS: usize = 300;

/// Places of the atoms in the plane, with bonds of about length 1.
///
/// Pairs of atoms are pulled to distances that follow from the bonds between them, near ones more than
/// far ones (stress majorisation: Gansner, Koren & North, *Graph drawing by stress majorization*, 2004).
/// The same molecule has the same drawing.
#[must_use]
pub fn layout(molecule: &Molecule) -> Vec<[f64; 2]> {
    let atoms = molecule.atoms();
    let wanted = distances(molecule);
    let starts = (0..STARTS).map(|seed| {
        let mut random = Random::new(seed);
        let mut at: Vec<[f64; 2]> = (0..atoms)
            .map(|_| [random.normal(), random.normal()])
            .collect();
        for _ in 0..STEPS {
            majorise(&mut at, &wanted);
        }
        (stress(&at, &wanted), at)
    });
    let best = starts.min_by(|a, b| a.0.total_cmp(&b.0)).expect("a start");
    turned(best.1)
}

/// Distances that drawings aim at, `[i][j]`: 1 along a bond, √3 over two (an angle of 120°), and a little
/// less than a straight line beyond.
fn distances(molecule: &Molecule) -> Vec<Vec<f64>> {
    let atoms = molecule.atoms();
    let far = atoms + 1;
    let mut steps = vec![vec![far; atoms]; atoms];
    for (i, row) in steps.iter_mut().enumerate() {
        row[i] = 0;
        molecule.neighbours(i).for_each(|(j, _)| row[j] = 1);
    }
    // Floyd & Warshall: ways over more and more atoms.
    for k in 0..atoms {
        let over = steps[k].clone();
        for row in &mut steps {
            let to = row[k];
            let pairs = row.iter_mut().zip(&over);
            pairs.for_each(|(way, from)| *way = (*way).min(to + from));
        }
    }
    let distance = |steps: usize| match steps {
        0 | 1 => steps as f64,
        2 => 3f64.sqrt(),
        more => 0.87 * more as f64,
    };
    let row = |row: Vec<usize>| row.into_iter().map(distance).collect();
    steps.into_iter().map(row).collect()
}

fn apart(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn stress(at: &[[f64; 2]], wanted: &[Vec<f64>]) -> f64 {
    let atoms = at.len();
    let pairs = (0..atoms).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs
        .map(|(i, j)| ((apart(at[i], at[j]) - wanted[i][j]) / wanted[i][j]).powi(2))
        .sum()
}

/// Moves each atom in turn to the mean of where the others want it.
fn majorise(at: &mut [[f64; 2]], wanted: &[Vec<f64>]) {
    for i in 0..at.len() {
        let (mut sum, mut weights) = ([0.0; 2], 0.0);
        for j in (0..at.len()).filter(|&j| j != i) {
            let weight = wanted[i][j].powi(-2);
            let scale = wanted[i][j] / apart(at[i], at[j]).max(1e-9);
            for k in 0..2 {
                sum[k] += weight * (at[j][k] + (at[i][k] - at[j][k]) * scale);
            }
            weights += weight;
        }
        if weights > 0.0 {
            at[i] = sum.map(|x| x / weights);
        }
    }
}

/// Centred, with the longest extent across.
fn turned(at: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    let count = at.len() as f64;
    let mean = |k: usize| at.iter().map(|p| p[k]).sum::<f64>() / count;
    let centre = [mean(0), mean(1)];
    let centred: Vec<[f64; 2]> = at
        .iter()
        .map(|p| [p[0] - centre[0], p[1] - centre[1]])
        .collect();
    let moment = |a: usize, b: usize| centred.iter().map(|p| p[a] * p[b]).sum::<f64>();
    let angle = 0.5 * (2.0 * moment(0, 1)).atan2(moment(0, 0) - moment(1, 1));
    let (sin, cos) = angle.sin_cos();
    let turn = |p: &[f64; 2]| [cos * p[0] + sin * p[1], cos * p[1] - sin * p[0]];
    centred.iter().map(turn).collect()
}

/// Lines of a molecule's bonds, each from one point to another: two beside each other for a double bond,
/// three for a triple one.
pub(crate) fn bond_lines(molecule: &Molecule, at: &[[f64; 2]]) -> Vec<[[f64; 2]; 2]> {
    let mut lines = Vec::new();
    for (i, j, order) in molecule.bonds() {
        let (from, to) = (at[i], at[j]);
        let length = apart(from, to).max(1e-9);
        let aside = [(from[1] - to[1]) / length, (to[0] - from[0]) / length];
        for line in 0..order {
            let offset = 0.12 * (f64::from(line) - f64::from(order - 1) / 2.0);
            let moved = |p: [f64; 2]| [p[0] + offset * aside[0], p[1] + offset * aside[1]];
            lines.push([moved(from), moved(to)]);
        }
    }
    lines
}
