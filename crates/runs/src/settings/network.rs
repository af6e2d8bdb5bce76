//! Layer sizes from settings.

use metaplast_data::{ColorMode, Dataset};
use metaplast_plasticity::{Activation, Architecture, Feedback, Rule};

use super::choice::Choice;
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

/// The same network with hidden units of this name, where one is given.
///
/// # Errors
/// When there are no such units.
pub fn with_activation(
    architecture: Architecture,
    activation: Option<&Choice<String>>,
) -> Result<Architecture, Error> {
    let activation = activation.map(Choice::parse::<Activation>).transpose()?;
    Ok(architecture.with_activation(activation.unwrap_or_default()))
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
    if inputs != pixels {
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
