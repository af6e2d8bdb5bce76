//! Reading alignment: do the teaching signals that arrive through random feedback point where those
//! of backpropagation would?
//!
//! 90° means that a layer is taught something unrelated, 0° that it is taught by the gradient. Under
//! feedback alignment the angles of this deep network hardly move within 250 images. With the terms
//! of the bio rule the forward weights turn towards the feedback weights, from the top layer down.
//!
//! ```text
//! cargo run --release --example 06_reading_alignment
//! ```

use metaplast::autodiff::Tape;
use metaplast::data::{Dataset, Sampling, TaskSampler};
use metaplast::meta::seeds::{EpisodeKey, Purpose};
use metaplast::meta::{Episode, Model};
use metaplast::plasticity::{Architecture, Preset, Rule};

const KEY: EpisodeKey = EpisodeKey::new(1, 0, 0);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dataset = Dataset::glyphs(60, 1);
    let sampler = TaskSampler::new(&dataset, 5, 50, 10, Sampling::Fresh)?;
    let task = sampler.sample(&dataset, &mut KEY.stream(Purpose::Task));

    for (preset, theta) in [
        (Preset::Fa, &[0.01][..]),
        (Preset::Bio, &[0.012, -0.045, 0.005]),
    ] {
        let model = Model {
            architecture: Architecture::paper(),
            feedback: preset.feedback(),
            rule: Rule::preset(preset).with_theta(theta),
        };
        let episode = Episode::new(&model, KEY, &dataset, &task);
        let tape = Tape::<f32>::new();
        let live = episode.begin(&tape);
        let (rule, _) = episode.bind(&tape);

        println!(
            "\n{preset}\n  images    α_1  α_2  α_3  α_4   orthonormality error of layers 1 to 5"
        );
        let look = |images: usize| {
            let mark = tape.mark();
            let diagnostics = live.evaluate(true).diagnostics.expect("asked for");
            tape.cut(mark);
            // α_0, of the input, and α_L, which is 0, say nothing.
            let angles = diagnostics.angles[1..model.architecture.layers()].iter();
            let angles: String = angles.map(|angle| format!("{angle:>4.0}°")).collect();
            let errors = diagnostics.orthonormality.iter();
            let errors: String = errors.map(|error| format!("{error:>9.0}")).collect();
            println!("{images:>8}  {angles} {errors}");
        };
        look(0);
        for t in 0..episode.steps {
            live.step_unrecorded(&rule, t);
            if (t + 1) % 50 == 0 {
                look(t + 1);
            }
        }
    }
    Ok(())
}
