//! TSSL-BP: a layer of spiking neurons as one operation, differentiated by its spike *times*.
//!
//! ```text
//! Δu_t = i_t − v_(t−1)/τm      u_t = v_(t−1) + Δu_t      s_t = [u_t > ϑ]      v_t = u_t (1 − s_t)
//! a_t = a_(t−1) + (s_t − a_(t−1))/τs
//! ```
//!
//! Back, with G_t = Σ_k ā_(t+k) (1 − 1/τs)^k/τs, which is what a spike at t is worth, and
//! p_t = s_t/Δu_t, 8 at most and 0 below zero, which is how much earlier it comes for more current:
//!
//! ```text
//! κ_t = p_t G_t + κ_(t+1) (u_t p_t/τm + (1 − 1/τm)(1 − s_t))
//! ī_t += κ_t where a_t ≥ 1/(4τs), else G_t times the logistic slope of width 0.2 at u_t − ϑ
//! ```
//!
//! The arithmetic is that of the authors' release (Zhang & Li, *Temporal spike sequence learning via
//! backpropagation for deep spiking neural networks*, NeurIPS 2020).

use std::sync::Arc;

use metaplast_autodiff::{Adjoints, Inputs, Op, Var};
use metaplast_tensor::{Scalar, Shape};

/// How much earlier a spike comes, at most, for more current.
const MOST: f64 = 8.0;
/// Width of the logistic slope where a neuron has not spiked lately.
const WIDTH: f64 = 0.2;
/// The exponent's bound in that slope.
const EXPONENT: f64 = 8.0;

/// Constants of a layer of neurons that all have the same, differentiated by [TSSL-BP](Self::layer).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TsslBp {
    /// Time constant τm of the membrane, in steps.
    pub membrane: f64,
    /// Time constant τs of the trace that synapses see, in steps.
    pub synapse: f64,
    /// Threshold ϑ.
    pub threshold: f64,
}

impl TsslBp {
    /// Input currents to traces, both `[steps, …]`, whatever the other axes: each column is a neuron.
    /// Everything starts at 0; the reset is hard.
    ///
    /// Zhang & Li, NeurIPS 2020. The way back is not the gradient of the way there, which has none: forward
    /// mode, on dual numbers, knows nothing of it.
    ///
    /// ```
    /// use metaplast_autodiff::Tape;
    /// use metaplast_spiking::TsslBp;
    /// use metaplast_tensor::tensor;
    ///
    /// let tape = Tape::<f64>::new();
    /// let current = tape.var(&tensor![[0.8], [0.8], [0.0]]);
    /// let layer = TsslBp { membrane: 5.0, synapse: 2.0, threshold: 1.0 };
    /// let trace = layer.layer(current);
    /// assert_eq!(trace.value(), tensor![[0.0], [0.5], [0.25]]);
    /// assert!(trace.sum().backward().wrt(current).data()[1] > 0.0);
    /// ```
    ///
    /// # Panics
    /// When the currents are of rank 0.
    #[must_use]
    #[track_caller]
    pub fn layer<T: Scalar>(self, current: Var<'_, T>) -> Var<'_, T> {
        current.tape().custom(Arc::new(self), &[current])
    }

    /// Membranes and spikes, step by step: `see(step, neuron, Δu, u, s)`.
    fn run<T: Scalar>(self, current: &[T], neurons: usize, mut see: impl FnMut(usize, T, T, bool)) {
        let leak = T::from_f64(1.0 / self.membrane);
        let threshold = T::from_f64(self.threshold);
        let mut kept = vec![T::ZERO; neurons];
        for (place, &i) in current.iter().enumerate() {
            let v = &mut kept[place % neurons];
            let change = i - leak * *v;
            let u = *v + change;
            let spikes = u > threshold;
            *v = if spikes { T::ZERO } else { u };
            see(place, change, u, spikes);
        }
    }
}

impl<T: Scalar> Op<T> for TsslBp {
    fn name(&self) -> &'static str {
        "tssl_bp"
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let current = operands[0];
        assert!(
            !current.dims().is_empty(),
            "tssl_bp: currents of shape {current}, not [steps, …]"
        );
        current.clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        let Some(neurons) = neurons(inputs.shape(0)) else {
            return;
        };
        let rate = T::from_f64(1.0 / self.synapse);
        self.run(inputs.value(0), neurons, |place, _, _, spikes| {
            let before = match place >= neurons {
                true => output[place - neurons],
                false => T::ZERO,
            };
            let s = if spikes { T::ONE } else { T::ZERO };
            output[place] = before + (s - before) * rate;
        });
    }

    fn vjp(
        &self,
        inputs: &Inputs<'_, T>,
        output: &[T],
        output_adjoint: &[T],
        adjoints: &mut Adjoints<'_, T>,
    ) {
        let Some(neurons) = neurons(inputs.shape(0)) else {
            return;
        };
        let Some(into) = adjoints.of(0) else {
            return;
        };
        let mut changes = Vec::with_capacity(into.len());
        let mut membranes = Vec::with_capacity(into.len());
        let mut fired = Vec::with_capacity(into.len());
        self.run(inputs.value(0), neurons, |_, change, u, spikes| {
            changes.push(change);
            membranes.push(u);
            fired.push(spikes);
        });
        let number = T::from_f64;
        let (leak, rate) = (number(1.0 / self.membrane), number(1.0 / self.synapse));
        let (keeps, decays) = (T::ONE - leak, T::ONE - rate);
        let lately = number(1.0 / (4.0 * self.synapse));
        let mut worth = vec![T::ZERO; neurons];
        let mut later = vec![T::ZERO; neurons];
        for place in (0..into.len()).rev() {
            let (worth, later) = (&mut worth[place % neurons], &mut later[place % neurons]);
            *worth = output_adjoint[place] * rate + *worth * decays;
            // A step without a spike has none that could come earlier.
            let change = match fired[place] {
                true => {
                    let earlier = earlier(changes[place]);
                    earlier * *worth + *later * membranes[place] * leak * earlier
                }
                false => *later * keeps,
            };
            *later = change;
            into[place] += match output[place] < lately {
                true => *worth * logistic_slope(membranes[place] - number(self.threshold)),
                false => change,
            };
        }
    }
}

/// The number of columns; `None` where there is nothing.
fn neurons(shape: &Shape) -> Option<usize> {
    (shape.len() > 0).then(|| shape.dims()[1..].iter().product())
}

/// 1/Δu between 0 and 8; 8 at 0.
fn earlier<T: Scalar>(change: T) -> T {
    let most = T::from_f64(MOST);
    if change < T::ZERO {
        T::ZERO
    } else if change * most <= T::ONE {
        most
    } else {
        T::ONE / change
    }
}

/// The logistic slope of width 0.2, its exponent between −8 and 8.
fn logistic_slope<T: Scalar>(x: T) -> T {
    let (width, most) = (T::from_f64(WIDTH), T::from_f64(EXPONENT));
    let z = -x / width;
    let z = if z > most {
        most
    } else if z < -most {
        -most
    } else {
        z
    };
    let e = z.exp();
    e / ((T::ONE + e) * (T::ONE + e) * width)
}
