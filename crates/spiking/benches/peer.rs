//! One side of `benches/peers/compare_spiking.py`: writes the input that both sides share, or trains each
//! time it is asked to.
//!
//! ```text
//! cargo bench -p metaplast-spiking --bench peer -- --write input.npz
//! cargo bench -p metaplast-spiking --bench peer -- --serve
//! ```
//!
//! A network of 40 inputs, two layers of 100 with skips and self-loops, and 10 outputs is trained with
//! BIP, in 10 batches of 50 generated clips of 64 steps, in `f32`. `--serve` prints one JSON line with the
//! loss and the gradient of the first batch, and then, for each line on standard input, the milliseconds
//! of 10 batches more, Adam's steps included.

use std::error::Error;
use std::io::BufRead;
use std::time::Instant;

use metaplast_spiking::{
    BackpropThroughTime, GeneratedSpeech, SpikeClips, SpikingArchitecture, SpikingParameters,
    SpikingTrainer, SpikingTraining,
};
use metaplast_tensor::Tensor;
use metaplast_tensor::exchange::npz;

const BATCHES: usize = 10;
const BATCH: usize = 50;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let clips = GeneratedSpeech {
        recordings: 9,
        ..GeneratedSpeech::default()
    }
    .clips(1);
    let architecture = SpikingArchitecture::scsr(clips.channels, &[100, 100], clips.classes.len());
    let training = SpikingTraining {
        epochs: 1_000_000,
        batch: BATCH,
        ..SpikingTraining::default()
    };
    let mut trainer = SpikingTrainer::new(&architecture, training, BATCHES * BATCH, 1);
    if let Some(place) = arguments.iter().position(|argument| argument == "--write") {
        let path = arguments.get(place + 1).ok_or("--write PATH")?;
        let input = input(&clips, trainer.parameters());
        let named = input.iter().map(|(name, tensor)| (name.as_str(), tensor));
        npz::write(path, named)?;
    }
    if arguments.iter().any(|argument| argument == "--serve") {
        let places: Vec<usize> = (0..BATCH).collect();
        let (spikes, labels) = clips.batch::<f32>(&places);
        let gradient = BackpropThroughTime::new(&architecture).gradient(
            trainer.parameters(),
            &spikes,
            &labels,
        );
        let by = gradient.by.tensors().into_iter();
        let by: Vec<f32> = by.flat_map(|(_, by)| by.data().to_vec()).collect();
        println!("{{\"loss\": {}, \"gradient\": {by:?}}}", gradient.loss);
        let train: Vec<usize> = (0..BATCHES * BATCH).collect();
        let _ = trainer.epoch(&clips, &train);
        for line in std::io::stdin().lock().lines() {
            let _ = line?;
            let start = Instant::now();
            let _ = trainer.epoch(&clips, &train);
            println!("{}", start.elapsed().as_secs_f64() * 1e3);
        }
    }
    Ok(())
}

/// Spikes `x`, `[batches, steps, batch, inputs]`, `labels`, and the parameters `p00`, `p01` … in the order of
/// [`SpikingParameters::tensors`].
fn input(clips: &SpikeClips, parameters: &SpikingParameters<f32>) -> Vec<(String, Tensor<f32>)> {
    let (mut spikes, mut labels) = (Vec::new(), Vec::new());
    for batch in 0..BATCHES {
        let places: Vec<usize> = (batch * BATCH..(batch + 1) * BATCH).collect();
        let (x, of_batch) = clips.batch::<f32>(&places);
        spikes.extend(x.into_data());
        labels.extend(of_batch.into_iter().map(|label| label as f32));
    }
    let mut input = vec![
        (
            "x".to_owned(),
            Tensor::new([BATCHES, clips.steps, BATCH, clips.channels], spikes),
        ),
        ("labels".to_owned(), Tensor::new([BATCHES, BATCH], labels)),
    ];
    let all = parameters.tensors().into_iter().enumerate();
    input.extend(all.map(|(place, (_, tensor))| (format!("p{place:02}"), tensor.clone())));
    input
}
