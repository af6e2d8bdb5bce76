//! Tests of the `metaplast` command, each in a directory of its own.

mod bad_input;
mod common;
mod convolution;
mod course;
mod discover;
mod evaluate;
mod explain;
mod feedback;
mod fetch;
mod fit;
mod fit_candidates;
mod help;
mod hurried_users;
mod identify;
mod images;
mod instruction_sets;
mod longer_runs;
mod look;
mod messages;
mod meta_train;
mod output_page;
mod own_terms;
mod per_layer;
mod predictive;
mod predictive_feedback;
mod recurrent;
mod report;
mod reported_faults;
mod rules_with_memory;
mod shards;
mod spiking;
#[cfg(unix)]
mod survive;
mod sweep;
mod sweep_search;
mod verify;
