//! θ along episodes with an Adam step after each.

use metaplast_meta::optimizer::{Adam, MetaOptimizer};
use metaplast_plasticity::{Feedback, Number};

use crate::expected::{Expected, field, numbers};
use crate::fixture::Episode;
use crate::ledger::{Ledger, Tolerances};
use crate::run::run;

const RATE: f64 = 1e-3;

/// Follows θ, in f64, from the first episode's on; each episode starts from where our own steps led.
///
/// Coefficients of the release that no term uses have gradient zero and must stay where they are.
pub(crate) fn check<T: Number>(
    name: &str,
    episodes: &[Episode],
    tolerances: Tolerances,
    ledger: &mut Ledger,
) -> Result<(), String> {
    let first = episodes.first().ok_or("no episodes")?;
    let mut theta = numbers(field(&first.file, "theta")?)?;
    let mut adam = Adam::new(RATE);
    for (place, episode) in episodes.iter().enumerate() {
        let used = episode.rule.theta().len();
        let rule = episode.rule.clone().with_theta(&theta[..used]);
        let feedback = match episode.feedback {
            Some(_) => Feedback::fixed(),
            None => Feedback::attached(),
        };
        let mut compare = |key: &str, actual: &[f64], tolerance: f64| -> Result<(), String> {
            let expected = Expected::read(field(&episode.file, key)?, 0)?;
            let error = expected.error(actual);
            let error = error.map_err(|message| format!("`{key}`: {message}"))?;
            ledger.compare(name, &format!("adam {key}[{place}]"), error, tolerance);
            Ok(())
        };
        compare("theta", &theta, tolerances.tensor)?;
        let outcome = run::<T>(episode, &feedback, &rule, &[]);
        compare("ce", &[outcome.cross_entropy], tolerances.tensor)?;
        compare("loss", &[outcome.loss], tolerances.tensor)?;
        let mut gradient = outcome.theta_gradient;
        gradient.resize(theta.len(), 0.0);
        compare("grad_theta", &gradient, tolerances.meta_gradient)?;

        let before = theta.clone();
        adam.step(&mut theta, outcome.loss, &gradient);
        compare("theta_after", &theta, tolerances.tensor)?;
        if theta[used..] != before[used..] {
            return Err(format!(
                "episode {place}: a coefficient without gradient moved"
            ));
        }
    }
    Ok(())
}
