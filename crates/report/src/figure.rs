//! The figures of runs: which panels, over which axes, and what they mean.

use metaplast_experiment::{Across, Curve, Figure, Plot, Reference, Scale, Size, Up};
use metaplast_numbers::digits::significant;

use crate::estimate::{Noise, curve, window};
use crate::panel::{reach, share_up};
use crate::run::{Episode, Run};

/// The figures of these runs, laid over each other. A figure without data is left out.
pub fn figures(runs: &[Run]) -> Vec<Figure> {
    let panels = Panels::new(runs);
    let figures = [
        panels.performance(),
        panels.theta(),
        panels.angles(),
        panels.orthonormality(),
    ];
    let drawn = |figure: &Figure| {
        let mut curves = figure.plots.iter().flat_map(|plot| &plot.curves);
        curves.any(|curve| !curve.points.is_empty())
    };
    figures.into_iter().filter(drawn).collect()
}

struct Panels<'a> {
    runs: &'a [Run],
    /// Episodes averaged into one point.
    window: usize,
    episodes: usize,
}

impl<'a> Panels<'a> {
    fn new(runs: &'a [Run]) -> Self {
        let episodes = runs.iter().map(Run::episodes).max().unwrap_or(0);
        Panels {
            runs,
            window: window(episodes),
            episodes,
        }
    }

    fn plot(
        &self,
        title: String,
        up: (&str, Scale),
        noise: Noise,
        get: impl Fn(&Run, &Episode) -> f64,
    ) -> Plot {
        let window = match noise {
            Noise::Episodes => self.window,
            // θ moves smoothly; there is nothing to average away.
            Noise::Trials => self.window.div_ceil(4),
        };
        let curves = self.runs.iter().enumerate().map(|(series, run)| Curve {
            series,
            points: curve(run, window, noise, &|episode| get(run, episode)),
        });
        Plot {
            size: Size::Small,
            title,
            across: Across::Episodes(self.episodes),
            up: Up {
                label: up.0.to_owned(),
                scale: up.1,
                ends: None,
            },
            curves: curves.filter(|curve| !curve.points.is_empty()).collect(),
            references: Vec::new(),
        }
    }

    fn figure(&self, id: &str, title: &str, explanation: String, plots: Vec<Plot>) -> Figure {
        Figure {
            id: id.into(),
            title: title.into(),
            explanation,
            plots,
            series: self.runs.iter().map(|run| run.name.clone()).collect(),
            method: self.method(id),
        }
    }

    /// How lines and bands of a figure are made.
    fn method(&self, id: &str) -> String {
        let window = match id {
            "theta" => self.window.div_ceil(4),
            _ => self.window,
        };
        let windows = match window {
            1 => String::new(),
            n => format!(" averaged over windows of {n} episodes"),
        };
        let several = self.runs.iter().any(|run| run.trials.len() > 1);
        let alone = self.runs.iter().any(|run| run.trials.len() == 1);
        let mut method = match several {
            true => format!(
                "Line: mean over the trials{windows}. Band: 98% bootstrap interval of that mean over the trials (500 resamples)."
            ),
            false => format!("Line: the one trial{windows}."),
        };
        match (alone, id) {
            (true, "theta") => method += " A single trial has no band.",
            (true, _) if window > 1 => {
                method += " Band of a single trial: the same over the episodes of each window; it says nothing about other seeds.";
            }
            _ => {}
        }
        if id != "theta" && self.runs.iter().any(|run| run.diverged() > 0) {
            method += match id {
                "performance" => {
                    " Diverged episodes are left out of the loss, not of the accuracy."
                }
                _ => " Diverged episodes are left out.",
            };
        }
        method
    }

    fn performance(&self) -> Figure {
        let text = "Accuracy: how often a freshly initialised network names new images rightly after it has seen each \
                    image of its task once, in a stream. Nothing but the rule's coefficients passes from one episode to \
                    the next, so a rising curve means that the rule itself gets better at learning. Loss: what \
                    meta-learning makes small, that is how surprised the trained network is by the right answers, plus, \
                    when λ is not zero, a price on the size of the coefficients.";
        let plots = vec![self.accuracy(), self.loss()];
        self.figure("performance", "Accuracy and loss", text.into(), plots)
    }

    fn accuracy(&self) -> Plot {
        let up = ("right answers on the query images, in %", Scale::Linear);
        let mut plot = self.plot("Meta-accuracy".into(), up, Noise::Episodes, |_, e| {
            100.0 * e.accuracy
        });
        plot.size = Size::Wide;
        plot.up.ends = Some((0.0, 100.0));
        if let Some(ways) = common(self.runs.iter().map(|run| run.ways)) {
            let y = 100.0 / ways as f64;
            let label = format!("guessing among {ways} classes: {}%", significant(y, 2));
            plot.references.push(Reference { y, label });
        }
        plot
    }

    fn loss(&self) -> Plot {
        let up = ("query cross-entropy + λ‖θ‖₁, in nats", Scale::Linear);
        let mut plot = self.plot("Meta-loss".into(), up, Noise::Episodes, |_, e| {
            finite_unless_diverged(e, e.meta_loss)
        });
        plot.size = Size::Wide;
        if let Some(outputs) = common(self.runs.iter().map(|run| run.outputs)) {
            let y = (outputs as f64).ln();
            let label = format!("knowing nothing: ln {outputs} = {}", significant(y, 3));
            plot.references.push(Reference { y, label });
        }
        let high = reach(&plot).map_or(1.0, |(_, high)| high);
        plot.up.ends = Some((0.0, nice_top(high)));
        plot
    }

    fn theta(&self) -> Figure {
        let mut symbols: Vec<(&str, &str)> = Vec::new();
        for term in self.runs.iter().flat_map(|run| &run.terms) {
            if !symbols.iter().any(|(symbol, _)| *symbol == term.symbol) {
                symbols.push((&term.symbol, &term.name));
            }
        }
        let plots = symbols.iter().map(|(symbol, name)| {
            let title = format!("θ of {symbol}");
            let up = (*name, Scale::Linear);
            let mut plot = self.plot(title, up, Noise::Trials, |run, episode| {
                let place = run.terms.iter().position(|term| term.symbol == *symbol);
                place.map_or(f64::NAN, |place| episode.theta[place])
            });
            plot.references.push(Reference {
                y: 0.0,
                label: String::new(),
            });
            plot
        });
        let text = "The coefficient of each plasticity term, the part of it that is added to the weights at each online \
                    update, as meta-learning moves it. A term whose coefficient \
                    stays at zero does not take part in the rule; the sign tells whether it pushes weights along \
                    the term or against it. Axes differ, because the terms differ in size by orders of magnitude.";
        self.figure(
            "theta",
            "Coefficients of the rule",
            text.into(),
            plots.collect(),
        )
    }

    fn angles(&self) -> Figure {
        let layers = self.layers(|episode| episode.angles.len());
        let plots = (0..layers).map(|l| {
            let title = format!("α_{}, into layer {}", l + 1, l + 1);
            let up = (
                "angle to backpropagation’s signal, in degrees",
                Scale::Linear,
            );
            let mut plot = self.plot(plain_index(&title), up, Noise::Episodes, |_, e| {
                let angle = e.angles.get(l).copied().unwrap_or(f64::NAN);
                finite_unless_diverged(e, angle)
            });
            plot.references.push(Reference {
                y: 90.0,
                label: "90°: says nothing".into(),
            });
            plot
        });
        let mut plots: Vec<Plot> = plots.collect();
        share_up(&mut plots);
        for plot in &mut plots {
            let high = plot.up.ends.map_or(90.0, |(_, high)| high);
            plot.up.ends = Some((0.0, 30.0 * (high / 30.0).ceil()));
        }
        let text = "Random feedback sends each hidden layer a teaching signal that need not point where the exact \
                    one, of backpropagation, would. 90° means that the two have nothing to do with each other, 0° \
                    that they agree. Layers are counted from the input.";
        self.figure(
            "alignment",
            "Alignment of the teaching signals",
            text.into(),
            plots,
        )
    }

    fn orthonormality(&self) -> Figure {
        let layers = self.layers(|episode| episode.orthonormality.len());
        let plots = (0..layers).map(|l| {
            let up = ("Σ ‖y Wᵀ − y′ W Wᵀ‖² over the queries", Scale::Logarithmic);
            let title = format!("Layer {}", l + 1);
            self.plot(title, up, Noise::Episodes, |_, e| {
                let error = e.orthonormality.get(l).copied().unwrap_or(f64::NAN);
                finite_unless_diverged(e, error)
            })
        });
        let mut plots: Vec<Plot> = plots.collect();
        share_up(&mut plots);
        let text = "How far the weights of each layer are from orthonormal rows, where y is what enters the layer \
                    and y′ what leaves it; small is orthonormal. Oja’s rule (F9) makes it small: the layer then \
                    keeps more of what distinguishes its inputs.";
        self.figure(
            "orthonormality",
            "Orthonormality of the weights",
            text.into(),
            plots,
        )
    }

    fn layers(&self, of: impl Fn(&Episode) -> usize) -> usize {
        let episodes = self.runs.iter().flat_map(|run| &run.trials);
        let first = episodes.filter_map(|trial| trial.episodes.first());
        first.map(of).max().unwrap_or(0)
    }
}

fn finite_unless_diverged(episode: &Episode, value: f64) -> f64 {
    if episode.diverged { f64::NAN } else { value }
}

/// The value that all have, if they have one.
fn common(mut values: impl Iterator<Item = u64>) -> Option<u64> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// The next whole or half number.
fn nice_top(high: f64) -> f64 {
    (2.0 * high).ceil().max(1.0) / 2.0
}

/// `α_1` as `α₁`: SVG text has no subscripts that everybody draws.
fn plain_index(text: &str) -> String {
    let mut out = String::new();
    let mut below = false;
    for c in text.chars() {
        match (c, c.to_digit(10)) {
            ('_', _) => below = true,
            (_, Some(digit)) if below => {
                out.extend(char::from_u32('₀' as u32 + digit));
            }
            (c, _) => {
                below = false;
                out.push(c);
            }
        }
    }
    out
}
