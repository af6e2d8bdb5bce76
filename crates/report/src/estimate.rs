//! Means over trials with their bootstrap intervals.

use metaplast_experiment::Point;
use metaplast_numbers::Estimate;
use metaplast_numbers::statistics::mean;

use crate::run::{Episode, Run, Trial};

/// Episodes at the end of a trial that count as its result.
pub const LAST: usize = 100;
/// Windows into which a curve's episodes are gathered.
const WINDOWS: usize = 60;

/// Length of the windows for curves of this many episodes.
pub(crate) fn window(episodes: usize) -> usize {
    episodes.div_ceil(WINDOWS).max(1)
}

/// What a number of an episode may be resampled over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noise {
    /// Every episode is a fresh draw, so that a single trial has an interval too.
    Episodes,
    /// Episodes of one trial follow from each other.
    Trials,
}

/// The mean over the trials of the mean over each window of episodes.
///
/// The interval resamples the trials' means; that of a single trial its episodes, where they are
/// independent.
pub(crate) fn curve(
    run: &Run,
    window: usize,
    noise: Noise,
    get: &dyn Fn(&Episode) -> f64,
) -> Vec<Point> {
    let windows = run.episodes().div_ceil(window);
    (0..windows)
        .filter_map(|k| {
            let range = k * window..(k + 1) * window;
            let y = pooled(&run.trials, range, noise, get, k as u64)?;
            let last = ((k + 1) * window).min(run.episodes()) - 1;
            let x = (k * window + last) as f64 / 2.0;
            Some(Point { x, y })
        })
        .collect()
}

/// The same for the last episodes of every trial.
pub(crate) fn over_last(
    run: &Run,
    last: usize,
    noise: Noise,
    get: &dyn Fn(&Episode) -> f64,
) -> Option<Estimate> {
    let end = run.episodes();
    pooled(
        &run.trials,
        end.saturating_sub(last)..end,
        noise,
        get,
        u64::MAX,
    )
}

fn pooled(
    trials: &[Trial],
    range: std::ops::Range<usize>,
    noise: Noise,
    get: &dyn Fn(&Episode) -> f64,
    number: u64,
) -> Option<Estimate> {
    let values = |trial: &Trial| -> Vec<f64> {
        let end = range.end.min(trial.episodes.len());
        let episodes = &trial.episodes[range.start.min(end)..end];
        let values = episodes.iter().map(get);
        values.filter(|x| x.is_finite()).collect()
    };
    match (trials, noise) {
        ([alone], Noise::Episodes) => Estimate::of(&values(alone), number),
        _ => {
            let means: Vec<f64> = trials.iter().map(|trial| mean(&values(trial))).collect();
            Estimate::of(&means, number)
        }
    }
}

#[cfg(test)]
mod tests {
    use metaplast_numbers::statistics::Interval;

    use super::*;

    fn episode(accuracy: f64) -> Episode {
        Episode {
            meta_loss: f64::INFINITY,
            cross_entropy: 1.0,
            accuracy,
            theta: Vec::new(),
            angles: Vec::new(),
            orthonormality: Vec::new(),
            diverged: false,
        }
    }

    fn run(trials: &[&[f64]]) -> Run {
        let trials = trials.iter().enumerate().map(|(k, accuracies)| Trial {
            number: k as u64,
            episodes: accuracies.iter().map(|&a| episode(a)).collect(),
            theta: Vec::new(),
        });
        Run {
            name: "run".into(),
            rule: String::new(),
            terms: Vec::new(),
            ways: 5,
            outputs: 47,
            trials: trials.collect(),
            settings: Vec::new(),
            command: String::new(),
        }
    }

    #[test]
    fn windows_average_first_within_a_trial_then_over_trials() {
        let run = run(&[&[0.0, 1.0, 1.0], &[0.5, 0.5]]);
        let points = curve(&run, 2, Noise::Episodes, &|e| e.accuracy);
        assert_eq!(points.len(), 2);
        assert_eq!((points[0].x, points[0].y.mean), (0.5, 0.5));
        // Both trials have the same mean, whatever their episodes do.
        assert_eq!(
            points[0].y.interval,
            Some(Interval {
                low: 0.5,
                high: 0.5
            })
        );
        // Only one trial reaches the second window.
        assert_eq!((points[1].x, points[1].y.mean), (2.0, 1.0));
        assert_eq!(points[1].y.interval, None);
    }

    #[test]
    fn a_single_trial_has_an_interval_where_episodes_are_independent() {
        let run = run(&[&[0.0, 1.0, 0.0, 1.0]]);
        let of = |noise| over_last(&run, 4, noise, &|e| e.accuracy).unwrap();
        let interval = of(Noise::Episodes).interval.unwrap();
        assert!(interval.low < 0.5 && interval.high > 0.5);
        assert_eq!(of(Noise::Trials).interval, None);
    }

    #[test]
    fn what_is_not_finite_does_not_count() {
        let run = run(&[&[0.0]]);
        assert_eq!(over_last(&run, 1, Noise::Trials, &|e| e.meta_loss), None);
        assert!(curve(&run, 1, Noise::Trials, &|e| e.meta_loss).is_empty());
    }
}
