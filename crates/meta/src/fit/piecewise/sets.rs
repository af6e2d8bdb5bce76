//! Search over sets of candidates, each of which costs one small solve.

use std::collections::BTreeSet;

use metaplast_numbers::sorting::sort_by;

use super::quadratic::Quadratic;

/// Sets of each size that are extended.
const BEAM: usize = 40;

/// The best set.
pub(super) struct FoundSet {
    /// Ascending.
    pub(super) set: Vec<usize>,
    /// Coefficients of the kept terms and of the set.
    pub(super) theta: Vec<f64>,
    /// How many sets were compared.
    pub(super) sets: u64,
}

/// A set and what it leaves; the order is that of losses, then of the sets.
type Scored = (f64, Vec<usize>);

/// Looks for the set of at most so many candidates that is best by the criterion.
pub(super) fn search(quadratic: &Quadratic, most: usize) -> FoundSet {
    let seen: Vec<usize> = (0..quadratic.candidates())
        .filter(|&k| quadratic.is_seen(k))
        .collect();
    let mut sets = 0;
    let mut score = |set: Vec<usize>| {
        sets += 1;
        (quadratic.loss(&set), set)
    };
    let mut best = score(Vec::new());
    let criterion = |scored: &Scored| quadratic.criterion(scored.0, scored.1.len());
    let mut beam: Vec<Scored> = vec![best.clone()];
    for size in 1..=most.min(seen.len()) {
        let mut tried: BTreeSet<Vec<usize>> = BTreeSet::new();
        let mut next: Vec<Scored> = Vec::new();
        for (_, set) in &beam {
            for &candidate in seen.iter().filter(|k| !set.contains(k)) {
                let larger = with(set, candidate);
                if tried.insert(larger.clone()) {
                    next.push(score(larger));
                }
            }
        }
        keep_best(&mut next, if size == 1 { seen.len() } else { BEAM });
        let Some(first) = next.first().cloned() else {
            break;
        };
        let exchanged = exchange(first, &seen, &mut score);
        if criterion(&exchanged) < criterion(&best) {
            best = exchanged.clone();
        }
        if !next.contains(&exchanged) {
            next.insert(0, exchanged);
        }
        beam = next;
    }
    let set = first_named(quadratic, &seen, best.1);
    let theta = quadratic.minimum(&set).map(|(_, theta)| theta);
    FoundSet {
        theta: theta.unwrap_or_default(),
        set,
        sets,
    }
}

/// The set with the first of those candidates that are the same in the place of each: which of them leaves
/// less is a matter of rounding.
fn first_named(quadratic: &Quadratic, seen: &[usize], mut set: Vec<usize>) -> Vec<usize> {
    for k in 0..set.len() {
        let first = |&c: &usize| c < set[k] && !set.contains(&c) && quadratic.are_same(c, set[k]);
        if let Some(first) = seen.iter().copied().find(first) {
            set[k] = first;
        }
    }
    set.sort_unstable();
    set
}

/// Replaces one member by another candidate as long as that leaves less.
fn exchange(
    mut best: Scored,
    seen: &[usize],
    score: &mut impl FnMut(Vec<usize>) -> Scored,
) -> Scored {
    loop {
        let before = best.clone();
        for &member in &before.1 {
            let mut rest = before.1.clone();
            rest.retain(|&k| k != member);
            for &candidate in seen.iter().filter(|k| !before.1.contains(k)) {
                let scored = score(with(&rest, candidate));
                // Not for what rounding may leave.
                if scored.0 < best.0 * (1.0 - 1e-9) {
                    best = scored;
                }
            }
        }
        if best == before {
            return best;
        }
    }
}

fn with(set: &[usize], candidate: usize) -> Vec<usize> {
    let mut larger = set.to_vec();
    larger.push(candidate);
    larger.sort_unstable();
    larger
}

fn keep_best(scored: &mut Vec<Scored>, most: usize) {
    sort_by(scored, |(a, set), (b, other)| {
        a.total_cmp(b).then_with(|| set.cmp(other))
    });
    scored.truncate(most);
}
