//! A rule to start from: its terms, coefficients, feedback, network and form of images as settings below
//! those that were given.

use std::path::{Path, PathBuf};

use metaplast_plasticity::Activation;

use super::choice::Choice;
use super::given::Settings;
use super::layers::LayersSetting;
use super::network::unusual_leak;
use super::rule::{self as rule_choice, Libraries};
use crate::error::Error;
use crate::rule::RuleFile;

/// Settings that follow from a rule's file, and its path for their origins.
#[derive(Clone, Debug)]
pub(super) struct StartFrom {
    pub(super) settings: Settings,
    pub(super) path: PathBuf,
    /// How many layers of weights it has, where each has coefficients of its own.
    layers: Option<usize>,
}

impl StartFrom {
    /// Reads the rule that flags or a configuration file name, if they name one.
    pub(super) fn read(
        flags: &Settings,
        file: &Settings,
        path: Option<&Path>,
        libraries: &Libraries,
    ) -> Result<Option<Self>, Error> {
        let of_flag = || Choice::new(flags.start_from.clone(), "--start-from");
        let of_file = || {
            let path = path.map_or(String::new(), |path| path.display().to_string());
            Choice::new(file.start_from.clone(), format!("{path}: start_from"))
        };
        let (given, beside) = match flags.start_from {
            Some(_) => (of_flag(), flags),
            // Another rule by flags is another rule than the file's.
            None if flags.preset.is_some() || flags.terms.is_some() => return Ok(None),
            None => (of_file(), file),
        };
        let Some(rule) = &given.value else {
            return Ok(None);
        };
        let others = [
            ("preset", beside.preset.is_some() || flags.preset.is_some()),
            ("terms", beside.terms.is_some() || flags.terms.is_some()),
            ("term", beside.term.is_some() || flags.term.is_some()),
            (
                "remember",
                beside.remember.is_some() || flags.remember.is_some(),
            ),
            (
                "theta_start",
                beside.theta_start.is_some() || flags.theta_start.is_some(),
            ),
        ];
        if let Some((other, _)) = others.into_iter().find(|(_, given)| *given) {
            return Err(given.wrong(format!(
                "the rule brings its terms and coefficients, and `{other}` names others; keep one of the two"
            )));
        }
        let found = RuleFile::read_with(rule, libraries)?;
        Ok(Some(StartFrom {
            settings: settings_of(&found),
            path: rule.clone(),
            layers: found.rule.layers(),
        }))
    }

    /// Checks that coefficients of layers fit a network of so many layers of weights, which have their own or
    /// share them.
    ///
    /// # Errors
    /// When the rule has them for other layers, or the layers are to share them.
    pub(super) fn check_layers(&self, layers: usize, per_layer: bool) -> Result<(), Error> {
        let Some(of_rule) = self.layers.filter(|own| !per_layer || *own != layers) else {
            return Ok(());
        };
        let (but, way_out) = match per_layer {
            true => (
                format!("the network has {layers}"),
                format!("give --layers with {of_rule} layers of weights"),
            ),
            false => (
                "they are to share them".to_owned(),
                "leave out --theta-scope".to_owned(),
            ),
        };
        Err(Error::setting(
            self.path.display().to_string(),
            format!(
                "each of the {of_rule} layers of this rule has coefficients of its own, but {but}; {way_out}, or start from a rule whose layers share them"
            ),
        ))
    }

    /// The settings of a configuration file without its rule, where this one was named by a flag.
    pub(super) fn without_rule(flags: &Settings, file: &Settings) -> Settings {
        if flags.start_from.is_none() {
            return file.clone();
        }
        Settings {
            preset: None,
            terms: None,
            term: None,
            remember: None,
            reward_delay: None,
            theta_start: None,
            theta_scope: None,
            feedback: None,
            ..file.clone()
        }
    }
}

/// What names the rule, its feedback, its network and the form of its images.
fn settings_of(file: &RuleFile) -> Settings {
    let rule = &file.rule;
    let names = rule_choice::names(rule).into_iter();
    let activation = file.architecture.activation();
    let provenance = file.provenance.as_ref();
    Settings {
        terms: Some(rule_choice::pool_symbols(rule)),
        term: rule_choice::texts(rule),
        remember: rule_choice::memory_texts(rule),
        reward_delay: rule_choice::unusual_delay(rule),
        theta_start: Some(
            names
                .zip(rule.theta())
                .map(|(name, theta)| format!("{name}={theta:?}"))
                .collect(),
        ),
        theta_scope: rule_choice::unusual_scope(rule),
        feedback: Some(file.feedback.to_string()),
        layers: Some(LayersSetting::of(&file.architecture)),
        activation: (activation != Activation::default()).then(|| activation.to_string()),
        leak: unusual_leak(&file.architecture),
        init_scale: Some(file.architecture.init_scale()),
        image_size: provenance.and_then(|found| found.image_size.clone()),
        color_mode: provenance.and_then(|found| found.color_mode.clone()),
        ..Settings::default()
    }
}
