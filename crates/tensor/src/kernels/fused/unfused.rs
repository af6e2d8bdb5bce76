//! The [`passes`](crate::passes), one product or update after the other, for numbers without
//! kernels of their own.

use super::back::Back;
use super::lanes::{LANES, multiply_lanes, tree};
use super::project::Project;
use crate::Scalar;
use crate::padded::Rows;

impl<T: Scalar> Project<'_, T> {
    pub(crate) fn in_parts(self) {
        let Project {
            matrix,
            rows,
            keep,
            terms,
            through,
            x,
            projected,
        } = self;
        matrix.dots(rows.clone(), terms.vectors, &[x], &mut [&mut *projected]);
        let mut joined = terms.us[through.term].to_vec();
        joined.resize(projected.len(), T::ZERO);
        for_each(&rows, |i| joined[i] += through.scale * projected[i]);
        let mut us = terms.us.to_vec();
        us[through.term] = &joined;
        matrix.update(rows, keep, &us, terms.vectors, terms.vs);
    }
}

impl<T: Scalar> Back<'_, T> {
    pub(crate) fn in_parts(self) -> T {
        let Back {
            value,
            adjoint,
            step,
            found,
        } = self;
        let (waiting, terms, rows) = (&step.waiting, &step.terms, &step.rows);
        if !waiting.us.is_empty() || step.scale != T::ONE {
            let (us, vs) = (waiting.us, waiting.vs);
            adjoint.update(rows.clone(), step.scale, us, waiting.vectors, vs);
        }
        let height = value.rows();
        for (k, (&u, &place)) in terms.us.iter().zip(terms.vs).enumerate() {
            let left = &mut found.lefts[place * height..][..height];
            adjoint.dots(rows.clone(), terms.vectors, &[place], &mut [left]);
            if k < step.wanted {
                adjoint.add_rows(rows.clone(), &[u], found.rights, &[place]);
            }
        }
        if step.undo {
            value.undo(rows.clone(), step.keep, terms.us, terms.vectors, terms.vs);
        }
        if let Some(through) = step.through {
            let left = &found.lefts[terms.vs[through.term] * height..];
            for_each(rows, |i| found.projected[i] = through.scale * left[i]);
            let last = found.rights.rows() - 1;
            let coefficients = [&found.projected[..]];
            value.add_rows(rows.clone(), &coefficients, found.rights, &[last]);
        }
        let mut lanes = [T::ZERO; LANES];
        if step.inner {
            for_each(rows, |i| {
                for (a, b) in value.row_blocks(i).iter().zip(adjoint.row_blocks(i)) {
                    multiply_lanes::<T, false>(&a.0, &b.0, &mut lanes);
                }
            });
        }
        tree(lanes)
    }
}

fn for_each(rows: &Rows<'_>, mut f: impl FnMut(usize)) {
    match rows {
        Rows::Range(range) => range.clone().for_each(f),
        Rows::List(list) => list.iter().for_each(|&i| f(i as usize)),
    }
}
