//! Pooling: what the next layer sees of an image in windows that touch, their means or their maxima.

use metaplast_autodiff::{PickTable, Var};
use metaplast_tensor::{Scalar, Shape};

use crate::connection::ImageExtents;

/// What is seen of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PoolingKind {
    Mean,
    /// The first unit, row by row, that no other exceeds.
    Max,
}

/// Windows of n × n over an image, channel by channel.
///
/// The maxima are those of an activity that is given along with what is pooled. To them the maximum is
/// linear: a choice of units.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pooling {
    kind: PoolingKind,
    /// For each unit below, its window.
    windows: PickTable,
    /// The same, where maxima are chosen.
    places: Vec<u32>,
    /// 1 / units of a window.
    share: f64,
}

impl Pooling {
    /// Windows that divide the image, and the image that they make.
    pub(crate) fn new(
        [height, width, channels]: ImageExtents,
        (kind, extent): (PoolingKind, usize),
    ) -> (Self, ImageExtents) {
        let window = |place: usize| {
            let (pixel, channel) = (place / channels, place % channels);
            let (row, column) = (pixel / width / extent, pixel % width / extent);
            ((row * (width / extent) + column) * channels + channel) as u32
        };
        let places: Vec<u32> = (0..height * width * channels).map(window).collect();
        let pooled = [height / extent, width / extent, channels];
        let pooling = Pooling {
            kind,
            windows: PickTable::new(pooled.iter().product(), places.clone()),
            places: match kind {
                PoolingKind::Mean => Vec::new(),
                PoolingKind::Max => places,
            },
            share: 1.0 / (extent * extent) as f64,
        };
        (pooling, pooled)
    }

    /// Whether it depends on the activity which units are seen.
    pub(crate) fn chooses(&self) -> bool {
        self.kind == PoolingKind::Max
    }

    /// How many windows there are.
    pub(crate) fn length(&self) -> usize {
        self.windows.length()
    }

    /// What a unit counts for in the mean of its window.
    pub(crate) fn share(&self) -> f64 {
        self.share
    }

    /// Sums over windows, of everything times `share`, or what the units have that are the maxima of the activity
    /// `at`; of one sample, or of one in each of so many rows.
    pub(crate) fn pool<'t, T: Scalar>(
        &self,
        x: Var<'t, T>,
        at: Var<'t, T>,
        rows: Option<usize>,
        share: f64,
    ) -> Var<'t, T> {
        let shape = flat(rows, self.length());
        match self.kind {
            PoolingKind::Mean => x.collected(&self.windows, share, shape),
            PoolingKind::Max => x.picked(&self.maxima(at), 1.0, shape),
        }
    }

    /// The adjoint of [`pool`](Self::pool) with the [share](Self::share): every unit of a window gets the same share, or its maximum all.
    pub(crate) fn pool_back<'t, T: Scalar>(
        &self,
        back: Var<'t, T>,
        at: Var<'t, T>,
        rows: Option<usize>,
    ) -> Var<'t, T> {
        let shape = flat(rows, self.windows.picks());
        match self.kind {
            PoolingKind::Mean => back.picked(&self.windows, self.share, shape),
            PoolingKind::Max => back.collected(&self.maxima(at), 1.0, shape),
        }
    }

    /// The unit of each window that is its maximum, in one row of all samples.
    fn maxima<T: Scalar>(&self, at: Var<'_, T>) -> PickTable {
        self.maxima_of(&at.with(|y| y.iter().map(|y| y.to_f64()).collect::<Vec<f64>>()))
    }

    /// The same; a window with what is no number shows that.
    fn maxima_of(&self, activity: &[f64]) -> PickTable {
        let (units, windows) = (self.places.len(), self.length());
        assert!(
            activity.len() < PickTable::NOWHERE as usize,
            "max pooling: a batch of {} units",
            activity.len()
        );
        let mut maxima = vec![PickTable::NOWHERE; activity.len() / units * windows];
        for (unit, &y) in activity.iter().enumerate() {
            let (sample, place) = (unit / units, unit % units);
            let best = &mut maxima[sample * windows + self.places[place] as usize];
            let exceeded = match activity.get(*best as usize) {
                None => true,
                Some(best) => !best.is_nan() && (y > *best || y.is_nan()),
            };
            if exceeded {
                *best = unit as u32;
            }
        }
        PickTable::new(activity.len(), maxima)
    }
}

/// The shape of so many elements, for each of the rows where there are some.
pub(crate) fn flat(rows: Option<usize>, length: usize) -> Shape {
    match rows {
        None => Shape::from([length]),
        Some(rows) => Shape::from([rows, length]),
    }
}

#[cfg(test)]
mod tests {
    use metaplast_autodiff::Tape;
    use metaplast_tensor::tensor;

    use super::{Pooling, PoolingKind};

    #[test]
    fn the_first_of_equal_maxima_is_seen() {
        let (pooling, pooled) = Pooling::new([2, 4, 1], (PoolingKind::Max, 2));
        assert_eq!(pooled, [1, 2, 1]);
        let tape = Tape::<f64>::new();
        let nan = f64::NAN;
        let y = tape.var(&tensor![
            [1.0, 3.0, 0.0, 0.0, 3.0, 2.0, 0.0, 0.0],
            [nan, 3.0, 7.0, 7.0, 3.0, 2.0, nan, 8.0]
        ]);
        let seen = pooling.pool(y, y, Some(2), 0.25).value();
        assert_eq!(seen.data()[..2], [3.0, 0.0]);
        assert!(seen.data()[2..].iter().all(|x| x.is_nan()));
        let back = tape.var(&tensor![[5.0, 6.0], [7.0, 8.0]]);
        let expected = tensor![
            [0.0, 5.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [7.0, 0.0, 0.0, 0.0, 0.0, 0.0, 8.0, 0.0]
        ];
        assert_eq!(pooling.pool_back(back, y, Some(2)).value(), expected);
    }
}
