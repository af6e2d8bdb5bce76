//! Generated pore structures and their permeability.

use std::f64::consts::{PI, SQRT_2};

use metaplast_tensor::linalg::Triangle;
use metaplast_tensor::{Random, Scalar, Tensor};

use super::PermeabilityTensor;

/// Directions of the throats that leave a pore, as steps on the lattice.
const STEPS: [[i64; 2]; 4] = [[1, 0], [0, 1], [1, 1], [-1, 1]];

/// What a pore structure is generated from.
///
/// Pores stand on a square lattice, periodic in both directions, whose distance ℓ is the unit of length. From each
/// leave four throats, along both axes and both diagonals: tubes of radius
///
/// ```text
/// r = r₀ exp(½ a cos 2(ϕ − ψ)) exp(s ξ)        ϕ the throat's direction, ξ standard normal; at most 0.45
/// ```
///
/// so that throats along ψ are wider on average. A tube of length d conducts `π r⁴/(8 d)` (Hagen and Poiseuille,
/// viscosity 1). The permeability K follows from the flow under unit gradients along both axes, exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoreStructure {
    /// Pores along each axis.
    pub pores: usize,
    /// The median radius r₀ over the distance of pores.
    pub radius: f64,
    /// The anisotropy a.
    pub anisotropy: f64,
    /// The direction ψ, in radians.
    pub direction: f64,
    /// The disorder s.
    pub disorder: f64,
}

/// What can be measured of a pore structure's form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoreFeatures {
    /// The volume of the throats over that of the medium, a layer as thick as ℓ.
    pub porosity: f64,
    /// The fabric tensor, with trace 1: the mean of d dᵀ over the throats' directions d, weighted by volume.
    pub fabric: PermeabilityTensor,
    /// The standard deviation of ln r over the throats.
    pub spread: f64,
}

/// A pore structure's features and permeability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoreSample {
    /// What is measured of its form.
    pub features: PoreFeatures,
    /// Its permeability, in units of ℓ².
    pub permeability: PermeabilityTensor,
}

impl PoreStructure {
    /// With 10 × 10 pores, r₀ log-uniform within 0.04 and 0.2, a uniform within 0 and 1.2, any direction, and s
    /// uniform within 0.1 and 0.5.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let mut within = |low: f64, high: f64| low + (high - low) * random.uniform();
        PoreStructure {
            pores: 10,
            radius: Scalar::exp(within(Scalar::ln(0.04_f64), Scalar::ln(0.2_f64))),
            anisotropy: within(0.0, 1.2),
            direction: within(0.0, PI),
            disorder: within(0.1, 0.5),
        }
    }

    /// Draws the throats, measures them, and solves for the flow.
    ///
    /// # Panics
    /// When there are fewer than two pores along an axis.
    #[must_use]
    #[track_caller]
    pub fn sample(&self, random: &mut Random) -> PoreSample {
        let n = self.pores;
        assert!(n > 1, "pore structure: {n} pores along an axis");
        let throats = self.throats(random);
        PoreSample {
            features: features(&throats, n * n),
            permeability: permeability(&throats, n * n),
        }
    }

    fn throats(&self, random: &mut Random) -> Vec<Throat> {
        let n = self.pores;
        let mut throats = Vec::with_capacity(4 * n * n);
        for pore in 0..n * n {
            for [right, up] in STEPS {
                let along = |at: usize, step: i64| (at as i64 + step).rem_euclid(n as i64) as usize;
                let to = along(pore / n, up) * n + along(pore % n, right);
                let (x, y) = (right as f64, up as f64);
                let length = if right != 0 && up != 0 { SQRT_2 } else { 1.0 };
                // cos 2(ϕ − ψ) from cos 2ϕ and sin 2ϕ, which a step has without its angle.
                let [c, s] = [x * x - y * y, 2.0 * x * y].map(|part| part / (length * length));
                let twice = 2.0 * self.direction;
                let aligned = c * Scalar::cos(twice) + s * Scalar::sin(twice);
                let exponent = 0.5 * self.anisotropy * aligned + self.disorder * random.normal();
                let radius = (self.radius * Scalar::exp(exponent)).min(0.45);
                throats.push(Throat {
                    ends: [pore, to],
                    step: [x, y],
                    length,
                    radius,
                });
            }
        }
        throats
    }
}

/// A tube between two pores.
struct Throat {
    ends: [usize; 2],
    step: [f64; 2],
    length: f64,
    radius: f64,
}

fn features(throats: &[Throat], pores: usize) -> PoreFeatures {
    let (mut volume, mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0, 0.0);
    let (mut logs, mut squares) = (0.0, 0.0);
    for throat in throats {
        let part = PI * throat.radius * throat.radius * throat.length;
        let [x, y] = throat.step.map(|step| step / throat.length);
        volume += part;
        xx += part * x * x;
        xy += part * x * y;
        yy += part * y * y;
        let log = Scalar::ln(throat.radius);
        logs += log;
        squares += log * log;
    }
    let number = throats.len() as f64;
    let middle = logs / number;
    PoreFeatures {
        porosity: volume / pores as f64,
        fabric: PermeabilityTensor {
            xx: xx / volume,
            xy: xy / volume,
            yy: yy / volume,
        },
        spread: (squares / number - middle * middle).max(0.0).sqrt(),
    }
}

/// `K_ij = Σ g (G_j · d + χ_a − χ_b) d_i / area`, χ the periodic pressures under a unit gradient G_j at which no
/// pore gains or loses. It is symmetric since the flow is the least of an energy.
fn permeability(throats: &[Throat], pores: usize) -> PermeabilityTensor {
    // One pressure is free: that of the last pore is 0.
    let unknown = pores - 1;
    let mut matrix = vec![0.0; unknown * unknown];
    let mut sides = [vec![0.0; unknown], vec![0.0; unknown]];
    let conductance = |throat: &Throat| PI * throat.radius.powi(4) / (8.0 * throat.length);
    for throat in throats {
        let g = conductance(throat);
        let [a, b] = throat.ends;
        for (from, to) in [(a, b), (b, a)] {
            if from < unknown {
                matrix[from * unknown + from] += g;
                if to < unknown {
                    matrix[from * unknown + to] -= g;
                }
            }
        }
        for (side, step) in sides.iter_mut().zip(throat.step) {
            if a < unknown {
                side[a] -= g * step;
            }
            if b < unknown {
                side[b] += g * step;
            }
        }
    }
    let matrix = Tensor::new([unknown, unknown], matrix);
    // Every pore is joined to the last one by tubes of positive conductance.
    let lower = matrix.cholesky().expect("a lattice of tubes is connected");
    let pressures = sides.map(|side| {
        let half = lower.solve_triangular(&Tensor::new([unknown], side), Triangle::Lower);
        let mut pressures = lower
            .solve_triangular(&half, Triangle::LowerTransposed)
            .data()
            .to_vec();
        pressures.push(0.0);
        pressures
    });
    let flow = |j: usize, i: usize| {
        let each = throats.iter().map(|throat| {
            let [a, b] = throat.ends;
            let drop = throat.step[j] + pressures[j][a] - pressures[j][b];
            conductance(throat) * drop * throat.step[i]
        });
        each.sum::<f64>() / pores as f64
    };
    PermeabilityTensor {
        xx: flow(0, 0),
        xy: (flow(0, 1) + flow(1, 0)) / 2.0,
        yy: flow(1, 1),
    }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::FRAC_1_SQRT_2;

    use super::*;

    /// Without disorder no pore gains or loses under a uniform gradient, so that tubes add up.
    #[test]
    fn tubes_of_a_perfect_lattice_add_up() {
        let structure = PoreStructure {
            pores: 4,
            radius: 0.1,
            anisotropy: 0.0,
            direction: 0.0,
            disorder: 0.0,
        };
        let sample = structure.sample(&mut Random::new(1));
        let g = PI * 0.1_f64.powi(4) / 8.0;
        let expected = PermeabilityTensor::isotropic(g * (1.0 + 2.0 * FRAC_1_SQRT_2));
        assert!(sample.permeability.relative_error(&expected) < 1e-14);
        let volume = PI * 0.01 * (2.0 + 2.0 * SQRT_2);
        assert!((sample.features.porosity / volume - 1.0).abs() < 1e-14);
        assert!(sample.features.spread < 1e-7);
    }

    /// Two throats between the same pores in turn, as electrical conductors: a chain of pores in series.
    #[test]
    fn permeability_lies_between_that_of_series_and_of_parallel_tubes() {
        for seed in 0..20 {
            let mut random = Random::new(seed);
            let structure = PoreStructure::random(&mut random);
            let throats = structure.throats(&mut random);
            let pores = structure.pores * structure.pores;
            let k = permeability(&throats, pores);
            assert!(k.is_positive_definite(), "{k:?}");
            // Voigt's bound: the pressures of a uniform gradient.
            let voigt = |i: usize| {
                let each = throats.iter().map(|throat| {
                    let g = PI * throat.radius.powi(4) / (8.0 * throat.length);
                    g * throat.step[i] * throat.step[i]
                });
                each.sum::<f64>() / pores as f64
            };
            assert!(k.xx <= voigt(0) && k.yy <= voigt(1));
            assert!(k.xx > 0.2 * voigt(0) && k.yy > 0.2 * voigt(1));
        }
    }
}
