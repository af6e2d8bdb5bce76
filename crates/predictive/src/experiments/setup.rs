//! The settings that experiments share.

use metaplast_experiment::{Error, ExperimentSettings};
use metaplast_numbers::streams::seed;

use super::OpenImages;
use crate::images::ClassImages;
use crate::nets::Net;

/// What the streams of a trial are for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Split,
    Weights,
    Batches,
    Inputs,
}

/// The seed of a trial's stream.
pub(super) fn trial_seed(settings: &ExperimentSettings, trial: u64, purpose: Purpose) -> u64 {
    seed(&[settings.seed(), trial, purpose as u64])
}

/// The settings that choose images.
pub(super) fn with_image_settings(
    settings: ExperimentSettings,
    train: u64,
    test: u64,
) -> ExperimentSettings {
    settings
        .text("data", "glyphs", "images by name or path")
        .whole("classes", 10, "the first so many classes")
        .whole("train", train, "training images of each class")
        .whole("test", test, "test images of each class")
}

/// The images that the settings choose.
pub(super) fn images(
    settings: &ExperimentSettings,
    open: OpenImages,
) -> Result<ClassImages, Error> {
    let dataset = open(settings.get_text("data"))?;
    let number = |name: &str| settings.whole_within(name, 1..=1_000_000);
    let (classes, train, test) = (number("classes")?, number("train")?, number("test")?);
    let chosen = ClassImages::new(dataset, classes as usize, train as usize, test as usize);
    chosen.map_err(|error| Error::setting("data", error.to_string()))
}

/// The setting that chooses a net.
pub(super) fn with_net_setting(settings: ExperimentSettings, usual: &str) -> ExperimentSettings {
    let meaning = format!("net: {}", Net::names().join(", "));
    settings.text("net", usual, &meaning)
}

/// The net that the settings choose.
pub(super) fn net(settings: &ExperimentSettings) -> Result<Net, Error> {
    let net = Net::named(settings.get_text("net"));
    net.map_err(|error| Error::setting("net", error.to_string()))
}

/// The settings `eta` and `n` of inference.
pub(super) fn eta_and_n(settings: &ExperimentSettings) -> Result<(f64, usize), Error> {
    let eta = settings.positive("eta", 10.0)?;
    Ok((eta, settings.whole_within("n", 1..=100_000)? as usize))
}
