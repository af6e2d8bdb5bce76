//! Unfused forms: one product or update after the other, where fused kernels are not worth their
//! code.

use super::project::Project;
use super::reverse_update::Reverse;
use crate::Scalar;
use crate::kernels::dispatch::{Job, Machine};
use crate::kernels::lanes::{LANES, multiply_lanes, tree};
use crate::kernels::padded::add_rows::AddRows;
use crate::kernels::padded::dots::Dots;
use crate::kernels::padded::rows::Rows;
use crate::kernels::padded::update::{Update, Way};

impl<T: Scalar> Project<'_, T> {
    pub(super) fn run_unfused<M: Machine>(self) {
        let Project {
            matrix,
            rows,
            keep,
            terms,
            projection,
            x,
            projected,
        } = self;
        Dots {
            matrix,
            rows: rows.clone(),
            vectors: terms.vectors,
            xs: &[x],
            out: &mut [&mut *projected],
        }
        .run_on::<M>();
        let mut joined = terms.us[projection.term].to_vec();
        joined.resize(projected.len(), T::ZERO);
        for_each(&rows, |i| joined[i] += projection.scale * projected[i]);
        let mut us = terms.us.to_vec();
        us[projection.term] = &joined;
        Update {
            matrix,
            rows,
            keep,
            us: &us,
            vectors: terms.vectors,
            vs: terms.vs,
            way: Way::Forward,
        }
        .run_on::<M>();
    }
}

impl<T: Scalar> Reverse<'_, T> {
    pub(super) fn run_unfused<M: Machine>(self) -> T {
        let Reverse {
            value,
            adjoint,
            step,
            products,
        } = self;
        let (pending, terms, rows) = (&step.pending, &step.terms, &step.rows);
        if !pending.us.is_empty() || step.scale != T::ONE {
            Update {
                matrix: adjoint,
                rows: rows.clone(),
                keep: step.scale,
                us: pending.us,
                vectors: pending.vectors,
                vs: pending.vs,
                way: Way::Forward,
            }
            .run_on::<M>();
        }
        let height = value.rows();
        for (k, (&u, &place)) in terms.us.iter().zip(terms.vs).enumerate() {
            Dots {
                matrix: adjoint,
                rows: rows.clone(),
                vectors: terms.vectors,
                xs: &[place],
                out: &mut [&mut products.lefts[place * height..][..height]],
            }
            .run_on::<M>();
            if k < step.wanted {
                AddRows {
                    matrix: adjoint,
                    rows: rows.clone(),
                    coefficients: &[u],
                    sums: products.rights,
                    into: &[place],
                }
                .run_on::<M>();
            }
        }
        if step.undo {
            Update {
                matrix: value,
                rows: rows.clone(),
                keep: step.keep,
                us: terms.us,
                vectors: terms.vectors,
                vs: terms.vs,
                way: Way::Undo,
            }
            .run_on::<M>();
        }
        if let Some(projection) = step.projection {
            let left = &products.lefts[terms.vs[projection.term] * height..];
            for_each(rows, |i| products.projected[i] = projection.scale * left[i]);
            AddRows {
                matrix: value,
                rows: rows.clone(),
                coefficients: &[&products.projected[..]],
                into: &[products.rights.rows() - 1],
                sums: products.rights,
            }
            .run_on::<M>();
        }
        let mut lanes = [T::ZERO; LANES];
        if step.inner {
            for_each(rows, |i| {
                let mut of_row = [T::ZERO; LANES];
                for (a, b) in value.row_blocks(i).iter().zip(adjoint.row_blocks(i)) {
                    multiply_lanes::<T, M::Code>(&a.0, &b.0, &mut of_row);
                }
                for l in 0..LANES {
                    lanes[l] += of_row[l];
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
