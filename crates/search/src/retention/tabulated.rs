//! Main curves from tables: of networks, and of curves fitted to each branch by itself.

use metaplast_tensor::Scalar;

use super::{HystereticLaw, RetentionBranch, SaturationCurve};

/// Places of a table, even in ln(1 + h), from 0 to [`MOST`] cm.
const PLACES: usize = 400;
const MOST: f64 = 2e4;

/// A saturation that is linear in ln(1 + h) between the places of a table, and does not rise with suction.
#[derive(Clone, Debug, PartialEq)]
pub struct TabulatedCurve {
    saturations: Vec<f64>,
}

fn place_of(suction: f64) -> f64 {
    let step = Scalar::ln_1p(MOST) / (PLACES - 1) as f64;
    Scalar::ln_1p(suction.clamp(0.0, MOST)) / step
}

impl TabulatedCurve {
    /// The suctions in cm of a table's places.
    #[must_use]
    pub fn suctions() -> Vec<f64> {
        let step = Scalar::ln_1p(MOST) / (PLACES - 1) as f64;
        let at = |place: usize| Scalar::exp_m1(place as f64 * step);
        (0..PLACES).map(at).collect()
    }

    /// From saturations at [`suctions`](Self::suctions), of which those that rise are lowered to what was before.
    ///
    /// # Panics
    /// When there is not one for each place.
    #[must_use]
    #[track_caller]
    pub fn new(mut saturations: Vec<f64>) -> Self {
        assert_eq!(
            saturations.len(),
            PLACES,
            "tabulated curve: saturations, places"
        );
        for place in 1..PLACES {
            saturations[place] = saturations[place].min(saturations[place - 1]);
        }
        TabulatedCurve { saturations }
    }
}

impl SaturationCurve for TabulatedCurve {
    fn saturation(&self, suction: f64) -> f64 {
        let at = place_of(suction);
        let below = (at as usize).min(PLACES - 2);
        let (low, high) = (self.saturations[below], self.saturations[below + 1]);
        low + (high - low) * (at - below as f64)
    }

    fn saturation_slope(&self, suction: f64) -> f64 {
        if suction <= 0.0 || suction >= MOST {
            return 0.0;
        }
        let below = (place_of(suction) as usize).min(PLACES - 2);
        let step = Scalar::ln_1p(MOST) / (PLACES - 1) as f64;
        (self.saturations[below + 1] - self.saturations[below]) / (step * (1.0 + suction))
    }
}

impl HystereticLaw {
    /// From the water contents of both branches at suctions in cm, whatever gives them. The residual water content
    /// is 0, the saturated one the greatest that is given. Where the wetting branch is above the drying one, it is
    /// lowered to it.
    ///
    /// # Panics
    /// When no water content is positive.
    #[must_use]
    #[track_caller]
    pub fn tabulated(water_content: impl Fn(RetentionBranch, &[f64]) -> Vec<f64>) -> Self {
        let suctions = TabulatedCurve::suctions();
        let [drying, wetting] = [RetentionBranch::Drying, RetentionBranch::Wetting]
            .map(|direction| water_content(direction, &suctions));
        let both = drying.iter().chain(&wetting);
        let most = both.copied().fold(0.0, f64::max);
        let saturations = |theta: Vec<f64>| -> Vec<f64> {
            theta.iter().map(|theta| (theta / most).max(0.0)).collect()
        };
        let drying = TabulatedCurve::new(saturations(drying));
        let mut wetting = saturations(wetting);
        for (wet, dry) in wetting.iter_mut().zip(&drying.saturations) {
            *wet = wet.min(*dry);
        }
        let wetting = TabulatedCurve::new(wetting);
        Self::new([0.0, most], Box::new(drying), Box::new(wetting))
    }
}
