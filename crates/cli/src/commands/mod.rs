//! What each subcommand does.

pub(crate) mod data_fetch;
pub(crate) mod data_info;
pub(crate) mod data_preview;
pub(crate) mod evaluate;
pub(crate) mod fit;
pub(crate) mod gradcheck;
pub(crate) mod meta_train;
pub(crate) mod report;
pub(crate) mod reproduce;
pub(crate) mod simulate;
pub(crate) mod soak;
pub(crate) mod sweep;
pub(crate) mod verify;
