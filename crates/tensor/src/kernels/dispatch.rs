//! Instruction sets: each loop is compiled for several, and the best one is chosen at run time.
//!
//! A [`Kernel`] is a struct of its arguments with one `#[inline(always)]` body. Here that body is
//! inlined into functions that enable an instruction set, so all of them run the same operations
//! in the same order; only the width of the registers differs. A [`Job`] is one kernel or several.
//!
//! Code size is the cost: `f32` and `f64` have every kernel three times on x86-64. Only wide code
//! is unrolled; the code for machines without fused multiply-add, and that of other numbers,
//! is small, and its sums have the same lanes, tree and order. Matrices of dual numbers are kept
//! [by their parts](super::parts), which are `f32` or `f64` again.

use std::sync::atomic::{AtomicU8, Ordering};

use super::instruction_set::{InstructionSet, InstructionSetError, VARIABLE};

/// The set in use as a number; any other number before the first kernel runs.
static CHOSEN: AtomicU8 = AtomicU8::new(u8::MAX);

/// The instruction set the kernels use on this machine: the best it has, or the one that the environment
/// variable `METAPLAST_INSTRUCTIONS` names (see [`chosen_instruction_set`]).
///
/// ```
/// let set = metaplast_tensor::kernels::instruction_set();
/// if !set.fused() {
///     eprintln!("{set}: results may differ in the last bit from machines with fused multiply-add");
/// }
/// ```
///
/// # Panics
/// The first time, when the variable names no set of this machine.
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
    match chosen_instruction_set() {
        Ok(Some(set)) => set,
        Ok(None) => InstructionSet::BEST_FIRST
            .into_iter()
            .find(|&set| available(set))
            .unwrap_or(InstructionSet::Portable),
        Err(error) => panic!("{VARIABLE}: {error}"),
    }
}

/// The set that `METAPLAST_INSTRUCTIONS` asks for, in place of the best: `avx512`, `avx2`, `neon` or
/// `portable`; none where the variable is not set or empty. For measurements and tests.
///
/// # Errors
/// When it names no set, or one that this machine does not have.
pub fn chosen_instruction_set() -> Result<Option<InstructionSet>, InstructionSetError> {
    let Some(name) = std::env::var_os(VARIABLE).filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let name = name.to_string_lossy();
    let set: InstructionSet = name.parse()?;
    match available(set) {
        true => Ok(Some(set)),
        false => Err(InstructionSetError::Missing(set)),
    }
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
