//! Layer sizes from settings.

use metaplast_data::{ColorMode, Dataset, Orientation};
use metaplast_meta::QueryLoss;
use metaplast_plasticity::{Activation, Architecture, Feedback, Rule};

use super::choice::Choice;
use super::finder::Finder;
use super::layers::LayersSetting;
use crate::error::Error;

/// Upper bound (1 GiB in f32), against typing errors.
const MOST_WEIGHTS: u64 = 1 << 28;

/// The network with these layers.
///
/// # Errors
/// When a network cannot have these layers.
pub fn from_layers(layers: &Choice<LayersSetting>) -> Result<Architecture, Error> {
    from_setting(&layers.value).map_err(|reason| layers.wrong(reason))
}

/// The network with these layers, or why it cannot be.
///
/// # Errors
/// With the reason.
pub fn from_setting(layers: &LayersSetting) -> Result<Architecture, String> {
    match layers {
        LayersSetting::Sizes(sizes) => from_sizes(sizes),
        LayersSetting::Words(words) => {
            let architecture = Architecture::parse(words).map_err(|error| error.to_string())?;
            check_size(architecture.weights() as u64)?;
            Ok(architecture)
        }
    }
}

/// The same network with hidden units of this name and leak, where they are given.
///
/// # Errors
/// When there are no such units.
pub fn with_units(
    architecture: Architecture,
    activation: Option<&Choice<String>>,
    leak: Option<&Choice<f64>>,
) -> Result<Architecture, Error> {
    let activation = activation.map(Choice::parse::<Activation>).transpose()?;
    let architecture = architecture.with_activation(activation.unwrap_or_default());
    match leak {
        None => Ok(architecture),
        Some(leak) => architecture
            .with_leak(leak.value)
            .map_err(|error| leak.wrong(error)),
    }
}

/// The leak of a network, where it is not the usual one.
#[must_use]
pub fn unusual_leak(architecture: &Architecture) -> Option<f64> {
    Some(architecture.leak()).filter(|&leak| leak != 1.0)
}

/// A network as settings choose it.
pub(super) struct NetworkChoice {
    pub(super) architecture: Architecture,
    /// Whether nobody chose its layers, so that they follow the images.
    pub(super) follows_images: bool,
    pub(super) layers_origin: String,
}

impl NetworkChoice {
    pub(super) fn resolve(find: &Finder<'_>) -> Result<Self, Error> {
        let layers = find.find("layers", |s| &s.layers);
        let architecture = match &layers {
            None => Architecture::paper(),
            Some(layers) => from_layers(layers)?,
        };
        let activation = find.find("activation", |s| &s.activation);
        // Other layers by a flag are other layers than those that leaked in a file.
        let replaced = find.flags.layers.is_some() && find.flags.leak.is_none();
        let leak = find.find("leak", |s| &s.leak);
        let leak = leak.filter(|_| architecture.is_recurrent() || !replaced);
        let architecture = with_units(architecture, activation.as_ref(), leak.as_ref())?;
        let scale = find.or("init_scale", |s| &s.init_scale, 1.0).above_zero()?;
        let scaled = architecture.with_init_scale(scale);
        Ok(NetworkChoice {
            architecture: scaled.expect("a positive number"),
            follows_images: layers.is_none(),
            layers_origin: layers.as_ref().map_or("--layers", |l| &l.origin).to_owned(),
        })
    }
}

/// What a network is scored by.
pub(super) fn query_loss(
    find: &Finder<'_>,
    architecture: &Architecture,
) -> Result<QueryLoss, Error> {
    let usual = QueryLoss::default().to_string();
    let choice = find.or("query_loss", |s| &s.query_loss, usual);
    let query_loss = choice.parse()?;
    check_scored(architecture, query_loss).map_err(|reason| choice.wrong(reason))?;
    Ok(query_loss)
}

/// Checks that a network can be scored by a loss.
///
/// # Errors
/// When it is recurrent, and the loss of hidden layers.
pub fn check_scored(architecture: &Architecture, query_loss: QueryLoss) -> Result<(), String> {
    match architecture.is_recurrent() && !query_loss.scores_recurrent() {
        true => Err(format!(
            "{query_loss} is of feed-forward layers, and the network is recurrent; choose cross-entropy or weight-norm"
        )),
        false => Ok(()),
    }
}

/// Checks that a network can learn by a rule, with errors that come back on a pathway.
///
/// # Errors
/// When it cannot, or the pathway passes none.
pub fn check_learns(
    architecture: &Architecture,
    rule: &Rule,
    feedback: &Feedback,
) -> Result<(), String> {
    rule.check(architecture)
        .map_err(|error| error.to_string())?;
    feedback
        .check(architecture)
        .map_err(|error| error.to_string())
}

fn check_size(weights: u64) -> Result<(), String> {
    match weights > MOST_WEIGHTS {
        true => Err(format!(
            "{weights} weights; choose sizes with at most {MOST_WEIGHTS}"
        )),
        false => Ok(()),
    }
}

/// The network with these layer sizes, or why it cannot be.
///
/// # Errors
/// With the reason.
pub fn from_sizes(sizes: &[u64]) -> Result<Architecture, String> {
    let weights = sizes.windows(2).fold(0u64, |sum, pair| {
        sum.saturating_add(pair[0].saturating_mul(pair[1]))
    });
    check_size(weights)?;
    let sizes = sizes.iter().map(|&n| n as usize).collect();
    Architecture::new(sizes).map_err(|error| error.to_string())
}

/// A network of nobody's choice, with as many inputs as images have values and at least one output for
/// each class.
///
/// # Errors
/// When a network cannot have these sizes.
pub fn following(architecture: Architecture, dataset: &Dataset) -> Result<Architecture, Error> {
    let mut sizes: Vec<u64> = architecture.sizes().iter().map(|&n| n as u64).collect();
    let classes = dataset.classes() as u64;
    let (Some(inputs), Some(outputs)) = (sizes.first().copied(), sizes.last().copied()) else {
        return Ok(architecture);
    };
    let pixels = dataset.pixels_per_image() as u64;
    if inputs == pixels && outputs >= classes {
        return Ok(architecture);
    }
    sizes[0] = pixels;
    *sizes.last_mut().expect("two at least") = outputs.max(classes);
    let following = from_sizes(&sizes).map_err(|reason| Error::setting("--image-size", reason))?;
    let scaled = following
        .with_activation(architecture.activation())
        .with_init_scale(architecture.init_scale());
    Ok(scaled.expect("a scale that was checked"))
}

/// Checks that there is something to see, and that a network with `origin`'s layers takes the images
/// and has an output for each class.
///
/// # Errors
/// When it does not, with the flag or key to change.
pub fn check_fits(
    architecture: &Architecture,
    origin: &str,
    dataset: &Dataset,
) -> Result<(), Error> {
    let inked = |i: usize| dataset.image(i).iter().any(|&q| q > 0);
    if !(0..dataset.len()).any(inked) {
        let reason = format!(
            "every pixel of {:?} is 0; name images with ink",
            dataset.name()
        );
        return Err(Error::setting("--data", reason));
    }
    let channels = match dataset.color_mode() {
        ColorMode::Gray => 1,
        ColorMode::Rgb => 3,
    };
    let seen = [dataset.rows(), dataset.cols(), channels];
    if let Some(image) = architecture.image().filter(|image| *image != seen) {
        let word = |extents: [usize; 3]| extents.map(|n| n.to_string()).join("x");
        let (said, right) = (word(image), word(seen));
        let name = dataset.name();
        let reason =
            format!("the first word is {said}, but images of {name:?} are {right}; make it that");
        return Err(Error::setting(origin, reason));
    }
    let (inputs, pixels) = (architecture.inputs(), dataset.pixels_per_image());
    if architecture.is_recurrent() && architecture.steps_of(pixels).is_none() {
        let columns = match dataset.orientation() {
            Orientation::Upright => dataset.cols(),
            Orientation::Transposed => dataset.rows(),
        };
        let row = columns * channels;
        let reason = format!(
            "{inputs} inputs a step do not divide the {pixels} values of images of {:?}; make it {row}, a row a step",
            dataset.name(),
        );
        return Err(Error::setting(origin, reason));
    }
    if architecture.steps_of(pixels).is_none() {
        let reason = format!(
            "the first layer has {inputs} units, but images of {:?} have {}x{} pixels{}; make it {pixels}",
            dataset.name(),
            dataset.rows(),
            dataset.cols(),
            match dataset.color_mode() {
                ColorMode::Gray => "",
                ColorMode::Rgb => " of three colours",
            },
        );
        return Err(Error::setting(origin, reason));
    }
    let (outputs, classes) = (architecture.outputs(), dataset.classes());
    if outputs < classes {
        let reason = format!(
            "the last layer has {outputs} units, but {:?} has {classes} classes; make it {classes} or more",
            dataset.name(),
        );
        return Err(Error::setting(origin, reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Config, Settings};

    #[test]
    fn a_recurrent_network_opens_images_and_is_stored() {
        let resolve = |text: &str| {
            let settings = Settings::parse(text, Path::new("config.toml")).unwrap();
            Config::resolve(&settings, &Settings::default(), None)
        };
        let small = "glyphs_per_class = 6\nways = 2\nshots = 3\nqueries = 2\n";
        let text =
            format!("{small}layers = \"28 recurrent8 47\"\nleak = 0.5\nfeedback = \"e-prop\"\n");
        let mut config = resolve(&text).unwrap();
        let (dataset, tasks) = config.open_data().unwrap();
        config.check_memory(&dataset, &tasks, 2).unwrap();
        let stored = config.to_settings("none".to_owned());
        assert_eq!(
            (stored.leak, stored.feedback.as_deref()),
            (Some(0.5), Some("e-prop"))
        );
        assert_eq!(config.trainer_settings().model.architecture.leak(), 0.5);

        for (from, to, words) in [
            ("leak = 0.5", "leak = 0.0", "leak: the leak must be above 0"),
            (
                "28 recurrent8 47",
                "784,8,47",
                "leak: only recurrent units leak",
            ),
            (
                "e-prop",
                "dfa",
                "dfa feedback: passes no errors back through time",
            ),
            (
                "leak = 0.5",
                "query_loss = \"sparseness\"",
                "sparseness is of feed-forward layers",
            ),
        ] {
            let error = resolve(&text.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let mut wide = resolve(&text.replace("28 rec", "30 rec")).unwrap();
        let error = wide.open_data().unwrap_err().to_string();
        assert!(
            error.contains("30 inputs a step do not divide the 784 values"),
            "{error}"
        );
    }
}
