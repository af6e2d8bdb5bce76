//! The neurons of one layer over all steps, forth and back; the equations stand at
//! `bptt`.

#![allow(
    clippy::needless_range_loop,
    reason = "loops over many rows of one length are plainer with an index"
)]

use metaplast_tensor::Scalar;
use metaplast_tensor::kernels::{Write, matmul};

use crate::architecture::{Reset, SpikingArchitecture};
use crate::parameters::LayerParameters;
use crate::surrogate::SpikeFunction;

/// What a step needs of a layer's parameters, each `[n]`.
pub(crate) struct NeuronConstants<'a, T: Scalar> {
    reset: Reset,
    spike: SpikeFunction,
    gain: T,
    keep: Vec<T>,
    drive: Vec<T>,
    trace_keep: Vec<T>,
    trace_drive: Vec<T>,
    /// r, or zeros.
    self_loop: Vec<T>,
    membrane: &'a [T],
    synapse: &'a [T],
    threshold: &'a [T],
}

impl<'a, T: Scalar> NeuronConstants<'a, T> {
    pub(crate) fn new(architecture: &SpikingArchitecture, p: &'a LayerParameters<T>) -> Self {
        let gain = T::from_f64(architecture.gain);
        let of = |times: &[T], f: fn(T, T) -> T| -> Vec<T> {
            times.iter().map(|&time| f(gain, time)).collect()
        };
        let (membrane, synapse) = (p.membrane.data(), p.synapse.data());
        let zeros = || vec![T::ZERO; membrane.len()];
        NeuronConstants {
            reset: architecture.reset,
            spike: architecture.spike,
            gain,
            keep: of(membrane, |_, time| T::ONE - T::ONE / time),
            drive: of(membrane, |gain, time| gain / time),
            trace_keep: of(synapse, |_, time| T::ONE - T::ONE / time),
            trace_drive: of(synapse, |_, time| T::ONE / time),
            self_loop: p
                .self_loop
                .as_ref()
                .map_or_else(zeros, |r| r.data().to_vec()),
            membrane,
            synapse,
            threshold: p.threshold.data(),
        }
    }
}

/// A layer over all steps of a batch: arrays `[steps, batch, n]`.
#[derive(Clone, Debug, Default)]
pub(crate) struct LayerRun<T: Scalar> {
    /// i, and what comes in from below until the layer has run.
    pub(crate) current: Vec<T>,
    /// u
    pub(crate) membrane: Vec<T>,
    /// s
    pub(crate) spikes: Vec<T>,
    /// a
    pub(crate) trace: Vec<T>,
    /// The derivative by a, so far as it comes from layers above.
    pub(crate) from_above: Vec<T>,
    /// The derivative by i.
    pub(crate) from_current: Vec<T>,
}

impl<T: Scalar> LayerRun<T> {
    pub(crate) fn resize(&mut self, rows: usize, n: usize) {
        for buffer in [
            &mut self.current,
            &mut self.membrane,
            &mut self.spikes,
            &mut self.trace,
            &mut self.from_above,
            &mut self.from_current,
        ] {
            buffer.resize(rows * n, T::ZERO);
        }
    }

    /// Runs the layer; `recurrent` is Vᵀ.
    pub(crate) fn forward(
        &mut self,
        constants: &NeuronConstants<'_, T>,
        recurrent: Option<&[T]>,
        batch: usize,
    ) {
        match constants.spike {
            // Plain numbers carry no derivatives: nothing but the step.
            SpikeFunction::Hard(_) if !T::CARRIES_TANGENTS => {
                let step = |x: T| if x > T::ZERO { T::ONE } else { T::ZERO };
                self.forward_with(constants, recurrent, batch, step);
            }
            spike => self.forward_with(constants, recurrent, batch, |x| spike.value(x)),
        }
    }

    fn forward_with(
        &mut self,
        constants: &NeuronConstants<'_, T>,
        recurrent: Option<&[T]>,
        batch: usize,
        spike: impl Fn(T) -> T,
    ) {
        let n = constants.keep.len();
        let row = batch * n;
        let zeros = vec![T::ZERO; row];
        let hard = constants.reset == Reset::Hard;
        for start in (0..self.current.len()).step_by(row.max(1)) {
            let (before_u, u) = self.membrane.split_at_mut(start);
            let (before_s, s) = self.spikes.split_at_mut(start);
            let (before_a, a) = self.trace.split_at_mut(start);
            let [before_u, before_s, before_a] =
                [before_u, before_s, before_a].map(|earlier| last_step(earlier, &zeros));
            let current = &mut self.current[start..][..row];
            if let (Some(recurrent), true) = (recurrent, start > 0) {
                matmul(before_a, recurrent, current, batch, n, n, Write::Add);
            }
            for clip in (0..row).step_by(n) {
                let (keep, drive) = (&constants.keep[..n], &constants.drive[..n]);
                let (trace_keep, trace_drive) =
                    (&constants.trace_keep[..n], &constants.trace_drive[..n]);
                let (self_loop, threshold) = (&constants.self_loop[..n], &constants.threshold[..n]);
                let (u0, s0, a0) = (
                    &before_u[clip..][..n],
                    &before_s[clip..][..n],
                    &before_a[clip..][..n],
                );
                let i = &mut current[clip..][..n];
                let (u, s, a) = (
                    &mut u[clip..][..n],
                    &mut s[clip..][..n],
                    &mut a[clip..][..n],
                );
                for j in 0..n {
                    i[j] += a0[j] * self_loop[j];
                    let kept = match hard {
                        true => u0[j] * (T::ONE - s0[j]),
                        false => u0[j] - s0[j] * threshold[j],
                    };
                    u[j] = kept * keep[j] + i[j] * drive[j];
                    s[j] = spike(u[j] - threshold[j]);
                    a[j] = a0[j] * trace_keep[j] + s[j] * trace_drive[j];
                }
            }
        }
    }

    /// From [`from_above`](Self::from_above) to [`from_current`](Self::from_current) and the gradients
    /// of the layer's vectors; `recurrent` is V.
    pub(crate) fn backward(
        &mut self,
        constants: &NeuronConstants<'_, T>,
        recurrent: Option<&[T]>,
        batch: usize,
        by: &mut LayerParameters<T>,
    ) {
        let n = constants.keep.len();
        let row = batch * n;
        let hard = constants.reset == Reset::Hard;
        let zeros = vec![T::ZERO; row];
        let mut slopes = zeros.clone();
        // What the next step hands back to a, s and u of this one.
        let [mut later_a, mut later_s, mut later_u] = [(); 3].map(|()| zeros.clone());
        let [
            mut keep_sum,
            mut drive_sum,
            mut trace_keep_sum,
            mut trace_drive_sum,
        ] = [(); 4].map(|()| vec![T::ZERO; n]);
        let [mut loop_sum, mut threshold_sum] = [(); 2].map(|()| vec![T::ZERO; n]);
        let steps = self.current.len() / row.max(1);
        for t in (0..steps).rev() {
            let start = t * row;
            let [before_u, before_s, before_a] = [&self.membrane, &self.spikes, &self.trace]
                .map(|all| last_step(&all[..start], &zeros));
            let membrane = &self.membrane[start..][..row];
            for (slopes, u) in slopes.chunks_mut(n).zip(membrane.chunks(n)) {
                for ((slope, &u), &threshold) in slopes.iter_mut().zip(u).zip(constants.threshold) {
                    *slope = u - threshold;
                }
            }
            constants.spike.surrogate().slopes(&mut slopes);
            for clip in (0..row).step_by(n) {
                let (keep, drive) = (&constants.keep[..n], &constants.drive[..n]);
                let (trace_keep, trace_drive) =
                    (&constants.trace_keep[..n], &constants.trace_drive[..n]);
                let (self_loop, threshold) = (&constants.self_loop[..n], &constants.threshold[..n]);
                let place = start + clip;
                let s = &self.spikes[place..][..n];
                let (i, slope) = (&self.current[place..][..n], &slopes[clip..][..n]);
                let from_above = &self.from_above[place..][..n];
                let from_current = &mut self.from_current[place..][..n];
                let (u0, s0, a0) = (
                    &before_u[clip..][..n],
                    &before_s[clip..][..n],
                    &before_a[clip..][..n],
                );
                let (later_a, later_s, later_u) = (
                    &mut later_a[clip..][..n],
                    &mut later_s[clip..][..n],
                    &mut later_u[clip..][..n],
                );
                let (keep_sum, drive_sum) = (&mut keep_sum[..n], &mut drive_sum[..n]);
                let (trace_keep_sum, trace_drive_sum) =
                    (&mut trace_keep_sum[..n], &mut trace_drive_sum[..n]);
                let (loop_sum, threshold_sum) = (&mut loop_sum[..n], &mut threshold_sum[..n]);
                for j in 0..n {
                    let from_a = from_above[j] + later_a[j];
                    let from_s = from_a * trace_drive[j] + later_s[j];
                    let through = from_s * slope[j];
                    let from_u = through + later_u[j];
                    let from_i = from_u * drive[j];
                    let kept = from_u * keep[j];
                    from_current[j] = from_i;
                    let (kept_u, threshold_share) = match hard {
                        true => {
                            later_u[j] = kept * (T::ONE - s0[j]);
                            later_s[j] = -(kept * u0[j]);
                            (u0[j] * (T::ONE - s0[j]), -through)
                        }
                        false => {
                            later_u[j] = kept;
                            later_s[j] = -(kept * threshold[j]);
                            (u0[j] - s0[j] * threshold[j], -through - kept * s0[j])
                        }
                    };
                    later_a[j] = from_a * trace_keep[j] + from_i * self_loop[j];
                    keep_sum[j] += from_u * kept_u;
                    drive_sum[j] += from_u * i[j];
                    trace_keep_sum[j] += from_a * a0[j];
                    trace_drive_sum[j] += from_a * s[j];
                    loop_sum[j] += from_i * a0[j];
                    threshold_sum[j] += threshold_share;
                }
            }
            if let Some(recurrent) = recurrent {
                let from = &self.from_current[start..][..row];
                matmul(from, recurrent, &mut later_a, batch, n, n, Write::Add);
            }
        }
        // d(1 − 1/τ)/dτ = 1/τ², d(g/τ)/dτ = −g/τ².
        for j in 0..n {
            let (membrane, synapse) = (constants.membrane[j], constants.synapse[j]);
            by.membrane.data_mut()[j] =
                (keep_sum[j] - constants.gain * drive_sum[j]) / (membrane * membrane);
            by.synapse.data_mut()[j] =
                (trace_keep_sum[j] - trace_drive_sum[j]) / (synapse * synapse);
        }
        by.threshold.data_mut().copy_from_slice(&threshold_sum);
        if let Some(self_loop) = &mut by.self_loop {
            self_loop.data_mut().copy_from_slice(&loop_sum);
        }
    }
}

/// The last step of those before, or zeros before the first.
fn last_step<'a, T>(earlier: &'a [T], zeros: &'a [T]) -> &'a [T] {
    match earlier.len() {
        0 => zeros,
        len => &earlier[len - zeros.len()..],
    }
}
