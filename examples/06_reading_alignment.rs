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
use metaplast::meta::images::{constant_image, image_batch};
use metaplast::meta::seeds::{Purpose, stream};
use metaplast::plasticity::diagnostics::{alignment_angles, orthonormality_errors};
use metaplast::plasticity::{Architecture, Feedback, Network, Pathway, Preset, Rule};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dataset = Dataset::glyphs(60, 1);
    let sampler = TaskSampler::new(&dataset, 5, 50, 10, Sampling::Fresh)?;
    let task = sampler.sample(&dataset, &mut stream(1, 0, 0, Purpose::Task));
    let labels: Vec<usize> = task.query.iter().map(|sample| sample.label).collect();
    let architecture = Architecture::paper();
    let weights = Pathway::<f32>::uniform(&architecture, &mut stream(1, 0, 0, Purpose::Weights));
    let feedback = Feedback::fixed();
    let matrices = feedback.draw(&architecture, &mut stream(1, 0, 0, Purpose::Feedback));

    for (preset, theta) in [
        (Preset::Fa, &[0.01][..]),
        (Preset::Bio, &[0.012, -0.045, 0.005]),
    ] {
        let tape = Tape::new();
        let network = Network::builder(&tape, &architecture)
            .weights(&weights)
            .feedback(&feedback, &matrices)
            .build();
        // Constant coefficients: nothing is recorded to be differentiated.
        let rule = Rule::preset(preset).with_theta(theta).bind_constant(&tape);
        let queries = tape.constant(&image_batch(&dataset, &task.query));

        println!(
            "\n{preset}\n  images    α_1  α_2  α_3  α_4   orthonormality error of layers 1 to 5"
        );
        let look = |images: usize| {
            // α_0, of the input, and α_L, which is 0, say nothing.
            let angles = alignment_angles(&network, queries, &labels);
            let angles = angles[1..architecture.layers()].iter();
            let angles: String = angles.map(|angle| format!("{angle:>4.0}°")).collect();
            let errors = orthonormality_errors(&network, queries);
            let errors: String = errors.iter().map(|error| format!("{error:>9.0}")).collect();
            println!("{images:>8}  {angles} {errors}");
        };
        look(0);
        for (seen, sample) in (1..).zip(&task.support) {
            let mark = tape.mark();
            network.step(
                &rule,
                constant_image(&tape, &dataset, *sample),
                sample.label,
            );
            // What the step put on the tape is not needed any more.
            tape.cut(mark);
            if seen % 50 == 0 {
                look(seen);
            }
        }
    }
    Ok(())
}
