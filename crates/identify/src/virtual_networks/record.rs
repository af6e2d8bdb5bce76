//! What is kept of a network.

use std::sync::Arc;

use metaplast_data::Dataset;

use super::condition::CONDITIONS;
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
    /// `[times, conditions, layers, 24]`.
    pub(crate) statistics: Vec<f32>,
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
        let (mut statistics, mut behaviour) = (Vec::new(), Vec::new());
        learn(plan, rule, images, |_, snapshot: &Snapshot| {
            let sights = sights.get_or_insert_with(|| Sights::new(plan, snapshot));
            statistics.extend(sights.statistics(plan, snapshot));
            behaviour.extend([snapshot.loss as f32, snapshot.performance as f32]);
        })?;
        Ok(NetworkRecord {
            plan: plan.clone(),
            units: Self::units_of(plan),
            statistics,
            behaviour,
        })
    }

    fn units_of(plan: &NetworkPlan) -> Vec<usize> {
        plan.network().sizes()[1..].to_vec()
    }

    /// From what was kept; none of another number of numbers.
    pub(crate) fn of_parts(
        plan: NetworkPlan,
        statistics: Vec<f32>,
        behaviour: Vec<f32>,
    ) -> Option<Self> {
        let units = Self::units_of(&plan);
        let each = CONDITIONS.len() * units.len() * RELEASED.len();
        let fits = statistics.len() == TIMES * each && behaviour.len() == TIMES * 2;
        fits.then_some(NetworkRecord {
            plan,
            units,
            statistics,
            behaviour,
        })
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
        let at = (time * CONDITIONS.len() + condition) * self.layers() + layer;
        f64::from(self.statistics[at * RELEASED.len() + k])
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
