//! The page.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use metaplast_data::text::escaped_lines;

use crate::figure::{Figure, figures};
use crate::maths::maths;
use crate::plot::Size;
use crate::result::last_of;
use crate::run::{Run, Study};
use crate::svg::{escaped, panel, sample};
use crate::table;

const STYLE: &str = include_str!("page.css");

/// Curves that can be told apart in one panel.
const DISTINCT: usize = 12;

/// What a page says.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its title.
    pub title: String,
    /// The question of the runs, when they were made for one.
    pub study: Option<Study>,
    /// Figures before those of the runs' course.
    pub first: Vec<Figure>,
    /// The runs, in the order of the legend.
    pub runs: Vec<Run>,
    /// The program that wrote it, with its version.
    pub program: String,
}

impl Page {
    /// The page as HTML that needs no other file, no network and no script.
    ///
    /// # Panics
    /// When there are no runs.
    pub fn to_html(&self) -> String {
        assert!(!self.runs.is_empty(), "page: no runs");
        let figures = self.figures();
        let last = last_of(&self.runs);
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header {
                        h1 { (self.title) }
                        (self.beginning())
                        (contents(&figures))
                    }
                    main {
                        section id="results" {
                            h2 { "Results" }
                            p { (said_of_results(&self.runs, last)) }
                            (table::results(&self.runs, last))
                        }
                        @for figure in &figures { (self.figure(figure)) }
                        (self.rules())
                        (self.repeat())
                    }
                    footer { p class="method" { "Written by " (self.program) "." } }
                }
            }
        };
        // Names come from files and directories.
        escaped_lines(&markup.into_string()).into_owned()
    }

    /// The figures of the page, in order. The course of more runs than can be told apart is left out.
    pub fn figures(&self) -> Vec<Figure> {
        let mut all = self.first.clone();
        if all.is_empty() || self.runs.len() <= DISTINCT {
            all.extend(figures(&self.runs));
        }
        all
    }

    fn beginning(&self) -> Markup {
        html! {
            @if let Some(study) = &self.study {
                div class="study" {
                    h2 { "Question" } p { (study.question) }
                    @if let Some(published) = &study.published {
                        h2 { "What is published" } p { (published) }
                    }
                    @if !study.found.is_empty() {
                        h2 { "What was found here" }
                        ul { @for found in &study.found { li { (found) } } }
                    }
                }
            }
            @if let [run] = &self.runs[..] { p class="equation" { (maths(&run.rule)) } }
            p class="lead" {
                "A plasticity rule changes each synapse of a network a little after every single image. "
                "Here the few coefficients of such a rule were themselves learned."
            }
            p {
                "One " b { "episode" } " is a whole life: a network with fresh random weights sees the images of a new "
                "task one by one, changes its weights by the rule after each, and is then examined on images of the same "
                "classes that it has not seen, the " b { "query" } " images. The gradient of the loss in that exam with "
                "respect to the coefficients, taken through every update, moves the coefficients, and the next episode "
                "begins with another network and another task. A " b { "trial" } " is the whole sequence of episodes with "
                "its own random choices."
            }
        }
    }

    fn figure(&self, figure: &Figure) -> Markup {
        let wide = figure.plots.iter().any(|plot| plot.size == Size::Wide);
        html! {
            section id=(figure.id) {
                h2 { (figure.title) }
                figure {
                    figcaption { (figure.explanation) }
                    @if figure.series.len() > 1 { (legend(figure)) }
                    div class=(if wide { "panels wide" } else { "panels" }) {
                        @for (place, plot) in figure.plots.iter().enumerate() {
                            @let id = format!("{}-{place}", figure.id);
                            @let view = format!("0 0 {} {}", plot.size.width(), plot.size.height());
                            @let describes = format!(
                                "{}: {} against {}", plot.title, plot.up.label, plot.across_label()
                            );
                            svg viewBox=(view) role="img" aria-labelledby=(id) {
                                title id=(id) { (describes) }
                                (PreEscaped(panel(plot, &figure.series)))
                            }
                        }
                    }
                    p class="method" { (figure.method) }
                }
            }
        }
    }

    fn rules(&self) -> Markup {
        html! {
            section id="rule" {
                h2 { @if self.runs.len() == 1 { "The rule" } @else { "The rules" } }
                p {
                    "After every image, for every layer " (maths("l")) " at once, with the mean coefficients of the trials:"
                }
                @for run in &self.runs {
                    @if self.runs.len() > 1 { h3 { (run.name) } }
                    p class="equation" { (maths(&run.rule)) }
                    (table::coefficients(run))
                }
                p {
                    (maths("y_l")) " is the activity of layer " (maths("l")) ", softplus of " (maths("z_l = W_l y_(l−1)"))
                    " in hidden layers and softmax in the last; " (maths("y_0")) " is the image. "
                    (maths("e_l")) " is the teaching signal: " (maths("e_L = y_L − onehot(label)")) " at the output, and "
                    (maths("e_(l−1) = (B_lᵀ e_l) ⊙ (1 − exp(−β y_(l−1)))")) " below, sent back through the feedback weights "
                    (maths("B_l")) ". " (maths("W_l")) " are the forward weights."
                }
                p class="method" {
                    "Coefficients are those after the last episode, as the mean over trials with its 98% bootstrap interval "
                    "where there are several."
                }
            }
        }
    }

    fn repeat(&self) -> Markup {
        html! {
            section id="configuration" {
                h2 { "Configuration" }
                (table::settings(&self.runs))
                h3 { "To repeat it" }
                p { "The same command gives the same numbers, bit for bit, whatever the number of threads." }
                @for run in &self.runs { pre { (run.command) } }
            }
        }
    }
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

fn contents(figures: &[Figure]) -> Markup {
    html! {
        nav aria-label="On this page" {
            a href="#results" { "Results" }
            @for figure in figures { a href={ "#" (figure.id) } { (figure.title) } " " }
            a href="#rule" { "Rule" } " "
            a href="#configuration" { "Configuration" }
        }
    }
}

fn legend(figure: &Figure) -> Markup {
    html! {
        ul class="legend" {
            @for (series, name) in figure.series.iter().enumerate() {
                li {
                    svg class="sample" width="34" height="14" viewBox="0 0 34 14" aria-hidden="true" {
                        (PreEscaped(sample(series)))
                    }
                    span { (PreEscaped(escaped(name))) }
                }
            }
        }
    }
}
