//! Measured soils: drying and wetting curves.

use metaplast_numbers::sorting::sort_by;
use serde_json::Value;

use super::RetentionBranch;
use crate::error::SearchError;

/// Points of a branch that are kept.
const MOST: usize = 20;

/// The 18 soils that come with the crate, from UNSODA 2.0.
///
/// UNSODA is the unsaturated soil hydraulic database of the US Salinity Laboratory, "for use in the public domain
/// and may be used and copied freely" (user's manual, EPA/600/R-96/095, 1996); A. Nemes, M. G. Schaap, F. J.
/// Leij & J. H. M. Wösten, J. Hydrology 251:151 (2001), doi 10.15482/USDA.ADC/1173246.
pub(crate) const UNSODA: &str = include_str!("../../data/unsoda_hysteresis.json");

/// A soil with measured points of both branches.
#[derive(Clone, Debug, PartialEq)]
pub struct Soil {
    /// Its number in the database.
    pub code: String,
    /// Its texture in words.
    pub texture: String,
    /// Suction in cm and volumetric water content, sorted by suction.
    pub drying: Vec<(f64, f64)>,
    /// The same of the wetting branch.
    pub wetting: Vec<(f64, f64)>,
}

/// What a point of a branch is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointUse {
    /// Parameters are fitted to it.
    Training,
    /// Settings are chosen by it.
    Validation,
    /// It is used for nothing but the final error.
    Test,
}

/// A point of a soil.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoilPoint {
    /// The suction in cm.
    pub suction: f64,
    /// Which branch it is of.
    pub direction: RetentionBranch,
    /// The volumetric water content.
    pub water_content: f64,
    /// What it is for.
    pub purpose: PointUse,
}

impl Soil {
    /// The 18 soils of UNSODA 2.0 that come with the crate: laboratory curves with at least eight points on each
    /// branch.
    ///
    /// # Panics
    /// Never: they can be read.
    #[must_use]
    pub fn unsoda() -> Vec<Soil> {
        Soil::read(UNSODA).expect("the soils of the crate can be read")
    }

    /// From JSON with `soils`, each with `code`, `texture`, and `drying` and `wetting`, which have lists `suction`
    /// in cm and `theta`.
    ///
    /// # Errors
    /// [`SearchError::Content`] when it is not of this form, or has no soils.
    pub fn read(text: &str) -> Result<Vec<Soil>, SearchError> {
        let wrong = |reason: String| SearchError::Content { reason };
        let content: Value =
            serde_json::from_str(text).map_err(|error| wrong(format!("it is no JSON: {error}")))?;
        let soils = content["soils"].as_array();
        let soils = soils.filter(|soils| !soils.is_empty());
        let soils = soils.ok_or_else(|| wrong("soils is no list of soils".into()))?;
        let mut read = Vec::new();
        for soil in soils {
            let code = match &soil["code"] {
                Value::String(code) => code.clone(),
                code => code.to_string(),
            };
            let branch = |name: &str| {
                let found = points(&soil[name]);
                found.ok_or_else(|| {
                    wrong(format!(
                        "soil {code}: {name} has no lists suction and theta of one length with positive numbers"
                    ))
                })
            };
            let (drying, wetting) = (branch("drying")?, branch("wetting")?);
            let texture = soil["texture"].as_str().unwrap_or("unknown").to_owned();
            read.push(Soil {
                code,
                texture,
                drying,
                wetting,
            });
        }
        Ok(read)
    }

    /// The points that are used: each branch sorted by suction and, where it has more than 20 points, thinned
    /// evenly to 20; of every six points of a branch the third validates and the sixth tests.
    #[must_use]
    pub fn points(&self) -> Vec<SoilPoint> {
        let mut points = Vec::new();
        for (direction, branch) in [
            (RetentionBranch::Drying, &self.drying),
            (RetentionBranch::Wetting, &self.wetting),
        ] {
            for (place, &(suction, water_content)) in thinned(branch).iter().enumerate() {
                points.push(SoilPoint {
                    suction,
                    direction,
                    water_content,
                    purpose: match place % 6 {
                        2 => PointUse::Validation,
                        5 => PointUse::Test,
                        _ => PointUse::Training,
                    },
                });
            }
        }
        points
    }

    /// The least and the greatest water content of training points: what is normalised to 0 and 1.
    #[must_use]
    pub fn range(&self) -> (f64, f64) {
        let points = self.points().into_iter();
        let training = points.filter(|point| point.purpose == PointUse::Training);
        training.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| {
            let theta = point.water_content;
            (low.min(theta), high.max(theta))
        })
    }
}

/// A branch, sorted by suction.
fn points(branch: &Value) -> Option<Vec<(f64, f64)>> {
    let list = |name: &str| -> Option<Vec<f64>> {
        let list = branch[name].as_array()?.iter().map(Value::as_f64);
        list.collect()
    };
    let (suction, theta) = (list("suction")?, list("theta")?);
    let positive = |numbers: &[f64]| numbers.iter().all(|&x| x >= 0.0);
    if suction.len() != theta.len() || theta.is_empty() || !positive(&suction) || !positive(&theta)
    {
        return None;
    }
    let mut points: Vec<(f64, f64)> = suction.into_iter().zip(theta).collect();
    // Stable: points of equal suction stay in their order.
    sort_by(&mut points, |a, b| a.0.total_cmp(&b.0));
    Some(points)
}

fn thinned(branch: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let n = branch.len();
    if n <= MOST {
        return branch.to_vec();
    }
    let place = |k: usize| (k as f64 * (n - 1) as f64 / (MOST - 1) as f64).round() as usize;
    (0..MOST).map(|k| branch[place(k)]).collect()
}
