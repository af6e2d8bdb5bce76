//! Richards' equation.

use std::sync::Arc;

use thiserror::Error;

use super::FlowMesh;
use super::banded::BandedMatrix;
use crate::permeability::PermeabilityTensor;
use crate::retention::{HystereticLaw, HystereticRetention, VanGenuchten};

/// Iterations of a step.
const MOST: usize = 100;
/// The change of pressure head, cm, at which a step is done.
const TOLERANCE: f64 = 1e-7;
/// Iterations after which changes are halved, and halved again: curves have kinks where a soil turns round, between
/// whose slopes whole changes may go to and fro.
const DAMPED: [usize; 2] = [15, 40];

/// Why a step was not made.
#[derive(Clone, Copy, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum FlowError {
    /// The iteration did not come to rest.
    #[error(
        "unsaturated flow: a step of {duration} did not converge within {MOST} iterations; take a shorter one"
    )]
    Diverged {
        /// The step in days.
        duration: f64,
    },
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct FlowStep {
    /// Iterations.
    pub iterations: usize,
    /// The water that came in through nodes with a given pressure head during the step: cm of a column, cm² of a
    /// rectangle.
    pub inflow: f64,
}

/// Flow in an unsaturated soil with hysteresis,
///
/// ```text
/// ∂θ/∂t = ∇ · (k_r(θ) K (∇ψ + e_z))        ψ = −h the pressure head, K the saturated conductivity
/// ```
///
/// by linear finite elements with lumped storage and backward Euler steps, in the mixed form with the modified
/// Picard iteration of Celia, Bouloutas & Zarba (Water Resour. Res. 26:1483, 1990), which keeps the water balance.
/// The water content of each node follows a [`HystereticRetention`] of its own; k_r is Mualem's
/// ([`VanGenuchten::conductivity_at`]), at the mean over an element's nodes. Where no pressure head is given,
/// nothing flows through the boundary.
///
/// ```
/// use std::sync::Arc;
/// use metaplast_search::flow::{FlowMesh, UnsaturatedFlow};
/// use metaplast_search::permeability::PermeabilityTensor;
/// use metaplast_search::retention::{HystereticLaw, VanGenuchten};
///
/// // Loam above a water table: dry at the top, it takes water up from below.
/// let (_, loam) = VanGenuchten::TEXTURES[3];
/// let law = Arc::new(HystereticLaw::of_ratio(loam, 2.0));
/// let k = PermeabilityTensor::isotropic(loam.k_s);
/// let mut flow = UnsaturatedFlow::new(FlowMesh::column(50.0, 25), &law, loam, k, |_| 100.0);
/// let before = flow.water();
/// let mut inflow = 0.0;
/// for _ in 0..20 {
///     inflow += flow.step(0.01, &[(0, 0.0)])?.inflow;
/// }
/// assert!(inflow > 0.5 && (flow.water() - before - inflow).abs() < 1e-8);
/// # Ok::<(), metaplast_search::flow::FlowError>(())
/// ```
#[derive(Clone, Debug)]
pub struct UnsaturatedFlow {
    mesh: FlowMesh,
    conductivity: PermeabilityTensor,
    /// Whose Mualem exponent k_r has.
    mualem: VanGenuchten,
    /// Residual and saturated water content, between which θ becomes the saturation of k_r.
    bounds: (f64, f64),
    retention: Vec<HystereticRetention>,
    head: Vec<f64>,
}

impl UnsaturatedFlow {
    /// At rest nowhere in particular: each node at the suction, cm, that `suction` gives for its place, on the main
    /// drying curve. `conductivity` is that of saturated soil, cm a day; `mualem` gives k_r and the water contents
    /// between which it lies.
    #[must_use]
    pub fn new(
        mesh: FlowMesh,
        law: &Arc<HystereticLaw>,
        mualem: VanGenuchten,
        conductivity: PermeabilityTensor,
        suction: impl Fn([f64; 2]) -> f64,
    ) -> Self {
        let suctions: Vec<f64> = mesh.nodes().iter().map(|&place| suction(place)).collect();
        UnsaturatedFlow {
            conductivity,
            mualem,
            bounds: (mualem.theta_r, mualem.theta_s),
            retention: suctions
                .iter()
                .map(|&suction| HystereticRetention::of(law, suction))
                .collect(),
            head: suctions.iter().map(|suction| -suction).collect(),
            mesh,
        }
    }

    /// The mesh.
    #[must_use]
    pub fn mesh(&self) -> &FlowMesh {
        &self.mesh
    }

    /// The pressure head of each node in cm.
    #[must_use]
    pub fn heads(&self) -> &[f64] {
        &self.head
    }

    /// The water content of each node.
    #[must_use]
    pub fn water_contents(&self) -> Vec<f64> {
        let nodes = self.retention.iter();
        nodes.map(HystereticRetention::water_content).collect()
    }

    /// All water: cm of a column, cm² of a rectangle.
    #[must_use]
    pub fn water(&self) -> f64 {
        let nodes = self.retention.iter().zip(self.mesh.shares());
        nodes
            .map(|(node, share)| node.water_content() * share)
            .sum()
    }

    /// k_r at a water content.
    fn relative(&self, theta: f64) -> f64 {
        let (low, high) = self.bounds;
        self.mualem.conductivity_at((theta - low) / (high - low))
    }

    /// A step of so many days, with given pressure heads, cm, at these nodes. On an error nothing has changed.
    ///
    /// # Errors
    /// [`FlowError::Diverged`].
    ///
    /// # Panics
    /// When the step is not positive, or a node is not there.
    #[track_caller]
    pub fn step(&mut self, duration: f64, given: &[(usize, f64)]) -> Result<FlowStep, FlowError> {
        assert!(
            duration > 0.0,
            "unsaturated flow: a step of {duration} days"
        );
        let n = self.head.len();
        let mut head = self.head.clone();
        for &(node, value) in given {
            assert!(node < n, "unsaturated flow: node {node} of {n}");
            head[node] = value;
        }
        for iterations in 1..=MOST {
            let (mut matrix, residual) = self.linearised(&head, duration);
            let mut right: Vec<f64> = residual.iter().map(|r| -r).collect();
            for &(node, _) in given {
                matrix.fix(node);
                right[node] = 0.0;
            }
            let change = matrix.solve(&right);
            let change = change.ok_or(FlowError::Diverged { duration })?;
            let most = change.iter().fold(0.0, |most: f64, c| most.max(c.abs()));
            if !most.is_finite() {
                break;
            }
            let damped = DAMPED.iter().filter(|&&after| iterations > after).count();
            let part = 0.5_f64.powi(damped as i32);
            head.iter_mut()
                .zip(&change)
                .for_each(|(head, c)| *head += part * c);
            if most < TOLERANCE {
                return Ok(self.accept(head, duration, given, iterations));
            }
        }
        Err(FlowError::Diverged { duration })
    }

    /// Steps until `duration` days are over, each as long as converges and at most `longest`; returns the inflow.
    ///
    /// # Errors
    /// [`FlowError::Diverged`] when a step of a ten-thousandth of the longest does not converge.
    ///
    /// # Panics
    /// As [`step`](Self::step).
    #[track_caller]
    pub fn run(
        &mut self,
        duration: f64,
        longest: f64,
        given: &[(usize, f64)],
    ) -> Result<f64, FlowError> {
        let (mut done, mut step, mut inflow) = (0.0, longest / 64.0, 0.0);
        // What is left by rounding is no step.
        while duration - done > 1e-12 * duration {
            let next = f64::min(step, duration - done);
            match self.step(next, given) {
                Ok(made) => {
                    inflow += made.inflow;
                    done += next;
                    if made.iterations < 12 {
                        step = (1.5 * step).min(longest);
                    }
                }
                Err(error) if step < longest * 1e-4 => return Err(error),
                Err(_) => step /= 3.0,
            }
        }
        Ok(inflow)
    }

    /// The matrix of the iteration, and how far the balance of each node is off, at these heads.
    fn linearised(&self, head: &[f64], duration: f64) -> (BandedMatrix, Vec<f64>) {
        let n = head.len();
        let mut matrix = BandedMatrix::zeros(n, self.mesh.band());
        let mut residual = vec![0.0; n];
        let mut relative = Vec::with_capacity(n);
        for (node, &share) in self.mesh.shares().iter().enumerate() {
            let (theta, slope) = self.retention[node].at(-head[node]);
            residual[node] = share * (theta - self.retention[node].water_content()) / duration;
            // θ rises with the head: its slope by suction is negative.
            matrix.add(node, node, share * -slope / duration);
            relative.push(self.relative(theta));
        }
        for element in self.mesh.elements() {
            let sum: f64 = element.nodes.iter().map(|&node| relative[node]).sum();
            let factor = element.measure * sum / element.nodes.len() as f64;
            let pairs = || element.nodes.iter().zip(&element.gradients);
            for (&a, gradient) in pairs() {
                let [x, y] = self.conductivity.times(*gradient).map(|k| factor * k);
                residual[a] += y;
                for (&b, [p, q]) in pairs() {
                    let entry = x * p + y * q;
                    residual[a] += entry * head[b];
                    matrix.add(a, b, entry);
                }
            }
        }
        (matrix, residual)
    }

    fn accept(
        &mut self,
        head: Vec<f64>,
        duration: f64,
        given: &[(usize, f64)],
        iterations: usize,
    ) -> FlowStep {
        let (_, residual) = self.linearised(&head, duration);
        // What a node with a given head gains beyond what flows within the soil comes from outside.
        let inflow = given
            .iter()
            .map(|&(node, _)| residual[node] * duration)
            .sum();
        for (node, head) in self.retention.iter_mut().zip(&head) {
            node.move_to(-head);
        }
        self.head = head;
        FlowStep { iterations, inflow }
    }
}
