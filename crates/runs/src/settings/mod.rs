//! Settings of a meta-training: as given, by flags and a file, and as a configuration with every choice
//! made. One way: [`Settings`] → [`Config`].

mod byte_size;
pub mod candidates;
mod choice;
mod config;
mod finder;
mod flags;
mod given;
mod gradient;
pub mod images;
mod layers;
mod name_table;
pub mod names;
pub mod network;
mod origins;
pub mod rule;
mod start_from;
mod tasks;
mod way;

pub use byte_size::ByteSize;
pub use choice::Choice;
pub use config::Config;
pub use flags::{OneOf, heading, number, path_as_text, whole};
pub use given::Settings;
pub use layers::LayersSetting;
pub use metaplast_meta::Precision;
pub use name_table::{NameTable, listed};
pub use origins::Origins;
pub use tasks::{Tasks, sampling_error};
pub use way::gradient_mode;
