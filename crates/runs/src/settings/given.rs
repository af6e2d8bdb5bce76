//! The settings of meta-training as they are given: by flags and by a configuration file alike.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::flags::{OneOf, heading, number, path_as_text, whole};
use super::layers::LayersSetting;
use super::{images, names};
use crate::directory::file::read_text;
use crate::error::Error;
use crate::toml_text;

/// Flags of `meta-train` and keys of its configuration files; unset values take their defaults.
#[derive(clap::Args, Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Terms and feedback by name [default: bio]
    #[arg(long, value_name = "NAME", conflicts_with = "terms", value_parser = OneOf(names::presets), help_heading = heading::RULE)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Plasticity terms of the pool, like 0,2,9 or F0,F2,F9
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = heading::RULE)]
    #[serde(
        deserialize_with = "symbols_or_indices",
        skip_serializing_if = "Option::is_none"
    )]
    pub terms: Option<Vec<String>>,
    /// A custom term, like "hebb = y * y_pre^T - 0.1 * W"; repeatable; added to the preset or --terms
    /// (`none` drops all built-in ones); see docs/own-terms.md
    #[arg(long, value_name = "NAME = EXPRESSION", help_heading = heading::RULE)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<Vec<String>>,
    /// What each layer keeps from step to step beside its weights, like "m = m + k * (y .* y - m)";
    /// repeatable; custom terms may use its name, and unknown names in it are constants that are learned;
    /// see docs/rules-with-memory.md
    #[arg(long, value_name = "NAME = EXPRESSION", help_heading = heading::RULE)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remember: Option<Vec<String>>,
    /// Coefficients to start from, like F0=1e-3,hebb=0.01; F0_l2 is layer 2's when layers have their own
    /// [default: F0=1e-3; constants of memories 0.1; all others 0]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = heading::RULE)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theta_start: Option<Vec<String>>,
    /// Whether layers share the coefficients, as in the paper, or each has its own [default: shared]
    #[arg(long, value_name = "SCOPE", value_parser = OneOf(names::theta_scopes), help_heading = heading::RULE)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theta_scope: Option<String>,
    /// Start from a rule's terms, coefficients, feedback and network instead, as `meta-train` writes them;
    /// layers and feedback that are given win
    #[arg(long, value_name = "RULE.toml", conflicts_with_all = ["preset", "terms", "term", "remember", "theta_start"], help_heading = heading::RULE)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_from: Option<PathBuf>,
    /// How errors travel back [default: the preset's, or fixed]
    #[arg(long, value_name = "KIND", value_parser = OneOf(names::feedbacks), help_heading = heading::RULE)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<String>,
    /// Steps from an action to its reward, for rules that read `reward` [default: 0]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::RULE)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward_delay: Option<u64>,
    /// `glyphs`, drawn on the spot; `emnist`, `mnist` or `fashion`, once fetched; a directory with IDX
    /// files, or one of pictures for each class; a table of images, .csv or .npz (see docs/data.md)
    /// [default: glyphs]
    #[arg(long, value_name = "DATA", value_parser = path_as_text(), help_heading = heading::DATA)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Glyphs drawn of each class [default: 400]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub glyphs_per_class: Option<u64>,
    /// Seed of the glyphs; --seed does not change them [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_seed: Option<u64>,
    /// Pixels to which images are brought: a side, or rows and columns like 32x24 [default: the files'
    /// own; 28 for pictures]
    #[arg(long, value_name = "SIZE", help_heading = heading::DATA)]
    #[serde(
        deserialize_with = "images::size",
        skip_serializing_if = "Option::is_none"
    )]
    pub image_size: Option<String>,
    /// Colour mode of images: gray, or three inputs for each pixel [default: gray]
    #[arg(long, value_name = "MODE", value_parser = OneOf(names::color_modes), help_heading = heading::DATA)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color_mode: Option<String>,
    /// Written to `config.toml`; when it is there, the images must still be the same.
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_fingerprint: Option<String>,
    /// Images of a task: drawn afresh, or the first of each class as the paper's program does
    /// [default: fresh]
    #[arg(long, value_name = "WAY", value_parser = OneOf(names::samplings), help_heading = heading::DATA)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling: Option<String>,
    /// Classes of a task [default: 5]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ways: Option<u64>,
    /// Images of each class to learn from, one online step each [default: 50]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shots: Option<u64>,
    /// Images of each class to be examined on [default: 10]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queries: Option<u64>,
    /// Classes kept from meta-training, for `evaluate` [default: 0]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_out_classes: Option<u64>,
    /// Groups, as alphabets of characters, whose classes are all kept from meta-training [default: 0]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_out_groups: Option<u64>,
    /// Classes of a task: across the groups that nested directories make, or within one of them
    /// [default: across]
    #[arg(long, value_name = "HOW", value_parser = OneOf(names::groupings), help_heading = heading::DATA)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<String>,
    /// Layer sizes, pixels first, or words for images, kernels and skips like
    /// "28x28x1 conv5x8+2 maxpool2 60 60 skip1 47", or for units that see images row by row like
    /// "28 recurrent64 47"; see docs/networks.md [default: 784,170,130,100,70,47, or as the images need]
    #[arg(long, value_name = "LAYERS", value_parser = LayersSetting::parse, help_heading = heading::NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<LayersSetting>,
    /// Activation of hidden units [default: softplus]
    #[arg(long, value_name = "KIND", value_parser = OneOf(names::activations), help_heading = heading::NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<String>,
    /// Leak of recurrent units, above 0 and at most 1: they keep 1 − LEAK of their activity from step to step
    /// [default: 1]
    #[arg(long, value_name = "LEAK", allow_negative_numbers = true, help_heading = heading::NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leak: Option<f64>,
    /// Scale of the initial weights [default: 1]
    #[arg(long, value_name = "FACTOR", allow_negative_numbers = true, value_parser = number, help_heading = heading::NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init_scale: Option<f64>,
    /// Floating-point type [default: f32]
    #[arg(long, value_name = "TYPE", value_parser = OneOf(names::precisions), help_heading = heading::NETWORK)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// Episodes of each trial [default: 600]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub episodes: Option<u64>,
    /// Whole meta-trainings with different random streams [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trials: Option<u64>,
    /// Episodes averaged for one step of θ [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta_batch: Option<u64>,
    /// From which everything random but the glyphs follows [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Online steps of an episode; after the last image of the support set the first one comes again
    /// [default: WAYS times SHOTS]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EPISODES)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// What an episode is scored by, and θ is learned from: the labels, or how correlated or dense the activity
    /// of hidden layers is over the query images, or how large the weights are [default: cross-entropy]
    #[arg(long, value_name = "LOSS", value_parser = OneOf(names::query_losses), help_heading = heading::EPISODES)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_loss: Option<String>,
    /// Way to the gradient: by a sweep back over the steps; by tangents, without a tape and slower with
    /// each term; or, biased, through the last 50 steps alone; or, noisy, by an evolution strategy of 16
    /// pairs with σ = 0.0001 (see docs/gradients.md) [default: reverse]
    #[arg(long, value_name = "WAY", value_parser = OneOf(names::gradients), help_heading = heading::GRADIENT)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradient: Option<String>,
    /// Most that tape and checkpoints of an episode may take, for each thread, like 64MB; picks
    /// --unroll [default: no limit]
    #[arg(long, value_name = "SIZE", help_heading = heading::GRADIENT)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// What the sweep keeps: tape, or segments from checkpoints like 'undo 300/50' or 'stored 30/40'
    /// (steps of a segment, checkpoints) [default: what --memory picks, or tape]
    #[arg(long, value_name = "HOW", help_heading = heading::GRADIENT)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unroll: Option<String>,
    /// How θ moves [default: steady]
    #[arg(long, value_name = "NAME", value_parser = OneOf(names::optimizers), help_heading = heading::OPTIMIZER)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimizer: Option<String>,
    /// Its step size [default: 1e-3]
    #[arg(long, value_name = "RATE", allow_negative_numbers = true, value_parser = number, help_heading = heading::OPTIMIZER)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lr: Option<f64>,
    /// Weight λ of the penalty λ‖θ‖₁ in the meta-loss [default: 0]
    #[arg(long, value_name = "WEIGHT", allow_negative_numbers = true, value_parser = number, help_heading = heading::OPTIMIZER)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda: Option<f64>,
    /// How the penalty moves θ: by a proximal step, whose zeros are exact, or by a subgradient, as the
    /// paper's program does [default: proximal]
    #[arg(long, value_name = "WAY", value_parser = OneOf(names::penalties), help_heading = heading::OPTIMIZER)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty: Option<String>,
    /// Diverged episodes in a row after which a trial gives up [default: 50]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::OPTIMIZER)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<u64>,
    /// What follows a diverged episode: no step, and θ goes back (skip); a step by its gradient, shortened
    /// to the usual length (clip); or the end of the trial (stop) [default: skip]
    #[arg(long, value_name = "POLICY", value_parser = OneOf(names::divergence_policies), help_heading = heading::OPTIMIZER)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_divergence: Option<String>,
    /// Threads; their number changes no bit of the results [default: all]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u64>,
    /// Threads that share the matrices of each episode, for networks of a million weights and more; their number
    /// changes no bit either [default: 1]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub episode_threads: Option<u64>,
    /// Episodes, of all trials together, from one checkpoint to the next [default: 50]
    #[arg(long, value_name = "N", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint_every: Option<u64>,
    /// Run directory to make [default: runs/PRESET-1, or the next free number]
    #[arg(long, value_name = "DIR", help_heading = heading::OUTPUT)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out: Option<PathBuf>,
    /// No progress and no summary
    #[arg(long, help_heading = heading::OUTPUT)]
    #[serde(skip_serializing_if = "is_false")]
    pub quiet: bool,
    /// One JSON object per episode on standard output, and nothing else
    #[arg(long, conflicts_with = "quiet", help_heading = heading::OUTPUT)]
    #[serde(skip_serializing_if = "is_false")]
    pub json: bool,
}

impl Settings {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// When the file cannot be read, or as [`parse`](Self::parse).
    pub fn read(path: &Path) -> Result<Self, Error> {
        Settings::parse(&read_text(path)?, path)
    }

    /// Reads the text of a configuration file; `path` is for the messages.
    ///
    /// # Errors
    /// With the line, when a key or a value is none; or when the file names a preset and terms.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let settings: Settings = toml_text::parse_file(text, path)?;
        if settings.preset.is_some() && settings.terms.is_some() {
            let origin = format!("{}: preset", path.display());
            return Err(Error::setting(
                origin,
                "the file has `terms` too; keep one of the two",
            ));
        }
        if settings.quiet && settings.json {
            let origin = format!("{}: quiet", path.display());
            return Err(Error::setting(
                origin,
                "the file has `json` too; keep one of the two",
            ));
        }
        Ok(settings)
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Terms may stand in a file as `["F0", "F2"]` or as `[0, 2]`.
fn symbols_or_indices<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    struct TermSymbol(String);

    impl<'de> Deserialize<'de> for TermSymbol {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(TermVisitor).map(TermSymbol)
        }
    }

    struct TermVisitor;

    impl Visitor<'_> for TermVisitor {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a term like \"F2\" or 2")
        }

        fn visit_i64<E: de::Error>(self, index: i64) -> Result<String, E> {
            Ok(index.to_string())
        }

        fn visit_str<E: de::Error>(self, symbol: &str) -> Result<String, E> {
            Ok(symbol.to_owned())
        }
    }

    struct TermsVisitor;

    impl<'de> Visitor<'de> for TermsVisitor {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of terms like [\"F0\", \"F2\"] or [0, 2]")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut terms: A) -> Result<Self::Value, A::Error> {
            let mut symbols = Vec::new();
            while let Some(TermSymbol(symbol)) = terms.next_element()? {
                symbols.push(symbol);
            }
            Ok(symbols)
        }
    }

    deserializer.deserialize_seq(TermsVisitor).map(Some)
}
