//! `metaplast fit`: the rule that explains recorded weights or activity.

use std::path::PathBuf;

use clap::Args;
use metaplast_meta::Model;
use metaplast_meta::fit::piecewise::{
    CandidateTerms, PiecewiseError, PiecewiseFit, PiecewiseSettings, piecewise_watched,
};
use metaplast_meta::fit::{FitError, FitSettings, Fitted, Recording, fit, least_fit_bytes};
use metaplast_plasticity::{Feedback, Memory, Output, Rule, Term};
use metaplast_runs::directory::names::{CANDIDATES, FIT, RULE};
use metaplast_runs::directory::{self, RunDirectory};
use metaplast_runs::rule::RuleFile;
use metaplast_runs::settings::{
    Choice, LayersSetting, OneOf, Settings, heading, names, network, number, rule as rule_settings,
    whole,
};
use metaplast_runs::{memory, threads};

use crate::error::Error;
use crate::fitting::progress::Rounds;
use crate::fitting::{candidates, json, tables};
use crate::libraries;
use crate::recordings;
use crate::shell;
use crate::terminal::output;

const AFTER: &str = "\
Writes rule.toml, which other commands read, and fit.csv (term, theta, low, high: the ends of the 98% \
interval, empty where the recordings do not determine the term). With --candidates also candidates.csv, with \
each candidate alone. docs/fit.md describes the arrays of \
RECORDING.npz: the input of each step, labels, targets or teaching signals, the weights before the \
first step, and weights or activity while the network learned.

Example:
  metaplast meta-train --layers 784,20,47 --episodes 20 --out runs/to-record
  metaplast simulate runs/to-record/rule.toml --shots 10 --out runs/recorded \\
    --record --trajectories 12 --noise 0.05
  metaplast fit runs/recorded/recording.npz --terms 0,2,9 --out runs/fitted
  metaplast fit runs/recorded/recording.npz --candidates grammar --out runs/found";

/// Find the coefficients of a rule that explain how recorded weights or activity changed.
#[derive(Args, Debug)]
#[command(after_help = AFTER)]
pub(crate) struct Fit {
    /// Recordings, as `simulate --record` writes them or your own
    #[arg(value_name = "RECORDING.npz", required = true)]
    recordings: Vec<PathBuf>,
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
    /// What each layer keeps from step to step, like "m = m + k * (y .* y - m)"; repeatable; custom terms
    /// may use its name, and its constants are fitted too; see docs/rules-with-memory.md
    #[arg(long, value_name = "NAME = EXPRESSION", help_heading = heading::RULE)]
    remember: Option<Vec<String>>,
    /// Find which few of many terms explain the recordings: `grammar`, a list of some 600 products, or a file
    /// with a term on each line; terms that other flags name are kept in any case
    #[arg(long, value_name = "grammar|FILE", conflicts_with = "theta_start", help_heading = heading::RULE)]
    candidates: Option<PathBuf>,
    /// Most candidates that the rule may have [default: 6]
    #[arg(long, value_name = "N", requires = "candidates", value_parser = whole, allow_negative_numbers = true, help_heading = heading::RULE)]
    most_terms: Option<u64>,
    /// Coefficients to start from, like F0=1e-3,hebb=0.01 [default: terms 0, constants of memories 0.1]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = heading::RULE)]
    theta_start: Option<Vec<String>>,
    /// Whether layers share the coefficients or each has its own [default: shared]
    #[arg(long, value_name = "SCOPE", value_parser = OneOf(names::theta_scopes), help_heading = heading::RULE)]
    theta_scope: Option<String>,
    /// How errors travel back; recordings say too little for weight-mirror, and for information from noise [default: the preset's, or fixed]
    #[arg(long, value_name = "KIND", value_parser = OneOf(libraries::feedbacks), help_heading = heading::RULE)]
    feedback: Option<String>,
    /// What the last layer's units do; hidden ones are softplus
    #[arg(long, value_name = "KIND", default_value = "softmax", value_parser = OneOf(names::outputs), help_heading = heading::NETWORK)]
    output: String,
    /// Sharpness β of the softplus units
    #[arg(long, value_name = "BETA", default_value = "10", allow_negative_numbers = true, value_parser = number, help_heading = heading::NETWORK)]
    beta: f64,
    /// Weight λ of the penalty λ‖θ‖₁ beside the loss 1 − R²
    #[arg(long, value_name = "WEIGHT", default_value = "0", allow_negative_numbers = true, value_parser = number, help_heading = heading::OPTIMIZER)]
    l1: f64,
    /// From which the resampling for intervals follows
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    seed: u64,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    threads: Option<u64>,
    /// Directory to make [default: runs/fit-1, or the next free number]
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT)]
    out: Option<PathBuf>,
    /// No progress and no table
    #[arg(long, help_heading = heading::OUTPUT)]
    quiet: bool,
    /// One JSON object instead of the table
    #[arg(long, help_heading = heading::OUTPUT)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Fit) -> Result<(), Error> {
    let flags = flags(arguments);
    // How many layers there are is in the recordings; all else can be checked before.
    let one_layer = Settings {
        theta_start: None,
        ..flags.clone()
    };
    let (terms, feedback) = rule_settings::rule_of_flags(&one_layer, 1, &libraries::all())?;
    let searched = Searched::of(arguments, &terms)?;
    let whole = searched.as_ref().map_or(Ok(terms), Searched::whole)?;
    let output: Output = Choice::new(arguments.output.clone(), "--output").parse()?;
    let beta = Choice::new(arguments.beta, "--beta").above_zero()?;
    let lambda = Choice::new(arguments.l1, "--l1").not_negative()?;
    let seed = Choice::new(arguments.seed, "--seed").storable()?;
    let pool = threads::pool(arguments.threads)?;
    let out = arguments.out.as_deref();
    directory::choose(out, "fit")?;
    let (sizes, recordings) = read(arguments, &whole, &feedback)?;
    let sizes: Vec<u64> = sizes.into_iter().map(|n| n as u64).collect();
    let architecture = network::from_layers(&Choice::new(LayersSetting::Sizes(sizes), "W0"))?;
    let architecture = architecture.with_beta(beta);
    let architecture = architecture.map_err(|error| Error::setting("--beta", error.to_string()))?;
    let layers = architecture.layers();
    let (rule, _) = rule_settings::rule_of_flags(&flags, layers, &libraries::all())?;
    let model = Model {
        architecture: architecture.with_output(output),
        feedback,
        rule,
    };
    let settings = FitSettings {
        start: flags.theta_start.map(|_| model.rule.theta().to_vec()),
        lambda,
        seed,
        ..Default::default()
    };
    let threads = pool.current_num_threads().min(recordings.len()) as u64;
    let bytes = least_fit_bytes(&model).saturating_mul(threads);
    let what = format!("to fit {threads} recordings at once");
    let way_out = "ask for fewer --threads, or for fewer terms at a time";
    memory::check(bytes, "--threads", &what, way_out)?;
    // Before the work, so that it is not lost to another process.
    let mut directory = directory::in_chosen(out, "fit", RunDirectory::create)?;
    let result = match &searched {
        None => pool.install(|| fit_terms(model, &recordings, &settings)),
        Some(searched) => pool.install(|| searched.fit(&model, &recordings, settings)),
    };
    let result = result.map_err(|error| explained(error, arguments))?;
    let file = RuleFile {
        rule: result.model.rule.clone(),
        feedback: result.model.feedback.clone(),
        architecture: result.model.architecture.clone(),
        trials: Vec::new(),
        provenance: None,
    };
    let (rule, fitted) = (&result.model.rule, &result.fitted);
    directory.write(RULE, file.to_toml().as_bytes())?;
    directory.write(FIT, tables::csv(rule, fitted)?.as_bytes())?;
    let mut files = format!("{RULE}, {FIT}");
    let found = searched.as_ref().zip(result.search.as_ref());
    let found = found.map(|(searched, found)| (searched.candidates.as_slice(), found));
    if let Some((terms, found)) = found {
        directory.write(CANDIDATES, candidates::csv(terms, found)?.as_bytes())?;
        files = format!("{files}, {CANDIDATES}");
    }
    directory.keep();
    if arguments.json {
        return output::raw(&json::line(rule, fitted, found)).map_err(Error::Output);
    }
    if arguments.quiet {
        return Ok(());
    }
    let place = (directory.path(), files.as_str());
    let mut text = found.map_or(String::new(), |(terms, found)| {
        candidates::summary(terms, found)
    });
    let rivals = found.map_or(String::new(), |(terms, found)| {
        candidates::rivals_in_words(terms, found)
    });
    text += &tables::summary(rule, fitted, recordings.len(), &rivals, place);
    output::print(&text)
}

fn flags(arguments: &Fit) -> Settings {
    let no_terms = arguments.preset.is_none() && arguments.terms.is_none();
    let terms = match &arguments.candidates {
        // Nothing is kept but what is named; a rule of no terms cannot be.
        Some(_) if no_terms && arguments.term.is_none() => Some(vec![UNNAMED.to_owned()]),
        Some(_) if no_terms => Some(vec!["none".to_owned()]),
        _ => arguments.terms.clone(),
    };
    Settings {
        preset: arguments.preset.clone(),
        terms,
        term: arguments.term.clone(),
        remember: arguments.remember.clone(),
        theta_start: arguments.theta_start.clone(),
        feedback: arguments.feedback.clone(),
        theta_scope: arguments.theta_scope.clone(),
        ..Settings::default()
    }
}

/// Stands in a rule for terms that nobody named.
const UNNAMED: &str = "F0";

/// A rule that was fitted.
struct FittedRule {
    model: Model,
    fitted: Fitted,
    search: Option<PiecewiseFit>,
}

fn fit_terms(
    mut model: Model,
    recordings: &[Recording],
    settings: &FitSettings,
) -> Result<FittedRule, PiecewiseError> {
    let fitted = fit(&model, recordings, settings)?;
    model.rule = model.rule.try_with_theta(&fitted.theta)?;
    Ok(FittedRule {
        model,
        fitted,
        search: None,
    })
}

/// Terms that the rule has in any case, and those of which it has a few.
struct Searched {
    kept: Vec<Term>,
    candidates: Vec<Term>,
    memories: Vec<Memory>,
    most_terms: usize,
    /// No progress.
    silent: bool,
}

impl Searched {
    /// With the memories of a rule, and its terms where any were named.
    fn of(arguments: &Fit, rule: &Rule) -> Result<Option<Self>, Error> {
        let Some(which) = &arguments.candidates else {
            return Ok(None);
        };
        let named = [
            arguments.preset.is_some(),
            arguments.terms.is_some(),
            arguments.term.is_some(),
        ];
        let most_terms =
            Choice::new(arguments.most_terms.unwrap_or(6), "--most-terms").positive()?;
        Ok(Some(Searched {
            kept: match named.contains(&true) {
                true => rule.terms().to_vec(),
                false => Vec::new(),
            },
            candidates: candidates::named(which, rule.memories())?,
            memories: rule.memories().to_vec(),
            most_terms: usize::try_from(most_terms).unwrap_or(usize::MAX),
            silent: arguments.quiet || arguments.json,
        }))
    }

    /// The rule of all of them.
    fn whole(&self) -> Result<Rule, Error> {
        let terms = self.kept.iter().chain(&self.candidates).cloned();
        let rule = Rule::new(terms).and_then(|rule| rule.with_memories(self.memories.clone()));
        rule.map_err(|error| Error::setting("--candidates", error.to_string()))
    }

    fn fit(
        &self,
        model: &Model,
        recordings: &[Recording],
        fit: FitSettings,
    ) -> Result<FittedRule, PiecewiseError> {
        let terms = CandidateTerms {
            architecture: &model.architecture,
            feedback: &model.feedback,
            memories: &self.memories,
            kept: &self.kept,
            candidates: &self.candidates,
            per_layer: model.rule.layers().is_some(),
        };
        let settings = PiecewiseSettings {
            fit,
            most_terms: self.most_terms,
            ..PiecewiseSettings::default()
        };
        let rounds = Rounds::new(self.silent, self.candidates.len());
        let found = piecewise_watched(&terms, recordings, &settings, &rounds)?;
        Ok(FittedRule {
            model: found.model.clone(),
            fitted: found.fitted.clone(),
            search: Some(found),
        })
    }
}

/// The trajectories of all files, which must be of one network.
fn read(
    arguments: &Fit,
    rule: &Rule,
    feedback: &Feedback,
) -> Result<(Vec<usize>, Vec<Recording>), metaplast_runs::Error> {
    // A trajectory that counts twice makes intervals narrower than they are.
    shell::check_distinct(&arguments.recordings)?;
    let mut sizes: Option<Vec<usize>> = None;
    let mut all = Vec::new();
    for path in &arguments.recordings {
        let file = recordings::read(path, rule, feedback)?;
        match &sizes {
            Some(sizes) if *sizes != file.sizes => {
                return Err(metaplast_runs::Error::File {
                    path: path.clone(),
                    line: None,
                    reason: format!(
                        "layers of sizes {:?}, but {} has {sizes:?}; fit recordings of one network at a time",
                        file.sizes,
                        arguments.recordings[0].display(),
                    ),
                });
            }
            _ => sizes = Some(file.sizes),
        }
        all.extend(file.all);
    }
    Ok((sizes.expect("clap asks for a file"), all))
}

fn explained(error: PiecewiseError, arguments: &Fit) -> metaplast_runs::Error {
    let way_out = match error {
        PiecewiseError::Fit(FitError::NothingRecorded) => {
            "; give W.l or y.l with l the layer's number"
        }
        PiecewiseError::Fit(FitError::NothingLearned) => {
            ", so any rule with θ = 0 fits; record while it learns"
        }
        PiecewiseError::Fit(FitError::Infinite) => "; look for such numbers in the recordings",
        PiecewiseError::Fit(FitError::StartDiverges) => " with --theta-start",
        _ => "",
    };
    metaplast_runs::Error::File {
        path: arguments.recordings[0].clone(),
        line: None,
        reason: format!("{error}{way_out}"),
    }
}
