//! The hand-made law of van Genuchten and Mualem.

use metaplast_tensor::Scalar;

/// Water content and conductivity of a soil against suction:
///
/// ```text
/// S(h) = (1 + (αh)ⁿ)⁻ᵐ, m = 1 − 1/n        θ = θ_r + (θ_s − θ_r) S
/// K = K_s √S (1 − (1 − S^(1/m))ᵐ)²
/// ```
///
/// Equations 3 and 8 of M. Th. van Genuchten, *A closed-form equation for predicting the hydraulic conductivity
/// of unsaturated soils*, Soil Sci. Soc. Am. J. 44:892 (1980), with the pore exponent ½ of Mualem (1976). At
/// suctions of 0 and below the soil is saturated.
///
/// ```
/// use metaplast_search::retention::VanGenuchten;
///
/// // Carsel and Parrish (1988): the mean loam, in cm and days.
/// let loam = VanGenuchten { theta_r: 0.078, theta_s: 0.43, alpha: 0.036, n: 1.56, k_s: 24.96 };
/// assert!((loam.water_content(100.0) - 0.2421).abs() < 1e-4);
/// assert_eq!(loam.conductivity(0.0), 24.96);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VanGenuchten {
    /// Residual water content, volume over volume.
    pub theta_r: f64,
    /// Saturated water content.
    pub theta_s: f64,
    /// The inverse of a suction, 1/cm.
    pub alpha: f64,
    /// How steep the curve is; above 1.
    pub n: f64,
    /// The conductivity of the saturated soil, in any unit.
    pub k_s: f64,
}

impl VanGenuchten {
    /// Mean parameters of twelve textures, in cm and days: R. F. Carsel & R. S. Parrish, Water Resour. Res.
    /// 24:755 (1988).
    pub const TEXTURES: [(&'static str, VanGenuchten); 12] = [
        ("sand", texture(0.045, 0.43, 0.145, 2.68, 712.8)),
        ("loamy sand", texture(0.057, 0.41, 0.124, 2.28, 350.2)),
        ("sandy loam", texture(0.065, 0.41, 0.075, 1.89, 106.1)),
        ("loam", texture(0.078, 0.43, 0.036, 1.56, 24.96)),
        ("silt", texture(0.034, 0.46, 0.016, 1.37, 6.0)),
        ("silt loam", texture(0.067, 0.45, 0.02, 1.41, 10.8)),
        ("sandy clay loam", texture(0.1, 0.39, 0.059, 1.48, 31.44)),
        ("clay loam", texture(0.095, 0.41, 0.019, 1.31, 6.24)),
        ("silty clay loam", texture(0.089, 0.43, 0.01, 1.23, 1.68)),
        ("sandy clay", texture(0.1, 0.38, 0.027, 1.23, 2.88)),
        ("silty clay", texture(0.07, 0.36, 0.005, 1.09, 0.48)),
        ("clay", texture(0.068, 0.38, 0.008, 1.09, 4.8)),
    ];

    /// `m = 1 − 1/n`.
    #[must_use]
    pub fn m(&self) -> f64 {
        1.0 - 1.0 / self.n
    }

    /// `(αh)ⁿ`; 0 at saturation.
    fn power(&self, suction: f64) -> f64 {
        match suction > 0.0 {
            true => Scalar::powf(self.alpha * suction, self.n),
            false => 0.0,
        }
    }

    /// The effective saturation S, between 0 and 1, at a suction in cm.
    #[must_use]
    pub fn saturation(&self, suction: f64) -> f64 {
        Scalar::powf(1.0 + self.power(suction), -self.m())
    }

    /// The water content θ at a suction in cm.
    #[must_use]
    pub fn water_content(&self, suction: f64) -> f64 {
        self.theta_r + (self.theta_s - self.theta_r) * self.saturation(suction)
    }

    /// The slope dθ/dh at a suction in cm, 1/cm; not positive.
    #[must_use]
    pub fn slope(&self, suction: f64) -> f64 {
        if suction <= 0.0 {
            return 0.0;
        }
        let (m, power) = (self.m(), self.power(suction));
        let steepness = m * self.n * power / suction;
        -(self.theta_s - self.theta_r) * steepness * Scalar::powf(1.0 + power, -m - 1.0)
    }

    /// The conductivity K at a suction in cm, in the unit of `k_s`.
    #[must_use]
    pub fn conductivity(&self, suction: f64) -> f64 {
        // S^(1/m) = 1/(1 + (αh)ⁿ)
        let power = self.power(suction);
        let s = Scalar::powf(1.0 + power, -self.m());
        self.k_s * self.relative_conductivity(s, 1.0 / (1.0 + power))
    }

    /// The conductivity at an effective saturation between 0 and 1, over that of the saturated soil.
    #[must_use]
    pub fn conductivity_at(&self, saturation: f64) -> f64 {
        let s = saturation.clamp(0.0, 1.0);
        self.relative_conductivity(s, Scalar::powf(s, 1.0 / self.m()))
    }

    /// Of S and S^(1/m).
    fn relative_conductivity(&self, s: f64, filled: f64) -> f64 {
        // Of dry soil S^(1/m) is so small that 1 − (1 − S^(1/m))ᵐ would lose all digits.
        let flow = match filled < 1.0 {
            true => -Scalar::exp_m1(self.m() * Scalar::ln_1p(-filled)),
            false => 1.0,
        };
        s.sqrt() * flow * flow
    }
}

const fn texture(theta_r: f64, theta_s: f64, alpha: f64, n: f64, k_s: f64) -> VanGenuchten {
    VanGenuchten {
        theta_r,
        theta_s,
        alpha,
        n,
        k_s,
    }
}
