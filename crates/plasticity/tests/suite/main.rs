//! All tests of this crate but those that count allocations: networks that learn, against a second implementation in plain loops, differences and forward mode.

mod alignment;
mod batches;
mod case;
mod convolution;
mod convolution_by_hand;
mod diagnostics;
mod differences;
mod forward_mode;
mod hand_written;
mod increments;
mod known_rules;
mod memories;
mod meta_gradient;
mod oracle;
mod pathways;
mod per_layer;
mod perturbation;
mod plain_learning;
mod plain_pathways;
mod plain_steps;
mod recurrent;
mod recurrent_memory;
mod reward;
mod terms;
mod text_terms;
mod unit_parameters;
