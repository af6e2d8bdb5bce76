//! Whether a recording is unlike all networks, and what that is worth.

use metaplast_numbers::sorting::sort_numbers;
use metaplast_numbers::statistics::quantile;
use metaplast_tensor::Tensor;

use crate::distance::ClassDistance;
use crate::splits::balanced_split;

/// The distance of a recording from the networks of all rules, beside what such a distance can tell.
///
/// It is the distance of Mahalanobis from the nearest rule. Networks of a rule that the classifier does
/// not know are hardly farther away than others, so an alarm says little, and no alarm says nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unlikeness {
    /// The part of networks that were left out of the fit and are at least as far away.
    pub as_far: f64,
    /// The part of networks of a rule that was left out that would be noticed, in the mean over rules,
    /// when 5% of networks of known rules are noticed wrongly.
    pub power: f64,
}

/// False alarms.
const FALSE: f64 = 0.05;

impl Unlikeness {
    /// Of a row of features among those of networks `[networks, features]` with their classes; `None`
    /// where there are too few networks.
    #[must_use]
    pub fn of(row: &[f64], x: &Tensor<f64>, labels: &[usize], classes: usize) -> Option<Self> {
        let fitted = balanced_split(labels, 0.75, 0x0f7);
        let distances = |without: Option<usize>| -> Option<(ClassDistance, Vec<f64>)> {
            let wanted = |&k: &usize| fitted[k] && Some(labels[k]) != without;
            let rows: Vec<usize> = (0..labels.len()).filter(wanted).collect();
            let known: Vec<usize> = rows.iter().map(|&k| labels[k]).collect();
            if rows.len() < 2 * classes {
                return None;
            }
            let distance = ClassDistance::of(&x.index_select(0, &rows), &known, classes).ok()?;
            let others = (0..labels.len()).filter(|&k| !fitted[k] && Some(labels[k]) != without);
            let mut others: Vec<f64> = others.map(|k| distance.squared(x.row(k))).collect();
            sort_numbers(&mut others);
            (!others.is_empty()).then_some((distance, others))
        };
        let (distance, others) = distances(None)?;
        let here = distance.squared(row);
        let as_far = others.iter().filter(|&&d| d >= here).count() as f64 / others.len() as f64;
        let mut power = Vec::new();
        for class in 0..classes {
            let members: Vec<usize> = (0..labels.len()).filter(|&k| labels[k] == class).collect();
            let (Some((distance, others)), false) = (distances(Some(class)), members.is_empty())
            else {
                continue;
            };
            let limit = quantile(&others, 1.0 - FALSE);
            let noticed = members
                .iter()
                .filter(|&&k| distance.squared(x.row(k)) > limit);
            power.push(noticed.count() as f64 / members.len() as f64);
        }
        let power = power.iter().sum::<f64>() / power.len().max(1) as f64;
        Some(Unlikeness { as_far, power })
    }
}
