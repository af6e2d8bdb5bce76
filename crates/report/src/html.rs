//! HTML: elements with attributes, text and children, all text escaped.

use crate::svg::escaped;

/// A piece of a page: text and elements, in order.
#[derive(Debug, Default)]
pub(crate) struct Markup(String);

impl Markup {
    /// Markup as it stands, such as a style sheet.
    pub(crate) fn raw(markup: impl Into<String>) -> Self {
        Markup(markup.into())
    }

    /// Adds words.
    pub(crate) fn text(mut self, words: impl AsRef<str>) -> Self {
        self.0 += &escaped(words.as_ref());
        self
    }

    /// Adds an element, or another piece.
    pub(crate) fn add(mut self, child: impl Into<Markup>) -> Self {
        self.0 += &child.into().0;
        self
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

impl From<Element> for Markup {
    fn from(element: Element) -> Self {
        let Element { name, tag, inside } = element;
        Markup(match name {
            // The one element of pages here that has no end.
            "meta" => tag + ">",
            _ => format!("{tag}>{}</{name}>", inside.0),
        })
    }
}

impl<M: Into<Markup>> FromIterator<M> for Markup {
    fn from_iter<I: IntoIterator<Item = M>>(pieces: I) -> Self {
        pieces.into_iter().fold(Markup::default(), Markup::add)
    }
}

/// An element: `<p class="lead">…</p>`.
#[derive(Debug)]
pub(crate) struct Element {
    name: &'static str,
    /// Its first tag, all but the last `>`.
    tag: String,
    inside: Markup,
}

/// An element without attributes and empty.
pub(crate) fn element(name: &'static str) -> Element {
    Element {
        name,
        tag: format!("<{name}"),
        inside: Markup::default(),
    }
}

impl Element {
    /// Adds an attribute.
    pub(crate) fn with(mut self, attribute: &str, value: impl AsRef<str>) -> Self {
        self.tag += &format!(" {attribute}=\"{}\"", escaped(value.as_ref()));
        self
    }

    /// Adds the attribute `class`.
    pub(crate) fn class(self, class: &str) -> Self {
        self.with("class", class)
    }

    /// Adds words to its inside.
    pub(crate) fn text(mut self, words: impl AsRef<str>) -> Self {
        self.inside = self.inside.text(words);
        self
    }

    /// Adds an element, or another piece, to its inside.
    pub(crate) fn add(mut self, child: impl Into<Markup>) -> Self {
        self.inside = self.inside.add(child);
        self
    }

    /// Adds several.
    pub(crate) fn add_all<M: Into<Markup>>(self, children: impl IntoIterator<Item = M>) -> Self {
        self.add(Markup::from_iter(children))
    }
}

/// An element with words.
pub(crate) fn words(name: &'static str, words: impl AsRef<str>) -> Element {
    element(name).text(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let link = element("a")
            .with("href", "#\"<")
            .text("a < b")
            .add(words("b", "&"));
        let markup = Markup::default()
            .add(element("meta").with("charset", "utf-8"))
            .add(link);
        assert_eq!(
            markup.into_string(),
            "<meta charset=\"utf-8\"><a href=\"#&quot;&lt;\">a &lt; b<b>&amp;</b></a>"
        );
    }
}
