//! An experiment on a page: its question, tables and settings.

use metaplast_experiment::{About, ExperimentSettings, Results};

use crate::html::{Element, Markup, element, words};
use crate::table;

/// An experiment with its results.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentReport {
    /// What it asks.
    pub about: About,
    /// The settings it was made with.
    pub settings: ExperimentSettings,
    /// What it found.
    pub results: Results,
    /// The command that repeats it.
    pub command: String,
}

impl ExperimentReport {
    /// The question, what is published, and what the numbers say to it.
    pub(crate) fn asked(&self) -> Option<Element> {
        let (about, found) = (&self.about, &self.results.findings);
        if about.question.is_none() && found.is_empty() {
            return None;
        }
        let mut asked = element("div").class("study");
        let said = [
            ("Question", &about.question),
            ("What is published", &about.published),
        ];
        for (heading, said) in said {
            if let Some(said) = said {
                asked = asked.add(words("h2", heading)).add(words("p", said));
            }
        }
        if !found.is_empty() {
            let found = found.iter().map(|found| words("li", found));
            asked = asked
                .add(words("h2", "What was found here"))
                .add(element("ul").add_all(found));
        }
        Some(asked)
    }

    /// Its tables, each under a heading.
    pub(crate) fn tables(&self) -> Markup {
        let tables = self.results.tables.iter().map(|shown| {
            Markup::default()
                .add(words("h3", &shown.title))
                .add(table::of_experiment(shown))
                .add(words("p", &shown.note).class("method"))
        });
        Markup::from_iter(tables)
    }

    /// Its settings and the command.
    pub(crate) fn configuration(&self) -> Markup {
        Markup::default()
            .add(table::with_meanings(&self.settings))
            .add(words("h3", "To repeat it"))
            .add(words("p", PROMISE))
            .add(words("pre", &self.command))
    }
}

/// What every command keeps.
pub(crate) const PROMISE: &str =
    "The same command gives the same numbers, bit for bit, whatever the number of threads.";
