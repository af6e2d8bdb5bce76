//! Identifiability: which coefficients the recordings do not tell, or tell only together.

use super::matrices::eigen;
use super::sums::Sums;

/// Why recordings say little or nothing about some coefficients; numbers are places in θ.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// Whatever this coefficient is, the recordings stay the same.
    NoTrace(usize),
    /// When these change together, by such amounts, the recordings stay the same: only their other
    /// combinations are determined.
    Collinear(Vec<(usize, f64)>),
    /// The same, nearly: their intervals are wide and depend on each other.
    NearlyCollinear(Vec<(usize, f64)>),
}

/// Eigenvalues of the curvature, scaled to a diagonal of 1, below which a direction is not told at
/// all, and not well.
const NONE: f64 = 1e-11;
const LITTLE: f64 = 1e-4;
/// Of the largest part of a direction, what is left out when it is shown.
const SMALL: f64 = 0.05;

/// Looks for directions of θ in which the residuals do not change.
pub(super) fn troubles(total: &Sums) -> Vec<Trouble> {
    let p = total.gradient.len();
    let sizes: Vec<f64> = (0..p).map(|r| total.curvature[r * p + r].sqrt()).collect();
    let largest = sizes.iter().copied().fold(0.0, f64::max);
    let (seen, unseen): (Vec<usize>, Vec<usize>) =
        (0..p).partition(|&r| sizes[r] > largest * 1e-12 && sizes[r] > 0.0);
    let mut troubles: Vec<Trouble> = unseen.into_iter().map(Trouble::NoTrace).collect();
    let scaled: Vec<f64> = seen
        .iter()
        .flat_map(|&i| seen.iter().map(move |&j| (i, j)))
        .map(|(i, j)| total.curvature[i * p + j] / (sizes[i] * sizes[j]))
        .collect();
    for (value, vector) in eigen(&scaled, seen.len()) {
        if value > LITTLE {
            continue;
        }
        let direction: Vec<f64> = vector
            .iter()
            .zip(&seen)
            .map(|(v, &r)| v / sizes[r])
            .collect();
        let most = vector.iter().fold(0.0f64, |most, v| most.max(v.abs()));
        let told = (0..seen.len()).filter(|&k| vector[k].abs() > SMALL * most);
        // In units of the first.
        let unit = told.clone().next().map_or(1.0, |k| direction[k]);
        let together = told.map(|k| (seen[k], direction[k] / unit)).collect();
        troubles.push(match value < NONE {
            true => Trouble::Collinear(together),
            false => Trouble::NearlyCollinear(together),
        });
    }
    troubles
}

impl Trouble {
    /// Whether nothing can be said of this coefficient alone.
    #[must_use]
    pub fn leaves_open(&self, place: usize) -> bool {
        match self {
            Trouble::NoTrace(r) => *r == place,
            Trouble::Collinear(together) => together.iter().any(|&(r, _)| r == place),
            Trouble::NearlyCollinear(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_is_found() {
        // J of three residuals by four coefficients: the second is −2 of the first, the last none.
        let rows = [
            [1.0, -2.0, 0.5, 0.0],
            [0.5, -1.0, -1.0, 0.0],
            [2.0, -4.0, 0.25, 0.0],
        ];
        let mut curvature = vec![0.0; 16];
        for row in rows {
            for i in 0..4 {
                for j in 0..4 {
                    curvature[i * 4 + j] += 1e-3 * row[i] * row[j];
                }
            }
        }
        let total = Sums {
            squares: vec![],
            gradient: vec![0.0; 4],
            curvature,
        };
        let found = troubles(&total);
        assert_eq!(found[0], Trouble::NoTrace(3));
        let Trouble::Collinear(together) = &found[1] else {
            panic!("{found:?}")
        };
        assert_eq!(together[0], (0, 1.0));
        assert_eq!(together[1].0, 1);
        assert!((together[1].1 - 0.5).abs() < 1e-9, "{together:?}");
        assert_eq!(found.len(), 2);
        assert!(found[1].leaves_open(1) && !found[1].leaves_open(2));
    }
}
