//! The structure of pages, without a browser.

use crate::pages::pages;
use metaplast_report::{figures, standalone};
use quick_xml::Reader;
use quick_xml::events::Event;

/// Elements of HTML that have no end.
const VOID: [&str; 2] = ["meta", "br"];

/// An element that begins.
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
}

/// Every element and all text, or a panic that says what is not well formed.
fn parse(document: &str) -> (Vec<Element>, String) {
    let mut reader = Reader::from_str(document);
    reader.config_mut().check_end_names = false;
    let mut open: Vec<String> = Vec::new();
    let (mut elements, mut text) = (Vec::new(), String::new());
    loop {
        match reader.read_event().unwrap_or_else(|e| panic!("{e}")) {
            Event::Start(start) => {
                let name = String::from_utf8(start.name().as_ref().to_vec()).unwrap();
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.unwrap_or_else(|e| panic!("<{name}>: {e}"));
                    let key = String::from_utf8(attribute.key.as_ref().to_vec()).unwrap();
                    (key, attribute.unescape_value().unwrap().into_owned())
                });
                elements.push(Element {
                    attributes: attributes.collect(),
                    name: name.clone(),
                });
                if !VOID.contains(&name.as_str()) {
                    open.push(name);
                }
            }
            Event::Empty(start) => elements.push(Element {
                name: String::from_utf8(start.name().as_ref().to_vec()).unwrap(),
                attributes: Vec::new(),
            }),
            Event::End(end) => {
                let name = String::from_utf8(end.name().as_ref().to_vec()).unwrap();
                assert_eq!(open.pop().as_deref(), Some(name.as_str()), "end of {name}");
            }
            Event::Text(words) => text += &words.decode().unwrap(),
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    (elements, text)
}

#[test]
fn pages_are_well_formed_and_refer_to_nothing_outside() {
    for (kind, page) in pages() {
        let html = page.to_html();
        let (elements, _) = parse(&html);
        let outside = [
            "script", "link", "img", "iframe", "object", "image", "use", "base",
        ];
        for element in &elements {
            assert!(
                !outside.contains(&element.name.as_str()),
                "{kind}: {}",
                element.name
            );
            for (key, value) in &element.attributes {
                let local = !matches!(key.as_str(), "href" | "src") || value.starts_with('#');
                assert!(local && !key.starts_with("on"), "{kind}: {key}={value}");
            }
        }
        for word in ["http:", "https:", "url(", "@import", "NaN", "inf"] {
            assert!(!html.contains(word), "{kind}: {word}");
        }
    }
}

#[test]
fn links_lead_to_sections_and_names_are_unique() {
    for (kind, page) in pages() {
        let (elements, _) = parse(&page.to_html());
        let all = |name: &str| -> Vec<String> {
            let attributes = elements.iter().flat_map(|element| &element.attributes);
            let named = attributes.filter(|(key, _)| key == name);
            named.map(|(_, value)| value.clone()).collect()
        };
        let ids = all("id");
        for (place, id) in ids.iter().enumerate() {
            assert!(!ids[..place].contains(id), "{kind}: {id} twice");
        }
        let mut targets = all("aria-labelledby");
        targets.extend(all("href").iter().map(|href| href[1..].to_owned()));
        assert!(targets.len() > 5);
        for target in targets {
            assert!(ids.contains(&target), "{kind}: nothing is called {target}");
        }
    }
}

#[test]
fn every_figure_is_explained_and_every_axis_named() {
    for (kind, page) in pages() {
        let html = page.to_html();
        let (elements, _) = parse(&html);
        let count = |name: &str| elements.iter().filter(|e| e.name == name).count();
        assert_eq!(count("figure"), count("figcaption"), "{kind}");
        let panels = elements.iter().filter(|element| {
            element.name == "svg" && element.attributes.iter().any(|(key, _)| key == "role")
        });
        let panels = panels.count();
        let drawn = page.figures();
        assert_eq!(
            panels,
            drawn.iter().map(|figure| figure.plots.len()).sum::<usize>()
        );
        for class in ["title", "unit", "across"] {
            let found = html.matches(&format!("<text class=\"{class}\"")).count();
            assert_eq!(found, panels, "{kind}: {class}");
        }
        for figure in &drawn {
            assert!(figure.explanation.len() > 80 && !figure.method.is_empty());
        }
        let legend = html.matches("class=\"legend\"").count();
        let several = drawn.iter().filter(|figure| figure.series.len() > 1);
        assert_eq!(legend, several.count(), "{kind}");
    }
}

#[test]
fn names_are_shown_as_they_are() {
    let (_, page) = pages().remove(0);
    let html = page.to_html();
    assert!(html.contains("<h1>Rules &lt;compared&gt; &amp; contrasted</h1>"));
    assert!(html.contains(">θ of F0<") && html.contains(">term &lt;F0&gt; &amp; more"));
    assert!(html.contains("Does a &lt; b hold?"));
}

#[test]
fn the_same_runs_give_the_same_bytes() {
    for (kind, page) in pages() {
        assert_eq!(page.to_html(), page.to_html(), "{kind}");
    }
}

#[test]
fn figures_stand_alone_as_svg() {
    for (kind, page) in pages() {
        for figure in figures(&page.runs) {
            let svg = standalone(&figure);
            let (elements, text) = parse(&svg);
            assert_eq!(elements[0].name, "svg");
            assert_eq!(
                svg.matches("http").count(),
                1,
                "{kind}: more than the namespace"
            );
            // Programs for papers know no custom properties.
            assert!(!svg.contains("var("));
            for plot in &figure.plots {
                assert!(text.contains(&plot.title), "{kind}: {text}");
            }
        }
    }
}
