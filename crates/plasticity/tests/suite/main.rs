//! Networks that learn, against a second implementation in plain loops, differences and forward mode.

mod case;
mod diagnostics;
mod differences;
mod forward_mode;
mod meta_gradient;
mod oracle;
mod pathways;
mod plain_learning;
mod terms;
mod text_terms;
