//! Spikes of one clip, drawn.

use metaplast_experiment::{Across, Figure, Measurement, Plot, Point, Scale};

/// Neurons of a layer that are drawn.
const DRAWN: f64 = 50.0;

/// Spikes of the input and of each layer while a network listens to the first test clip.
pub(super) fn raster(network: &str, measured: &Measurement) -> Figure {
    let layers = measured.series("rates").len();
    let names = (1..=layers).map(|layer| format!("layer {layer}"));
    let names: Vec<String> = std::iter::once("input".into()).chain(names).collect();
    let mut figure = Figure::new(
        "raster",
        "Spikes of one clip",
        format!(
            "Each bar is a spike of the network {network}, after training, while it listens to the first test clip; \
             of each layer at most {DRAWN} neurons are shown."
        ),
    )
    .with_series(["spikes"]);
    for name in &names {
        let across = Across::Numbers {
            label: "step".into(),
            scale: Scale::Linear,
        };
        let up = if name == "input" { "channel" } else { "neuron" };
        let mut plot = Plot::new(name, across, up).wide();
        for spike in measured.series(name).chunks(2) {
            let (step, neuron) = (spike[0], spike[1]);
            if neuron < DRAWN {
                let bar = [-0.4, 0.4].map(|end| Point::exact(step, neuron + 1.0 + end));
                plot = plot.with_curve(0, bar);
            }
        }
        figure = figure.with_plot(plot);
    }
    figure.with_method("Trial 0, the first way to hold out.")
}
