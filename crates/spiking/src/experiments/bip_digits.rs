//! Spoken digits by spiking networks, with and without intrinsic plasticity.

use metaplast_experiment::{About, Error, Experiment, ExperimentSettings, Request, Results};

use super::condition::{named, names};
use super::data::{GENERATED, HeldOut, clips, splits};
use super::findings::{Arm, means_over_speakers, results, warnings};
use super::measured::{Size, measure};

/// The experiment.
#[derive(Clone, Copy, Debug)]
pub struct BipDigits;

impl Experiment for BipDigits {
    fn name(&self) -> String {
        "bip-digits".into()
    }

    fn about(&self) -> About {
        About::new("bip-digits", "Spoken digits and the neurons' own parameters")
            .asking(
                "A spiking network listens to spoken digits. How much do synapses of neurons onto themselves and between \
                 layers that are not neighbours help, and how much do time constants and thresholds of the neurons that \
                 are trained with the weights, by the gradient of the same loss (BIP)?",
            )
            .published(
                "Skips, self-loops and BIP together are up to 2.55 points (of 100) above other recurrent spiking networks \
                 on TI46-Alpha, TI46-Digits and N-TIDIGITS, 2.85 with neuromorphic images (Zhang & Li, Neural \
                 Computation 33(7):1886, 2021, abstract; equations and tables were not at hand, and those recordings \
                 are not free). Nothing here is compared with those figures",
            )
    }

    fn settings(&self, quick: bool) -> ExperimentSettings {
        let all = names();
        let networks: &[&str] = if quick { &["scsr", "scsr+bip"] } else { &all };
        let splits: &[&str] = if quick {
            &["recordings"]
        } else {
            &["recordings", "speakers"]
        };
        ExperimentSettings::new()
            .trials_and_seed(if quick { 2 } else { 3 })
            .text(
                "data",
                GENERATED,
                "generated (digit-like patterns), a directory of WAV files named CLASS_SPEAKER_NUMBER.wav or with one directory for each class, or events (.npz)",
            )
            .whole(
                "recordings",
                if quick { 10 } else { 50 },
                "generated recordings of each digit by each of six speakers",
            )
            .texts(
                "networks",
                networks,
                "which: feedforward, self-loops, scsr (with skips too), recurrent (fully); +bip with BIP, +local with SpiKL-IP; frozen is scsr with random hidden weights",
            )
            .texts(
                "splits",
                splits,
                "what is held out: recordings (the first of every speaker and class), speakers (one after the other)",
            )
            .whole("held_out", if quick { 2 } else { 5 }, "recordings of every speaker and class that are held out")
            .whole(
                "train_recordings",
                0,
                "recordings of every speaker and class to train with at most; 0 for all",
            )
            .numbers("layers", if quick { &[50.0, 50.0] } else { &[100.0, 100.0] }, "neurons of each layer")
            .whole("epochs", if quick { 4 } else { 10 }, "passes over the training clips")
            .whole("batch", 50, "clips of a batch")
            .number("rate", if quick { 5e-3 } else { 2e-3 }, "Adam's rate of the synapses at the beginning")
            .number("intrinsic_rate", 5e-3, "Adam's rate of the neurons' own parameters, with BIP")
    }

    fn run(&self, request: &Request<'_>) -> Result<Results, Error> {
        let settings = request.settings;
        let trials = settings.whole_within("trials", 1..=10_000)? as usize;
        let size = Size::read(settings)?;
        let networks = named(settings.get_texts("networks"))?;
        let clips = clips(settings)?;
        let splits = splits(settings, &clips)?;
        let mut conditions = Vec::new();
        for (held_out, split) in &splits {
            conditions.extend(networks.iter().map(|&network| (network, held_out, split)));
        }
        let mut names = Vec::new();
        for (network, held_out, _) in &conditions {
            let name = |trial| format!("{}, {}, trial {trial}", network.name, held_out.name());
            names.extend((0..trials).map(name));
        }
        let measured = request.measure("networks", &names, |place| {
            let (network, _, split) = conditions[place / trials];
            let seed = settings.seed().wrapping_add((place % trials) as u64);
            measure(network, &size, (&clips, split), seed, request.monitor)
        })?;
        let mut arms: Vec<Arm<'_>> = conditions
            .iter()
            .zip(measured.chunks(trials))
            .map(|((condition, held_out, _), trials)| Arm {
                condition: *condition,
                held_out: held_out.name(),
                trials,
            })
            .collect();
        let is_speaker = |place: usize| matches!(conditions[place].1, HeldOut::Speaker(_));
        let means = means_over_speakers(&arms, is_speaker);
        arms.extend(means.iter().map(|(condition, trials)| Arm {
            condition: *condition,
            held_out: "new speakers, mean".into(),
            trials,
        }));
        for warning in warnings(&arms) {
            request.monitor.say(&warning);
        }
        let data = format!(
            "{}, {} clips of {} classes by {} speakers, {} spikes a clip",
            settings.get_text("data"),
            clips.clips.len(),
            clips.classes.len(),
            clips.speakers().len(),
            clips.mean_spikes().round()
        );
        Ok(results(&arms, &data))
    }
}
