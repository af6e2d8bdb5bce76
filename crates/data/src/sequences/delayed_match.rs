//! Delayed match: is what comes after a pause the same as what came before?

use rand::Rng;
use thiserror::Error;

use super::{LabelledSequence, SequenceTask};
use crate::random::{bell, draw_to_front, uniform_index};

/// A sampler of delayed-match tasks (delayed match to sample; Konorski 1959), drawn with nothing but a seed.
///
/// A task has a few classes, each a random pattern of ones and zeros, half of either, that is drawn anew for
/// every task. A sequence shows the cue, one of them, then a delay of nothing but noise, then the probe: the
/// same class (label 1) or another (label 0), either as often. The network answers at the end.
///
/// ```
/// use metaplast_data::sequences::DelayedMatch;
/// use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
///
/// let sampler = DelayedMatch::new(10, 2)?.with_steps(2, 3, 2)?.with_noise(0.0)?;
/// let task = sampler.sample(20, 4, &mut Xoshiro256PlusPlus::seed_from_u64(1));
/// assert_eq!((task.support.len(), task.query.len()), (20, 4));
/// let sequence = &task.support[0];
/// assert_eq!(sequence.inputs.len(), 7);
/// assert_eq!(sequence.label == 1, sequence.inputs[0] == sequence.inputs[6]);
/// # Ok::<(), metaplast_data::sequences::DelayedMatchError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DelayedMatch {
    inputs: usize,
    classes: usize,
    /// Steps of cue, delay and probe.
    steps: [usize; 3],
    noise: f32,
}

/// Why delayed-match tasks cannot be.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum DelayedMatchError {
    /// Too few classes to tell apart, or too many for the patterns that there are.
    #[error(
        "{classes} classes of {inputs} inputs; give at least 2 classes, and no more than half of the inputs, of which there are at least 4"
    )]
    Classes {
        /// How many classes.
        classes: usize,
        /// How many inputs.
        inputs: usize,
    },
    /// No cue or no probe.
    #[error("cue and probe must last at least one step each, got {0} and {1}")]
    Steps(usize, usize),
    /// Noise of no size.
    #[error("the noise must be finite and not negative, got {0}")]
    Noise(f32),
}

impl DelayedMatch {
    /// Tasks of so many inputs and classes: two steps of cue, three of delay, two of probe, noise of standard
    /// deviation 0.1.
    ///
    /// # Errors
    /// When there are fewer than 2 classes or 4 inputs, or more classes than half of the inputs.
    pub fn new(inputs: usize, classes: usize) -> Result<Self, DelayedMatchError> {
        if classes < 2 || inputs < 4 || classes > inputs / 2 {
            return Err(DelayedMatchError::Classes { classes, inputs });
        }
        Ok(DelayedMatch {
            inputs,
            classes,
            steps: [2, 3, 2],
            noise: 0.1,
        })
    }

    /// The same with so many steps of cue, delay and probe.
    ///
    /// # Errors
    /// When cue or probe have none.
    pub fn with_steps(
        self,
        cue: usize,
        delay: usize,
        probe: usize,
    ) -> Result<Self, DelayedMatchError> {
        match cue > 0 && probe > 0 {
            true => Ok(DelayedMatch {
                steps: [cue, delay, probe],
                ..self
            }),
            false => Err(DelayedMatchError::Steps(cue, probe)),
        }
    }

    /// The same with noise of this standard deviation in every input of every step; what would be below zero
    /// is zero.
    ///
    /// # Errors
    /// When it is negative or not finite.
    pub fn with_noise(self, noise: f32) -> Result<Self, DelayedMatchError> {
        match noise >= 0.0 && noise.is_finite() {
            true => Ok(DelayedMatch { noise, ..self }),
            false => Err(DelayedMatchError::Noise(noise)),
        }
    }

    /// Draws a task with so many sequences to learn from and to be judged on; the same generator state gives the
    /// same task on every machine.
    pub fn sample<R: Rng>(&self, support: usize, query: usize, rng: &mut R) -> SequenceTask {
        let mut patterns: Vec<Vec<f32>> = Vec::new();
        while patterns.len() < self.classes {
            let mut places: Vec<usize> = (0..self.inputs).collect();
            let active = self.inputs / 2;
            draw_to_front(rng, &mut places, active);
            let mut pattern = vec![0.0; self.inputs];
            places[..active].iter().for_each(|&p| pattern[p] = 1.0);
            if !patterns.contains(&pattern) {
                patterns.push(pattern);
            }
        }
        let mut draw = |n: usize| (0..n).map(|_| self.sequence(&patterns, rng)).collect();
        SequenceTask {
            support: draw(support),
            query: draw(query),
        }
    }

    fn sequence<R: Rng>(&self, patterns: &[Vec<f32>], rng: &mut R) -> LabelledSequence {
        let cue = uniform_index(rng, self.classes);
        let label = uniform_index(rng, 2);
        let probe = match label {
            1 => cue,
            _ => (cue + 1 + uniform_index(rng, self.classes - 1)) % self.classes,
        };
        let nothing = vec![0.0; self.inputs];
        let shown = [&patterns[cue], &nothing, &patterns[probe]];
        let steps = shown
            .into_iter()
            .zip(self.steps)
            .flat_map(|(shown, steps)| std::iter::repeat_n(shown, steps));
        let inputs = steps.map(|shown| {
            let noisy = |&x: &f32| (x + self.noise * bell(rng)).max(0.0);
            shown.iter().map(noisy).collect()
        });
        LabelledSequence {
            inputs: inputs.collect(),
            label,
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::Xoshiro256PlusPlus;

    use super::*;

    #[test]
    fn tasks_repeat_and_labels_say_whether_cue_and_probe_are_alike() {
        let sampler = DelayedMatch::new(8, 3)
            .unwrap()
            .with_steps(1, 4, 1)
            .unwrap();
        let draw = |seed| sampler.sample(400, 10, &mut Xoshiro256PlusPlus::seed_from_u64(seed));
        let task = draw(1);
        assert_eq!(task, draw(1));
        assert_ne!(task, draw(2));
        let round = |x: &[f32]| -> Vec<f32> { x.iter().map(|x| x.round()).collect() };
        for sequence in &task.support {
            let [cue, .., probe] = &sequence.inputs[..] else {
                panic!("a sequence of six steps")
            };
            assert_eq!(round(cue) == round(probe), sequence.label == 1);
            assert!(sequence.inputs[2].iter().all(|&x| x < 0.5));
        }
        let same = task.support.iter().filter(|s| s.label == 1).count();
        assert!((160..240).contains(&same), "{same} of 400 are alike");
    }

    #[test]
    fn impossible_tasks_are_refused() {
        assert!(DelayedMatch::new(8, 1).is_err() && DelayedMatch::new(8, 5).is_err());
        let sampler = DelayedMatch::new(8, 2).unwrap();
        assert!(sampler.clone().with_steps(0, 1, 1).is_err());
        assert!(sampler.with_noise(f32::NAN).is_err());
    }
}
