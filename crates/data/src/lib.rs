//! Images with class labels, and few-shot tasks drawn from them.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Dataset`] | gray images of one size, their labels and the names of the classes |
//! | [`idx`] | the IDX format of MNIST and EMNIST, plain or gzip, read and written |
//! | [`picture`] | PNG files as gray images; a directory of them for each class is a data set |
//! | [`glyphs`] | handwriting drawn from stroke skeletons, for use without any file |
//! | [`text`] | text from outside, read up to a limit and shown with its control characters spelled out |
//! | [`TaskSampler`] | few-shot tasks: `ways` classes, `shots` support and `queries` query images each |
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
//! Everything here repeats bit for bit from its seed, on every machine: the
//! random draws are integers, and the few transcendental functions come from
//! `libm` rather than from the platform.

mod dataset;
mod directory;
mod error;
mod folders;
pub mod glyphs;
mod gray;
pub mod idx;
mod mapping;
pub mod picture;
mod random;
mod signature;
mod statistics;
mod task;
pub mod text;

pub use dataset::{Dataset, Orientation, Parts, pixel};
pub use error::DataError;
pub use random::uniform_index;
pub use statistics::Statistics;
pub use task::{Sample, Sampling, Task, TaskSampler};

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
