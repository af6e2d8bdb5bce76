//! Rules in files: for programs (`rule.toml`) and for people (`rule.md`), and what they are called.

mod coefficients;
mod file;
mod name;
mod page;
mod provenance;
#[cfg(test)]
mod tests;

pub use file::RuleFile;
pub use name::rule_name;
pub use page::rule_page;
pub use provenance::Provenance;
