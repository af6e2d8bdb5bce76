//! Experiments as data: a question, settings, measurements that can be stopped and resumed, and
//! results of tables, figures and findings.
//!
//! An [`Experiment`] says what it asks and what is published about it, which [`ExperimentSettings`] it has, and
//! how they become [`Results`]. Everything around that is the same for all and is not its business:
//! seeds and trials are settings, threads, progress, interruption and the files of finished
//! measurements belong to the [`Request`], and the results are data that a page, a table or a program
//! takes as it likes.
//!
//! ```
//! use metaplast_experiment::{
//!     About, Error, Experiment, KeptInMemory, Measurement, Request, Results, ExperimentSettings, Silent, Table,
//! };
//! use metaplast_numbers::streams::stream;
//! use rand::RngExt;
//!
//! /// How close to ½ the mean of a few random numbers is.
//! struct Means;
//!
//! impl Experiment for Means {
//!     fn about(&self) -> About {
//!         About::new("means", "Means of random numbers").asking("How far from ½ are they?")
//!     }
//!
//!     fn settings(&self, quick: bool) -> ExperimentSettings {
//!         ExperimentSettings::new()
//!             .whole("trials", if quick { 2 } else { 10 }, "independent repetitions")
//!             .whole("seed", 1, "from which everything random follows")
//!     }
//!
//!     fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
//!         let (trials, seed) = (request.settings.trials(), request.settings.seed());
//!         let names: Vec<String> = (0..trials).map(|trial| format!("trial {trial}")).collect();
//!         let measured = request.measure("means", &names, |place| {
//!             let mut rng = stream(&[seed, place as u64]);
//!             let mean = (0..100).map(|_| rng.random::<f64>()).sum::<f64>() / 100.0;
//!             Ok(Measurement::new().with("distance", [(mean - 0.5).abs()]))
//!         })?;
//!         let distances: Vec<f64> = measured.iter().map(|m| m.number("distance")).collect();
//!         let mut table = Table::new("means", "Distances", ["numbers", "distance"]);
//!         table.row([100u64.into(), table.mean_of(&distances, 2)]);
//!         Ok(Results::new().with_table(table))
//!     }
//! }
//!
//! let settings = Means.settings(true);
//! let results = Means.run(&Request::new(&settings, &Silent, &KeptInMemory::default()))?;
//! assert_eq!(results.tables[0].rows.len(), 1);
//! # Ok::<(), metaplast_experiment::Error>(())
//! ```

mod error;
mod experiment;
mod figure;
mod measurement;
mod monitor;
mod part;
mod request;
mod results;
mod settings;
mod store;
mod table;
mod value;

pub use error::Error;
pub use experiment::{About, Experiment};
pub use figure::{Across, Curve, Figure, Plot, Point, Reference, Scale, Size, Up};
pub use measurement::Measurement;
pub use monitor::{ExperimentMonitor, Silent};
pub use part::{Part, Shard};
pub use request::Request;
pub use results::{Results, RunDirectoryName};
pub use settings::{ExperimentSetting, ExperimentSettings};
pub use store::{KeptInMemory, Store};
pub use table::{Cell, Table};
pub use value::Value;

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
