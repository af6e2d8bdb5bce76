//! Where finished measurements are kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::error::Error;

/// Keeps texts by name until an experiment has ended, and longer.
pub trait Store: Sync {
    /// The text of this name, if it is there.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    fn get(&self, name: &str) -> Result<Option<String>, Error>;

    /// Keeps a text under a name, as a whole or not at all.
    ///
    /// # Errors
    /// When it cannot.
    fn put(&self, name: &str, text: &str) -> Result<(), Error>;
}

/// Keeps them as long as the process lives.
#[derive(Debug, Default)]
pub struct KeptInMemory(Mutex<BTreeMap<String, String>>);

impl Store for KeptInMemory {
    fn get(&self, name: &str) -> Result<Option<String>, Error> {
        let texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(texts.get(name).cloned())
    }

    fn put(&self, name: &str, text: &str) -> Result<(), Error> {
        let mut texts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        texts.insert(name.to_owned(), text.to_owned());
        Ok(())
    }
}
