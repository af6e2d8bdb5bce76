//! Columns: the derivatives of a sample of the recorded elements by each candidate's coefficient, computed
//! for few candidates at a time.

use metaplast_numbers::sorting::sort_by_key;
use metaplast_plasticity::{Rule, TANGENTS};
use metaplast_tensor::Tensor;
use rand::RngExt;
use rayon::prelude::*;

use super::quadratic::Quadratic;
use super::{CandidateTerms, FIRST_CONSTANT, PiecewiseObserver};
use crate::fit::residuals::Residuals;
use crate::seeds::{Purpose, stream};

/// A rule around which derivatives are taken.
#[derive(Clone)]
pub(super) struct Base {
    /// Numbers of its candidates, ascending.
    pub(super) set: Vec<usize>,
    /// Coefficients of the kept terms and of the set, by term and then by layer.
    pub(super) theta: Vec<f64>,
    /// Constants of the memories, as the rule has them.
    pub(super) constants: Vec<f64>,
}

/// What all rounds have in common.
pub(super) struct CandidateColumns<'a> {
    terms: &'a CandidateTerms<'a>,
    residuals: &'a Residuals<'a>,
    /// Of each array, the part of its elements that are looked at.
    shares: Vec<f64>,
    /// What each of these counts.
    weights: Vec<f64>,
    /// How many constants the memories have.
    constants: usize,
    seed: u64,
}

/// What some columns of one recording hold.
struct ColumnPiece {
    /// Of each element that is looked at, `√w r`.
    residuals: Vec<f64>,
    /// `√w ∂r/∂θ`, for each coefficient of each element.
    slopes: Vec<f64>,
}

impl ColumnPiece {
    fn is_finite(&self) -> bool {
        self.residuals.iter().all(|r| r.is_finite())
    }
}

impl<'a> CandidateColumns<'a> {
    /// Of about so many elements.
    pub(super) fn new(
        terms: &'a CandidateTerms<'a>,
        residuals: &'a Residuals<'a>,
        constants: usize,
        (elements, seed): (usize, u64),
    ) -> Self {
        let counts = residuals.counts();
        let signals = (0..counts.len()).filter(|&array| residuals.has_signal(array));
        // Arrays count alike, so they are looked at alike; what small ones leave goes to the others.
        let mut by_size: Vec<usize> = signals.collect();
        sort_by_key(&mut by_size, |&array| counts[array]);
        let mut shares = vec![0.0; counts.len()];
        let (mut left, mut arrays) = (elements as f64, by_size.len() as f64);
        for array in by_size {
            let taken = (left / arrays).min(counts[array] as f64);
            shares[array] = taken / counts[array] as f64;
            (left, arrays) = (left - taken, arrays - 1.0);
        }
        let weight = |(array, share): (usize, &f64)| match *share {
            0.0 => 0.0,
            share => residuals.weight(array) / share,
        };
        CandidateColumns {
            terms,
            residuals,
            weights: shares.iter().enumerate().map(weight).collect(),
            shares,
            constants,
            seed,
        }
    }

    /// −2 ln of the likelihood of what is looked at, but for a constant, where the noise of each array is what
    /// these squares leave: `Σ_a n_a ln (Σ r² / n)_a`.
    pub(super) fn deviance(&self, squares: &[f64]) -> f64 {
        self.noise(squares)
            .map(|(_, n, variance)| n * variance.ln())
            .sum()
    }

    /// Weighs the arrays from now on by the noise that such squares leave in them.
    pub(super) fn weigh_by(&mut self, squares: &[f64]) {
        let noise: Vec<(usize, f64, f64)> = self.noise(squares).collect();
        let all: f64 = noise.iter().map(|(_, n, _)| n).sum();
        for (array, _, variance) in noise {
            if variance.is_finite() && variance > 0.0 {
                self.weights[array] = 1.0 / (variance * all);
            }
        }
    }

    /// Of each array that is looked at, how many of its elements are, and the mean square that is left.
    fn noise(&self, squares: &[f64]) -> impl Iterator<Item = (usize, f64, f64)> {
        let counts = self.residuals.counts();
        let rounding = self.residuals.rounding();
        let looked_at = (0..counts.len()).filter(|&array| self.shares[array] > 0.0);
        looked_at.map(move |array| {
            let n = counts[array] as f64;
            let variance = (squares[array] + rounding[array]) / n;
            (array, self.shares[array] * n, variance)
        })
    }

    /// What rounding explains, as arrays are weighed now.
    fn rounding(&self) -> f64 {
        let rounding = self.residuals.rounding().iter().zip(&self.weights);
        let looked_at = rounding.zip(&self.shares);
        looked_at
            .map(|((squares, weight), share)| squares * weight * share)
            .sum()
    }

    /// Nothing but kept terms with coefficients 0.
    pub(super) fn nothing(&self) -> Base {
        let each = self.terms.each();
        Base {
            set: Vec::new(),
            theta: vec![0.0; self.terms.kept.len() * each],
            constants: vec![FIRST_CONSTANT; self.constants * each],
        }
    }

    /// θ of a rule that has these terms and others.
    pub(super) fn theta(&self, rule: &Rule, base: &Base) -> Vec<f64> {
        let each = self.terms.each();
        let mut theta = vec![0.0; rule.theta().len()];
        for (term, values) in self
            .terms
            .terms(&base.set)
            .iter()
            .zip(base.theta.chunks(each))
        {
            let place = place(rule, term.symbol());
            theta[place * each..][..each].copy_from_slice(values);
        }
        theta[rule.term_coefficients()..].copy_from_slice(&base.constants);
        theta
    }

    /// The same back from θ of the rule of a set.
    pub(super) fn base(&self, rule: &Rule, set: &[usize], theta: &[f64]) -> Base {
        let each = self.terms.each();
        let terms = self.terms.terms(set);
        let values = terms.iter().flat_map(|term| {
            let place = place(rule, term.symbol());
            theta[place * each..][..each].iter().copied()
        });
        Base {
            theta: values.collect(),
            set: set.to_vec(),
            constants: theta[rule.term_coefficients()..].to_vec(),
        }
    }

    /// The quadratic around a rule, on the first `horizon` steps, in a round that is watched.
    pub(super) fn around(
        &self,
        base: &Base,
        horizon: usize,
        (observer, round): (&dyn PiecewiseObserver, usize),
    ) -> Quadratic {
        let (each, kept) = (self.terms.each(), self.terms.kept.len());
        let all = kept + self.terms.candidates.len();
        let chunk = TANGENTS.div_ceil(each).max(1);
        let chunks: Vec<Vec<usize>> = (0..all)
            .collect::<Vec<_>>()
            .chunks(chunk)
            .map(<[usize]>::to_vec)
            .collect();
        let recordings = self.residuals.recordings().len();
        let items: Vec<(usize, usize)> = (0..recordings)
            .flat_map(|recording| (0..chunks.len()).map(move |chunk| (recording, chunk)))
            .collect();
        observer.begin(round, kept + base.set.len(), items.len());
        let pieces: Vec<ColumnPiece> = items
            .par_iter()
            .map(|&(recording, chunk)| {
                let piece = self.pieces(base, &chunks[chunk], recording, horizon);
                observer.tick();
                piece
            })
            .collect();
        let mut residuals: Vec<f64> = Vec::new();
        for of_recording in pieces.chunks(chunks.len()) {
            let finite = of_recording.iter().find(|piece| piece.is_finite());
            residuals.extend(&finite.unwrap_or(&of_recording[0]).residuals);
        }
        let (p, elements) = (all * each, residuals.len());
        let mut columns = vec![0.0; p * elements];
        let mut first = 0;
        for of_recording in pieces.chunks(chunks.len()) {
            let here = of_recording[0].residuals.len();
            for (piece, chunk) in of_recording.iter().zip(&chunks) {
                let width = chunk.len() * each;
                for (element, slopes) in piece.slopes.chunks(width).enumerate() {
                    for (k, slope) in slopes.iter().enumerate() {
                        columns[(chunk[0] * each + k) * elements + first + element] = *slope;
                    }
                }
            }
            first += here;
        }
        // r(θ) = s + J θ: what would be left without the rule's own terms.
        let own = (0..kept).chain(base.set.iter().map(|k| kept + k));
        let own = own.flat_map(|term| term * each..(term + 1) * each);
        for (column, theta) in own.zip(&base.theta) {
            let column = &columns[column * elements..(column + 1) * elements];
            for (rest, slope) in residuals.iter_mut().zip(column) {
                *rest -= theta * slope;
            }
        }
        Quadratic::new(
            Tensor::new([p, elements], columns),
            &residuals,
            (kept, each),
            self.rounding(),
        )
    }

    /// The columns of some terms, of which one that is not finite takes none with it.
    fn pieces(
        &self,
        base: &Base,
        terms: &[usize],
        recording: usize,
        horizon: usize,
    ) -> ColumnPiece {
        let piece = self.piece(base, terms, recording, horizon);
        if piece.is_finite() || terms.len() == 1 {
            return piece;
        }
        let alone = terms
            .iter()
            .map(|&term| self.piece(base, &[term], recording, horizon));
        let alone: Vec<ColumnPiece> = alone.collect();
        let each = self.terms.each();
        let elements = piece.residuals.len();
        let slopes = (0..elements).flat_map(|k| {
            let of_element = alone
                .iter()
                .map(move |piece| &piece.slopes[k * each..][..each]);
            of_element.flatten().copied()
        });
        let slopes = slopes.collect();
        let finite = alone.iter().position(ColumnPiece::is_finite);
        ColumnPiece {
            slopes,
            ..alone
                .into_iter()
                .nth(finite.unwrap_or(0))
                .expect("one for each term")
        }
    }

    /// The columns of some terms, those that are kept counted first, in one recording.
    fn piece(&self, base: &Base, terms: &[usize], recording: usize, horizon: usize) -> ColumnPiece {
        let (each, kept) = (self.terms.each(), self.terms.kept.len());
        let term = |&k: &usize| match k.checked_sub(kept) {
            None => &self.terms.kept[k],
            Some(candidate) => &self.terms.candidates[candidate],
        };
        let new = terms.iter().filter_map(|k| k.checked_sub(kept));
        let new = new.filter(|k| !base.set.contains(k));
        let others: Vec<usize> = base.set.iter().copied().chain(new).collect();
        let others = others.iter().map(|&k| self.terms.candidates[k].clone());
        let rule = self
            .terms
            .rule(others)
            .expect("a part of a rule that can be");
        let theta = self.theta(&rule, base);
        let places = terms.iter().flat_map(|k| {
            let place = place(&rule, term(k).symbol());
            place * each..(place + 1) * each
        });
        let places: Vec<usize> = places.collect();
        let model = self.terms.model(rule);
        let residuals = self.residuals.with_model(&model);
        let mut rng = stream(self.seed, recording as u64, 0, Purpose::Elements);
        let mut piece = ColumnPiece {
            residuals: Vec::new(),
            slopes: Vec::new(),
        };
        let of = &self.residuals.recordings()[recording];
        residuals.visit(of, &theta, &places, horizon, &mut |element| {
            let share = self.shares[element.array];
            if rng.random::<f64>() >= share {
                return;
            }
            let weight = self.weights[element.array].sqrt();
            piece.residuals.push(weight * element.residual);
            piece
                .slopes
                .extend(element.slopes.iter().map(|slope| weight * slope));
        });
        piece
    }
}

fn place(rule: &Rule, symbol: &str) -> usize {
    let mut terms = rule.terms().iter();
    let place = terms.position(|term| term.symbol() == symbol);
    place.expect("the rule was made of its terms")
}
