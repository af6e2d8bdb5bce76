//! Connections of layers that are not fully connected: pooling, and patches under a shared kernel.
//!
//! Activity is flat, `[n]` or with one sample per row `[b, n]`; of an image it is kept row by row, with the
//! channels of a place side by side. What a layer sees at its places is `[places, fan_in]`, of a batch
//! `[b · places, fan_in]`, what it says there `[places, channels]`.

use metaplast_autodiff::{PickTable, State, Var};
use metaplast_tensor::{Scalar, Shape};

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
    pooling: Option<Pooling>,
    patches: Option<Patches>,
    /// Columns of `W_l`.
    pub(crate) fan_in: usize,
    /// Rows of `W_l`: the channels, or all units where every unit has weights of its own.
    pub(crate) channels: usize,
}

/// The mean over windows that touch.
#[derive(Clone, Debug, PartialEq)]
struct Pooling {
    /// For each unit below, its window.
    windows: PickTable,
    /// 1 / units of a window.
    share: f64,
}

/// What the kernel sees at each place.
#[derive(Clone, Debug, PartialEq)]
struct Patches {
    table: PickTable,
    places: usize,
}

impl Connection {
    /// A connection of an image to units with weights of their own, where it is pooled before.
    pub(crate) fn dense(image: ImageExtents, pool: usize, units: usize) -> Option<Self> {
        let pooling = Pooling::new(image, pool)?;
        Some(Connection {
            inputs: image.iter().product(),
            fan_in: pooling.windows.length(),
            pooling: Some(pooling),
            patches: None,
            channels: units,
        })
    }

    /// A connection of an image to a kernel, and the image that it makes; the kernel fits into the image once
    /// that is pooled.
    pub(crate) fn convolution(
        image: ImageExtents,
        pool: usize,
        kernel: SharedKernel,
    ) -> (Self, ImageExtents) {
        let [height, width, below] = [image[0] / pool, image[1] / pool, image[2]];
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
        let connection = Connection {
            inputs: image.iter().product(),
            pooling: Pooling::new(image, pool),
            patches: Some(Patches {
                table: PickTable::new(height * width * below, table),
                places: high * wide,
            }),
            fan_in: size * size * below,
            channels: kernel.channels,
        };
        (connection, [high, wide, kernel.channels])
    }

    /// How many places the layer's weights are used at.
    pub(crate) fn places(&self) -> Option<usize> {
        self.patches.as_ref().map(|patches| patches.places)
    }

    /// What the layer sees of the activity below.
    pub(crate) fn enter<'t, T: Scalar>(&self, y: Var<'t, T>) -> Var<'t, T> {
        self.gather(
            y,
            self.pooling.as_ref().map_or(1.0, |pooling| pooling.share),
        )
    }

    /// The teaching signals of what the layer sees: of a pooled unit the sum of those in its window.
    pub(crate) fn enter_errors<'t, T: Scalar>(&self, e: Var<'t, T>) -> Var<'t, T> {
        self.gather(e, 1.0)
    }

    fn gather<'t, T: Scalar>(&self, x: Var<'t, T>, share: f64) -> Var<'t, T> {
        let rows = self.rows(x, self.inputs);
        let x = match &self.pooling {
            None => x,
            Some(Pooling { windows, .. }) => {
                x.collected(windows, share, flat(rows, windows.length()))
            }
        };
        match &self.patches {
            None => x,
            Some(Patches { table, places }) => {
                x.picked(table, 1.0, [rows.unwrap_or(1) * places, self.fan_in])
            }
        }
    }

    /// `W_l` of what the layer sees, `n_l` elements for each sample; `weights` is `[fan_in, channels]`.
    #[track_caller]
    pub(crate) fn project<'t, T: Scalar>(
        &self,
        weights: State<'t, T>,
        y: Var<'t, T>,
    ) -> Var<'t, T> {
        let z = Connection::project_by(None, weights, self.enter(y));
        match &self.patches {
            None => z,
            Some(Patches { places, .. }) => {
                z.reshape(flat(self.rows(y, self.inputs), places * self.channels))
            }
        }
    }

    /// The adjoint of [`project`](Self::project), by a matrix of the same shape: through the kernel it is
    /// the transposed convolution, and every unit of a window gets the same share.
    #[track_caller]
    pub(crate) fn project_back<'t, T: Scalar>(
        &self,
        matrix: State<'t, T>,
        e: Var<'t, T>,
    ) -> Var<'t, T> {
        let units = self.places().unwrap_or(1) * self.channels;
        let rows = self.rows(e, units);
        let back = Connection::project_back_by(None, matrix, self.at_places(e));
        let back = match &self.patches {
            None => back,
            Some(Patches { table, .. }) => back.collected(table, 1.0, flat(rows, table.length())),
        };
        match &self.pooling {
            None => back,
            Some(Pooling { windows, share }) => {
                back.picked(windows, *share, flat(rows, windows.picks()))
            }
        }
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

    /// The adjoint of [`project_by`](Self::project_by).
    #[track_caller]
    pub(crate) fn project_back_by<'t, T: Scalar>(
        connection: Option<&Self>,
        matrix: State<'t, T>,
        e: Var<'t, T>,
    ) -> Var<'t, T> {
        match (connection, e.rank()) {
            (Some(connection), _) => connection.project_back(matrix, e),
            (None, 1) => matrix.matvec(e),
            (None, _) => matrix.matvec_rows(e),
        }
    }

    /// How many samples there are, where they are a batch.
    fn rows<T: Scalar>(&self, x: Var<'_, T>, length: usize) -> Option<usize> {
        (x.rank() == 2).then(|| x.shape().len() / length)
    }
}

impl Pooling {
    fn new([height, width, channels]: ImageExtents, pool: usize) -> Option<Self> {
        if pool == 1 {
            return None;
        }
        let window = |place: usize| {
            let (pixel, channel) = (place / channels, place % channels);
            let (row, column) = (pixel / width / pool, pixel % width / pool);
            ((row * (width / pool) + column) * channels + channel) as u32
        };
        let windows = (0..height * width * channels).map(window).collect();
        let length = height / pool * (width / pool) * channels;
        Some(Pooling {
            windows: PickTable::new(length, windows),
            share: 1.0 / (pool * pool) as f64,
        })
    }
}

fn flat(rows: Option<usize>, length: usize) -> Shape {
    match rows {
        None => Shape::from([length]),
        Some(rows) => Shape::from([rows, length]),
    }
}
