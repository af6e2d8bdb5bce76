//! Instruction sets by name.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

/// The environment variable that names one.
pub(super) const VARIABLE: &str = "METAPLAST_INSTRUCTIONS";

/// What the kernels run on.
///
/// All sets with fused multiply-add give the same bits; [`Portable`](Self::Portable) rounds each
/// product and may differ from them in the last place.
///
/// ```
/// use metaplast_tensor::kernels::InstructionSet;
///
/// let set: InstructionSet = "avx2".parse()?;
/// assert_eq!(set, InstructionSet::Avx2);
/// assert_eq!(set.to_string(), "AVX2 with FMA");
/// # Ok::<(), metaplast_tensor::kernels::InstructionSetError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstructionSet {
    /// What the compiler was told to target, products rounded before they are added.
    Portable,
    /// x86-64 with AVX2 and FMA.
    Avx2,
    /// x86-64 with AVX-512 (F, VL, BW, DQ) and FMA.
    Avx512,
    /// 64-bit ARM.
    Neon,
}

impl InstructionSet {
    /// In the order in which they are tried.
    pub(super) const BEST_FIRST: [Self; 3] = [Self::Avx512, Self::Avx2, Self::Neon];

    /// Whether products are added without being rounded first.
    ///
    /// ```
    /// use metaplast_tensor::kernels::InstructionSet;
    ///
    /// assert!(InstructionSet::Avx2.fused() && !InstructionSet::Portable.fused());
    /// ```
    #[must_use]
    pub fn fused(self) -> bool {
        self != Self::Portable
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Portable => "portable",
            Self::Avx2 => "AVX2 with FMA",
            Self::Avx512 => "AVX-512",
            Self::Neon => "NEON",
        })
    }
}

impl FromStr for InstructionSet {
    type Err = InstructionSetError;

    fn from_str(name: &str) -> Result<Self, InstructionSetError> {
        match name {
            "avx512" => Ok(Self::Avx512),
            "avx2" => Ok(Self::Avx2),
            "neon" => Ok(Self::Neon),
            "portable" => Ok(Self::Portable),
            _ => Err(InstructionSetError::Unknown(name.to_owned())),
        }
    }
}

/// Why the kernels cannot run on an instruction set that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InstructionSetError {
    /// There is none of this name.
    Unknown(String),
    /// This machine does not have it.
    Missing(InstructionSet),
}

impl fmt::Display for InstructionSetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(
                f,
                "no instruction set `{}`; choose avx512, avx2, neon or portable",
                name.escape_debug()
            ),
            Self::Missing(set) => write!(
                f,
                "this machine has no {set}; unset the variable for the best it has"
            ),
        }
    }
}

impl Error for InstructionSetError {}
