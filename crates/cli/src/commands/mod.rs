//! What each subcommand does.

pub(crate) mod meta_train;
