//! Setup that the experiments share: images, tasks, a network and prices from settings.

use metaplast_experiment::{Error, ExperimentSettings};
use metaplast_runs::Error as RunError;
use metaplast_runs::settings::{Config, LayersSetting, Settings};

use crate::price::RulePrice;
use crate::short_training::ShortTraining;

/// A small network, on which a rule is trained in half a second.
pub(super) const SMALL: SetupSize = SetupSize {
    layers: &[196.0, 40.0, 30.0, 47.0],
    image_size: 14,
    shots: 20,
    queries: 5,
    glyphs: 60,
    rate: 5e-3,
};

/// The network of the paper, with fewer images of each class to learn from.
pub(super) const FULL: SetupSize = SetupSize {
    layers: &[784.0, 170.0, 130.0, 100.0, 70.0, 47.0],
    image_size: 28,
    shots: 20,
    queries: 10,
    glyphs: 100,
    rate: 3e-3,
};

/// Network and tasks of a short training, as usual values of settings.
pub(super) struct SetupSize {
    layers: &'static [f64],
    image_size: u64,
    shots: u64,
    queries: u64,
    glyphs: u64,
    rate: f64,
}

impl SetupSize {
    /// The settings of images, tasks, network and prices.
    pub(super) fn settings(&self, settings: ExperimentSettings) -> ExperimentSettings {
        settings
            .whole(
                "seed",
                1,
                "from which everything random but the glyphs follows",
            )
            .text("data", "glyphs", "images by name or path")
            .whole("glyphs", self.glyphs, "glyphs drawn of each class")
            .whole(
                "image_size",
                self.image_size,
                "pixels along each side of an image",
            )
            .numbers("layers", self.layers, "layer sizes, pixels first")
            .whole("ways", 5, "classes of a task")
            .whole("shots", self.shots, "images of each class to learn from")
            .whole(
                "queries",
                self.queries,
                "images of each class to be examined on",
            )
            .number("lr", self.rate, "step size of the steady meta-optimiser")
            .number("term_price", 0.005, "accuracy that a term must earn")
            .number(
                "locality_price",
                0.0025,
                "accuracy that each step of a term away from locality must earn",
            )
    }
}

/// What the settings say of images, tasks and network.
pub(super) fn training(
    settings: &ExperimentSettings,
    held_out: u64,
) -> Result<ShortTraining, Error> {
    let sizes = settings.get_numbers("layers").iter();
    let whole = |&size: &f64| match size.fract() == 0.0 && size >= 1.0 {
        true => Ok(size as u64),
        false => {
            let reason = format!("{size} units make no sense; choose whole numbers above 0");
            Err(Error::setting("layers", reason))
        }
    };
    let layers: Vec<u64> = sizes.map(whole).collect::<Result<_, _>>()?;
    let given = Settings {
        data: Some(settings.get_text("data").to_owned()),
        glyphs_per_class: Some(settings.whole_within("glyphs", 1..=100_000)?),
        image_size: Some(settings.whole_within("image_size", 1..=1_000)?.to_string()),
        layers: Some(LayersSetting::Sizes(layers)),
        ways: Some(settings.whole_within("ways", 1..=1_000)?),
        shots: Some(settings.whole_within("shots", 1..=10_000)?),
        queries: Some(settings.whole_within("queries", 1..=10_000)?),
        hold_out_classes: Some(held_out),
        seed: Some(settings.get_whole("seed")),
        lr: Some(settings.positive("lr", 1.0)?),
        ..Settings::default()
    };
    let wrong = |error| of_these(settings, error);
    let config = Config::resolve(&given, &Settings::default(), None).map_err(wrong)?;
    ShortTraining::open(config).map_err(wrong)
}

/// An error of a meta-training's flag as one of the setting that says the same here.
fn of_these(settings: &ExperimentSettings, error: RunError) -> Error {
    let RunError::Setting { origin, reason } = &error else {
        return Error::other(error);
    };
    let name = match origin.as_str() {
        "--hold-out-classes" => "hold_out".to_owned(),
        "--glyphs-per-class" => "glyphs".to_owned(),
        flag => flag.trim_start_matches("--").replace('-', "_"),
    };
    match origin.starts_with("--") && settings.has(&name) {
        true => {
            let origin = format!("--set {}", name.replace('_', "-"));
            Error::setting(origin, reason.as_str())
        }
        false => Error::other(error),
    }
}

/// What the settings say of prices.
pub(super) fn price(settings: &ExperimentSettings) -> Result<RulePrice, Error> {
    let price = |name: &str| {
        let price = settings.get_number(name);
        match (0.0..=1.0).contains(&price) {
            true => Ok(price),
            false => Err(Error::setting(
                name,
                format!("{price} makes no sense; choose a number from 0 to 1"),
            )),
        }
    };
    Ok(RulePrice {
        term: price("term_price")?,
        locality: price("locality_price")?,
    })
}
