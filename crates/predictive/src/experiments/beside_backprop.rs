//! Training by methods of inference, beside backpropagation: the form of figures 1, 3 and 5.

use metaplast_experiment::{
    About, Across, Cell, Error, Experiment, ExperimentSettings, Figure, Measurement, Plot, Point,
    Request, Results, Scale, Table,
};
use metaplast_numbers::digits::significant;
use metaplast_numbers::statistics::mean;

use super::course::Course;
use super::setup::{images, net, with_image_settings, with_net_setting};
use super::{ARTICLE, OpenImages};
use crate::factor::fixed_prediction_factor;
use crate::loss::Loss;
use crate::method::Method;

/// A name for legends, and what makes the method from the settings and the number of layers.
pub(super) type Arm = (
    &'static str,
    fn(&ExperimentSettings, usize) -> Result<Method, Error>,
);

/// The settings of a full and of a quick run: training and test images of a class, images of a batch,
/// steps, trials.
pub(super) struct Sizes {
    pub(super) train: u64,
    pub(super) test: u64,
    pub(super) batch: u64,
    pub(super) steps: u64,
    pub(super) trials: u64,
}

/// Trains by each method, and by backpropagation, from the same starting weights on the same batches.
pub(super) struct BesideBackprop {
    pub(super) open: OpenImages,
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) question: &'static str,
    /// What the article's figure shows.
    pub(super) published: &'static str,
    /// Its relative errors, first layer first, read off in the last tenth of training.
    pub(super) published_errors: &'static [f64],
    pub(super) loss: Loss,
    pub(super) arms: &'static [Arm],
    /// η and n, where the settings have them.
    pub(super) eta_and_n: Option<(f64, u64)>,
    /// The exact factor of each layer, first layer first, where the method has one.
    pub(super) factors: Option<fn(&ExperimentSettings, usize) -> Vec<f64>>,
    pub(super) full: Sizes,
    pub(super) quick: Sizes,
}

const BACKPROPAGATION: &str = "backpropagation";

/// The exact factors of fixed-prediction inference, first layer first.
pub(super) fn exact_factors(layers: usize, iterations: usize, eta: f64) -> Vec<f64> {
    let factor = |l: usize| fixed_prediction_factor(layers - l, iterations - 1, eta);
    (1..=layers).map(factor).collect()
}

impl BesideBackprop {
    fn arm_names(&self) -> Vec<&'static str> {
        let arms = self.arms.iter().map(|(name, _)| *name);
        arms.chain([BACKPROPAGATION]).collect()
    }
}

/// The measurements of an arm, one for each trial.
type Trials<'a> = &'a [Measurement];

/// The values of a series at a point, in every trial that reached it.
fn at(trials: Trials<'_>, series: &str, point: usize) -> Vec<f64> {
    let values = trials
        .iter()
        .map(|trial| trial.series(series).get(point).copied());
    values.map(|value| value.unwrap_or(f64::NAN)).collect()
}

/// The mean of each trial's last tenth.
fn last_tenth(trials: Trials<'_>, series: &str) -> Vec<f64> {
    let of_trial = |trial: &Measurement| {
        let all = trial.series(series);
        mean(&all[all.len() - all.len().div_ceil(10)..])
    };
    trials.iter().map(of_trial).collect()
}

fn curve(trials: Trials<'_>, series: &str, factor: f64) -> Vec<Point> {
    let longest = trials.iter().max_by_key(|trial| trial.series("step").len());
    let steps = longest.map_or(&[][..], |trial| trial.series("step"));
    let point = |(k, &step): (usize, &f64)| {
        let values: Vec<f64> = at(trials, series, k).iter().map(|x| factor * x).collect();
        Point::of(step, &values)
    };
    steps.iter().enumerate().filter_map(point).collect()
}

impl Experiment for BesideBackprop {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn about(&self) -> About {
        About::new(self.name, self.title)
            .asking(self.question)
            .published(format!("{} ({ARTICLE})", self.published))
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        let sizes = if quick { &self.quick } else { &self.full };
        let settings = ExperimentSettings::new().trials_and_seed(sizes.trials);
        let settings = with_image_settings(settings, sizes.train, sizes.test);
        let settings = with_net_setting(settings, "conv")
            .whole("batch", sizes.batch, "images of a training step")
            .whole("steps", sizes.steps, "training steps")
            .number("rate", 0.002, "learning rate of Adam");
        match self.eta_and_n {
            None => settings,
            Some((eta, n)) => settings.number("eta", eta, "step of the beliefs, η").whole(
                "n",
                n,
                "inference iterations of each gradient",
            ),
        }
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let net = net(settings)?;
        let images = images(settings, self.open)?;
        let steps = settings.whole_within("steps", 1..=1_000_000)?;
        let batch = settings.whole_within("batch", 1..=100_000)? as usize;
        let rate = settings.positive("rate", 10.0)?;
        let trials = settings.whole_within("trials", 1..=1000)?;
        let layers = net.layers();
        let mut methods = Vec::new();
        for (_, method) in self.arms {
            methods.push(method(settings, layers)?);
        }
        methods.push(Method::Exact);
        let arms = self.arm_names();
        let mut names = Vec::new();
        for arm in &arms {
            names.extend((0..trials).map(|trial| format!("{arm}, trial {trial}")));
        }
        let measured = request.measure("trainings", &names, |place| {
            let (arm, trial) = (place / trials as usize, place as u64 % trials);
            let course = Course {
                images: &images,
                net,
                loss: self.loss,
                method: methods[arm].clone(),
                rate,
                batch,
                steps,
            };
            course.run(request, trial)
        })?;
        let of_arm: Vec<Trials<'_>> = measured.chunks(trials as usize).collect();
        Ok(self.results(settings, &arms, &methods, &of_arm, layers))
    }
}

impl BesideBackprop {
    fn results(
        &self,
        settings: &ExperimentSettings,
        arms: &[&str],
        methods: &[Method],
        of_arm: &[Trials<'_>],
        layers: usize,
    ) -> Results {
        let inferred = arms.len() - 1;
        let exact = self.factors.map(|factors| factors(settings, layers));
        let mut results = Results::new();
        let mut outcomes = Table::new(
            "accuracy",
            "Training in its last tenth",
            [
                "method",
                "setting",
                "test accuracy",
                "training loss",
                "diverged",
            ],
        )
        .with_note(format!(
            "Means over the trials with their 98% bootstrap intervals. Loss: {}.",
            self.loss
        ));
        for (k, trials) in of_arm.iter().enumerate() {
            let diverged = trials
                .iter()
                .filter(|trial| !trial.series("diverged").is_empty());
            let (accuracy, loss) = (last_tenth(trials, "accuracy"), last_tenth(trials, "loss"));
            let row = [
                arms[k].into(),
                methods[k].to_string().into(),
                outcomes.mean_of(&accuracy, 3),
                outcomes.mean_of(&loss, 3),
                Cell::Count(diverged.count() as u64),
            ];
            outcomes.row(row);
        }
        for k in 0..inferred {
            let (own, other) = (
                last_tenth(of_arm[k], "accuracy"),
                last_tenth(of_arm[inferred], "accuracy"),
            );
            let differences: Vec<f64> = own.iter().zip(&other).map(|(a, b)| a - b).collect();
            let shown = outcomes.mean_of(&differences, 2).to_text();
            results = results.with_finding(format!(
                "{}: test accuracy {}, {shown} more than by backpropagation from the same weights and batches.",
                arms[k],
                outcomes.mean_of(&own, 3).to_text(),
            ));
        }
        let mut headings = vec!["method", "layer", "relative error", "angle in degrees"];
        if exact.is_some() {
            headings.push("|1 − factor|");
        }
        let mut note = String::from(
            "Of the weights of each layer, compared with backpropagation's gradient at the same weights and batch.",
        );
        // For a net of other layers there is nothing to read off.
        let published = Some(self.published_errors).filter(|errors| errors.len() == layers);
        if published.is_some() {
            headings.push("published");
            note += " Published: read off the figure, on MNIST.";
        }
        let mut by_layer = Table::new(
            "layers",
            "Gradients in the last tenth of training",
            headings,
        )
        .with_note(note);
        for (k, trials) in of_arm[..inferred].iter().enumerate() {
            for l in 1..=layers {
                let errors = last_tenth(trials, &format!("error_{l}"));
                let angles = last_tenth(trials, &format!("angle_{l}"));
                let mut row: Vec<Cell> = vec![
                    arms[k].into(),
                    Cell::Count(l as u64),
                    by_layer.mean_of(&errors, 4),
                    by_layer.mean_of(&angles, 3),
                ];
                if let Some(exact) = &exact {
                    row.push(Cell::number((1.0 - exact[l - 1]).abs(), 4));
                }
                if let Some(errors) = published {
                    let of_first = if k == 0 { errors[l - 1] } else { f64::NAN };
                    row.push(Cell::number(of_first, 3));
                }
                by_layer.row(row);
            }
        }
        if let Some(exact) = &exact {
            let far = (1..=layers).map(|l| {
                let errors = last_tenth(of_arm[0], &format!("error_{l}"));
                let distance = |error: f64| (error - (1.0 - exact[l - 1]).abs()).abs();
                errors.into_iter().map(distance).fold(0.0, f64::max)
            });
            results = results.with_finding(format!(
                "The relative errors are |1 − c|, with the exact factor c of each layer, to within {}.",
                significant(far.fold(0.0, f64::max), 2)
            ));
        }
        results
            .with_table(outcomes)
            .with_table(by_layer)
            .with_figure(performance(arms, of_arm))
            .with_figure(gradients(
                &arms[..inferred],
                of_arm,
                layers,
                exact.as_deref(),
            ))
    }
}

fn steps_axis() -> Across {
    Across::Numbers {
        label: "training step".into(),
        scale: Scale::Linear,
    }
}

const METHOD: &str = "Lines: mean over the trials. Bands: 98% bootstrap interval of that mean.";

fn performance(arms: &[&str], of_arm: &[Trials<'_>]) -> Figure {
    let up = "right answers on test images, in %";
    let mut accuracy = Plot::new("Test accuracy", steps_axis(), up).wide();
    let mut loss = Plot::new("Training loss", steps_axis(), "mean loss of the batches")
        .wide()
        .logarithmic();
    for (k, trials) in of_arm.iter().enumerate() {
        accuracy = accuracy.with_curve(k, curve(trials, "accuracy", 100.0));
        loss = loss.with_curve(k, curve(trials, "loss", 1.0));
    }
    Figure::new(
        "performance",
        "Accuracy and loss",
        "How well the net names images that it was not trained on, and how far its outputs are from what they ought \
         to be. Every method starts from the same weights and sees the same batches.",
    )
    .with_plot(accuracy)
    .with_plot(loss)
    .with_series(arms.iter().copied())
    .with_method(METHOD)
}

fn gradients(arms: &[&str], of_arm: &[Trials<'_>], layers: usize, exact: Option<&[f64]>) -> Figure {
    let mut figure = Figure::new(
        "gradients",
        "Gradients beside backpropagation's",
        "For the weights of each layer, how far the method's gradient is from backpropagation's at the same weights \
         and batch. A relative error of 0 is backpropagation; with an angle of 0 only the length differs, and a \
         relative error of 1 is no gradient at all. Layers are counted from the input.",
    );
    for l in 1..=layers {
        let mut plot = Plot::new(
            format!("Relative error, layer {l}"),
            steps_axis(),
            "‖dθ − bp‖ / ‖bp‖",
        );
        for (k, trials) in of_arm[..arms.len()].iter().enumerate() {
            plot = plot.with_curve(k, curve(trials, &format!("error_{l}"), 1.0));
        }
        if let Some(exact) = exact {
            let y = (1.0 - exact[l - 1]).abs();
            plot = plot.with_reference(y, format!("|1 − factor|: {}", significant(y, 4)));
        }
        figure = figure.with_plot(plot.with_reference(0.0, ""));
    }
    for l in 1..=layers {
        let mut plot = Plot::new(format!("Angle, layer {l}"), steps_axis(), "degrees");
        for (k, trials) in of_arm[..arms.len()].iter().enumerate() {
            plot = plot.with_curve(k, curve(trials, &format!("angle_{l}"), 1.0));
        }
        figure = figure.with_plot(plot.with_reference(0.0, ""));
    }
    let factors = match exact {
        None => "",
        Some(_) => " Dashed: |1 − c|, where c is the exact factor between the two gradients.",
    };
    figure
        .with_series(arms.iter().copied())
        .with_method(format!("{METHOD}{factors}"))
}
