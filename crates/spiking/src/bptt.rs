//! Backpropagation through time, layer by layer.
//!
//! Layers see only those below and their own past, so that each is run over all steps before the next
//! one: what goes between layers is one matrix product of all steps and clips at once, and what goes on
//! within a layer is arithmetic on rows. All arrays are `[steps, batch, n]`. With a bar for the
//! derivative of the loss, from the last step to the first,
//!
//! ```text
//! ā[t] = (from above) + (1 − 1/τs) ā[t+1] + r ī[t+1] + Vᵀ ī[t+1]
//! s̄[t] = ā[t]/τs − (1 − 1/τm) u[t] ū[t+1]                       soft reset: … ϑ ū[t+1]
//! ū[t] = slope(u[t] − ϑ) s̄[t] + (1 − 1/τm) (1 − s[t]) ū[t+1]     soft reset: … without (1 − s[t])
//! ī[t] = g ū[t]/τm
//! ```

use metaplast_tensor::kernels::{Write, matmul, matmul_tn, sum};
use metaplast_tensor::{Scalar, Tensor};

use crate::architecture::SpikingArchitecture;
use crate::clip::check_batch;
use crate::neuron_pass::{LayerRun, NeuronConstants};
use crate::parameters::SpikingParameters;

/// Gradients of a network by backpropagation through time, its buffers kept from batch to batch.
///
/// The equations stand at [`SpikingArchitecture`]. The gradient is that of
/// [`RecordedNetwork`](crate::RecordedNetwork), without a tape, to rounding errors. All steps of a
/// batch are kept: some 6 numbers for each neuron, step and clip. For inputs that are too long for
/// that there is [`scan_gradient`](crate::scan_gradient).
///
/// ```
/// use metaplast_spiking::{BackpropThroughTime, SpikingArchitecture, SpikingParameters};
/// use metaplast_tensor::Tensor;
///
/// let architecture = SpikingArchitecture::scsr(3, &[8, 8], 2);
/// let parameters = SpikingParameters::<f32>::draw(&architecture, 1);
/// let spikes = Tensor::from_fn([20, 2, 3], |i| ((i[0] + i[1]) % 3 == 0) as u8 as f32);
/// let mut through_time = BackpropThroughTime::new(&architecture);
/// let gradient = through_time.gradient(&parameters, &spikes, &[0, 1]);
/// assert_eq!(gradient.logits.dims(), [2, 2]);
/// assert_eq!(gradient.by.layers[0].weights.dims(), [8, 3]);
/// ```
#[derive(Clone, Debug)]
pub struct BackpropThroughTime<T: Scalar> {
    architecture: SpikingArchitecture,
    layers: Vec<LayerRun<T>>,
    /// What the readout sees, and its state, `[steps, batch, outputs]`.
    seen: Vec<T>,
    readout: Vec<T>,
    /// A transposed matrix.
    transposed: Vec<T>,
    steps: usize,
    batch: usize,
}

/// What a batch gives.
#[derive(Clone, Debug)]
pub struct BatchGradient<T: Scalar> {
    /// The mean cross-entropy of the batch, in nats.
    pub loss: T,
    /// `[batch, outputs]`.
    pub logits: Tensor<T>,
    /// The gradient of the loss by every parameter, τ and ϑ themselves included.
    pub by: SpikingParameters<T>,
}

impl<T: Scalar> BackpropThroughTime<T> {
    /// For networks of an architecture.
    #[must_use]
    pub fn new(architecture: &SpikingArchitecture) -> Self {
        BackpropThroughTime {
            architecture: architecture.clone(),
            layers: architecture
                .layers
                .iter()
                .map(|_| LayerRun::default())
                .collect(),
            seen: Vec::new(),
            readout: Vec::new(),
            transposed: Vec::new(),
            steps: 0,
            batch: 0,
        }
    }

    /// Runs a batch of input spikes, `[steps, batch, inputs]`: the logits, `[batch, outputs]`.
    ///
    /// # Panics
    /// When the spikes are of another shape, or the parameters of another architecture.
    #[track_caller]
    pub fn logits(&mut self, parameters: &SpikingParameters<T>, spikes: &Tensor<T>) -> Tensor<T> {
        let architecture = &self.architecture;
        [self.steps, self.batch] =
            check_batch("backpropagation through time", spikes, architecture.inputs);
        let rows = self.steps * self.batch;
        for (place, p) in parameters.layers.iter().enumerate() {
            let (below, here) = self.layers.split_at_mut(place);
            let run = &mut here[0];
            let n = architecture.layers[place];
            run.resize(rows, n);
            let input = below.last().map_or(spikes.data(), |run| &run.trace);
            let transposed = &mut self.transposed;
            multiply(input, &p.weights, &mut run.current, transposed, Write::Set);
            if let Some(skip) = &p.skip {
                multiply(
                    spikes.data(),
                    skip,
                    &mut run.current,
                    transposed,
                    Write::Add,
                );
            }
            if let Some(recurrent) = &p.recurrent {
                transpose(recurrent, transposed);
            }
            let constants = NeuronConstants::new(architecture, p);
            let recurrent = p.recurrent.is_some().then_some(transposed.as_slice());
            run.forward(&constants, recurrent, self.batch);
        }
        self.read_out(parameters)
    }

    fn read_out(&mut self, parameters: &SpikingParameters<T>) -> Tensor<T> {
        let outputs = self.architecture.outputs;
        let row = self.batch * outputs;
        self.seen.resize(self.steps * row, T::ZERO);
        self.readout.resize(self.steps * row, T::ZERO);
        let p = &parameters.readout;
        let last = &self.layers[self.layers.len() - 1].trace;
        multiply(
            last,
            &p.weights,
            &mut self.seen,
            &mut self.transposed,
            Write::Set,
        );
        if let Some(skip) = &p.skip {
            let first = &self.layers[0].trace;
            multiply(
                first,
                skip,
                &mut self.seen,
                &mut self.transposed,
                Write::Add,
            );
        }
        let [keep, drive] = readout_constants(&self.architecture, p.membrane.data());
        let mut now = vec![T::ZERO; row];
        let mut logits = vec![T::ZERO; row];
        for t in 0..self.steps {
            let seen = &self.seen[t * row..][..row];
            for (k, now) in now.iter_mut().enumerate() {
                let output = k % outputs;
                *now = keep[output] * *now + drive[output] * seen[k];
                logits[k] += *now;
            }
            self.readout[t * row..][..row].copy_from_slice(&now);
        }
        let share = T::ONE / T::from_f64(self.steps as f64);
        logits.iter_mut().for_each(|logit| *logit *= share);
        Tensor::new([self.batch, outputs], logits)
    }

    /// Runs a batch and differentiates its mean cross-entropy against labels.
    ///
    /// # Panics
    /// As [`logits`](Self::logits), and when labels are too many, too few or too great.
    #[track_caller]
    pub fn gradient(
        &mut self,
        parameters: &SpikingParameters<T>,
        spikes: &Tensor<T>,
        labels: &[usize],
    ) -> BatchGradient<T> {
        let logits = self.logits(parameters, spikes);
        let (loss, slope) = cross_entropy(&logits, labels);
        let mut by = SpikingParameters::zeros(&self.architecture);
        self.back_to_traces(parameters, &slope, &mut by);
        for place in (0..self.layers.len()).rev() {
            let (below, here) = self.layers.split_at_mut(place);
            let (run, p) = (&mut here[0], &parameters.layers[place]);
            let constants = NeuronConstants::new(&self.architecture, p);
            let recurrent = p.recurrent.as_ref().map(|v| v.data());
            let by = &mut by.layers[place];
            run.backward(&constants, recurrent, self.batch, by);
            let input = below.last().map_or(spikes.data(), |run| &run.trace);
            outer(&run.from_current, input, &mut by.weights);
            if let Some(skip) = &mut by.skip {
                outer(&run.from_current, spikes.data(), skip);
            }
            if let Some(recurrent) = &mut by.recurrent {
                let one_step = (self.batch * recurrent.dims()[0]).min(run.trace.len());
                let earlier = &run.trace[..run.trace.len() - one_step];
                outer(&run.from_current[one_step..], earlier, recurrent);
            }
            if let Some(below) = below.last_mut() {
                back(&run.from_current, &p.weights, &mut below.from_above);
            }
        }
        BatchGradient { loss, logits, by }
    }

    /// From the logits' derivative to those of the traces that the readout sees.
    #[allow(
        clippy::needless_range_loop,
        reason = "many rows of one length are walked along"
    )]
    fn back_to_traces(
        &mut self,
        parameters: &SpikingParameters<T>,
        slope: &[T],
        by: &mut SpikingParameters<T>,
    ) {
        let outputs = self.architecture.outputs;
        let row = self.batch * outputs;
        let p = &parameters.readout;
        let [keep, drive] = readout_constants(&self.architecture, p.membrane.data());
        let share = T::ONE / T::from_f64(self.steps as f64);
        let mut later = vec![T::ZERO; row];
        let mut by_constants = [vec![T::ZERO; outputs], vec![T::ZERO; outputs]];
        let mut from_seen = vec![T::ZERO; self.steps * row];
        for t in (0..self.steps).rev() {
            for k in 0..row {
                let output = k % outputs;
                let from = slope[k] * share + later[k];
                let before = match t {
                    0 => T::ZERO,
                    t => self.readout[(t - 1) * row + k],
                };
                by_constants[0][output] += from * before;
                by_constants[1][output] += from * self.seen[t * row + k];
                from_seen[t * row + k] = drive[output] * from;
                later[k] = keep[output] * from;
            }
        }
        let gain = T::from_f64(self.architecture.readout_gain);
        let times = p.membrane.data().iter();
        for ((into, &time), k) in by
            .readout
            .membrane
            .data_mut()
            .iter_mut()
            .zip(times)
            .zip(0..)
        {
            *into = (by_constants[0][k] - gain * by_constants[1][k]) / (time * time);
        }
        for run in &mut self.layers {
            run.from_above.fill(T::ZERO);
        }
        let last = self.layers.len() - 1;
        outer(
            &from_seen,
            &self.layers[last].trace,
            &mut by.readout.weights,
        );
        back(&from_seen, &p.weights, &mut self.layers[last].from_above);
        if let (Some(skip), Some(by)) = (&p.skip, &mut by.readout.skip) {
            outer(&from_seen, &self.layers[0].trace, by);
            back(&from_seen, skip, &mut self.layers[0].from_above);
        }
    }

    /// Spikes of each layer in the batch that was run last, `[steps, batch, n]`.
    #[must_use]
    pub fn spikes(&self, layer: usize) -> Tensor<T> {
        let n = self.architecture.layers[layer];
        Tensor::new(
            [self.steps, self.batch, n],
            self.layers[layer].spikes.clone(),
        )
    }

    /// Spikes of each neuron of a layer per step and clip, in the batch that was run last, `[n]`.
    #[must_use]
    pub fn rates(&self, layer: usize) -> Vec<f64> {
        let n = self.architecture.layers[layer];
        let rows = (self.steps * self.batch).max(1) as f64;
        let mut rates = vec![0.0; n];
        for row in self.layers[layer].spikes.chunks(n) {
            for (rate, s) in rates.iter_mut().zip(row) {
                *rate += s.to_f64();
            }
        }
        rates.iter_mut().for_each(|rate| *rate /= rows);
        rates
    }
}

/// 1 − 1/τo and g_o/τo.
fn readout_constants<T: Scalar>(architecture: &SpikingArchitecture, times: &[T]) -> [Vec<T>; 2] {
    let gain = T::from_f64(architecture.readout_gain);
    let keep = times.iter().map(|&time| T::ONE - T::ONE / time);
    let drive = times.iter().map(|&time| gain / time);
    [keep.collect(), drive.collect()]
}

/// Mean cross-entropy of rows of logits, and its derivative by them.
#[track_caller]
fn cross_entropy<T: Scalar>(logits: &Tensor<T>, labels: &[usize]) -> (T, Vec<T>) {
    let (batch, outputs) = (logits.dims()[0], logits.dims()[1]);
    assert!(
        labels.len() == batch && labels.iter().all(|&label| label < outputs),
        "cross-entropy: logits of shape {}, labels {labels:?}",
        logits.shape()
    );
    let share = T::ONE / T::from_f64(batch as f64);
    let mut slope = Vec::with_capacity(batch * outputs);
    let mut losses = Vec::with_capacity(batch);
    for (row, &label) in logits.rows().zip(labels) {
        let most = row
            .iter()
            .copied()
            .fold(row[0], |a, b| if b > a { b } else { a });
        let most = most.detach();
        let terms: Vec<T> = row.iter().map(|&z| (z - most).exp()).collect();
        let total = sum(&terms);
        losses.push(total.ln() + most - row[label]);
        slope.extend(terms.iter().enumerate().map(|(k, &term)| {
            let target = if k == label { T::ONE } else { T::ZERO };
            (term / total - target) * share
        }));
    }
    (sum(&losses) * share, slope)
}

/// C ← X Wᵀ, or plus. X has as many columns as W.
fn multiply<T: Scalar>(x: &[T], w: &Tensor<T>, c: &mut [T], transposed: &mut Vec<T>, write: Write) {
    let (n, k) = (w.dims()[0], w.dims()[1]);
    transpose(w, transposed);
    matmul(x, transposed, c, x.len() / k, k, n, write);
}

fn transpose<T: Scalar>(w: &Tensor<T>, into: &mut Vec<T>) {
    let (n, k) = (w.dims()[0], w.dims()[1]);
    let places = (0..k).flat_map(|col| (0..n).map(move |row| row * k + col));
    into.clear();
    into.extend(places.map(|place| w.data()[place]));
}

/// W̄ ← Īᵀ X
fn outer<T: Scalar>(from: &[T], x: &[T], into: &mut Tensor<T>) {
    let (n, k) = (into.dims()[0], into.dims()[1]);
    matmul_tn(from, x, into.data_mut(), n, from.len() / n, k, Write::Set);
}

/// X̄ ← X̄ + Ī W
fn back<T: Scalar>(from: &[T], w: &Tensor<T>, into: &mut [T]) {
    let (n, k) = (w.dims()[0], w.dims()[1]);
    matmul(from, w.data(), into, from.len() / n, n, k, Write::Add);
}
