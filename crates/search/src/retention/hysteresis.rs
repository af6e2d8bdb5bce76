//! Retention that depends on history: scanning curves between the main curves.

use std::fmt::Debug;
use std::sync::Arc;

use super::VanGenuchten;

/// Whether a soil is losing or taking up water.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RetentionBranch {
    /// Suction rises.
    Drying,
    /// Suction falls.
    Wetting,
}

/// A main curve: effective saturation against suction in cm.
pub trait SaturationCurve: Debug + Send + Sync {
    /// The saturation S, which does not rise with suction.
    fn saturation(&self, suction: f64) -> f64;

    /// dS/dh, 1/cm; not positive.
    fn saturation_slope(&self, suction: f64) -> f64;
}

impl SaturationCurve for VanGenuchten {
    fn saturation(&self, suction: f64) -> f64 {
        VanGenuchten::saturation(self, suction)
    }

    fn saturation_slope(&self, suction: f64) -> f64 {
        let span = VanGenuchten {
            theta_r: 0.0,
            theta_s: 1.0,
            ..*self
        };
        span.slope(suction)
    }
}

/// A drying and a wetting main curve, and scanning curves between them, which are main curves scaled so that they
/// pass through the point of reversal (h′, θ′) (Scott, Farquhar & Kouwen 1983; Kool & Parker 1987):
///
/// ```text
/// drying:   θ_s* = θ_r + (θ′ − θ_r)/S_d(h′)                    θ = θ_r + (θ_s* − θ_r) S_d(h)
/// wetting:  θ_r* = (θ′ − θ_s S_w(h′))/(1 − S_w(h′))             θ = θ_r* + (θ_s − θ_r*) S_w(h)
/// ```
#[derive(Debug)]
pub struct HystereticLaw {
    theta_r: f64,
    theta_s: f64,
    drying: Box<dyn SaturationCurve>,
    wetting: Box<dyn SaturationCurve>,
}

impl HystereticLaw {
    /// From residual and saturated water content and the main curves.
    ///
    /// # Panics
    /// When there is no room between the water contents.
    #[must_use]
    #[track_caller]
    pub fn new(
        [theta_r, theta_s]: [f64; 2],
        drying: Box<dyn SaturationCurve>,
        wetting: Box<dyn SaturationCurve>,
    ) -> Self {
        assert!(
            theta_r < theta_s,
            "hysteretic law: water contents {theta_r} and {theta_s}"
        );
        HystereticLaw {
            theta_r,
            theta_s,
            drying,
            wetting,
        }
    }

    /// From the main drying curve and the ratio α_w/α_d, in which alone the curves differ.
    #[must_use]
    pub fn of_ratio(drying: VanGenuchten, ratio: f64) -> Self {
        let wetting = VanGenuchten {
            alpha: ratio * drying.alpha,
            ..drying
        };
        let bounds = [drying.theta_r, drying.theta_s];
        Self::new(bounds, Box::new(drying), Box::new(wetting))
    }

    /// Residual and saturated water content.
    #[must_use]
    pub fn bounds(&self) -> (f64, f64) {
        (self.theta_r, self.theta_s)
    }

    /// The water content on a main curve at a suction in cm.
    #[must_use]
    pub fn main(&self, direction: RetentionBranch, suction: f64) -> f64 {
        let s = self.curve(direction).saturation(suction);
        self.theta_r + (self.theta_s - self.theta_r) * s
    }

    fn curve(&self, direction: RetentionBranch) -> &dyn SaturationCurve {
        match direction {
            RetentionBranch::Drying => &*self.drying,
            RetentionBranch::Wetting => &*self.wetting,
        }
    }
}

/// A point of soil with its history, which starts on the main drying curve.
///
/// ```
/// use metaplast_search::retention::{HystereticRetention, VanGenuchten};
///
/// let loam = VanGenuchten { theta_r: 0.078, theta_s: 0.43, alpha: 0.036, n: 1.56, k_s: 24.96 };
/// let mut soil = HystereticRetention::new(loam, 2.0, 10.0);
/// let dried = soil.move_to(300.0);
/// let wetted = soil.move_to(10.0);
/// assert!(dried < 0.18 && wetted < loam.water_content(10.0)); // less water at the same suction
/// ```
#[derive(Clone, Debug)]
pub struct HystereticRetention {
    law: Arc<HystereticLaw>,
    suction: f64,
    water_content: f64,
    direction: RetentionBranch,
    /// θ_r* and θ_s* of the curve that is followed.
    bounds: (f64, f64),
}

impl HystereticRetention {
    /// From the main drying curve, the ratio α_w/α_d, and a suction in cm at which the soil is on that curve.
    #[must_use]
    pub fn new(drying: VanGenuchten, ratio: f64, suction: f64) -> Self {
        Self::of(&Arc::new(HystereticLaw::of_ratio(drying, ratio)), suction)
    }

    /// On the main drying curve of a law at a suction in cm.
    #[must_use]
    pub fn of(law: &Arc<HystereticLaw>, suction: f64) -> Self {
        HystereticRetention {
            law: Arc::clone(law),
            suction,
            water_content: law.main(RetentionBranch::Drying, suction),
            direction: RetentionBranch::Drying,
            bounds: law.bounds(),
        }
    }

    /// The law that it follows.
    #[must_use]
    pub fn law(&self) -> &HystereticLaw {
        &self.law
    }

    /// Where the soil is: the suction in cm.
    #[must_use]
    pub fn suction(&self) -> f64 {
        self.suction
    }

    /// Where the soil is: the water content.
    #[must_use]
    pub fn water_content(&self) -> f64 {
        self.water_content
    }

    /// Which way it went last.
    #[must_use]
    pub fn direction(&self) -> RetentionBranch {
        self.direction
    }

    /// θ_r* and θ_s* of the curve that is followed.
    #[must_use]
    pub fn bounds(&self) -> (f64, f64) {
        self.bounds
    }

    /// The curve that would be followed to a suction: of the way on, or of a reversal here.
    fn curve_to(&self, suction: f64) -> (RetentionBranch, (f64, f64)) {
        let direction = match suction {
            to if to > self.suction => RetentionBranch::Drying,
            to if to < self.suction => RetentionBranch::Wetting,
            _ => self.direction,
        };
        if direction == self.direction {
            return (direction, self.bounds);
        }
        let ((theta_r, theta_s), theta) = (self.law.bounds(), self.water_content);
        let s = self.law.curve(direction).saturation(self.suction);
        let bounds = match direction {
            RetentionBranch::Drying if s > 0.0 => (theta_r, theta_r + (theta - theta_r) / s),
            RetentionBranch::Wetting if s < 1.0 => ((theta - theta_s * s) / (1.0 - s), theta_s),
            // At an end of the curve every curve passes here.
            _ => (theta_r, theta_s),
        };
        (direction, bounds)
    }

    /// The water content and its slope, 1/cm, that the soil would have at a suction in cm, if it went there.
    #[must_use]
    pub fn at(&self, suction: f64) -> (f64, f64) {
        let (direction, (theta_r, theta_s)) = self.curve_to(suction);
        let (curve, span) = (self.law.curve(direction), theta_s - theta_r);
        let theta = theta_r + span * curve.saturation(suction);
        (theta, span * curve.saturation_slope(suction))
    }

    /// Goes to a suction in cm; returns the water content there.
    pub fn move_to(&mut self, suction: f64) -> f64 {
        let (water_content, _) = self.at(suction);
        (self.direction, self.bounds) = self.curve_to(suction);
        (self.suction, self.water_content) = (suction, water_content);
        water_content
    }
}
