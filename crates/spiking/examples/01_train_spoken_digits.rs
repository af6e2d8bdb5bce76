//! Spoken digits by a spiking network, with and without training of the neurons' own parameters.
//!
//! ```text
//! cargo run --release -p metaplast-spiking --example 01_train_spoken_digits [WAV_DIRECTORY [TRIALS [EPOCHS [SPEAKER]]]]
//! ```
//!
//! Without a directory it listens to generated patterns. With a speaker, all recordings of this one are
//! tested, else the first five of every speaker and digit. It prints accuracies, firing rates and the time
//! that training took.

use std::env;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use metaplast_numbers::statistics::mean;
use metaplast_spiking::{
    GeneratedSpeech, IntrinsicPlasticity, SpikingArchitecture, SpikingTrainer, SpikingTraining,
    read_speech,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let clips = match arguments.next() {
        Some(directory) => read_speech(Path::new(&directory))?,
        None => GeneratedSpeech::default().clips(1),
    };
    let trials: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let epochs: usize = arguments.next().map_or(Ok(3), |text| text.parse())?;
    let split = match arguments.next() {
        Some(speaker) => clips.split_by_speaker(&speaker),
        None => clips.split_by_recording(5),
    };
    if split.test.is_empty() || split.train.is_empty() {
        return Err(format!(
            "the speakers are {}; name one of several",
            clips.speakers().join(", ")
        )
        .into());
    }
    println!(
        "{} clips of {} classes, {:.0} spikes each; {} to train with, {} to test",
        clips.clips.len(),
        clips.classes.len(),
        clips.mean_spikes(),
        split.train.len(),
        split.test.len()
    );
    let architecture = SpikingArchitecture::scsr(clips.channels, &[100, 100], clips.classes.len());
    let bip = IntrinsicPlasticity::Backpropagated { rate: 5e-3 };
    for (name, intrinsic, frozen) in [
        ("ScSr", IntrinsicPlasticity::Fixed, false),
        ("ScSr + BIP", bip, false),
        ("frozen", IntrinsicPlasticity::Fixed, true),
        ("frozen + BIP", bip, true),
    ] {
        let training = SpikingTraining {
            epochs,
            intrinsic,
            frozen,
            ..SpikingTraining::default()
        };
        let mut accuracies = Vec::new();
        for seed in 1..=trials {
            let mut trainer = SpikingTrainer::new(&architecture, training, split.train.len(), seed);
            let start = Instant::now();
            for _ in 0..epochs {
                let _ = trainer.epoch(&clips, &split.train);
            }
            let seconds = start.elapsed().as_secs_f64();
            let tested = trainer.test(&clips, &split.test);
            println!(
                "{name}, seed {seed}: accuracy {:.3}, rates {:.3?}, {seconds:.1} s",
                tested.accuracy, tested.rates
            );
            for unusual in tested.unusual_rates() {
                println!("warning: {unusual}");
            }
            accuracies.push(tested.accuracy);
        }
        println!("{name}: mean accuracy {:.4}", mean(&accuracies));
    }
    Ok(())
}
