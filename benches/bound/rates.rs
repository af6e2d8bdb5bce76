//! What one thread of this machine streams and multiplies.

use std::fmt;
use std::hint::black_box;
use std::time::Instant;

use pulp::{Arch, Simd, WithSimd};

use crate::traffic::Traffic;

/// Forward weights, feedback weights and adjoint: what an episode goes round.
const MATRICES: usize = 3;
/// Rounds of a measurement, of which the median counts.
const ROUNDS: usize = 9;
/// Elements of each matrix in a round, in as many passes as it takes.
const ELEMENTS: usize = 1 << 22;

/// Bytes and flops a second.
pub(crate) struct Rates {
    /// Bytes read, where nothing is written.
    pub(crate) read: f64,
    /// Bytes read and bytes written, where each element read is written back.
    pub(crate) update: f64,
    /// Fused multiply-adds of `f32` in registers, two flops each.
    pub(crate) flops: f64,
}

impl Rates {
    /// Of matrices of so many elements, which are in whichever cache they fit in.
    pub(crate) fn measure(elements: usize) -> Self {
        let mut matrices = vec![vec![1.0f32; elements]; MATRICES];
        let arch = Arch::new();
        let passes = ELEMENTS.div_ceil(elements);
        let bytes = (passes * MATRICES * elements * size_of::<f32>()) as f64;
        let read = rate(bytes, || {
            for _ in 0..passes {
                for matrix in &matrices {
                    black_box(arch.dispatch(Sum(matrix)));
                }
            }
        });
        let update = rate(2.0 * bytes, || {
            for _ in 0..passes {
                for matrix in &mut matrices {
                    arch.dispatch(Scale(matrix));
                }
            }
        });
        let lanes = arch.dispatch(Lanes);
        let rounds = 200_000;
        let flops = rate((2 * CHAINS * lanes * rounds) as f64, || {
            black_box(arch.dispatch(MultiplyAdd { rounds }));
        });
        Rates {
            read,
            update,
            flops,
        }
    }

    pub(crate) fn mean(&self, other: &Rates) -> Rates {
        Rates {
            read: (self.read + other.read) / 2.0,
            update: (self.update + other.update) / 2.0,
            flops: (self.flops + other.flops) / 2.0,
        }
    }

    /// Seconds that the bytes of a step take.
    pub(crate) fn streaming(&self, traffic: &Traffic) -> f64 {
        traffic.read / self.read + traffic.update / self.update
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rates {
            read,
            update,
            flops,
        } = self;
        write!(
            f,
            "read {:.0} GB/s, update {:.0} GB/s, {:.0} GFLOP/s",
            read / 1e9,
            update / 1e9,
            flops / 1e9
        )
    }
}

/// `amount` over the median time of `run`.
fn rate(amount: f64, mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let begin = Instant::now();
            run();
            begin.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    amount / times[ROUNDS / 2]
}

/// Independent chains, enough to hide the latency of a multiply-add.
const CHAINS: usize = 12;

struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

struct MultiplyAdd {
    rounds: usize,
}

impl WithSimd for MultiplyAdd {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let factor = simd.splat_f32s(black_box(0.999));
        let addend = simd.splat_f32s(black_box(1e-3));
        let mut chains = [simd.splat_f32s(0.5); CHAINS];
        for _ in 0..self.rounds {
            for chain in &mut chains {
                *chain = simd.mul_add_f32s(*chain, factor, addend);
            }
        }
        let sums = chains.map(|chain| simd.reduce_sum_f32s(chain));
        sums.iter().sum()
    }
}

struct Sum<'a>(&'a [f32]);

impl WithSimd for Sum<'_> {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (blocks, _) = S::as_simd_f32s(self.0);
        let (blocks, _) = pulp::as_arrays::<8, _>(blocks);
        let mut sums = [simd.splat_f32s(0.0); 8];
        for block in blocks {
            for (sum, &x) in sums.iter_mut().zip(block) {
                *sum = simd.add_f32s(*sum, x);
            }
        }
        let sums = sums.map(|sum| simd.reduce_sum_f32s(sum));
        sums.iter().sum()
    }
}

struct Scale<'a>(&'a mut [f32]);

impl WithSimd for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let factor = simd.splat_f32s(black_box(1.0));
        let (blocks, _) = S::as_mut_simd_f32s(self.0);
        for x in blocks {
            *x = simd.mul_f32s(*x, factor);
        }
    }
}
