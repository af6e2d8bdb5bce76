//! Relay: an adjoint pass whose columns several threads have, each a little behind the one before.
//!
//! The products `W̄ v` are sums over columns, whose lanes go on from one thread's columns to the next one's; the
//! products `W̄ᵀ u` are sums over rows, which each thread has to itself for its columns. So a thread follows the one
//! before through the rows, and goes on with its lanes: every sum is formed as by one thread.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::adjoint_pass::LARGE;
use crate::kernels::lanes::{Block, LANES, tree};
use crate::kernels::padded::matrix::Aligned;
use crate::kernels::padded::panel::Panel;
use crate::kernels::padded::rows::Rows;
use crate::kernels::padded::share::{along_columns, ranges};
use crate::team::{Guard, wait_for};
use crate::{Scalar, Team};

/// A thread hands on the lanes of so many elements' rows at a time: few beside a matrix that is shared, since the next
/// thread waits for the first of them, and enough for some microseconds of work.
const RUN: usize = 1 << 15;

/// What one thread does to some rows.
pub(super) struct Leg<'a, T> {
    /// Its blocks of the columns.
    pub(super) columns: Range<usize>,
    pub(super) matrix: Panel<'a, T>,
    pub(super) rows: Rows<'a>,
    /// Lanes from the columns before, and then with these.
    pub(super) carried: &'a mut [Block<T>],
    /// The sums over rows, cut to the columns.
    pub(super) rights: &'a mut [&'a mut [Aligned<T>]],
}

/// The columns of one thread.
struct Share<'a, T> {
    number: usize,
    columns: Range<usize>,
    matrix: Panel<'a, T>,
    rights: Vec<&'a mut [Aligned<T>]>,
}

/// Runs a pass over all columns on the threads of a team; `run` does one leg.
pub(super) fn relay<T: Scalar>(
    team: &Team,
    (matrix, rows): (Panel<'_, T>, Rows<'_>),
    lefts: &mut [&mut [T]],
    rights: &mut [&mut [Aligned<T>]],
    run: &(dyn Fn(Leg<'_, T>) + Sync),
) {
    let products = lefts.len();
    // Runs consist of whole groups, as the rows do without a team.
    let height = (RUN / (LANES * matrix.width()).max(1)).next_multiple_of(LARGE);
    let height = height.max(LARGE);
    let runs: Vec<Range<usize>> = (0..rows.count())
        .step_by(height)
        .map(|first| first..rows.count().min(first + height))
        .collect();
    let lanes = |run: &Range<usize>| Mutex::new(vec![[T::ZERO; LANES]; products * run.len()]);
    let lanes: Vec<_> = runs.iter().map(lanes).collect();
    // How many runs each thread has done; more than there are when it is gone.
    let done: Vec<_> = (0..team.threads()).map(|_| AtomicUsize::new(0)).collect();
    team.each(shares(matrix, rights, team), &|mut share: Share<'_, T>| {
        let _gone = Guard(|| done[share.number].store(usize::MAX, Ordering::Release));
        for (k, places) in runs.iter().enumerate() {
            if let Some(before) = share.number.checked_sub(1) {
                wait_for(|| (done[before].load(Ordering::Acquire) > k).then_some(()));
            }
            let mut carried = lanes[k].lock().unwrap_or_else(PoisonError::into_inner);
            let mut rights: Vec<&mut [_]> = share.rights.iter_mut().map(|r| &mut **r).collect();
            run(Leg {
                columns: share.columns.clone(),
                matrix: share.matrix.lend(),
                rows: rows.part(places.clone()),
                carried: &mut carried,
                rights: &mut rights,
            });
            drop(carried);
            done[share.number].store(k + 1, Ordering::Release);
        }
    });
    for (lanes, places) in lanes.into_iter().zip(runs) {
        let lanes = lanes.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (lanes, place) in lanes.chunks(products.max(1)).zip(places) {
            let row = rows.get(place).expect("a row for each place");
            for (left, &lanes) in lefts.iter_mut().zip(lanes) {
                left[row] = tree(lanes);
            }
        }
    }
}

/// Divides matrix and sums by columns.
fn shares<'a, T: Scalar>(
    matrix: Panel<'a, T>,
    rights: &'a mut [&mut [Aligned<T>]],
    team: &Team,
) -> Vec<Share<'a, T>> {
    let columns: Vec<_> = ranges(matrix.width(), 1, team.threads()).collect();
    let panels = matrix.by_columns(&columns);
    let share = |(number, (matrix, columns)): (usize, (_, &Range<usize>))| Share {
        number,
        columns: columns.clone(),
        matrix,
        rights: Vec::new(),
    };
    let shares = panels.into_iter().zip(&columns).enumerate();
    let mut shares: Vec<Share<'a, T>> = shares.map(share).collect();
    for right in rights {
        let parts = along_columns(right, &columns).into_iter().zip(&mut shares);
        parts.for_each(|(part, share)| share.rights.push(part));
    }
    shares
}
