//! What is kept of a network.

use std::sync::Arc;

use metaplast_data::Dataset;

use super::condition::{CONDITIONS, PROBE_COUNTS};
use super::layer::{OF_ACTIVITY, OF_CHANGE, OF_WEIGHTS};
use super::learner::{Diverged, Snapshot, learn};
use super::observe::Sights;
use super::plan::{NetworkPlan, TIMES};
use super::rule_class::RuleClass;
use crate::statistics::RELEASED;

/// What is kept of a network: its statistics at all times under all conditions, and its behaviour.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkRecord {
    /// What was drawn for it.
    pub plan: NetworkPlan,
    /// Units of each layer.
    pub units: Vec<usize>,
    /// Of weights, `[times, conditions without probes, layers, 13]`.
    pub(crate) weights: Vec<f32>,
    /// Of activity and activity change, `[times, conditions, layers, 11]`.
    pub(crate) activity: Vec<f32>,
    /// Loss and performance at each time, `[times, 2]`.
    pub(crate) behaviour: Vec<f32>,
}

/// Rates are halved so many times at most where the weights grow without bounds.
const HALVINGS: i32 = 8;

/// Tries a plan, and again with half of its learning rate where weights grow without bounds.
pub(crate) fn halving<T>(
    plan: &NetworkPlan,
    attempt: impl Fn(&NetworkPlan) -> Result<T, Diverged>,
) -> Result<T, Diverged> {
    let mut result = attempt(plan);
    for halvings in 1..=HALVINGS {
        if result.is_ok() {
            break;
        }
        result = attempt(&plan.slower(0.5f64.powi(halvings)));
    }
    result
}

impl NetworkRecord {
    /// Lets a network learn and observes it. Where its weights grow without bounds, its learning rate is
    /// halved and it begins again.
    ///
    /// # Errors
    /// When they still do after 8 halvings.
    pub fn simulate(
        plan: &NetworkPlan,
        rule: &RuleClass,
        images: &Arc<Dataset>,
    ) -> Result<Self, Diverged> {
        let result = halving(plan, |plan| Self::try_simulate(plan, rule, images));
        // A record is found again by what was drawn.
        result.map(|record| NetworkRecord {
            plan: plan.clone(),
            ..record
        })
    }

    fn try_simulate(
        plan: &NetworkPlan,
        rule: &RuleClass,
        images: &Arc<Dataset>,
    ) -> Result<Self, Diverged> {
        let mut sights: Option<Sights> = None;
        let (mut weights, mut activity, mut behaviour) = (Vec::new(), Vec::new(), Vec::new());
        learn(plan, rule, images, |_, snapshot: &Snapshot| {
            let sights = sights.get_or_insert_with(|| Sights::new(plan, snapshot));
            let observed = sights.statistics(plan, snapshot);
            weights.extend(observed.weights);
            activity.extend(observed.activity);
            behaviour.extend([snapshot.loss as f32, snapshot.performance as f32]);
        })?;
        Ok(NetworkRecord {
            plan: plan.clone(),
            units: Self::units_of(plan),
            weights,
            activity,
            behaviour,
        })
    }

    fn units_of(plan: &NetworkPlan) -> Vec<usize> {
        plan.network().sizes()[1..].to_vec()
    }

    /// From what was kept, weights, activity and behaviour; none of another number of numbers.
    pub(crate) fn of_parts(
        plan: NetworkPlan,
        [weights, activity, behaviour]: [Vec<f32>; 3],
    ) -> Option<Self> {
        let units = Self::units_of(&plan);
        let [of_weights, of_activity] =
            Self::dims(units.len()).map(|dims| dims.iter().product::<usize>());
        let fits = weights.len() == of_weights
            && activity.len() == of_activity
            && behaviour.len() == TIMES * 2;
        fits.then_some(NetworkRecord {
            plan,
            units,
            weights,
            activity,
            behaviour,
        })
    }

    /// The shapes of the statistics of weights, and of activity and activity change, of so many layers.
    pub(crate) fn dims(layers: usize) -> [[usize; 4]; 2] {
        let without_probes = CONDITIONS.len() / PROBE_COUNTS.len();
        [
            [TIMES, without_probes, layers, OF_WEIGHTS],
            [TIMES, CONDITIONS.len(), layers, OF_ACTIVITY + OF_CHANGE],
        ]
    }

    /// Layers of weights.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.units.len()
    }

    /// Statistic `k` of [`RELEASED`] at a time, of a layer, both counted from 0, under the condition of
    /// this number in [`CONDITIONS`].
    ///
    /// # Panics
    /// When there is no such statistic.
    #[must_use]
    #[track_caller]
    pub fn statistic(&self, (time, condition): (usize, usize), layer: usize, k: usize) -> f64 {
        assert!(
            layer < self.layers() && k < RELEASED.len() && condition < CONDITIONS.len(),
            "statistic: condition {condition}, layer {layer}, statistic {k}"
        );
        let [of_weights, of_activity] = Self::dims(self.layers());
        let at = |dims: [usize; 4], condition: usize, k: usize| {
            ((time * dims[1] + condition) * dims[2] + layer) * dims[3] + k
        };
        f64::from(match k.checked_sub(OF_WEIGHTS) {
            None => self.weights[at(of_weights, condition / PROBE_COUNTS.len(), k)],
            Some(k) => self.activity[at(of_activity, condition, k)],
        })
    }

    /// Loss and performance at a time.
    ///
    /// # Panics
    /// When there is no such time.
    #[must_use]
    #[track_caller]
    pub fn behaviour(&self, time: usize) -> [f64; 2] {
        [0, 1].map(|k| f64::from(self.behaviour[2 * time + k]))
    }
}
