//! Which network is simulated.

use metaplast_numbers::streams::{seed, stream};
use metaplast_numbers::uniform_index;
use metaplast_plasticity::Architecture;
use rand::RngExt;

use super::rule_class::{IncrementKind, RuleClass};
use super::task::LearningTask;

/// Hidden layers.
pub const ARCHITECTURES: [&[usize]; 5] = [
    &[100],
    &[60, 60],
    &[120, 80, 50],
    &[50, 50, 50, 50],
    &[160, 40],
];
/// Times at which a network is observed: before it learns, and then at equal distances up to the end.
pub const TIMES: usize = 21;
/// Steps of learning; each by one batch.
pub const STEPS: usize = 400;
/// The decay of weights in a step, where they decay.
const DECAY: f64 = 0.002;

/// Everything that is drawn for a network.
///
/// All rules have the same nuisances but for decay, without which Kolen–Pollack's is no rule.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkPlan {
    /// The number of its rule in the list of classes.
    pub class: usize,
    /// What it learns.
    pub task: LearningTask,
    /// Its place in [`ARCHITECTURES`].
    pub architecture: usize,
    /// Sharpness β of its units.
    pub beta: f64,
    /// Examples of a step.
    pub batch: usize,
    /// The decay of weights in a step: θ_3, or what momentum makes of it.
    pub decay: f64,
    /// Where its learning rate lies in its rule's decade, 0 to 1 on a logarithmic scale.
    pub rate_place: f64,
    /// The learning rate.
    pub rate: f64,
    /// Terms by their number in the pool, with their coefficients θ.
    pub theta: Vec<(usize, f64)>,
    /// From which weights, feedback, noise and the choice of units follow.
    pub seed: u64,
}

impl NetworkPlan {
    /// The plan of network `number` among those of these classes, which come in turn.
    ///
    /// # Panics
    /// When there are no classes.
    #[must_use]
    #[track_caller]
    pub fn draw(classes: &[RuleClass], number: u64, experiments: u64) -> Self {
        let count = classes.len() as u64;
        assert!(count > 0, "plan: no rules");
        let class = (number % count) as usize;
        // The name of the rule and not its number: a network stays when others are added.
        let name = classes[class].name.bytes().fold(0, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let key = [experiments, number / count, name];
        Self::of(&classes[class], class, &key)
    }

    fn of(rule: &RuleClass, class: usize, key: &[u64]) -> Self {
        let mut rng = stream(key);
        let task = LearningTask::ALL[uniform_index(&mut rng, LearningTask::ALL.len())];
        let architecture = uniform_index(&mut rng, ARCHITECTURES.len());
        let beta = [3.0, 10.0][uniform_index(&mut rng, 2)];
        let batch = [8, 32][uniform_index(&mut rng, 2)];
        let decays = uniform_index(&mut rng, 2) == 1 || rule.always_decays;
        let decay = if decays { DECAY } else { 0.0 };
        let rate_place: f64 = rng.random();
        let rate = rule.least_rate * 10f64.powf(rate_place);
        // Adam sets the size of a step itself; momentum adds up to 1/(1 − μ) of an increment.
        let (scale, share) = match rule.increment {
            IncrementKind::Adam => (1.0, 1.0),
            IncrementKind::Momentum(momentum) => (rate, 1.0 - momentum),
            _ => (rate, 1.0),
        };
        let mut theta = Vec::new();
        for term in &rule.terms {
            let place: f64 = rng.random();
            let size = term.least.abs() * (term.most / term.least).powf(place);
            theta.push((term.term, scale * size * term.least.signum()));
        }
        let learns = !matches!(
            rule.increment,
            IncrementKind::Nothing | IncrementKind::Noise
        );
        // A rule with a decay of its own has it already.
        if decays && learns && rule.terms.iter().all(|term| term.term != 3) {
            theta.push((3, decay * share));
        }
        NetworkPlan {
            class,
            task,
            architecture,
            beta,
            batch,
            decay,
            rate_place,
            rate,
            theta,
            seed: seed(&[key, &[1]].concat()),
        }
    }

    /// The same with its learning rate, and all coefficients but the decay, times `factor`.
    #[must_use]
    pub fn slower(&self, factor: f64) -> Self {
        let mut slower = self.clone();
        slower.rate *= factor;
        for (term, theta) in &mut slower.theta {
            // Of Adam the coefficients do not matter.
            if *term != 3 {
                *theta *= factor;
            }
        }
        slower
    }

    /// Sizes of all layers and what units do.
    ///
    /// # Panics
    /// Never: all architectures of the list can be.
    #[must_use]
    pub fn network(&self) -> Architecture {
        let hidden = ARCHITECTURES[self.architecture];
        let sizes = [&[self.task.inputs()], hidden, &[self.task.outputs()]].concat();
        let architecture = Architecture::new(sizes).and_then(|a| a.with_beta(self.beta));
        let architecture = architecture.expect("the sizes of the list are possible");
        architecture.with_output(self.task.output())
    }
}
