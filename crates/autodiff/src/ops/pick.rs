//! Picks: elements of every row by a table of places, and their adjoint.
//!
//! ```text
//! picked     y_rj = s x_r,table[j]            x̄_r,table[j] += s ȳ_rj
//! collected  y_r,table[j] += s x_rj           x̄_rj += s ȳ_r,table[j]
//! ```
//!
//! Where the table says [`PickTable::NOWHERE`] the pick is 0, and nothing is collected.
//!
//! Rows follow one another without a gap, so that it does not matter how a shape divides them: patches
//! of an image are picks, with borders of zeros nowhere, their overlapping sum collects them, and the mean over windows that do not
//! overlap collects with the scale 1/size.

use std::sync::Arc;

use metaplast_tensor::{Scalar, Shape};

use super::table::record;
use crate::op::{Adjoints, Inputs, Op};
use crate::var::Var;

/// Places in rows of `length` elements, for [`Var::picked`] and [`Var::collected`].
///
/// Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickTable {
    places: Arc<[u32]>,
    length: usize,
}

impl PickTable {
    /// What stands in a table for a place outside of the row: the pick is 0.
    pub const NOWHERE: u32 = u32::MAX;

    /// These places in rows of `length` elements, [`NOWHERE`](Self::NOWHERE) among them.
    ///
    /// # Panics
    /// When another place is not below `length`, or there are neither places nor elements.
    #[track_caller]
    #[must_use]
    pub fn new(length: usize, places: Vec<u32>) -> Self {
        assert!(
            length > 0 && !places.is_empty(),
            "pick: {} places in rows of {length}",
            places.len()
        );
        let outside = |&&place: &&u32| place as usize >= length && place != Self::NOWHERE;
        if let Some(place) = places.iter().find(outside) {
            panic!("pick: place {place} in rows of {length}");
        }
        PickTable {
            places: places.into(),
            length,
        }
    }

    /// Elements of a row from which is picked.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length
    }

    /// How many elements are picked from a row.
    #[must_use]
    pub fn picks(&self) -> usize {
        self.places.len()
    }
}

/// Rows by a table, one way or the other.
#[derive(Clone, Debug)]
pub(crate) struct Pick {
    table: PickTable,
    scale: f64,
    collects: bool,
    output: Shape,
}

impl Pick {
    /// `to[j] += s from[table[j]]` of every row, or `to[table[j]] += s from[j]`.
    fn add<T: Scalar>(&self, collects: bool, from: &[T], to: &mut [T]) {
        let (length, picks) = (self.table.length, self.table.places.len());
        let (here, there) = if collects {
            (picks, length)
        } else {
            (length, picks)
        };
        let scale = T::from_f64(self.scale);
        for (from, to) in from.chunks_exact(here).zip(to.chunks_exact_mut(there)) {
            for (j, &place) in self.table.places.iter().enumerate() {
                let (a, b) = if collects {
                    (j, place as usize)
                } else {
                    (place as usize, j)
                };
                // One of them has as many elements as the table, the other one nothing at `NOWHERE`.
                if let (Some(from), Some(to)) = (from.get(a), to.get_mut(b)) {
                    *to += scale * *from;
                }
            }
        }
    }
}

impl<T: Scalar> Op<T> for Pick {
    fn name(&self) -> &'static str {
        if self.collects { "collected" } else { "picked" }
    }

    fn shape(&self, operands: &[&Shape]) -> Shape {
        let sizes = [self.table.length, self.table.places.len()];
        let [from, to] = if self.collects {
            [sizes[1], sizes[0]]
        } else {
            sizes
        };
        let len = operands[0].len();
        let fits = len.is_multiple_of(from) && self.output.checked_len() == Some(len / from * to);
        assert!(
            fits,
            "{}: {to} elements for each {from} of shape {}, to shape {}",
            Op::<T>::name(self),
            operands[0],
            self.output
        );
        self.output.clone()
    }

    fn forward(&self, inputs: &Inputs<'_, T>, output: &mut [T]) {
        self.add(self.collects, inputs.value(0), output);
    }

    fn vjp(&self, _: &Inputs<'_, T>, _: &[T], adjoint: &[T], adjoints: &mut Adjoints<'_, T>) {
        if let Some(into) = adjoints.of(0) {
            self.add(!self.collects, adjoint, into);
        }
    }
}

impl<'t, T: Scalar> Var<'t, T> {
    /// `s x_table[j]` for each place j of a table, of every row: so many elements as the table has places
    /// for each of its [length](PickTable::length), in the given shape.
    ///
    /// ```
    /// # use metaplast_autodiff::{PickTable, Tape};
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0, 3.0]);
    /// let pairs = PickTable::new(3, vec![0, 1, 1, 2]);
    /// let y = x.picked(&pairs, 1.0, [2, 2]);
    /// assert_eq!(y.value(), tensor![[1.0, 2.0], [2.0, 3.0]]);
    /// assert_eq!(y.sum().backward().wrt(x), tensor![1.0, 2.0, 1.0]);
    /// let bordered = PickTable::new(3, vec![PickTable::NOWHERE, 0]);
    /// assert_eq!(x.picked(&bordered, 1.0, [2]).value(), tensor![0.0, 1.0]);
    /// ```
    ///
    /// # Panics
    /// When the value is no whole number of rows, or the shape does not have its elements.
    #[track_caller]
    pub fn picked(self, table: &PickTable, scale: f64, shape: impl Into<Shape>) -> Var<'t, T> {
        self.pick(table, scale, shape.into(), false)
    }

    /// The sum of `s x_j` over the places j with `table[j] = i`, for each i of every row: the adjoint of
    /// [`picked`](Self::picked).
    ///
    /// ```
    /// # use metaplast_autodiff::{PickTable, Tape};
    /// # use metaplast_tensor::tensor;
    /// let tape = Tape::<f64>::new();
    /// let x = tape.var(&tensor![1.0, 2.0, 3.0, 5.0]);
    /// let halves = PickTable::new(2, vec![0, 0, 1, 1]);
    /// assert_eq!(x.collected(&halves, 0.5, [2]).value(), tensor![1.5, 4.0]);
    /// ```
    ///
    /// # Panics
    /// As [`picked`](Self::picked).
    #[track_caller]
    pub fn collected(self, table: &PickTable, scale: f64, shape: impl Into<Shape>) -> Var<'t, T> {
        self.pick(table, scale, shape.into(), true)
    }

    #[track_caller]
    fn pick(self, table: &PickTable, scale: f64, output: Shape, collects: bool) -> Var<'t, T> {
        let table = table.clone();
        let op = Pick {
            table,
            scale,
            collects,
            output,
        };
        record(self.tape(), op, &[self])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use metaplast_tensor::Tensor;

    use super::PickTable;
    use crate::Tape;
    use crate::ops::testing::Checks;

    pub(in crate::ops) fn checks(c: &mut Checks) {
        let length = c.size(1, 4);
        let picks = c.size(1, 6);
        let places = (0..picks).map(|_| match c.size(0, length) {
            place if place == length => PickTable::NOWHERE,
            place => place as u32,
        });
        let places = places.collect();
        let table = PickTable::new(length, places);
        for rows in [1, 3] {
            let x = [c.tensor(&[rows * length], -2.0, 2.0)];
            c.check(&x, |x| x[0].picked(&table, 0.5, [rows, picks]).square());
            let x = [c.tensor(&[rows, picks], -2.0, 2.0)];
            c.check(&x, |x| {
                x[0].collected(&table, -1.5, [rows * length]).square()
            });
        }
    }

    #[test]
    #[should_panic(expected = "picked: 2 elements for each 3 of shape [4], to shape [2]")]
    fn parts_of_rows_are_named() {
        let table = PickTable::new(3, vec![0, 1]);
        Tape::<f64>::new()
            .var(&Tensor::ones([4]))
            .picked(&table, 1.0, [2]);
    }

    #[test]
    #[should_panic(expected = "pick: place 3 in rows of 3")]
    fn a_place_that_is_not_there_is_named() {
        let _ = PickTable::new(3, vec![0, 3]);
    }
}
