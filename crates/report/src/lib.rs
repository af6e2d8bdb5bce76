//! Runs and experiments as one self-contained page of figures and tables.
//!
//! A [`Page`] takes plain data, a [`Run`] for each meta-training or the results of an experiment, and
//! becomes one HTML file that needs no other file, no network and no script: curves with bootstrap
//! bands, the rule as maths, tables of results with intervals, the settings and the command that
//! repeats them. It reads in light and dark, on paper and on a phone. [`standalone`] writes a
//! [`Figure`](metaplast_experiment::Figure) as an SVG file.
//!
//! ```
//! use metaplast_report::{Episode, Page, Run, Term, Trial};
//!
//! let episode = |k: u32| Episode {
//!     meta_loss: 3.0 - 0.1 * f64::from(k),
//!     cross_entropy: 3.0 - 0.1 * f64::from(k),
//!     accuracy: 0.2 + 0.03 * f64::from(k),
//!     theta: vec![0.001 * f64::from(k)],
//!     angles: vec![85.0],
//!     orthonormality: vec![200.0, 20.0],
//!     diverged: false,
//! };
//! let run = Run {
//!     name: "fa".into(),
//!     rule: "ΔW_l = −0.01 e_l y_(l−1)ᵀ".into(),
//!     terms: vec![Term {
//!         symbol: "F0".into(),
//!         name: "pseudo-gradient".into(),
//!         formula: "−e_l y_(l−1)ᵀ".into(),
//!         locality: "local to pre, post and synapse".into(),
//!     }],
//!     ways: 5,
//!     outputs: 47,
//!     trials: vec![Trial { number: 0, episodes: (0..10).map(episode).collect(), theta: vec![0.01] }],
//!     settings: vec![("seed".into(), "1".into())],
//!     command: "metaplast meta-train --preset fa --episodes 10".into(),
//! };
//! let page = Page {
//!     title: "Feedback alignment".into(),
//!     experiment: None,
//!     runs: vec![run],
//!     program: "an example".into(),
//! };
//! let html = page.to_html();
//! assert!(html.starts_with("<!DOCTYPE html>") && html.contains("<svg"));
//! assert!(!html.contains("<script"));
//! ```

mod against;
mod axis;
mod estimate;
mod experiment;
mod figure;
mod html;
mod maths;
mod page;
mod panel;
mod result;
mod run;
mod standalone;
mod svg;
mod table;

pub use against::{Against, against};
pub use estimate::LAST;
pub use experiment::ExperimentReport;
pub use figure::figures;
pub use page::Page;
pub use result::{RunResult, last_of};
pub use run::{Episode, Run, Term, Trial};
pub use standalone::standalone;

/// The examples of the README are tested, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
