//! `metaplast gradcheck`: the meta-gradient by reverse mode, forward mode and finite differences.

mod bias;

use clap::Args;
use metaplast_meta::gradient::GradientMode;
use metaplast_meta::gradient::compare::{self, Difference};
use metaplast_meta::seeds::{EpisodeKey, Purpose};
use metaplast_meta::train::term_sizes;
use metaplast_meta::{Episode, Model, Precision, QueryLoss};
use metaplast_plasticity::digits::{shown, significant};
use metaplast_plasticity::{Feedback, Rule};
use metaplast_runs::memory;
use metaplast_runs::settings::{
    Choice, LayersSetting, OneOf, Settings, heading, names, network, number, rule as rule_settings,
    whole,
};

use crate::error::Error;
use crate::flags::TaskFlags;
use crate::flags::task_setup::{Defaults, TaskSetup};
use crate::libraries;
use crate::terminal::output;
use crate::terminal::table::table;
use bias::BiasTable;

const AFTER: &str = "\
Differences are relative to the larger of the two numbers. The loss jumps or bends where a weight \
changes its sign under sign-symmetric feedback, where softplus switches, and where abs or relu in an \
own term bend; finite differences across such a place are found, tried with smaller steps, and not \
compared where these do not help. Exits with 1 when reverse mode in f64 \
differs from forward mode by more than 1e-8, or from finite differences by more than 1e-6 and the \
rounding of the loss, or when f32 differs from f64 by more than 1e-3 of the gradient's norm (in \
units of each term's size).

Examples:
  metaplast gradcheck --preset pool --shots 3
  metaplast gradcheck --bias 50";

/// Compute the meta-gradient of one episode in reverse mode (f32, f64), forward mode and by finite
/// differences, side by side.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Gradcheck {
    /// Terms and feedback by name [default: bio]
    #[arg(long, value_name = "NAME", conflicts_with = "terms", value_parser = OneOf(names::presets), help_heading = heading::RULE)]
    preset: Option<String>,
    /// Plasticity terms of the pool, like 0,2,9 or F0,F2,F9
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = heading::RULE)]
    terms: Option<Vec<String>>,
    /// A custom term, like "hebb = y * y_pre^T - 0.1 * W"; repeatable; added to the preset or --terms
    /// (`none` drops all built-in ones); see docs/own-terms.md
    #[arg(long, value_name = "NAME = EXPRESSION", help_heading = heading::RULE)]
    term: Option<Vec<String>>,
    /// What each layer keeps from step to step, like "m = m + k * (y .* y - m)"; repeatable; see
    /// docs/rules-with-memory.md
    #[arg(long, value_name = "NAME = EXPRESSION", help_heading = heading::RULE)]
    remember: Option<Vec<String>>,
    /// How errors travel back [default: the preset's, or fixed]
    #[arg(long, value_name = "KIND", value_parser = OneOf(libraries::feedbacks), help_heading = heading::RULE)]
    feedback: Option<String>,
    /// Steps from an action to its reward, for rules that read `reward` [default: 0]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::RULE)]
    reward_delay: Option<u64>,
    /// Whether layers share the coefficients or each has its own [default: shared]
    #[arg(long, value_name = "SCOPE", value_parser = OneOf(names::theta_scopes), help_heading = heading::RULE)]
    theta_scope: Option<String>,
    /// Coefficients: one per term of the pool by ascending index, then one's own; of each term one per
    /// layer when layers have their own [default: such that each term matters]
    #[arg(long, value_name = "LIST", value_delimiter = ',', allow_negative_numbers = true, value_parser = number, help_heading = heading::RULE)]
    theta: Option<Vec<f64>>,
    /// Layer sizes, pixels first, or words like "28x28x1 conv5x8 pool2 100 47" or "28 recurrent64 47"
    /// [default: 784,40,30,47]
    #[arg(long, value_name = "LAYERS", value_parser = LayersSetting::parse, help_heading = heading::NETWORK)]
    layers: Option<LayersSetting>,
    /// Activation of hidden units [default: softplus]
    #[arg(long, value_name = "KIND", value_parser = OneOf(names::activations), help_heading = heading::NETWORK)]
    activation: Option<String>,
    /// Leak of recurrent units, above 0 and at most 1 [default: 1]
    #[arg(long, value_name = "LEAK", allow_negative_numbers = true, help_heading = heading::NETWORK)]
    leak: Option<f64>,
    #[command(flatten)]
    task: TaskFlags,
    /// What the episode is scored by [default: cross-entropy]
    #[arg(long, value_name = "LOSS", value_parser = OneOf(names::query_losses), help_heading = heading::EPISODES)]
    query_loss: Option<String>,
    /// From which task and weights follow
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    seed: u64,
    /// Instead, compare estimates by truncated unrolls and evolution strategies with the exact gradient,
    /// over so many episodes: their bias and their noise (see docs/gradients.md)
    #[arg(long, value_name = "EPISODES", value_parser = whole, allow_negative_numbers = true, help_heading = heading::GRADIENT)]
    bias: Option<u64>,
    /// The estimates for --bias, like truncated:10,es:16:0.0001 [default: truncated to parts of the unroll,
    /// and 4, 16 and 64 pairs]
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "bias", help_heading = heading::GRADIENT)]
    gradient: Option<Vec<String>>,
}

/// Small enough for forward mode and differences to be done at once.
const LAYERS: [u64; 4] = [784, 40, 30, 47];
const DEFAULTS: Defaults = Defaults {
    shots: 5,
    queries: 10,
};
/// θ_0 where none is given; the others are this in units of their term's size.
const THETA: f64 = 5e-3;
/// Step of the differences in the same units.
const STEP: f64 = 3e-5;
/// Smaller ones, as parts of it, for where the loss jumps or bends within the step.
const SMALLER: [f64; 3] = [1.0, 1.0 / 16.0, 1.0 / 256.0];

/// Largest differences that count as agreement.
const FORWARD_TOLERANCE: f64 = 1e-8;
const DIFFERENCE_TOLERANCE: f64 = 1e-6;
const SINGLE_TOLERANCE: f64 = 1e-3;
/// The same where a rule reads the change of a loss by a small perturbation, of which f32 keeps fewer digits.
const PERTURBED_TOLERANCE: f64 = 3e-2;

/// Runs the command.
pub(crate) fn run(arguments: &Gradcheck) -> Result<(), Error> {
    let settings = Settings {
        preset: arguments.preset.clone(),
        terms: arguments.terms.clone(),
        term: arguments.term.clone(),
        remember: arguments.remember.clone(),
        feedback: arguments.feedback.clone(),
        reward_delay: arguments.reward_delay,
        theta_scope: arguments.theta_scope.clone(),
        ..Settings::default()
    };
    let layers = arguments.layers.clone();
    let layers = layers.unwrap_or_else(|| LayersSetting::Sizes(LAYERS.to_vec()));
    let architecture = network::from_layers(&Choice::new(layers, "--layers"))?;
    let activation = arguments.activation.clone();
    let activation = activation.map(|name| Choice::new(name, "--activation"));
    let leak = arguments.leak.map(|leak| Choice::new(leak, "--leak"));
    let architecture = network::with_units(architecture, activation.as_ref(), leak.as_ref())?;
    let (rule, feedback) =
        rule_settings::rule_of_flags(&settings, architecture.layers(), &libraries::all())?;
    network::check_learns(&architecture, &rule, &feedback)
        .map_err(|reason| Error::setting("--layers", reason))?;
    let query_loss = match &arguments.query_loss {
        Some(name) => Choice::new(name.clone(), "--query-loss").parse()?,
        None => QueryLoss::default(),
    };
    let setup = TaskSetup::open(&arguments.task, None, DEFAULTS)?;
    let architecture = match arguments.layers {
        Some(_) => architecture,
        None => network::following(architecture, &setup.dataset)?,
    };
    setup.check_fits(&architecture, "--layers")?;
    let key = EpisodeKey::new(arguments.seed, 0, 0);
    let sampler = setup.sampler(setup.inhabited())?;
    let task = sampler.sample(&setup.dataset, &mut key.stream(Purpose::Task));
    let mut model = Model {
        architecture,
        feedback,
        rule,
    };
    let episode = Episode::new(&model, key, &setup.dataset, &task);
    let origins = memory::Origins {
        layers: "--layers",
        steps: "--shots",
        other_way: "",
    };
    for mode in [GradientMode::default(), GradientMode::Forward] {
        memory::check_episodes(&episode, Precision::Double, mode, 1, origins)?;
    }
    let sizes = term_sizes(&episode, Precision::Double);
    let units: Vec<f64> = sizes.iter().map(|size| 1.0 / size.max(1.0)).collect();
    let theta = theta(arguments, &model.rule, &units)?;
    model.rule = theta;

    if let Some(episodes) = arguments.bias {
        let table = BiasTable {
            model: &model,
            dataset: &setup.dataset,
            sampler: &sampler,
            seed: arguments.seed,
            query_loss,
            episodes: Choice::new(episodes, "--bias").positive()?,
            units: &units,
        };
        let table = table.of(arguments.gradient.as_deref())?;
        let (rule, feedback) = (&model.rule, &model.feedback);
        return output::print(&format!(
            "{rule}\nfeedback {feedback}, {}\n\n{table}",
            setup.describe()
        ));
    }
    let episode = Episode::new(&model, key, &setup.dataset, &task).with_query_loss(query_loss);
    let (loss, double) = compare::reverse(&episode, Precision::Double);
    let (_, single) = compare::reverse(&episode, Precision::Single);
    let forward = compare::forward(&episode);
    let (Some(double), Some(single), Some(forward)) = (double, single, forward) else {
        return Err(Error::Failed(format!(
            "the episode diverges (query loss {}), so there is nothing to compare; choose smaller --theta",
            shown(loss)
        )));
    };
    // Differences of the loss see what flows through B = W; the detached gradient leaves it out.
    let differences =
        (model.feedback != Feedback::symmetric()).then(|| differences(&episode, &double, &units));
    let gradients = ComparedGradients {
        single,
        single_tolerance: match model.rule.perturbed() {
            None => SINGLE_TOLERANCE,
            Some(_) => PERTURBED_TOLERANCE,
        },
        double,
        forward,
        differences,
        units,
    };
    output::print(&format!(
        "{}\nfeedback {}, {}, {} steps, query loss {}\n\n{}",
        model.rule,
        model.feedback,
        setup.describe(),
        task.support.len(),
        significant(loss, 7),
        table(&gradients.rows(&model.rule)),
    ))?;
    if gradients.differences.is_none() {
        output::line(
            "\nFinite differences do not apply: symmetric feedback takes B = W as a constant, and the\nloss does not; reverse mode is compared with forward mode, which does the same.",
        )?;
    }
    let skipped = gradients.skipped(&model.rule);
    if !skipped.is_empty() {
        output::line(&format!(
            "\nThe loss jumps or bends within the steps of the differences, which say nothing of {}: a\nweight changes its sign, softplus switches, or abs or relu bends there.",
            skipped.join(", ")
        ))?;
    }
    gradients.judge()
}

/// Differences of the loss, with smaller steps where the larger ones cross a jump or a bend.
fn differences(episode: &Episode<'_>, gradient: &[f64], units: &[f64]) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    for part in SMALLER {
        let steps: Vec<f64> = units.iter().map(|unit| STEP * part * unit).collect();
        let again = compare::differences(episode, &steps);
        if found.is_empty() {
            found = again;
        } else {
            for ((found, again), &derivative) in found.iter_mut().zip(again).zip(gradient) {
                if found.agrees(derivative, DIFFERENCE_TOLERANCE).is_none() {
                    *found = again;
                }
            }
        }
        let told = found.iter().zip(gradient);
        if { told }.all(|(d, &g)| d.agrees(g, DIFFERENCE_TOLERANCE).is_some()) {
            break;
        }
    }
    found
}

fn theta(arguments: &Gradcheck, rule: &Rule, units: &[f64]) -> Result<Rule, Error> {
    let theta = match &arguments.theta {
        Some(theta) => theta.clone(),
        None => rule
            .coefficients()
            .zip(units)
            // The error-based Hebbian term helps when negative.
            .map(|(coefficient, unit)| match coefficient.symbol {
                "F2" => -THETA * unit,
                _ => THETA * unit,
            })
            .collect(),
    };
    let rule = rule.clone().try_with_theta(&theta);
    rule.map_err(|error| Error::setting("--theta", error.to_string()))
}

struct ComparedGradients {
    single: Vec<f64>,
    single_tolerance: f64,
    double: Vec<f64>,
    forward: Vec<f64>,
    differences: Option<Vec<Difference>>,
    /// By how much each θ_r changes an update as much as θ_0 does by 1.
    units: Vec<f64>,
}

impl ComparedGradients {
    fn rows(&self, rule: &Rule) -> Vec<Vec<String>> {
        let head = [
            "term",
            "θ",
            "reverse f64",
            "reverse f32",
            "Δ",
            "forward f64",
            "Δ",
            "differences",
            "Δ",
        ];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        let names = rule_settings::names(rule).into_iter();
        for (r, (name, &theta)) in names.zip(rule.theta()).enumerate() {
            let mut row = vec![name, shown(theta)];
            row.push(format!("{:.9e}", self.double[r]).replace('-', "−"));
            let told = |d: &&Vec<Difference>| self.agrees(r, &d[r]).is_some();
            let differences = self.differences.as_ref().filter(told);
            let others = [
                Some(self.single[r]),
                Some(self.forward[r]),
                differences.map(|d| d[r].value),
            ];
            for other in others {
                match other {
                    Some(other) => {
                        row.push(format!("{other:.9e}").replace('-', "−"));
                        row.push(format!("{:.0e}", relative(self.double[r], other)));
                    }
                    None => row.extend(["–".to_owned(), "–".to_owned()]),
                }
            }
            rows.push(row);
        }
        rows
    }

    fn agrees(&self, r: usize, difference: &Difference) -> Option<bool> {
        difference.agrees(self.double[r], DIFFERENCE_TOLERANCE)
    }

    /// The coefficients of which differences say nothing.
    fn skipped(&self, rule: &Rule) -> Vec<String> {
        let differences = self.differences.iter().flatten().enumerate();
        let open = differences.filter(|(r, difference)| self.agrees(*r, difference).is_none());
        let names = rule_settings::names(rule);
        open.map(|(r, _)| names[r].clone()).collect()
    }

    fn judge(&self) -> Result<(), Error> {
        let forward = self.double.iter().zip(&self.forward);
        let forward = forward.fold(0.0, |worst: f64, (&a, &b)| worst.max(relative(a, b)));
        let differences = self.differences.iter().flatten().enumerate();
        let wrong = differences.filter(|(r, d)| self.agrees(*r, d) == Some(false));
        let differences = wrong.fold(0.0, |worst: f64, (r, d)| {
            worst.max(relative(self.double[r], d.value))
        });
        let in_units = |gradient: &[f64]| -> Vec<f64> {
            gradient
                .iter()
                .zip(&self.units)
                .map(|(g, unit)| g * unit)
                .collect()
        };
        let norm = |gradient: &[f64]| gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        let (double, single) = (in_units(&self.double), in_units(&self.single));
        let apart: Vec<f64> = double.iter().zip(&single).map(|(a, b)| a - b).collect();
        let single = match norm(&apart) {
            0.0 => 0.0,
            apart => apart / norm(&double),
        };
        let checks = [
            ("forward mode", forward, FORWARD_TOLERANCE),
            ("finite differences", differences, DIFFERENCE_TOLERANCE),
            ("f32", single, self.single_tolerance),
        ];
        for (what, difference, tolerance) in checks {
            if difference.is_nan() || difference > tolerance {
                return Err(Error::Failed(format!(
                    "reverse mode and {what} differ by {difference:.1e}, above the tolerance {tolerance:.0e}"
                )));
            }
        }
        output::line("\nall agree")
    }
}

/// Relative to the larger of the two; infinite when one is not a number.
fn relative(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::INFINITY;
    }
    match a.abs().max(b.abs()) {
        0.0 => 0.0,
        size => (a - b).abs() / size,
    }
}
