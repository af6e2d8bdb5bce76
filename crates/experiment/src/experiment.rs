//! What an experiment is.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::request::Request;
use crate::results::Results;
use crate::settings::ExperimentSettings;

/// An experiment.
pub trait Experiment: Sync {
    /// What it asks.
    fn about(&self) -> About;

    /// The name by which it is called.
    fn name(&self) -> String {
        self.about().name
    }

    /// Its settings with their usual values, or with those of a size that ends within a minute.
    fn settings(&self, quick: bool) -> ExperimentSettings;

    /// The file that it was read from, if it was.
    fn file(&self) -> Option<&str> {
        None
    }

    /// Makes its measurements, by [`Request::measure`] where they are independent of each other, and
    /// says what they show. The same settings give the same results, whatever the number of threads
    /// and however often it was stopped.
    ///
    /// # Errors
    /// When a setting cannot be, when it is asked to stop, or when the work fails.
    fn run(&self, request: &Request<'_>) -> Result<Results, Error>;
}

/// What an experiment asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct About {
    /// The name by which it is called: `pc-fig3`.
    pub name: String,
    /// A title for its page.
    pub title: String,
    /// The question, in words for somebody who has not read the paper.
    pub question: Option<String>,
    /// What is published about it, with its source.
    pub published: Option<String>,
}

impl About {
    /// With a name and a title.
    pub fn new(name: impl Into<String>, title: impl Into<String>) -> Self {
        About {
            name: name.into(),
            title: title.into(),
            question: None,
            published: None,
        }
    }

    /// With its question.
    #[must_use]
    pub fn asking(self, question: impl Into<String>) -> Self {
        About {
            question: Some(question.into()),
            ..self
        }
    }

    /// With what is published about it.
    #[must_use]
    pub fn published(self, published: impl Into<String>) -> Self {
        About {
            published: Some(published.into()),
            ..self
        }
    }
}
