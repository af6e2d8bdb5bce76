//! Tasks: an effector, the targets that it is to follow, and what movement costs.

use std::sync::Arc;

use metaplast_tensor::Scalar;

use crate::effector::{Arm, Direct, Effector};
use crate::target::TargetCurve;

/// What a run is to learn.
///
/// The error of a step is |p − f|² + Σ cⱼ |zⱼ − refⱼ|, with p the position, f the target, and ref the
/// running mean that the rule's [`CostReference`](crate::CostReference) names.
#[derive(Clone, Debug)]
pub struct MovementTask<T> {
    pub(crate) effector: Arc<dyn Effector<T>>,
    pub(crate) targets: Vec<TargetCurve<T>>,
    pub(crate) costs: Vec<T>,
}

impl<T: Scalar> MovementTask<T> {
    /// A task in which movement costs nothing.
    ///
    /// # Panics
    /// When the target's points have not the dimensions of the effector's positions.
    #[must_use]
    #[track_caller]
    pub fn new(effector: impl Effector<T> + 'static, target: TargetCurve<T>) -> Self {
        let costs = vec![T::ZERO; effector.outputs()];
        let task = MovementTask {
            effector: Arc::new(effector),
            targets: Vec::new(),
            costs,
        };
        task.with_target(target)
    }

    /// With another target, for the periods of a schedule that name it: the first one is 0.
    ///
    /// # Panics
    /// When it differs in dimensions or in steps.
    #[must_use]
    #[track_caller]
    pub fn with_target(mut self, target: TargetCurve<T>) -> Self {
        let dims = self.effector.dims();
        assert!(
            target.dims() == dims,
            "task: points of {} dimensions, positions of {dims}",
            target.dims()
        );
        if let Some(first) = self.targets.first() {
            let (first, other) = (first.steps(), target.steps());
            assert!(
                first == other,
                "task: targets of {first} and {other} steps a period"
            );
        }
        self.targets.push(target);
        self
    }

    /// With a cost of movement for each output, `costs[j] · |z_j − ref_j|`.
    ///
    /// # Panics
    /// When there are not as many as outputs.
    #[must_use]
    #[track_caller]
    pub fn with_costs(mut self, costs: &[f64]) -> Self {
        assert_eq!(costs.len(), self.outputs(), "task: costs and outputs");
        self.costs = costs.iter().map(|&cost| T::from_f64(cost)).collect();
        self
    }

    /// Task 1 of Pyle & Rosenbaum (2019): two outputs draw the butterfly themselves.
    #[must_use]
    pub fn drawing(steps: usize) -> Self {
        MovementTask::new(Direct(2), TargetCurve::butterfly(steps))
    }

    /// Task 2 with two segments, 2′ with three, and longer arms: joints draw the butterfly.
    ///
    /// # Panics
    /// When there is no segment.
    #[must_use]
    #[track_caller]
    pub fn arm(segments: usize, steps: usize) -> Self {
        MovementTask::new(Arm::published(segments), TargetCurve::butterfly(steps))
    }

    /// Task 3: an arm of three segments whose joints cost 0.1, 0.05 and 0 to move.
    #[must_use]
    pub fn costly_arm(steps: usize) -> Self {
        MovementTask::arm(3, steps).with_costs(&[0.1, 0.05, 0.0])
    }

    /// Outputs of the readouts.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.effector.outputs()
    }

    /// Steps of a period.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.targets[0].steps()
    }

    /// The targets, the first one first.
    #[must_use]
    pub fn targets(&self) -> &[TargetCurve<T>] {
        &self.targets
    }

    /// Whether any movement costs anything.
    #[must_use]
    pub fn is_costly(&self) -> bool {
        self.costs.iter().any(|&cost| cost != T::ZERO)
    }
}
