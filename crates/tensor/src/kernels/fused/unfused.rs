//! Unfused forms: one product or update after the other, where fused kernels are not worth their
//! code.

use super::project::Project;
use super::reverse_update::Reverse;
use crate::Scalar;
use crate::kernels::dispatch::Code;
use crate::kernels::lanes::{Block, LANES, mul_add, multiply_lanes, tree};
use crate::kernels::padded::PaddedMatrix;

impl<T: Scalar> Project<'_, T> {
    pub(super) fn run_unfused(self) {
        let Project {
            matrix,
            rows,
            keep,
            terms,
            projection,
            x,
            projected,
        } = self;
        matrix.dots(rows.clone(), terms.vectors, &[x], &mut [&mut *projected]);
        let mut joined = terms.us[projection.term].to_vec();
        joined.resize(projected.len(), T::ZERO);
        rows.for_each(|i| joined[i] += projection.scale * projected[i]);
        let mut us = terms.us.to_vec();
        us[projection.term] = &joined;
        matrix.update(rows, keep, &us, terms.vectors, terms.vs);
    }
}

impl<T: Scalar> Reverse<'_, T> {
    pub(super) fn run_unfused<C: Code>(self) -> T {
        let Reverse {
            value,
            adjoint,
            step,
            products,
        } = self;
        let (pending, terms, rows) = (&step.pending, &step.terms, &step.rows);
        if !pending.us.is_empty() || step.scale != T::ONE {
            let (us, vs) = (pending.us, pending.vs);
            adjoint.update(rows.clone(), step.scale, us, pending.vectors, vs);
        }
        let height = value.rows();
        for (k, (&u, &place)) in terms.us.iter().zip(terms.vs).enumerate() {
            let left = &mut products.lefts[place * height..][..height];
            adjoint.dots(rows.clone(), terms.vectors, &[place], &mut [left]);
            if k < step.wanted {
                adjoint.add_rows(rows.clone(), &[u], products.rights, &[place]);
            }
        }
        if step.undo {
            value.undo(rows.clone(), step.keep, terms.us, terms.vectors, terms.vs);
        }
        if let Some(projection) = step.projection {
            let left = &products.lefts[terms.vs[projection.term] * height..];
            rows.for_each(|i| products.projected[i] = projection.scale * left[i]);
            let last = products.rights.rows() - 1;
            value.add_rows(
                rows.clone(),
                &[&*products.projected],
                products.rights,
                &[last],
            );
        }
        let mut lanes = [T::ZERO; LANES];
        if step.inner {
            rows.for_each(|i| {
                let of_row = products_of_rows::<T, C>(value, adjoint, i);
                for l in 0..LANES {
                    lanes[l] += of_row[l];
                }
            });
        }
        tree(lanes)
    }
}

/// The products of the elements of a row of each, added in lanes.
fn products_of_rows<T: Scalar, C: Code>(
    value: &PaddedMatrix<T>,
    adjoint: &PaddedMatrix<T>,
    i: usize,
) -> Block<T> {
    let mut lanes = [T::ZERO; LANES];
    if const { T::BY_PARTS.is_some() } {
        for (at, (a, b)) in value
            .joined_row(i)
            .into_iter()
            .zip(adjoint.joined_row(i))
            .enumerate()
        {
            let lane = &mut lanes[at % LANES];
            *lane = mul_add::<T, C>(a, b, *lane);
        }
    } else {
        for (a, b) in value.row_blocks(i).iter().zip(adjoint.row_blocks(i)) {
            multiply_lanes::<T, C>(&a.0, &b.0, &mut lanes);
        }
    }
    lanes
}
