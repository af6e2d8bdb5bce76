//! Ratchet: the best stretches of episodes are remembered, and θ goes back to them from a worse one.
//!
//! A single episode says little: its loss varies as much as rules differ. Over a stretch of
//! [`STRETCH`] episodes the median loss is telling. Every stretch that is better than all before it
//! and in which nothing diverged is remembered with the mean of its θ. A later stretch that is worse
//! than the best by [`MARGIN`] nats, or in which [`MOST_DIVERGED`] episodes diverged, is taken back
//! to the best one's θ.
//!
//! The best of many noisy medians flatters its θ. So the stretch that follows a return is a second
//! look at it: if that is again worse, the remembered loss is corrected halfway to what was found;
//! if episodes diverge, the place is forgotten, and the next return goes to the one before it,
//! in the end to where everything started.

use super::state::{OptimizerState, UnfitOptimizer};
use crate::running_median::median;

/// Episodes in one stretch.
pub const STRETCH: usize = 20;
/// A stretch is worse than the best when its median loss is higher by this much, in nats.
pub const MARGIN: f64 = 0.25;
/// With so many diverged episodes a stretch is over, and worse than any.
pub const MOST_DIVERGED: usize = 2;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ratchet {
    losses: Vec<f64>,
    theta_sum: Vec<f64>,
    diverged: usize,
    /// Each better than the one before it; the first is where everything started.
    places: Vec<Best>,
    just_went_back: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Best {
    loss: f64,
    theta: Vec<f64>,
}

impl Ratchet {
    pub(super) fn new() -> Self {
        Ratchet {
            losses: Vec::new(),
            theta_sum: Vec::new(),
            diverged: 0,
            places: Vec::new(),
            just_went_back: false,
        }
    }

    pub(super) fn save(&self) -> OptimizerState {
        let places = self.places.iter().map(|place| {
            OptimizerState::new()
                .with("loss", place.loss)
                .with("theta", place.theta.clone())
        });
        OptimizerState::new()
            .with("losses", self.losses.clone())
            .with("theta_sum", self.theta_sum.clone())
            .with("diverged", self.diverged as u64)
            .with("places", places.collect::<Vec<_>>())
            .with("just_went_back", self.just_went_back)
    }

    pub(super) fn restore(
        state: &OptimizerState,
        coefficients: usize,
    ) -> Result<Self, UnfitOptimizer> {
        let losses = state.some_numbers("losses", |n| n < STRETCH)?;
        let diverged = state.count("diverged")? as usize;
        if diverged >= STRETCH - losses.len() {
            return Err(UnfitOptimizer("diverged".to_owned()));
        }
        let place = |place: &OptimizerState| {
            Ok(Best {
                loss: place.number("loss")?,
                theta: place.numbers("theta", coefficients)?,
            })
        };
        Ok(Ratchet {
            theta_sum: state.some_numbers("theta_sum", |n| {
                n == coefficients || (n == 0 && losses.is_empty())
            })?,
            losses,
            diverged,
            places: state
                .parts("places")?
                .iter()
                .map(place)
                .collect::<Result<_, _>>()?,
            just_went_back: state.flag("just_went_back")?,
        })
    }

    /// Takes note of an episode at `theta`; `loss` is `None` when it diverged. Returns where to go
    /// back to when a stretch has ended worse than the best.
    pub(super) fn episode(&mut self, theta: &[f64], loss: Option<f64>) -> Option<Vec<f64>> {
        if self.places.is_empty() {
            self.places.push(Best {
                loss: f64::INFINITY,
                theta: theta.to_vec(),
            });
        }
        match loss {
            Some(loss) => {
                self.losses.push(loss);
                self.theta_sum.resize(theta.len(), 0.0);
                for (sum, theta) in self.theta_sum.iter_mut().zip(theta) {
                    *sum += theta;
                }
            }
            None => self.diverged += 1,
        }
        let go_back = if self.diverged >= MOST_DIVERGED {
            if self.just_went_back && self.places.len() > 1 {
                self.places.pop();
            }
            true
        } else if self.losses.len() + self.diverged < STRETCH {
            return None;
        } else {
            self.end_of_stretch()
        };
        self.just_went_back = go_back;
        self.losses.clear();
        self.theta_sum.clear();
        self.diverged = 0;
        go_back.then(|| self.best().theta.clone())
    }

    /// Compares a whole stretch with the best; true when it is worse.
    fn end_of_stretch(&mut self) -> bool {
        let loss = median(self.losses.clone()).unwrap_or(f64::INFINITY);
        let just_went_back = self.just_went_back;
        let best = self.best();
        let worse = loss > best.loss + MARGIN;
        if worse && just_went_back {
            best.loss = 0.5 * (best.loss + loss);
        }
        if loss < best.loss && self.diverged == 0 {
            let n = self.losses.len() as f64;
            let theta = self.theta_sum.iter().map(|sum| sum / n).collect();
            self.places.push(Best { loss, theta });
        }
        worse
    }

    fn best(&mut self) -> &mut Best {
        self.places.last_mut().expect("the first place stays")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretch(ratchet: &mut Ratchet, theta: f64, loss: f64) -> Option<Vec<f64>> {
        let places: Vec<_> = (0..STRETCH)
            .map(|_| ratchet.episode(&[theta], Some(loss)))
            .collect();
        assert!(places[..STRETCH - 1].iter().all(Option::is_none));
        places[STRETCH - 1].clone()
    }

    #[test]
    fn a_worse_stretch_is_taken_back() {
        let mut ratchet = Ratchet::new();
        assert_eq!(stretch(&mut ratchet, 1.0, 2.0), None);
        assert_eq!(stretch(&mut ratchet, 2.0, 1.0), None);
        assert_eq!(stretch(&mut ratchet, 3.0, 1.1), None, "within the margin");
        assert_eq!(stretch(&mut ratchet, 4.0, 1.5), Some(vec![2.0]));
    }

    #[test]
    fn a_flattered_best_is_corrected() {
        let mut ratchet = Ratchet::new();
        stretch(&mut ratchet, 1.0, 0.0);
        assert!(stretch(&mut ratchet, 2.0, 1.0).is_some());
        assert!(
            stretch(&mut ratchet, 1.0, 0.6).is_some(),
            "remembered 0.3 now"
        );
        assert!(stretch(&mut ratchet, 1.0, 0.5).is_none());
    }

    #[test]
    fn diverged_episodes_end_a_stretch() {
        let mut ratchet = Ratchet::new();
        ratchet.episode(&[7.0], Some(3.0));
        assert_eq!(ratchet.episode(&[8.0], None), None);
        assert_eq!(ratchet.episode(&[8.0], None), Some(vec![7.0]));
    }

    #[test]
    fn a_place_where_episodes_diverge_is_forgotten() {
        let mut ratchet = Ratchet::new();
        stretch(&mut ratchet, 1.0, 2.0);
        stretch(&mut ratchet, 2.0, 1.0);
        let mut diverge = || {
            ratchet.episode(&[9.0], None);
            ratchet.episode(&[9.0], None)
        };
        assert_eq!(diverge(), Some(vec![2.0]));
        assert_eq!(diverge(), Some(vec![1.0]));
        assert_eq!(diverge(), Some(vec![1.0]), "where it started");
        assert_eq!(diverge(), Some(vec![1.0]));
    }
}
