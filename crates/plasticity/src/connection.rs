//! Connections of layers that are not fully connected: pooling, and patches under a shared kernel.
//!
//! Activity is flat, `[n]` or with one sample per row `[b, n]`; of an image it is kept row by row, with the
//! channels of a place side by side. What a layer sees at its places is `[places, fan_in]`, of a batch
//! `[b · places, fan_in]`, what it says there `[places, channels]`.

use metaplast_autodiff::{PickTable, State, Var};
use metaplast_tensor::Scalar;
use smallvec::SmallVec;

use crate::pooling::{Pooling, PoolingKind, flat};

/// Height, width and channels.
pub(crate) type ImageExtents = [usize; 3];

/// A kernel that moves over an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SharedKernel {
    /// Rows, and columns.
    pub(crate) extent: usize,
    pub(crate) channels: usize,
    /// Rows and columns of zeros on each side of the image.
    pub(crate) border: usize,
    /// From place to place, along both axes.
    pub(crate) stride: usize,
}

impl SharedKernel {
    /// At how many places along an axis of the image it fits with its border, if at all.
    pub(crate) fn along(self, extent: usize) -> Option<usize> {
        let whole = extent.saturating_add(self.border.saturating_mul(2));
        let room = whole.checked_sub(self.extent)?;
        Some(room / self.stride + 1)
    }
}

/// Between the activity `y_(l−1)` and the pre-activation `z_l` of a layer with shared or pooled input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Connection {
    /// `n_(l−1)`
    inputs: usize,
    /// One after the other; none where the whole layer is seen.
    pooling: Vec<Pooling>,
    patches: Option<Patches>,
    /// Columns of `W_l`.
    pub(crate) fan_in: usize,
    /// Rows of `W_l`: the channels, or all units where every unit has weights of its own.
    pub(crate) channels: usize,
}

/// What the kernel sees at each place.
#[derive(Clone, Debug, PartialEq)]
struct Patches {
    table: PickTable,
    places: usize,
}

impl Connection {
    /// A connection of an image to units with weights of their own, where it is pooled before.
    pub(crate) fn dense(
        image: ImageExtents,
        pooling: &[(PoolingKind, usize)],
        units: usize,
    ) -> Option<Self> {
        if pooling.is_empty() {
            return None;
        }
        let (pooling, pooled) = pooled(image, pooling);
        Some(Connection {
            inputs: image.iter().product(),
            fan_in: pooled.iter().product(),
            pooling,
            patches: None,
            channels: units,
        })
    }

    /// A connection of an image to a kernel, which fits into it once that is pooled.
    pub(crate) fn convolution(
        image: ImageExtents,
        pooling: &[(PoolingKind, usize)],
        kernel: SharedKernel,
    ) -> Self {
        let (pooling, [height, width, below]) = pooled(image, pooling);
        let [high, wide] = [height, width].map(|extent| kernel.along(extent).expect("it fits"));
        let size = kernel.extent;
        let mut table = Vec::with_capacity(high * wide * size * size * below);
        // Where an element of the kernel stands in the image, if not on its border.
        let inside = |place: usize, offset: usize, extent: usize| {
            let at = (place * kernel.stride + offset).checked_sub(kernel.border)?;
            (at < extent).then_some(at)
        };
        for (p, q) in (0..high).flat_map(|p| (0..wide).map(move |q| (p, q))) {
            for (i, j) in (0..size).flat_map(|i| (0..size).map(move |j| (i, j))) {
                let pixel = inside(p, i, height).zip(inside(q, j, width));
                table.extend((0..below).map(|channel| match pixel {
                    Some((row, column)) => ((row * width + column) * below + channel) as u32,
                    None => PickTable::NOWHERE,
                }));
            }
        }
        Connection {
            inputs: image.iter().product(),
            pooling,
            patches: Some(Patches {
                table: PickTable::new(height * width * below, table),
                places: high * wide,
            }),
            fan_in: size * size * below,
            channels: kernel.channels,
        }
    }

    /// How many places the layer's weights are used at.
    pub(crate) fn places(&self) -> Option<usize> {
        self.patches.as_ref().map(|patches| patches.places)
    }

    /// What the layer sees of the activity below.
    pub(crate) fn enter<'t, T: Scalar>(&self, y: Var<'t, T>) -> Var<'t, T> {
        self.gather(y, y, Pooling::share)
    }

    /// The teaching signals of what the layer sees of the activity `at`: of a window that is seen by its mean
    /// the sum of those in it, of one that is seen by its maximum that of this unit.
    pub(crate) fn enter_errors<'t, T: Scalar>(&self, e: Var<'t, T>, at: Var<'t, T>) -> Var<'t, T> {
        self.gather(e, at, |_| 1.0)
    }

    fn gather<'t, T: Scalar>(
        &self,
        x: Var<'t, T>,
        at: Var<'t, T>,
        share: fn(&Pooling) -> f64,
    ) -> Var<'t, T> {
        let rows = self.rows(x, self.inputs);
        let stages = self.pooling.iter().zip(self.pooled_activity(at));
        let x = stages.fold(x, |x, (pooling, at)| {
            pooling.pool(x, at, rows, share(pooling))
        });
        match &self.patches {
            None => x,
            Some(Patches { table, places }) => {
                x.picked(table, 1.0, [rows.unwrap_or(1) * places, self.fan_in])
            }
        }
    }

    /// The activity before each pooling, as far as one asks for it.
    fn pooled_activity<'t, T: Scalar>(&self, y: Var<'t, T>) -> SmallVec<[Var<'t, T>; 2]> {
        let rows = self.rows(y, self.inputs);
        let last = self.pooling.iter().rposition(Pooling::chooses).unwrap_or(0);
        let mut activity = SmallVec::from_elem(y, self.pooling.len());
        for stage in 0..last {
            let below = activity[stage];
            let pooling = &self.pooling[stage];
            activity[stage + 1] = pooling.pool(below, below, rows, pooling.share());
        }
        activity
    }

    /// `W_l` of what the layer sees, `n_l` elements for each sample; `weights` is `[fan_in, channels]`.
    #[track_caller]
    pub(crate) fn project<'t, T: Scalar>(
        &self,
        weights: State<'t, T>,
        y: Var<'t, T>,
    ) -> Var<'t, T> {
        self.project_at(weights, y, y)
    }

    /// The same linear in `x`, with the maxima of the activity `at`.
    #[track_caller]
    pub(crate) fn project_at<'t, T: Scalar>(
        &self,
        weights: State<'t, T>,
        x: Var<'t, T>,
        at: Var<'t, T>,
    ) -> Var<'t, T> {
        let z = Connection::project_by(None, weights, self.gather(x, at, Pooling::share));
        match &self.patches {
            None => z,
            Some(Patches { places, .. }) => {
                z.reshape(flat(self.rows(x, self.inputs), places * self.channels))
            }
        }
    }

    /// The adjoint of [`project_at`](Self::project_at), by a matrix of the same shape: through the kernel it is
    /// the transposed convolution, and of a window every unit gets the same share, or its maximum all.
    #[track_caller]
    pub(crate) fn project_back<'t, T: Scalar>(
        &self,
        matrix: State<'t, T>,
        e: Var<'t, T>,
        at: Var<'t, T>,
    ) -> Var<'t, T> {
        let units = self.places().unwrap_or(1) * self.channels;
        let rows = self.rows(e, units);
        let back = Connection::project_back_by(None, matrix, self.at_places(e), at);
        let back = match &self.patches {
            None => back,
            Some(Patches { table, .. }) => back.collected(table, 1.0, flat(rows, table.length())),
        };
        let stages = self.pooling.iter().zip(self.pooled_activity(at)).rev();
        stages.fold(back, |back, (pooling, at)| {
            pooling.pool_back(back, at, rows)
        })
    }

    /// Flat signals of the layer with one row for each place, where it has places.
    pub(crate) fn at_places<'t, T: Scalar>(&self, x: Var<'t, T>) -> Var<'t, T> {
        match self.patches {
            None => x,
            Some(_) => x.reshape([x.shape().len() / self.channels, self.channels]),
        }
    }

    /// `W_l y` of a vector or of every row of a matrix, with the weights transposed, through a connection where
    /// there is one.
    #[track_caller]
    pub(crate) fn project_by<'t, T: Scalar>(
        connection: Option<&Self>,
        weights: State<'t, T>,
        y: Var<'t, T>,
    ) -> Var<'t, T> {
        match (connection, y.rank()) {
            (Some(connection), _) => connection.project(weights, y),
            (None, 1) => weights.matvec_transposed(y),
            (None, _) => weights.matvec_transposed_rows(y),
        }
    }

    /// The adjoint of [`project_by`](Self::project_by), with the maxima of the activity `at`.
    #[track_caller]
    pub(crate) fn project_back_by<'t, T: Scalar>(
        connection: Option<&Self>,
        matrix: State<'t, T>,
        e: Var<'t, T>,
        at: Var<'t, T>,
    ) -> Var<'t, T> {
        match (connection, e.rank()) {
            (Some(connection), _) => connection.project_back(matrix, e, at),
            (None, 1) => matrix.matvec(e),
            (None, _) => matrix.matvec_rows(e),
        }
    }

    /// How many samples there are, where they are a batch.
    fn rows<T: Scalar>(&self, x: Var<'_, T>, length: usize) -> Option<usize> {
        (x.rank() == 2).then(|| x.shape().len() / length)
    }
}

/// Poolings of an image one after the other, and what they make of it.
fn pooled(image: ImageExtents, pooling: &[(PoolingKind, usize)]) -> (Vec<Pooling>, ImageExtents) {
    let mut seen = image;
    let stages = pooling.iter().map(|&stage| {
        let (pooling, made) = Pooling::new(seen, stage);
        seen = made;
        pooling
    });
    (stages.collect(), seen)
}
