//! One loop, compiled for several instruction sets, the best one chosen when the program runs.
//!
//! A kernel is a struct of its arguments with one `#[inline(always)]` body. Here that body is
//! inlined into functions that switch instruction sets on, so all of them run the same operations
//! in the same order; only the width of the registers differs.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

/// What the kernels run on.
///
/// All sets with fused multiply-add give the same bits; [`Portable`](Self::Portable) rounds each
/// product and may differ from them in the last place.
///
/// See [`instruction_set`] for an example.
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

/// The instruction set the kernels use on this machine.
///
/// ```
/// let set = metaplast_tensor::kernels::instruction_set();
/// if !set.fused() {
///     eprintln!("{set}: results may differ in the last bit from machines with fused multiply-add");
/// }
/// ```
#[inline]
#[must_use]
pub fn instruction_set() -> InstructionSet {
    const UNKNOWN: u8 = u8::MAX;
    static CHOSEN: AtomicU8 = AtomicU8::new(UNKNOWN);

    // Racing threads detect the same thing, so a relaxed store is enough.
    match CHOSEN.load(Ordering::Relaxed) {
        0 => InstructionSet::Portable,
        1 => InstructionSet::Avx2,
        2 => InstructionSet::Avx512,
        3 => InstructionSet::Neon,
        _ => {
            let set = detect();
            CHOSEN.store(set as u8, Ordering::Relaxed);
            set
        }
    }
}

#[cold]
fn detect() -> InstructionSet {
    [
        InstructionSet::Avx512,
        InstructionSet::Avx2,
        InstructionSet::Neon,
    ]
    .into_iter()
    .find(|&set| available(set))
    .unwrap_or(InstructionSet::Portable)
}

/// Whether this machine can run kernels compiled for `set`.
pub(crate) fn available(set: InstructionSet) -> bool {
    match set {
        InstructionSet::Portable => true,
        InstructionSet::Neon => cfg!(target_arch = "aarch64"),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx512 => {
            available(InstructionSet::Avx2)
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
        }
        #[cfg(not(target_arch = "x86_64"))]
        InstructionSet::Avx2 | InstructionSet::Avx512 => false,
    }
}

/// A loop and its arguments.
///
/// Implementations mark `run`, and all it calls in its inner loops, `#[inline(always)]`: code that
/// stays out of line is compiled without the wide instructions.
pub(crate) trait Kernel {
    type Output;
    /// With `FMA`, multiply-add is fused; ask for it only where the hardware has it.
    fn run<const FMA: bool>(self) -> Self::Output;
}

/// Something that runs kernels.
pub(crate) trait Machine {
    /// Whether several rows and vectors at a time are worth their code.
    const UNROLLS: bool = true;

    fn run<K: Kernel>(kernel: K) -> K::Output;
}

/// Any machine, by what the compiler was told to target.
pub(crate) struct Anywhere;

impl Machine for Anywhere {
    // Numbers that bring no kernels of their own are large: dual ones.
    const UNROLLS: bool = false;

    #[inline]
    fn run<K: Kernel>(kernel: K) -> K::Output {
        run_portable(kernel)
    }
}

/// This machine, by its best instruction set.
pub(crate) struct Here;

impl Machine for Here {
    #[inline]
    fn run<K: Kernel>(kernel: K) -> K::Output {
        match instruction_set() {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `instruction_set` names AVX-512 only after `available` found every feature
            // that `run_avx512` enables.
            InstructionSet::Avx512 => unsafe { run_avx512(kernel) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `instruction_set` names AVX2 only after `available` found AVX2 and FMA.
            InstructionSet::Avx2 => unsafe { run_avx2(kernel) },
            // Fused multiply-add is part of every 64-bit ARM processor.
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Neon => kernel.run::<true>(),
            _ => run_portable(kernel),
        }
    }
}

/// Out of line, since one function that held many kernels would take long to compile.
#[inline(never)]
fn run_portable<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<false>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
pub(crate) fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<true>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<true>()
}
