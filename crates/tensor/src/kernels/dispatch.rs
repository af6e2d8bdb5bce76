//! Instruction sets: each loop is compiled for several, and the best one is chosen at run time.
//!
//! A [`Kernel`] is a struct of its arguments with one `#[inline(always)]` body. Here that body is
//! inlined into functions that enable an instruction set, so all of them run the same operations
//! in the same order; only the width of the registers differs. A [`Job`] is one kernel or several.
//!
//! Code size is the cost: `f32` and `f64` have every kernel three times on x86-64. Only wide code
//! is unrolled; the code for machines without fused multiply-add, and that of other numbers such
//! as dual ones, is small, and its sums have the same lanes, tree and order.

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

/// The set in use as a number; any other number before the first kernel runs.
static CHOSEN: AtomicU8 = AtomicU8::new(u8::MAX);

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
fn available(set: InstructionSet) -> bool {
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

/// Lets the kernels use this instruction set from now on, in all threads, if the machine has it.
///
/// For tests that compare instruction sets. Returns whether the machine has it.
#[doc(hidden)]
#[must_use]
pub fn use_instruction_set(set: InstructionSet) -> bool {
    let there = available(set);
    if there {
        CHOSEN.store(set as u8, Ordering::Relaxed);
    }
    there
}

/// How the body of a kernel is written out, decided when it is compiled.
pub(crate) trait Code {
    /// Whether a product is added by the number's own multiply-add, which `f32` and `f64` round
    /// once and other numbers round twice; otherwise by two operations.
    const FUSED: bool;
    /// Whether several rows and vectors share their loads. That takes many registers and much
    /// code, and changes no bit of a result.
    const UNROLLED: bool;
    /// Whether there are 32 registers of 64 bytes, for which larger tiles pay.
    const LARGE_TILES: bool = false;
}

/// For wide instructions.
pub(crate) struct Wide;

impl Code for Wide {
    const FUSED: bool = true;
    const UNROLLED: bool = true;
}

/// For the widest instructions.
pub(crate) struct Widest;

impl Code for Widest {
    const FUSED: bool = true;
    const UNROLLED: bool = true;
    const LARGE_TILES: bool = true;
}

/// `f32` and `f64` for machines without fused multiply-add: small, as it hardly ever runs.
pub(crate) struct Rounded;

impl Code for Rounded {
    const FUSED: bool = false;
    const UNROLLED: bool = false;
}

/// Numbers without kernels of their own, which are large: dual ones.
pub(crate) struct Plain;

impl Code for Plain {
    const FUSED: bool = true;
    const UNROLLED: bool = false;
}

/// A loop and its arguments.
///
/// Implementations mark `run`, and all it calls in its inner loops, `#[inline(always)]`: code that
/// stays out of line is compiled without the wide instructions.
pub(crate) trait Kernel {
    /// What the loop returns.
    type Output;

    /// Runs the loop. Call it with [`Wide`] or [`Widest`] only where the hardware has fused multiply-add.
    fn run<C: Code>(self) -> Self::Output;
}

/// What runs kernels.
pub(crate) trait Machine {
    /// How their bodies are written out.
    type Code: Code;

    fn run<K: Kernel>(kernel: K) -> K::Output;
}

/// Any machine, and any number.
pub(crate) struct Anywhere;

impl Machine for Anywhere {
    type Code = Plain;

    /// Out of line, since one function that held many kernels would take long to compile.
    #[inline(never)]
    fn run<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Plain>()
    }
}

/// A machine without fused multiply-add.
pub(crate) struct Portable;

impl Machine for Portable {
    type Code = Rounded;

    #[inline(never)]
    fn run<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Rounded>()
    }
}

/// This machine, by the best of its instruction sets with fused multiply-add.
struct Fused;

impl Machine for Fused {
    type Code = Wide;

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
            InstructionSet::Neon => kernel.run::<Wide>(),
            set => unreachable!("{set} has no wide kernels here"),
        }
    }
}

/// A kernel, or several that run one after the other.
pub(crate) trait Job: Sized {
    /// What the last of them returns.
    type Output;

    fn run_on<M: Machine>(self) -> Self::Output;

    /// Runs on this machine, by its best instruction set.
    #[inline]
    fn run_here(self) -> Self::Output {
        if instruction_set().fused() {
            self.run_on::<Fused>()
        } else {
            self.run_on::<Portable>()
        }
    }
}

impl<K: Kernel> Job for K {
    type Output = K::Output;

    #[inline]
    fn run_on<M: Machine>(self) -> K::Output {
        M::run(self)
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512vl,avx512bw,avx512dq")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Widest>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Wide>()
}
