//! Layers as they are given: sizes, or words that describe them.

use std::fmt;

use metaplast_plasticity::Architecture;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::flags::whole;

/// Sizes like `784,170,47`, in files `[784, 170, 47]`, or words like `28x28x1 conv5x8 pool2 100 47` or
/// `28 recurrent64 47`, in files a string; see [`Architecture::parse`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum LayersSetting {
    /// Layer sizes, pixels first.
    Sizes(Vec<u64>),
    /// A description, of which it is not known yet whether it can be.
    Words(String),
}

impl LayersSetting {
    /// Reads the value of a flag.
    ///
    /// # Errors
    /// When there are no words, and a size is no number.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains(|c: char| c.is_ascii_alphabetic()) {
            return Ok(LayersSetting::Words(text.to_owned()));
        }
        if text.trim().is_empty() {
            return Err(
                "give sizes like 784,170,47, or words like \"28x28x1 conv5x8 pool2 47\"".to_owned(),
            );
        }
        let sizes = text.split(',').map(whole).collect::<Result<_, _>>();
        sizes.map(LayersSetting::Sizes)
    }

    /// The layers of an architecture, with words only where sizes do not say all.
    #[must_use]
    pub fn of(architecture: &Architecture) -> Self {
        match architecture.is_fully_connected() && !architecture.has_skips() {
            true => LayersSetting::Sizes(architecture.sizes().iter().map(|&n| n as u64).collect()),
            false => LayersSetting::Words(architecture.description()),
        }
    }
}

impl<'de> Deserialize<'de> for LayersSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LayersVisitor)
    }
}

struct LayersVisitor;

impl<'de> Visitor<'de> for LayersVisitor {
    type Value = LayersSetting;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a list of layer sizes like [784, 170, 47], or words like \"28x28x1 conv5x8 pool2 47\"",
        )
    }

    fn visit_str<E: de::Error>(self, words: &str) -> Result<LayersSetting, E> {
        Ok(LayersSetting::Words(words.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<LayersSetting, A::Error> {
        let mut sizes = Vec::new();
        while let Some(size) = elements.next_element()? {
            sizes.push(size);
        }
        Ok(LayersSetting::Sizes(sizes))
    }
}
