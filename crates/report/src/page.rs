//! The page.

use metaplast_data::text::escaped_lines;
use metaplast_experiment::{Figure, Size};

use crate::experiment::{ExperimentReport, PROMISE};
use crate::figure::figures;
use crate::html::{Element, Markup, element, words};
use crate::maths::maths;
use crate::panel::{across_label, extent};
use crate::result::last_of;
use crate::run::Run;
use crate::svg::{panel, sample};
use crate::table;

const STYLE: &str = include_str!("page.css");

/// Curves that can be told apart in one panel.
const DISTINCT: usize = 12;

/// What a page says.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// The experiment, with figures that come before those of the runs' course.
    pub experiment: Option<ExperimentReport>,
    /// Meta-trainings, in the order of the legend.
    pub runs: Vec<Run>,
    /// The program that wrote it, with its version.
    pub program: String,
}

impl Page {
    /// The page as HTML that needs no other file, no network and no script.
    ///
    /// # Panics
    /// When there are neither runs nor an experiment.
    pub fn to_html(&self) -> String {
        assert!(
            !self.runs.is_empty() || self.experiment.is_some(),
            "page: neither runs nor an experiment"
        );
        let figures = self.figures();
        let meta =
            |name: &str, content: &str| element("meta").with("name", name).with("content", content);
        let head = element("head")
            .add(element("meta").with("charset", "utf-8"))
            .add(meta("viewport", "width=device-width, initial-scale=1"))
            .add(meta("color-scheme", "light dark"))
            .add(words("title", &self.title))
            .add(element("style").add(Markup::raw(STYLE)));
        let header = element("header")
            .add(words("h1", &self.title))
            .add(self.beginning())
            .add(self.contents(&figures));
        let mut main = element("main")
            .add(self.results())
            .add_all(figures.iter().map(shown));
        if !self.runs.is_empty() {
            main = main.add(self.rules());
        }
        let main = main.add(self.repeat());
        let by = words("p", format!("Written by {}.", self.program)).class("method");
        let body = element("body")
            .add(header)
            .add(main)
            .add(element("footer").add(by));
        let page = element("html").with("lang", "en").add(head).add(body);
        let page = Markup::raw("<!DOCTYPE html>").add(page).into_string();
        // Names come from files and directories.
        escaped_lines(&page).into_owned()
    }

    /// The figures of the page, in order. The course of more runs than can be told apart is left out.
    pub fn figures(&self) -> Vec<Figure> {
        let experiment = self.experiment.as_ref();
        let mut all = experiment.map_or(Vec::new(), |shown| shown.results.figures.clone());
        if all.is_empty() || self.runs.len() <= DISTINCT {
            all.extend(figures(&self.runs));
        }
        all
    }

    fn beginning(&self) -> Markup {
        let mut beginning = Markup::default();
        if let Some(asked) = self.experiment.as_ref().and_then(ExperimentReport::asked) {
            beginning = beginning.add(asked);
        }
        if self.runs.is_empty() {
            return beginning;
        }
        if let [run] = &self.runs[..] {
            beginning = beginning.add(equation(run));
        }
        let lead = words(
            "p",
            "A plasticity rule changes each synapse of a network a little after every single image. \
             Here the few coefficients of such a rule were themselves learned.",
        );
        let explanation = words("p", "One ")
            .add(words("b", "episode"))
            .text(
                " is a whole life: a network with fresh random weights sees the images of a new \
                 task one by one, changes its weights by the rule after each, and is then examined \
                 on images of the same classes that it has not seen, the ",
            )
            .add(words("b", "query"))
            .text(
                " images. The gradient of the loss in that exam with respect to the coefficients, \
                 taken through every update, moves the coefficients, and the next episode begins \
                 with another network and another task. A ",
            )
            .add(words("b", "trial"))
            .text(" is the whole sequence of episodes with its own random choices.");
        beginning.add(lead.class("lead")).add(explanation)
    }

    fn contents(&self, figures: &[Figure]) -> Element {
        let link = |id: &str, title: &str| words("a", title).with("href", format!("#{id}"));
        let mut links = element("nav")
            .with("aria-label", "On this page")
            .add(link("results", "Results"));
        for figure in figures {
            links = links.add(link(&figure.id, &figure.title)).text(" ");
        }
        if !self.runs.is_empty() {
            links = links.add(link("rule", "Rule")).text(" ");
        }
        links.add(link("configuration", "Configuration"))
    }

    fn results(&self) -> Element {
        let mut results = section("results", "Results");
        if let Some(experiment) = &self.experiment {
            results = results.add(experiment.tables());
        }
        if !self.runs.is_empty() {
            let last = last_of(&self.runs);
            results = results
                .add(words("p", said_of_results(&self.runs, last)))
                .add(table::results(&self.runs, last));
        }
        results
    }

    fn rules(&self) -> Element {
        let several = self.runs.len() > 1;
        let heading = if several { "The rules" } else { "The rule" };
        let mut section = section("rule", heading).add(
            words("p", "After every image, for every layer ")
                .add(maths("l"))
                .text(" at once, with the mean coefficients of the trials:"),
        );
        for run in &self.runs {
            if several {
                section = section.add(words("h3", &run.name));
            }
            section = section.add(equation(run)).add(table::coefficients(run));
        }
        let symbols = element("p")
            .add(maths("y_l"))
            .text(" is the activity of layer ")
            .add(maths("l"))
            .text(", softplus of ")
            .add(maths("z_l = W_l y_(l−1)"))
            .text(" in hidden layers and softmax in the last; ")
            .add(maths("y_0"))
            .text(" is the image. ")
            .add(maths("e_l"))
            .text(" is the teaching signal: ")
            .add(maths("e_L = y_L − onehot(label)"))
            .text(" at the output, and ")
            .add(maths("e_(l−1) = (B_lᵀ e_l) ⊙ (1 − exp(−β y_(l−1)))"))
            .text(" below, sent back through the feedback weights ")
            .add(maths("B_l"))
            .text(". ")
            .add(maths("W_l"))
            .text(" are the forward weights.");
        let method = words(
            "p",
            "Coefficients are those after the last episode, as the mean over trials with its 98% \
             bootstrap interval where there are several.",
        );
        section.add(symbols).add(method.class("method"))
    }

    fn repeat(&self) -> Element {
        let configuration = section("configuration", "Configuration");
        if let (true, Some(experiment)) = (self.runs.is_empty(), &self.experiment) {
            return configuration.add(experiment.configuration());
        }
        configuration
            .add(table::settings(&self.runs))
            .add(words("h3", "To repeat it"))
            .add(words("p", PROMISE))
            .add_all(self.runs.iter().map(|run| words("pre", &run.command)))
    }
}

/// A section under a heading.
fn section(id: &str, heading: &str) -> Element {
    element("section").with("id", id).add(words("h2", heading))
}

fn equation(run: &Run) -> Element {
    element("p").class("equation").add(maths(&run.rule))
}

fn shown(figure: &Figure) -> Element {
    let wide = figure.plots.iter().any(|plot| plot.size == Size::Wide);
    let panels = figure.plots.iter().enumerate().map(|(place, plot)| {
        let id = format!("{}-{place}", figure.id);
        let (width, height) = extent(plot.size);
        let view = format!("0 0 {width} {height}");
        let (up, across) = (&plot.up.label, across_label(plot));
        let describes = format!("{}: {up} against {across}", plot.title);
        element("svg")
            .with("viewBox", view)
            .with("role", "img")
            .with("aria-labelledby", &id)
            .add(words("title", describes).with("id", &id))
            .add(Markup::raw(panel(plot, &figure.series)))
    });
    let panels = element("div")
        .class(if wide { "panels wide" } else { "panels" })
        .add_all(panels);
    let mut inside = element("figure").add(words("figcaption", &figure.explanation));
    if figure.series.len() > 1 {
        inside = inside.add(legend(figure));
    }
    let method = words("p", &figure.method).class("method");
    section(&figure.id, &figure.title).add(inside.add(panels).add(method))
}

fn said_of_results(runs: &[Run], last: usize) -> String {
    let episodes = match last {
        1 => "the last episode".to_owned(),
        n => format!("the last {n} episodes"),
    };
    let mut said = format!("Means over {episodes} of each trial");
    let several = runs.iter().any(|run| run.trials.len() > 1);
    let alone = runs.iter().any(|run| run.trials.len() == 1);
    if several {
        said += ", with 98% bootstrap intervals over the trials";
    }
    match (several, alone && last > 1) {
        (true, true) => {
            said +=
                "; that of a single trial is over its episodes and says nothing about other seeds"
        }
        (false, true) => {
            said += ", with 98% bootstrap intervals over these episodes, which say nothing about other seeds";
        }
        _ => {}
    }
    said + "."
}

fn legend(figure: &Figure) -> Element {
    let entries = figure.series.iter().enumerate().map(|(series, name)| {
        let drawn = element("svg")
            .class("sample")
            .with("width", "34")
            .with("height", "14")
            .with("viewBox", "0 0 34 14")
            .with("aria-hidden", "true")
            .add(Markup::raw(sample(series)));
        element("li").add(drawn).add(words("span", name))
    });
    element("ul").class("legend").add_all(entries)
}
