//! What `evaluate` works on and says: rules from files, tables and JSON.

pub(crate) mod rules;
pub(crate) mod tables;
