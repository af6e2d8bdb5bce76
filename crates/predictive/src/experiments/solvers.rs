//! How long beliefs take to settle, by solver and depth.

use std::time::Instant;

use metaplast_experiment::{
    About, Across, Cell, Error, Experiment, ExperimentSettings, Figure, Measurement, Plot, Point,
    Request, Results, Scale, Table,
};
use metaplast_numbers::digits::shown;
use metaplast_tensor::{Random, Tensor};

use super::setup::{Purpose, trial_seed};
use crate::chain::Chain;
use crate::comparison::Agreement;
use crate::error::PredictiveError;
use crate::layer::{Activation, Dense};
use crate::loss::{Loss, Target};
use crate::method::{Method, Nudge, Solver, Stop, Strict};

/// Name, solver and step size of each.
const SOLVERS: [(&str, Solver, f64); 4] = [
    ("plain descent, η .3", Solver::Plain, 0.3),
    ("momentum .8, η .3", Solver::Momentum(0.8), 0.3),
    ("sweep from the top, η .7", Solver::Sweep, 0.7),
    ("error coordinates, η .3", Solver::ErrorCoordinates, 0.3),
];

/// The experiment.
pub(super) struct Solvers;

impl Experiment for Solvers {
    fn name(&self) -> String {
        "pc-solvers".into()
    }

    fn about(&self) -> About {
        About::new("pc-solvers", "How long beliefs take to settle")
            .asking(
                "The equilibrium of Strict inference is the same for every solver. How many iterations, and how much \
                 time, does each take to reach it in nets of growing depth?",
            )
            .published(
                "Nothing in one place. For one net of 8 layers of 5 units, to a gradient of 10⁻⁶: plain descent \
                 451 steps, momentum 121, a sweep from the top 74, error coordinates 36",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        let depths: &[f64] = if quick {
            &[2.0, 4.0, 8.0]
        } else {
            &[2.0, 4.0, 8.0, 16.0, 32.0]
        };
        ExperimentSettings::new()
            .trials_and_seed(if quick { 5 } else { 20 })
            .numbers("depths", depths, "numbers of layers")
            .whole("width", 5, "units of each layer")
            .whole("batch", 2, "rows of the input")
            .number(
                "tolerance",
                1e-6,
                "norm of the energy's gradient at which beliefs have settled",
            )
            .whole(
                "most",
                if quick { 5000 } else { 20_000 },
                "iterations after which a solver gives up",
            )
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let trials = settings.whole_within("trials", 1..=10_000)?;
        let depths = settings.get_numbers("depths");
        if let Some(depth) = depths
            .iter()
            .find(|d| d.fract() != 0.0 || !(2.0..=1000.0).contains(*d))
        {
            let depth = shown(*depth);
            let reason = format!("{depth} makes no sense; choose whole numbers from 2 to 1000");
            return Err(Error::setting("depths", reason));
        }
        let width = settings.whole_within("width", 1..=10_000)? as usize;
        let batch = settings.whole_within("batch", 1..=10_000)? as usize;
        let tolerance = settings.positive("tolerance", 1.0)?;
        let most = settings.whole_within("most", 1..=10_000_000)? as usize;
        let mut names = Vec::new();
        for depth in depths {
            names.extend((0..trials).map(|trial| format!("{depth} layers, trial {trial}")));
        }
        let measured = request.measure("nets", &names, |place| {
            let (depth, trial) = (
                depths[place / trials as usize] as usize,
                place as u64 % trials,
            );
            let seed = |purpose| trial_seed(settings, trial, purpose);
            let mut random = Random::new(seed(Purpose::Weights));
            let hidden = |random: &mut Random| {
                let spread = 1.0 / (width as f64).sqrt();
                Dense::new(Tensor::<f64>::normal([width, width], 0.0, spread, random))
            };
            let mut chain = Chain::new();
            for _ in 1..depth {
                chain = chain.then(hidden(&mut random).then(Activation::Tanh));
            }
            let mut chain = chain.then(hidden(&mut random));
            let mut random = Random::new(seed(Purpose::Inputs));
            let input = Tensor::normal([batch, width], 0.0, 1.0, &mut random);
            let classes = (0..batch).map(|_| random.below(width)).collect();
            let target = Target::Classes(classes);
            let mut measured = Measurement::new();
            for (k, (_, solver, eta)) in SOLVERS.iter().enumerate() {
                let method = Strict::new(*eta, most).solver(*solver);
                let method = Method::from(method.stop(Stop::Gradient(tolerance)));
                let begin = Instant::now();
                let inference =
                    method.infer(&mut chain, &input, &target, Loss::CROSS_ENTROPY.sum());
                let passed = begin.elapsed().as_secs_f64();
                let (iterations, seconds) = match inference {
                    Ok(inference) if inference.converged => (inference.iterations as f64, passed),
                    Ok(_) | Err(PredictiveError::Diverged { .. }) => (f64::NAN, f64::NAN),
                    Err(error) => return Err(error.into()),
                };
                measured.set(format!("iterations {k}"), [iterations]);
                measured.set(format!("seconds {k}"), [seconds]);
            }
            departures(&mut chain, &input, &target, &mut measured)?;
            Ok(measured)
        })?;
        Ok(results(depths, trials as usize, &measured))
    }
}

/// Numbers of iterations of plain descent after which its gradient is compared with backpropagation's.
const AFTER: [usize; 4] = [5, 20, 80, 320];
/// Strengths s of the loss with which that is done.
const STRENGTHS: [f64; 2] = [1.0, 0.01];

/// For each strength, a series of relative errors and one of how far beliefs are from rest, by
/// iterations; NaN where inference diverges.
fn departures(
    chain: &mut Chain<f64>,
    input: &Tensor<f64>,
    target: &Target<f64>,
    measured: &mut Measurement,
) -> Result<(), Error> {
    let loss = Loss::CROSS_ENTROPY.sum();
    let exact = Method::Exact.infer(chain, input, target, loss)?;
    for (k, s) in STRENGTHS.into_iter().enumerate() {
        let (mut errors, mut unrest) = (Vec::new(), Vec::new());
        for n in AFTER {
            let method = Method::from(Strict::new(0.3, n).nudge(Nudge::Positive(s)));
            match method.infer(chain, input, target, loss) {
                Ok(inference) => {
                    let own: Vec<&Tensor<f64>> = inference.all_gradients().collect();
                    let pairs = own.into_iter().zip(exact.all_gradients());
                    let pairs: Vec<_> = pairs.collect();
                    errors.push(Agreement::over(pairs).relative_error);
                    unrest.push(inference.unrest);
                }
                Err(PredictiveError::Diverged { .. }) => {
                    errors.push(f64::NAN);
                    unrest.push(f64::NAN);
                }
                Err(error) => return Err(error.into()),
            }
        }
        measured.set(format!("errors {k}"), errors);
        measured.set(format!("unrest {k}"), unrest);
    }
    Ok(())
}

/// Why a gradient still departs: beliefs that have not settled, or the size of the loss.
fn departure_table(depth: f64, nets: &[Measurement]) -> Table {
    let mut table = Table::new(
        "departure",
        format!("Departure from backpropagation, plain descent, {depth} layers"),
        ["loss times s", "iterations", "relative error", "unrest ‖∇_v F‖/‖ε_L‖"],
    )
    .with_note(
        "Of all gradients together. While unrest is large, beliefs have not settled; what is left when it is small comes \
         from s alone.",
    );
    for (k, s) in STRENGTHS.into_iter().enumerate() {
        for (place, n) in AFTER.into_iter().enumerate() {
            let of = |what: &str| -> Vec<f64> {
                let name = format!("{what} {k}");
                nets.iter().map(|net| net.series(&name)[place]).collect()
            };
            let row = [
                Cell::number(s, 1),
                Cell::Count(n as u64),
                table.mean_of(&of("errors"), 2),
                table.mean_of(&of("unrest"), 2),
            ];
            table.row(row);
        }
    }
    table
}

fn results(depths: &[f64], trials: usize, measured: &[Measurement]) -> Results {
    let mut table = Table::new(
        "solvers",
        "Iterations and time until beliefs have settled",
        ["solver", "layers", "iterations", "milliseconds", "settled"],
    )
    .with_note(
        "Means over the nets in which beliefs settle, with 98% bootstrap intervals. The time is that of this machine, \
         and the one thing here that another run will not repeat.",
    );
    let across = || Across::Numbers {
        label: "layers".into(),
        scale: Scale::Logarithmic,
    };
    let mut iterations_plot = Plot::new("Iterations", across(), "iterations to tolerance")
        .wide()
        .logarithmic();
    let mut time_plot = Plot::new("Time", across(), "milliseconds to tolerance")
        .wide()
        .logarithmic();
    let mut results = Results::new();
    for (k, (name, ..)) in SOLVERS.iter().enumerate() {
        let (mut counts, mut times) = (Vec::new(), Vec::new());
        for (&depth, nets) in depths.iter().zip(measured.chunks(trials)) {
            let numbers = |what: &str, factor: f64| -> Vec<f64> {
                let name = format!("{what} {k}");
                nets.iter().map(|net| factor * net.number(&name)).collect()
            };
            let (iterations, times_here) = (numbers("iterations", 1.0), numbers("seconds", 1e3));
            let settled = iterations.iter().filter(|n| n.is_finite()).count();
            let row = [
                (*name).into(),
                Cell::Count(depth as u64),
                table.mean_of(&iterations, 3),
                table.mean_of(&times_here, 3),
                format!("{settled} of {trials}").into(),
            ];
            table.row(row);
            counts.extend(Point::of(depth, &iterations));
            times.extend(Point::of(depth, &times_here));
        }
        if let (Some(first), Some(last)) = (counts.first(), counts.last()) {
            results = results.with_finding(format!(
                "{name}: {} iterations with {} layers, {} with {}.",
                first.y.mean.round(),
                first.x,
                last.y.mean.round(),
                last.x
            ));
        }
        iterations_plot = iterations_plot.with_curve(k, counts);
        time_plot = time_plot.with_curve(k, times);
    }
    let figure = Figure::new(
        "solvers",
        "Iterations and time against depth",
        "How many updates of all beliefs, and how much time, each solver takes until the energy's gradient is as small \
         as the tolerance. All end in the same equilibrium.",
    );
    // A net that is neither trivial nor hard to settle.
    let place = depths.iter().position(|depth| *depth >= 4.0).unwrap_or(0);
    let nets = &measured[place * trials..][..trials];
    let departure = departure_table(depths[place], nets);
    results.with_table(table).with_table(departure).with_figure(
        figure
            .with_plot(iterations_plot)
            .with_plot(time_plot)
            .with_series(SOLVERS.map(|(name, ..)| name))
            .with_method("Lines: mean over the nets. Bands: 98% bootstrap interval of that mean."),
    )
}
