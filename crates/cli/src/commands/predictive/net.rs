//! Which net on which images: from flags, or from the directory of a training.

use std::path::{Path, PathBuf};

use clap::Args;
use metaplast_numbers::streams::seed;
use metaplast_predictive::Chain;
use metaplast_predictive::images::ClassImages;
use metaplast_predictive::nets::Net;
use metaplast_runs::data::{DATA_SEED, DataSource, GLYPHS_PER_CLASS};
use metaplast_runs::directory::file::read_text;
use metaplast_runs::directory::names::{NET, WEIGHTS};
use metaplast_runs::settings::{Choice, OneOf, heading, whole};
use metaplast_runs::{Error as RunError, toml_text};
use metaplast_tensor::Scalar;
use metaplast_tensor::exchange::{Element, safetensors};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Which net on which images.
#[derive(Args, Debug)]
pub(super) struct NetFlags {
    /// `conv`, the article's for MNIST; `wide-conv`, its for CIFAR-10; `dense`, three hidden layers of 300
    #[arg(long, value_name = "NAME", default_value = "conv", value_parser = OneOf(Net::names), help_heading = heading::NETWORK)]
    net: String,
    /// `glyphs`, drawn on the spot; `emnist`, `mnist` or `fashion`, once fetched; files or directories
    /// (see docs/data.md)
    #[arg(long, value_name = "DATA", default_value = "glyphs", help_heading = heading::DATA)]
    data: String,
    /// Learn the first so many classes
    #[arg(long, value_name = "N", default_value = "10", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    classes: u64,
    /// Training images of each class
    #[arg(long, value_name = "N", default_value = "360", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    train_images: u64,
    /// Test images of each class
    #[arg(long, value_name = "N", default_value = "40", value_parser = whole, allow_negative_numbers = true, help_heading = heading::DATA)]
    test_images: u64,
    /// From which the images' order and the first weights follow
    #[arg(long, value_name = "N", default_value = "1", value_parser = whole, allow_negative_numbers = true, help_heading = heading::EXECUTION)]
    seed: u64,
}

/// Every choice of net and images.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NetConfig {
    net: String,
    data: String,
    classes: u64,
    train_images: u64,
    test_images: u64,
    pub(super) seed: u64,
}

/// What streams are for.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Split,
    Weights,
    Batches,
}

impl From<&NetFlags> for NetConfig {
    fn from(flags: &NetFlags) -> Self {
        NetConfig {
            net: flags.net.clone(),
            data: flags.data.clone(),
            classes: flags.classes,
            train_images: flags.train_images,
            test_images: flags.test_images,
            seed: flags.seed,
        }
    }
}

impl NetConfig {
    pub(super) fn seed_for(&self, purpose: Purpose) -> u64 {
        seed(&[self.seed, purpose as u64])
    }

    pub(super) fn net(&self) -> Result<Net, Error> {
        Net::named(&self.net).map_err(|error| Error::setting("--net", error.to_string()))
    }

    /// The same, findable from another working directory.
    pub(super) fn absolute(mut self) -> Result<Self, Error> {
        let source = DataSource::new(&self.data, GLYPHS_PER_CLASS, DATA_SEED)?;
        self.data = source.storable()?.to_string();
        Ok(self)
    }

    pub(super) fn images(&self) -> Result<ClassImages, Error> {
        let most = 1_000_000;
        let classes = Choice::new(self.classes, "--classes").at_most(most)?;
        let train = Choice::new(self.train_images, "--train-images").at_most(most)?;
        let test = Choice::new(self.test_images, "--test-images").at_most(most)?;
        let source = DataSource::new(&self.data, GLYPHS_PER_CLASS, DATA_SEED)?;
        let images = ClassImages::new(
            source.open()?,
            classes as usize,
            train as usize,
            test as usize,
        );
        images.map_err(|error| Error::setting("--data", error.to_string()))
    }

    /// The net with fresh weights.
    pub(super) fn fresh<T: Scalar>(&self, images: &ClassImages) -> Result<Chain<T>, Error> {
        let seed = self.seed_for(Purpose::Weights);
        let built = self.net()?.build(images.extents(), images.classes(), seed);
        built.map_err(|error| Error::setting("--net", error.to_string()))
    }
}

/// A net from the directory of a training, or a fresh one from flags.
#[derive(Args, Debug)]
pub(super) struct GivenNet {
    /// Directory that `predictive train` made [default: a net with fresh weights, as the flags say]
    #[arg(value_name = "DIR", conflicts_with_all = ["net", "data", "classes", "train_images", "test_images", "seed"])]
    trained: Option<PathBuf>,
    #[command(flatten)]
    flags: NetFlags,
}

impl GivenNet {
    /// Its configuration, images and the net.
    pub(super) fn open<T: Scalar + Element>(
        &self,
    ) -> Result<(NetConfig, ClassImages, Chain<T>), Error> {
        let Some(directory) = &self.trained else {
            let config = NetConfig::from(&self.flags);
            let images = config.images()?;
            let chain = config.fresh(&images)?;
            return Ok((config, images, chain));
        };
        let path = directory.join(NET);
        if !path.is_file() {
            let reason = "no net is there; name a directory that `metaplast predictive train` made";
            return Err(Error::setting(directory.display().to_string(), reason));
        }
        let config: NetConfig = toml_text::parse_file(&read_text(&path)?, &path)?;
        let images = config.images()?;
        let mut chain = config.fresh(&images)?;
        read_weights(&directory.join(WEIGHTS), &mut chain)?;
        Ok((config, images, chain))
    }
}

/// The name of a parameter in a file of weights.
fn name(layer: usize, place: usize) -> String {
    format!("layer.{layer}.{place}")
}

/// Writes all parameters: `layer.L.0` is the weights of layer L, counted from 1, `layer.L.1` its bias.
pub(super) fn encode_weights<T: Scalar + Element>(chain: &Chain<T>) -> Vec<u8> {
    let layers = (1..=chain.len()).flat_map(|layer| {
        let parameters = chain.parameters(layer).iter().enumerate();
        parameters.map(move |(place, tensor)| (name(layer, place), tensor))
    });
    safetensors::encode(layers).expect("parameters have different names")
}

fn read_weights<T: Scalar + Element>(path: &Path, chain: &mut Chain<T>) -> Result<(), Error> {
    let wrong = |reason: String| {
        Error::Run(RunError::File {
            path: path.into(),
            line: None,
            reason,
        })
    };
    // Nets are trained in single precision.
    let found = safetensors::read::<f32>(path).map_err(|error| {
        let said = error.to_string();
        let named = format!("{}: ", path.display());
        wrong(said.strip_prefix(&named).unwrap_or(&said).to_owned())
    })?;
    for layer in 1..=chain.len() {
        for (place, parameter) in chain.parameters_mut(layer).iter_mut().enumerate() {
            let name = name(layer, place);
            let tensor = found
                .get(&name)
                .filter(|tensor| tensor.shape() == parameter.shape());
            let Some(tensor) = tensor else {
                let shape = parameter.shape();
                return Err(wrong(format!(
                    "no tensor {name} of shape {shape}; name a directory that `metaplast predictive train` made"
                )));
            };
            if !tensor.data().iter().all(|x| x.is_finite()) {
                let reason =
                    format!("tensor {name} has a number that is not finite; train the net again");
                return Err(wrong(reason));
            }
            *parameter = tensor.cast();
        }
    }
    Ok(())
}
