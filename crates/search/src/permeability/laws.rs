//! Laws made by hand, whose few constants are fitted.

use metaplast_tensor::{Scalar, Tensor};

use super::{PermeabilityTensor, PoreFeatures, PoreSample};

/// Isotropic: `K = e^c φ^p I`, as that of Kozeny and Carman is for small porosity, with p fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PorosityLaw {
    /// c.
    pub log_scale: f64,
    /// p.
    pub exponent: f64,
}

/// Anisotropic by the fabric tensor F: `K = e^c φ^p (2F)^q`, the power taken of the principal values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FabricLaw {
    /// The isotropic part.
    pub isotropic: PorosityLaw,
    /// q.
    pub exponent: f64,
}

impl PorosityLaw {
    /// By least squares in ½ ln det K.
    ///
    /// # Panics
    /// When there are no two samples of different porosity.
    #[must_use]
    #[track_caller]
    pub fn fit(samples: &[PoreSample]) -> Self {
        let rows = samples.iter().map(|sample| {
            let log = Scalar::ln(sample.permeability.determinant()) / 2.0;
            (Scalar::ln(sample.features.porosity), log)
        });
        let (slope, level) = line(rows);
        PorosityLaw {
            log_scale: level,
            exponent: slope,
        }
    }

    /// The permeability.
    #[must_use]
    pub fn permeability(&self, features: &PoreFeatures) -> PermeabilityTensor {
        let log = self.log_scale + self.exponent * Scalar::ln(features.porosity);
        PermeabilityTensor::isotropic(Scalar::exp(log))
    }
}

impl FabricLaw {
    /// The isotropic part as [`PorosityLaw::fit`]; q by least squares in the logarithm of the ratio of
    /// permeabilities along the fabric's principal directions.
    ///
    /// # Panics
    /// As [`PorosityLaw::fit`].
    #[must_use]
    #[track_caller]
    pub fn fit(samples: &[PoreSample]) -> Self {
        let (mut products, mut squares) = (0.0, 0.0);
        for sample in samples {
            let ([first, second], angle) = sample.features.fabric.principal();
            let (c, s) = (Scalar::cos(angle), Scalar::sin(angle));
            let along = |d: [f64; 2]| {
                let [x, y] = sample.permeability.times(d);
                x * d[0] + y * d[1]
            };
            let fabric = Scalar::ln(first / second);
            products += fabric * Scalar::ln(along([c, s]) / along([-s, c]));
            squares += fabric * fabric;
        }
        FabricLaw {
            isotropic: PorosityLaw::fit(samples),
            exponent: if squares > 0.0 {
                products / squares
            } else {
                0.0
            },
        }
    }

    /// The permeability. With det (2F)^q ≠ 1 it is divided by the root of that, so that the isotropic part is kept.
    #[must_use]
    pub fn permeability(&self, features: &PoreFeatures) -> PermeabilityTensor {
        let ([first, second], angle) = features.fabric.principal();
        let level = self.isotropic.permeability(features).xx;
        let ratio = Scalar::powf(first / second, self.exponent / 2.0);
        PermeabilityTensor::from_principal([level * ratio, level / ratio], angle)
    }
}

/// Slope and level of the line of least squares.
#[track_caller]
fn line(points: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    let points: Vec<(f64, f64)> = points.collect();
    let ones = points.iter().flat_map(|(x, _)| [*x, 1.0]);
    let design = Tensor::new([points.len(), 2], ones.collect());
    let wanted = Tensor::new([points.len()], points.iter().map(|(_, y)| *y).collect());
    let normal = design.transpose().matmul(&design);
    let right = design.transpose().matvec(&wanted);
    let solved = normal.solve(&right);
    let solved = solved.expect("line: two samples of different porosity are needed");
    (solved.data()[0], solved.data()[1])
}
