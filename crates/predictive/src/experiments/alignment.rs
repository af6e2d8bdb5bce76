//! Target alignment: whether a small step moves the outputs straight towards the target.

use metaplast_experiment::{
    About, Across, Cell, Error, Experiment, ExperimentSettings, Figure, Measurement, Plot, Point,
    Request, Results, Table,
};
use metaplast_tensor::{Random, Tensor};

use super::setup::{Purpose, trial_seed};
use crate::alignment::target_alignment;
use crate::chain::Chain;
use crate::error::PredictiveError;
use crate::layer::{Activation, Dense};
use crate::loss::{Loss, Target};
use crate::method::{Method, Solver, Stop, Strict};

/// Activation and number of layers of each net, and what it is called.
const NETS: [(&str, Activation, usize); 4] = [
    ("linear, 5 layers", Activation::Identity, 5),
    ("linear, 10 layers", Activation::Identity, 10),
    ("tanh, 5 layers", Activation::Tanh, 5),
    ("tanh, 10 layers", Activation::Tanh, 10),
];

/// A step of a smaller rate changes the outputs by no more digits than rounding does.
const LEAST_RATE: f64 = 1e-9;

/// The experiment.
pub(super) struct Alignment;

impl Experiment for Alignment {
    fn name(&self) -> String {
        "pc-alignment".into()
    }

    fn about(&self) -> About {
        About::new("pc-alignment", "Does a step move the outputs towards the target?")
            .asking(
                "A step of learning from one example should move the outputs straight towards the target. The cosine \
                 between the two directions is the target alignment. Is it higher by predictive coding, whose \
                 beliefs settle before the weights move, than by backpropagation?",
            )
            .published(
                "Song et al. (Nature Neuroscience 27:348, 2024) find it higher in deep linear nets. Ours before, \
                 for 10 units, one example, 20 nets: linear with 5 layers .77 by backpropagation and .92 by Strict \
                 inference, tanh with 5 layers .71 and .78, with 10 layers .55 and .57",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        ExperimentSettings::new()
            .trials_and_seed(if quick { 8 } else { 40 })
            .whole("width", 10, "units of each layer")
            .number(
                "rate",
                1e-4,
                "size of the step, small enough to be the limit",
            )
            .number(
                "eta",
                0.3,
                "step of the error coordinates in which beliefs settle",
            )
            .whole(
                "most",
                if quick { 2000 } else { 20_000 },
                "iterations after which settling gives up",
            )
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let trials = settings.whole_within("trials", 1..=10_000)?;
        let width = settings.whole_within("width", 1..=10_000)? as usize;
        let rate = settings.positive("rate", 1.0)?;
        if rate < LEAST_RATE {
            let reason = "the change of the outputs is lost in rounding; choose 1e-9 or more";
            return Err(Error::setting("rate", reason));
        }
        let eta = settings.positive("eta", 10.0)?;
        let most = settings.whole_within("most", 1..=10_000_000)? as usize;
        let strict = Strict::new(eta, most)
            .solver(Solver::ErrorCoordinates)
            .stop(Stop::Relative(1e-8))
            .halving();
        let methods = [Method::Exact, Method::from(strict)];
        let mut names = Vec::new();
        for (name, ..) in NETS {
            names.extend((0..trials).map(|trial| format!("{name}, trial {trial}")));
        }
        let measured = request.measure("nets", &names, |place| {
            let (_, activation, layers) = NETS[place / trials as usize];
            let trial = place as u64 % trials;
            let seed = |purpose| trial_seed(settings, trial, purpose);
            let mut random = Random::new(seed(Purpose::Weights));
            let spread = 1.0 / (width as f64).sqrt();
            let mut weights = || Tensor::<f64>::normal([width, width], 0.0, spread, &mut random);
            let mut chain = Chain::new();
            for _ in 1..layers {
                chain = chain.then(Dense::new(weights()).then(activation));
            }
            let mut chain = chain.then(Dense::new(weights()));
            let mut random = Random::new(seed(Purpose::Inputs));
            let input = Tensor::normal([1, width], 0.0, 1.0, &mut random);
            let wanted = Tensor::normal([1, width], 0.0, 1.0, &mut random);
            let target = Target::Values(wanted);
            let mut cosines = Vec::new();
            let mut settled = false;
            for method in &methods {
                let inference = method.infer(&mut chain, &input, &target, Loss::HALF_SQUARE);
                cosines.push(match inference {
                    Ok(inference) => {
                        settled = inference.converged;
                        let loss = Loss::HALF_SQUARE;
                        target_alignment(&mut chain, &input, &target, loss, &inference, rate)?
                    }
                    Err(PredictiveError::Diverged { .. }) => f64::NAN,
                    Err(error) => return Err(error.into()),
                });
            }
            let settled = f64::from(u8::from(settled));
            Ok(Measurement::new()
                .with("cosines", cosines)
                .with("settled", [settled]))
        })?;
        Ok(results(trials as usize, &measured))
    }
}

fn results(trials: usize, measured: &[Measurement]) -> Results {
    let mut table = Table::new(
        "alignment",
        "Target alignment, cos(Δŷ, y − ŷ)",
        ["net", "backpropagation", "strict", "difference", "strict higher", "settled"],
    )
    .with_note("Means over the nets with their 98% bootstrap intervals; both methods on the same nets and examples.");
    let across = Across::Steps {
        label: "net".into(),
        names: NETS.map(|(name, ..)| name.to_owned()).to_vec(),
    };
    let mut curves = [Vec::new(), Vec::new()];
    let mut results = Results::new();
    for (place, ((name, ..), nets)) in NETS.iter().zip(measured.chunks(trials)).enumerate() {
        let of = |method: usize| -> Vec<f64> {
            nets.iter()
                .map(|net| net.series("cosines")[method])
                .collect()
        };
        let (exact, strict) = (of(0), of(1));
        let differences: Vec<f64> = strict.iter().zip(&exact).map(|(a, b)| a - b).collect();
        let settled = nets
            .iter()
            .filter(|net| net.number("settled") > 0.0)
            .count();
        let higher = differences
            .iter()
            .filter(|difference| **difference > 0.0)
            .count();
        let row = [
            (*name).into(),
            table.mean_of(&exact, 2),
            table.mean_of(&strict, 2),
            table.mean_of(&differences, 2),
            Cell::from(format!("{higher} of {trials}")),
            Cell::from(format!("{settled} of {trials}")),
        ];
        results = results.with_finding(format!(
            "{name}: {} by backpropagation, {} by Strict inference, higher in {higher} of {trials} nets.",
            row[1].to_text(),
            row[2].to_text()
        ));
        table.row(row);
        for (curve, values) in curves.iter_mut().zip([exact, strict]) {
            curve.extend(Point::of(place as f64, &values));
        }
    }
    let [exact, strict] = curves;
    let plot = Plot::new("Target alignment", across, "cosine")
        .wide()
        .between(0.0, 1.0);
    let figure = Figure::new(
        "alignment",
        "Target alignment",
        "The cosine between what one small step of learning does to the outputs and the direction towards the target: \
         1 is straight towards it.",
    );
    results.with_table(table).with_figure(
        figure
            .with_plot(plot.with_curve(0, exact).with_curve(1, strict))
            .with_series(["backpropagation", "strict inference"])
            .with_method("Markers: mean over the nets. Bars: 98% bootstrap interval of that mean."),
    )
}
