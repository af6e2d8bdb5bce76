//! The settings that say what a model is and how it learns.

use metaplast_experiment::{Error, ExperimentMonitor, ExperimentSettings};
use metaplast_numbers::digits::shown;

use super::data::Data;
use crate::model::{EncoderInput, EpochLosses, VaeSettings, VaeTraining};

/// What scattering encoders are given.
const SCATTERING: EncoderInput = EncoderInput::Scattering {
    wavelets: 8,
    layers: 3,
};

/// Sizes of runs.
#[derive(Clone)]
pub(super) struct Model {
    vae: VaeSettings,
    pub(super) training: VaeTraining,
    pub(super) samples: usize,
}

impl Model {
    pub(super) fn settings(
        settings: ExperimentSettings,
        epochs: u64,
        samples: u64,
    ) -> ExperimentSettings {
        settings
            .whole("latent", 12, "numbers of the latent vector")
            .whole(
                "hidden",
                200,
                "hidden units of the encoder, and of both hidden layers of the decoder",
            )
            .whole("epochs", epochs, "passes over the training molecules")
            .whole("batch", 50, "molecules of a batch")
            .number("rate", 2e-3, "Adam's rate in the first step")
            .number(
                "final_rate",
                0.0,
                "the rate to which it falls along half a cosine; that of the first step for a constant one",
            )
            .whole("samples", samples, "graphs that each model samples")
    }

    pub(super) fn read(settings: &ExperimentSettings, data: &Data) -> Result<Self, Error> {
        let hidden = settings.whole_within("hidden", 1..=4096)? as usize;
        let vae = VaeSettings {
            places: data.places,
            latent: settings.whole_within("latent", 1..=1024)? as usize,
            hidden,
            decoder_hidden: vec![hidden; 2],
            ..VaeSettings::five_places(EncoderInput::Plain)
        };
        let training = VaeTraining {
            epochs: settings.whole_within("epochs", 1..=1_000_000)? as usize,
            batch: settings.whole_within("batch", 1..=100_000)? as usize,
            rate: settings.positive("rate", 1.0)?,
            final_rate: final_rate(settings)?,
            ..VaeTraining::default()
        };
        Ok(Model {
            vae,
            training,
            samples: settings.whole_within("samples", 1..=10_000_000)? as usize,
        })
    }

    /// With a plain or a scattering encoder.
    pub(super) fn vae(&self, scattering: bool, conditions: usize) -> VaeSettings {
        VaeSettings {
            input: if scattering {
                SCATTERING
            } else {
                EncoderInput::Plain
            },
            conditions,
            ..self.vae.clone()
        }
    }
}

fn final_rate(settings: &ExperimentSettings) -> Result<f64, Error> {
    match settings.get_number("final_rate") {
        rate if (0.0..=1.0).contains(&rate) => Ok(rate),
        rate => {
            let reason = format!(
                "{} makes no sense; choose a number from 0 to 1",
                shown(rate)
            );
            Err(Error::setting("final_rate", reason))
        }
    }
}

/// Lets training go on until a monitor asks to stop, and keeps the losses of epochs.
pub(super) fn following<'a>(
    monitor: &'a dyn ExperimentMonitor,
    losses: &'a mut Vec<f64>,
) -> impl FnMut(usize, EpochLosses) -> bool + 'a {
    |_, epoch| {
        losses.push(epoch.reconstruction + epoch.divergence);
        !monitor.stop_requested()
    }
}
