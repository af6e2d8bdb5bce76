//! Surrogate slopes of the spike, and the smooth functions that have them.

use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

use metaplast_tensor::{Scalar, special::atan2};

/// What stands in for the derivative of the step function H(x), x = u − ϑ.
///
/// Each is the derivative of a smooth function, its *soft twin* ([`twin`](Self::twin)); a network that
/// spikes by the twin instead of H has a true gradient, by which the slope is checked. k is the
/// steepness, in units of one over the membrane's.
///
/// | slope | formula | soft twin |
/// |---|---|---|
/// | fast sigmoid (Zenke & Ganguli 2018) | 1/(1 + k\|x\|)² | ½ + x/(1 + k\|x\|) |
/// | logistic | k σ(kx) σ(−kx) | σ(kx) = 1/(1 + e^(−kx)) |
/// | triangular (Bellec et al. 2018) | k max(0, 1 − k\|x\|) | ½(1 + kx)² below 0, 1 − ½(1 − kx)² above |
/// | arctan (Fang et al. 2021) | k/(1 + (πkx)²) | ½ + arctan(πkx)/π |
///
/// ```
/// use metaplast_spiking::Surrogate;
///
/// let slope = Surrogate::FAST_SIGMOID;
/// assert_eq!(slope.slope(0.2), 0.25);
/// assert_eq!(slope.twin(0.0), 0.5);
/// assert_eq!("triangular:2".parse(), Ok(Surrogate::Triangular { steepness: 2.0 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Surrogate {
    /// 1/(1 + k|x|)²
    FastSigmoid {
        /// k
        steepness: f64,
    },
    /// k σ(kx) σ(−kx)
    Logistic {
        /// k
        steepness: f64,
    },
    /// k max(0, 1 − k|x|)
    Triangular {
        /// k
        steepness: f64,
    },
    /// k/(1 + (πkx)²)
    Arctan {
        /// k
        steepness: f64,
    },
}

/// What spikes: the step function, or the soft twin of a slope everywhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SpikeFunction {
    /// H(u − ϑ), 1 above the threshold and 0 at it and below; its derivative is the slope.
    Hard(Surrogate),
    /// The slope's soft twin; its derivative is the slope, truly.
    Soft(Surrogate),
}

impl Surrogate {
    /// 1/(1 + 5|x|)², with which ScSr networks are trained here.
    pub const FAST_SIGMOID: Self = Surrogate::FastSigmoid { steepness: 5.0 };

    /// One of each kind, all with this steepness.
    #[must_use]
    pub fn all(steepness: f64) -> [Self; 4] {
        [
            Surrogate::FastSigmoid { steepness },
            Surrogate::Logistic { steepness },
            Surrogate::Triangular { steepness },
            Surrogate::Arctan { steepness },
        ]
    }

    /// k
    #[must_use]
    pub fn steepness(self) -> f64 {
        match self {
            Surrogate::FastSigmoid { steepness }
            | Surrogate::Logistic { steepness }
            | Surrogate::Triangular { steepness }
            | Surrogate::Arctan { steepness } => steepness,
        }
    }

    /// The slope at x.
    #[must_use]
    pub fn slope<T: Scalar>(self, x: T) -> T {
        let k = T::from_f64(self.steepness());
        match self {
            Surrogate::FastSigmoid { .. } => fast_sigmoid(x, k),
            Surrogate::Logistic { .. } => logistic_slope(x, k),
            Surrogate::Triangular { .. } => triangular(x, k),
            Surrogate::Arctan { .. } => arctan_slope(x, k),
        }
    }

    /// The slopes at all x, written over them.
    pub fn slopes<T: Scalar>(self, x: &mut [T]) {
        let k = T::from_f64(self.steepness());
        // The choice is made outside the loops, so that each of them is one of plain arithmetic.
        match self {
            Surrogate::FastSigmoid { .. } => x.iter_mut().for_each(|x| *x = fast_sigmoid(*x, k)),
            Surrogate::Logistic { .. } => x.iter_mut().for_each(|x| *x = logistic_slope(*x, k)),
            Surrogate::Triangular { .. } => x.iter_mut().for_each(|x| *x = triangular(*x, k)),
            Surrogate::Arctan { .. } => x.iter_mut().for_each(|x| *x = arctan_slope(*x, k)),
        }
    }

    /// The soft twin at x: ½ at the threshold, and with [`slope`](Self::slope) for its derivative.
    #[must_use]
    pub fn twin<T: Scalar>(self, x: T) -> T {
        let (k, half) = (T::from_f64(self.steepness()), T::from_f64(0.5));
        match self {
            Surrogate::FastSigmoid { .. } => half + x / (T::ONE + k * x.abs()),
            Surrogate::Logistic { .. } => logistic(k * x),
            Surrogate::Triangular { .. } => {
                let away = T::ONE - k * x.abs();
                let tail = match away > T::ZERO {
                    true => half * away * away,
                    false => T::ZERO,
                };
                match x > T::ZERO {
                    true => T::ONE - tail,
                    false => tail,
                }
            }
            Surrogate::Arctan { .. } => {
                let pi = T::from_f64(PI);
                half + atan2(pi * k * x, T::ONE) / pi
            }
        }
    }
}

impl SpikeFunction {
    /// The slope of either.
    #[must_use]
    pub fn surrogate(self) -> Surrogate {
        match self {
            SpikeFunction::Hard(surrogate) | SpikeFunction::Soft(surrogate) => surrogate,
        }
    }

    /// The spike at x = u − ϑ. Numbers that carry derivatives get the slope's.
    #[must_use]
    pub fn value<T: Scalar>(self, x: T) -> T {
        match self {
            SpikeFunction::Soft(surrogate) => surrogate.twin(x),
            SpikeFunction::Hard(surrogate) => {
                let step = match x > T::ZERO {
                    true => T::ONE,
                    false => T::ZERO,
                };
                match T::CARRIES_TANGENTS {
                    true => step + surrogate.slope(x.detach()) * (x - x.detach()),
                    false => step,
                }
            }
        }
    }
}

fn fast_sigmoid<T: Scalar>(x: T, k: T) -> T {
    let below = T::ONE + k * x.abs();
    T::ONE / (below * below)
}

fn logistic_slope<T: Scalar>(x: T, k: T) -> T {
    let y = logistic(k * x);
    k * y * (T::ONE - y)
}

fn triangular<T: Scalar>(x: T, k: T) -> T {
    let height = T::ONE - k * x.abs();
    match height > T::ZERO {
        true => k * height,
        false => T::ZERO,
    }
}

fn arctan_slope<T: Scalar>(x: T, k: T) -> T {
    let z = T::from_f64(PI) * k * x;
    k / (T::ONE + z * z)
}

/// 1/(1 + e^(−z)), without an exponential that overflows.
pub(crate) fn logistic<T: Scalar>(z: T) -> T {
    match z > T::ZERO {
        true => T::ONE / (T::ONE + (-z).exp()),
        false => {
            let e = z.exp();
            e / (T::ONE + e)
        }
    }
}

impl fmt::Display for Surrogate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Surrogate::FastSigmoid { .. } => "fast-sigmoid",
            Surrogate::Logistic { .. } => "logistic",
            Surrogate::Triangular { .. } => "triangular",
            Surrogate::Arctan { .. } => "arctan",
        };
        write!(f, "{name}:{}", self.steepness())
    }
}

impl FromStr for Surrogate {
    type Err = String;

    /// From `NAME:STEEPNESS`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text} is no slope; write fast-sigmoid:5, logistic:4, triangular:1 or arctan:1, a name and its steepness"
            )
        };
        let (name, steepness) = text.split_once(':').ok_or_else(wrong)?;
        let steepness: f64 = steepness.parse().map_err(|_| wrong())?;
        if !(steepness > 0.0 && steepness.is_finite()) {
            return Err(wrong());
        }
        match name {
            "fast-sigmoid" => Ok(Surrogate::FastSigmoid { steepness }),
            "logistic" => Ok(Surrogate::Logistic { steepness }),
            "triangular" => Ok(Surrogate::Triangular { steepness }),
            "arctan" => Ok(Surrogate::Arctan { steepness }),
            _ => Err(wrong()),
        }
    }
}
