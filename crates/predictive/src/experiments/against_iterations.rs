//! Gradients of a trained net against the number of iterations: the form of figures 2 and 4.

use metaplast_autodiff::optim::Adam;
use metaplast_experiment::{
    About, Across, Cell, Error, Experiment, ExperimentSettings, Figure, Measurement, Plot, Point,
    Request, Results, Scale, Table,
};
use metaplast_numbers::digits::shown;
use metaplast_tensor::Tensor;

use super::setup::{Purpose, images, net, trial_seed, with_image_settings, with_net_setting};
use super::{ARTICLE, OpenImages};
use crate::chain::Chain;
use crate::comparison::Agreement;
use crate::error::PredictiveError;
use crate::images::{Batches, ClassImages};
use crate::loss::{Loss, Target};
use crate::method::Method;
use crate::nets::Net;
use crate::train::train_step;

/// A trained net and a batch.
pub(super) struct Trained<'a> {
    pub(super) chain: &'a mut Chain<f32>,
    pub(super) input: &'a Tensor<f32>,
    pub(super) target: &'a Target<f32>,
    pub(super) loss: Loss,
}

/// Gradients by layer and parameter; `None` where inference diverges.
pub(super) type Gradients = Option<Vec<Vec<Tensor<f32>>>>;

/// Gradients at one η after each of these numbers of iterations.
pub(super) type Infer =
    fn(&mut Trained<'_>, f64, &[usize]) -> Result<Vec<Gradients>, PredictiveError>;

/// Trains by backpropagation, then infers one batch with more and more iterations.
pub(super) struct AgainstIterations {
    pub(super) open: OpenImages,
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) question: &'static str,
    pub(super) published: &'static str,
    pub(super) loss: Loss,
    pub(super) etas: &'static [f64],
    pub(super) iterations: &'static [f64],
    pub(super) quick_iterations: &'static [f64],
    /// Name and inference of each arm.
    pub(super) arms: &'static [(&'static str, Infer)],
    /// The exact relative error of a layer, where there is one: layers above it, n, η.
    pub(super) exact: Option<fn(usize, usize, f64) -> f64>,
}

impl Experiment for AgainstIterations {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn about(&self) -> About {
        About::new(self.name, self.title)
            .asking(self.question)
            .published(format!("{} ({ARTICLE})", self.published))
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        let (train, test) = if quick { (60, 20) } else { (360, 40) };
        let settings = ExperimentSettings::new().trials_and_seed(if quick { 2 } else { 5 });
        let settings = with_image_settings(settings, train, test);
        let iterations = if quick {
            self.quick_iterations
        } else {
            self.iterations
        };
        with_net_setting(settings, "conv")
            .whole(
                "batch",
                if quick { 30 } else { 300 },
                "images of a training step",
            )
            .whole(
                "steps",
                if quick { 60 } else { 400 },
                "training steps by backpropagation",
            )
            .number("rate", 0.002, "learning rate of Adam")
            .numbers("etas", self.etas, "steps of the beliefs, η")
            .numbers("iterations", iterations, "numbers of iterations, n")
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let net = net(settings)?;
        let images = images(settings, self.open)?;
        let etas = settings.get_numbers("etas");
        if let Some(eta) = etas.iter().find(|eta| **eta <= 0.0) {
            let reason = format!("{} makes no sense; choose numbers above 0", shown(*eta));
            return Err(Error::setting("etas", reason));
        }
        let mut iterations = Vec::new();
        for &n in settings.get_numbers("iterations") {
            let increasing = iterations.last().is_none_or(|&last| n > last as f64);
            if n.fract() != 0.0 || !(1.0..=1e6).contains(&n) || !increasing {
                let n = shown(n);
                let reason =
                    format!("{n} makes no sense here; list increasing whole numbers from 1 on");
                return Err(Error::setting("iterations", reason));
            }
            iterations.push(n as usize);
        }
        let trials = settings.whole_within("trials", 1..=1000)?;
        let names: Vec<String> = (0..trials).map(|trial| format!("trial {trial}")).collect();
        let measured = request.measure("trained nets", &names, |trial| {
            self.measure(request, &images, net, trial as u64, &iterations)
        })?;
        Ok(self.results(etas, &iterations, &measured, net.layers()))
    }
}

/// The name of a series.
fn series(arm: usize, eta: f64, layer: usize, what: &str) -> String {
    format!("{what}, arm {arm}, eta {eta}, layer {layer}")
}

impl AgainstIterations {
    fn measure(
        &self,
        request: &Request<'_>,
        images: &ClassImages,
        net: Net,
        trial: u64,
        iterations: &[usize],
    ) -> Result<Measurement, Error> {
        let settings = request.settings;
        let seed = |purpose| trial_seed(settings, trial, purpose);
        let (train, _) = images.split(seed(Purpose::Split));
        let chain = net.build::<f32>(images.extents(), images.classes(), seed(Purpose::Weights));
        let mut chain = chain.map_err(|error| Error::setting("net", error.to_string()))?;
        let mut batches = Batches::new(train.images.len(), seed(Purpose::Batches));
        let size = settings.whole_within("batch", 1..=100_000)? as usize;
        let mut adam = Adam::new(settings.positive("rate", 10.0)?);
        let mut draw = || {
            let (chosen, classes) = train.at(&batches.draw(size));
            let target = self.loss.target(classes, images.classes());
            (images.rows(&chosen, net), target)
        };
        for _ in 0..settings.get_whole("steps") {
            if request.monitor.stop_requested() {
                return Err(Error::interrupted());
            }
            let (input, target) = draw();
            train_step(
                &mut chain,
                &Method::Exact,
                &input,
                &target,
                self.loss,
                &mut adam,
            )?;
        }
        let (input, target) = draw();
        let exact = Method::Exact.infer(&mut chain, &input, &target, self.loss)?;
        let mut measured = Measurement::new();
        for (arm, (_, infer)) in self.arms.iter().enumerate() {
            for &eta in settings.get_numbers("etas") {
                if request.monitor.stop_requested() {
                    return Err(Error::interrupted());
                }
                let mut trained = Trained {
                    chain: &mut chain,
                    input: &input,
                    target: &target,
                    loss: self.loss,
                };
                let found = infer(&mut trained, eta, iterations)?;
                for l in 1..=net.layers() {
                    let of = |gradients: &Gradients| {
                        let gradient = gradients.as_ref().map(|all| &all[l - 1][0]);
                        gradient.map(|gradient| Agreement::of(gradient, &exact.gradients[l - 1][0]))
                    };
                    let agreements: Vec<Option<Agreement>> = found.iter().map(of).collect();
                    let numbers = |get: fn(&Agreement) -> f64| -> Vec<f64> {
                        let numbers = agreements
                            .iter()
                            .map(|found| found.as_ref().map_or(f64::NAN, get));
                        numbers.collect()
                    };
                    measured.set(
                        series(arm, eta, l, "error"),
                        numbers(|found| found.relative_error),
                    );
                    measured.set(series(arm, eta, l, "angle"), numbers(|found| found.angle));
                }
            }
        }
        Ok(measured)
    }

    fn results(
        &self,
        etas: &[f64],
        iterations: &[usize],
        measured: &[Measurement],
        layers: usize,
    ) -> Results {
        let values = |name: &str, k: usize| -> Vec<f64> {
            measured.iter().map(|trial| trial.series(name)[k]).collect()
        };
        let last = iterations.len() - 1;
        let most = iterations[last];
        let mut headings = vec![
            "method",
            "η",
            "layer",
            "relative error",
            "angle in degrees",
            "diverged",
        ];
        if self.exact.is_some() {
            headings.push("exact error");
        }
        let title = format!("Gradients after {most} iterations");
        let mut table = Table::new("gradients", title, headings).with_note(format!(
            "Of the weights of each layer, compared with backpropagation's. Means over the trials whose inference does \
             not diverge, with 98% bootstrap intervals; diverged: trials of {}, also those that end \
             with more energy than they began with.",
            measured.len()
        ));
        let mut figure = Figure::new(
            "iterations",
            "Relative error against the number of iterations",
            "How far each layer's gradient is from backpropagation's after more and more iterations of inference, in a \
             net that backpropagation has trained. Curves end where inference diverges.",
        );
        let mut results = Results::new();
        let mut names: Vec<String> = Vec::new();
        for l in 1..=layers {
            let across = Across::Numbers {
                label: "iterations n".into(),
                scale: Scale::Logarithmic,
            };
            let mut plot =
                Plot::new(format!("Layer {l}"), across, "‖dθ − bp‖ / ‖bp‖").logarithmic();
            names.clear();
            let points = |of: &dyn Fn(usize) -> Vec<f64>| -> Vec<Point> {
                let points = iterations.iter().enumerate();
                points
                    .filter_map(|(k, &n)| Point::of(n as f64, &of(k)))
                    .collect()
            };
            for (arm, (name, _)) in self.arms.iter().enumerate() {
                for &eta in etas {
                    let name_of = series(arm, eta, l, "error");
                    plot = plot.with_curve(names.len(), points(&|k| values(&name_of, k)));
                    names.push(format!("{name}, η {}", shown(eta)));
                }
            }
            if let Some(exact) = self.exact {
                for &eta in etas {
                    let exact = |k: usize| vec![exact(layers - l, iterations[k], eta)];
                    plot = plot.with_curve(names.len(), points(&exact));
                    names.push(format!("exact, η {}", shown(eta)));
                }
            }
            figure = figure.with_plot(plot);
        }
        for (arm, (name, _)) in self.arms.iter().enumerate() {
            for &eta in etas {
                let mut diverged = 0;
                for l in 1..=layers {
                    let errors = values(&series(arm, eta, l, "error"), last);
                    let angles = values(&series(arm, eta, l, "angle"), last);
                    diverged = errors.iter().filter(|error| error.is_nan()).count();
                    let mut row: Vec<Cell> = vec![
                        (*name).into(),
                        shown(eta).into(),
                        Cell::Count(l as u64),
                        table.mean_of(&errors, 3),
                        table.mean_of(&angles, 3),
                        Cell::Count(diverged as u64),
                    ];
                    if let Some(exact) = self.exact {
                        row.push(Cell::number(exact(layers - l, most, eta), 3));
                    }
                    table.row(row);
                }
                let first = values(&series(arm, eta, 1, "error"), last);
                let said = match diverged {
                    n if n == measured.len() => "diverges in every trial".to_owned(),
                    n => format!(
                        "after {most} iterations the first layer's relative error is {}{}",
                        table.mean_of(&first, 3).to_text(),
                        match n {
                            0 => String::new(),
                            n => format!("; {n} of {} trials diverge", measured.len()),
                        }
                    ),
                };
                results = results.with_finding(format!("{name}, η {}: {said}.", shown(eta)));
            }
        }
        results
            .with_table(table)
            .with_figure(figure.with_series(names).with_method(
                "Lines: mean over the trials. Bands: 98% bootstrap interval of that mean.",
            ))
    }
}
