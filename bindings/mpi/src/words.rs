//! Words: settings, episodes and outcomes as numbers of 64 bits, which keep every bit of what they hold.

use std::ops::Range;

use metaplast_meta::gradient::Outcome;
use metaplast_meta::query::{Diagnostics, QueryScore};

/// The meta-batch of a trial at its θ.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The trial.
    pub trial: u64,
    /// Its episodes.
    pub episodes: Range<u64>,
    /// Their coefficients.
    pub theta: Vec<f64>,
}

/// A text as words.
#[must_use]
pub fn of_text(text: &str) -> Vec<u64> {
    text.bytes().map(u64::from).collect()
}

/// The text of words.
///
/// # Panics
/// When they are no text.
#[must_use]
pub fn text(words: &[u64]) -> String {
    let bytes = words.iter().map(|&word| word as u8).collect();
    String::from_utf8(bytes).expect("words: no text")
}

/// Meta-batches as words.
#[must_use]
pub fn of_batches(batches: &[Batch]) -> Vec<u64> {
    let mut words = Vec::new();
    for batch in batches {
        let Range { start, end } = batch.episodes;
        words.extend([batch.trial, start, end]);
        put(&mut words, &batch.theta);
    }
    words
}

/// The meta-batches of words.
///
/// # Panics
/// When they are of something else.
#[must_use]
pub fn batches(words: &[u64]) -> Vec<Batch> {
    let mut words = words.iter().copied();
    let mut batches = Vec::new();
    while let Some(trial) = words.next() {
        let episodes = next(&mut words)..next(&mut words);
        let theta = take(&mut words);
        batches.push(Batch {
            trial,
            episodes,
            theta,
        });
    }
    batches
}

/// Appends an outcome.
///
/// # Panics
/// When it has no diagnostics.
pub fn put_outcome(words: &mut Vec<u64>, outcome: &Outcome) {
    let QueryScore {
        cross_entropy,
        accuracy,
    } = outcome.query;
    let diagnostics = outcome.diagnostics.as_ref();
    let Diagnostics {
        angles,
        orthonormality,
        weight_norms,
    } = diagnostics.expect("words: an outcome without diagnostics");
    words.extend([cross_entropy, accuracy, outcome.loss].map(f64::to_bits));
    words.push(u64::from(outcome.gradient.is_some()));
    if let Some(gradient) = &outcome.gradient {
        put(words, gradient);
    }
    for values in [angles, orthonormality, weight_norms] {
        put(words, values);
    }
}

/// The outcomes of words.
///
/// # Panics
/// When they are of something else.
#[must_use]
pub fn outcomes(words: &[u64]) -> Vec<Outcome> {
    let mut words = words.iter().copied();
    let mut outcomes = Vec::new();
    while let Some(cross_entropy) = words.next() {
        let query = QueryScore {
            cross_entropy: f64::from_bits(cross_entropy),
            accuracy: f64::from_bits(next(&mut words)),
        };
        let loss = f64::from_bits(next(&mut words));
        let gradient = (next(&mut words) != 0).then(|| take(&mut words));
        let diagnostics = Diagnostics {
            angles: take(&mut words),
            orthonormality: take(&mut words),
            weight_norms: take(&mut words),
        };
        outcomes.push(Outcome::new(query, gradient, Some(diagnostics)).with_loss(loss));
    }
    outcomes
}

fn put(words: &mut Vec<u64>, values: &[f64]) {
    words.push(values.len() as u64);
    words.extend(values.iter().map(|value| value.to_bits()));
}

fn take(words: &mut impl Iterator<Item = u64>) -> Vec<f64> {
    let length = next(words);
    (0..length).map(|_| f64::from_bits(next(words))).collect()
}

fn next(words: &mut impl Iterator<Item = u64>) -> u64 {
    words.next().expect("words: they end too early")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_and_texts_come_back_from_their_words() {
        let batch = |trial, theta: &[f64]| Batch {
            trial,
            episodes: 3..5,
            theta: theta.to_vec(),
        };
        let sent = [batch(0, &[0.1, -0.0]), batch(7, &[])];
        assert_eq!(batches(&of_batches(&sent)), sent);
        assert_eq!(text(&of_text("θ = 1")), "θ = 1");
    }

    #[test]
    fn outcomes_come_back_with_every_bit() {
        let outcome = |gradient: Option<Vec<f64>>| {
            let query = QueryScore {
                cross_entropy: f64::from_bits(0x7ff8_0000_0000_1234),
                accuracy: 0.3,
            };
            let diagnostics = Diagnostics {
                angles: vec![90.0],
                orthonormality: vec![],
                weight_norms: vec![f64::INFINITY, 2.0],
            };
            Outcome::new(query, gradient, Some(diagnostics))
        };
        let mut sent = Vec::new();
        put_outcome(&mut sent, &outcome(None));
        put_outcome(&mut sent, &outcome(Some(vec![1.0, f64::NAN])));
        let mut again = Vec::new();
        for outcome in outcomes(&sent) {
            put_outcome(&mut again, &outcome);
        }
        assert_eq!(again, sent);
    }
}
