//! Images with class labels, and few-shot tasks drawn from them.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Dataset`] | images of one size, their labels and the names of the classes |
//! | [`ImageForm`] | the size and the colour mode that images are brought to |
//! | [`idx`] | the IDX format of MNIST and EMNIST, plain or gzip, read and written |
//! | [`picture`] | PNG, JPEG, PNM and BMP files; a directory of them for each class is a data set |
//! | [`glyphs`] | handwriting drawn from stroke skeletons, for use without any file |
//! | [`text`] | text from outside, read up to a limit and shown with its control characters spelled out |
//! | [`TaskSampler`] | few-shot tasks: `ways` classes, `shots` support and `queries` query images each |
//! | [`sequences`] | tasks of sequences: delayed match, and images read row by row |
//!
//! ```
//! use metaplast_data::{Dataset, Sampling, TaskSampler};
//! use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};
//!
//! let dataset = Dataset::glyphs(12, 1);
//! let sampler = TaskSampler::new(&dataset, 5, 10, 2, Sampling::Fresh)?;
//! let task = sampler.sample(&dataset, &mut Xoshiro256PlusPlus::seed_from_u64(7));
//! assert_eq!((task.support.len(), task.query.len()), (50, 10));
//!
//! let first = task.support[0];
//! let y0: Vec<f32> = dataset.image(first.image).iter().map(|&q| metaplast_data::pixel(q)).collect();
//! assert_eq!(y0.len(), 784);
//! # Ok::<(), metaplast_data::DataError>(())
//! ```
//!
//! JPEG pictures are read with the feature `jpeg`, and NumPy archives with `npz`, which are off by default
//! for the time that they take to compile.
//!
//! Everything here repeats bit for bit from its seed, on every machine: the
//! random draws are integers, and the few transcendental functions come from
//! `libm` rather than from the platform.

mod array_shape;
mod color_mode;
mod csv_images;
mod dataset;
mod decode;
mod directory;
mod error;
mod folders;
mod form;
pub mod glyphs;
mod gray;
mod grouping;
pub mod idx;
mod idx_names;
mod label_names;
mod levels;
mod mapping;
mod nested;
#[cfg(feature = "npz")]
mod npz_images;
pub mod picture;
mod planes;
mod random;
pub mod sequences;
mod signature;
mod statistics;
mod tables;
mod task;
pub mod text;

pub use color_mode::ColorMode;
pub use dataset::{Dataset, MOST_CLASSES, Orientation, Parts, pixel};
pub use error::DataError;
pub use form::{ImageForm, ImageSize};
pub use grouping::Grouping;
pub use random::uniform_index;
pub use statistics::Statistics;
pub use tables::split_part;
pub use task::{Sample, Sampling, Task, TaskSampler};

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
