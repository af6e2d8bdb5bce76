//! Episodes of larger images, with the first layer as weights and by Gram matrix, and with diagnostics, which look at
//! the weights: bio, five classes, arrays of which a third of the elements is not zero, 50 query inputs.

use std::hint::black_box;

use criterion::Criterion;
use metaplast::meta::examples::{ExampleArrays, LabelledRows};
use metaplast::meta::gradient::{Ask, EpisodeRunner, GradientMode};
use metaplast::meta::seeds::EpisodeKey;
use metaplast::meta::{Episode, Model};
use metaplast::plasticity::{Architecture, Feedback, Preset};
use metaplast::tensor::{Random, Tensor};

use crate::work::model;

/// Pixels along an edge, and images to learn from of each of five classes.
const CASES: [(usize, usize); 4] = [(28, 50), (28, 5), (56, 5), (112, 5)];

pub(crate) fn inputs(criterion: &mut Criterion) {
    for (edge, shots) in CASES {
        let pixels = edge * edge;
        let sizes = vec![pixels, 170, 130, 100, 70, 47];
        let model = Model {
            architecture: Architecture::new(sizes).expect("layers"),
            ..model(Preset::Bio, Feedback::fixed())
        };
        let arrays = ExampleArrays::new(rows(5 * shots, pixels), rows(50, pixels));
        let episode = Episode::of_arrays(&model, EpisodeKey::new(1, 0, 0), &arrays);
        let start = episode.start::<f32>();
        let mut group = criterion.benchmark_group(format!("inputs {edge}x{edge}, {shots} shots"));
        group.sample_size(10);
        let ways = [
            ("weights", GradientMode::default(), Ask::GRADIENT),
            ("gram", GradientMode::Gram, Ask::GRADIENT),
            ("weights, diagnostics", GradientMode::default(), Ask::ALL),
            ("gram, diagnostics", GradientMode::Gram, Ask::ALL),
        ];
        for (name, mode, ask) in ways {
            let mut runner = EpisodeRunner::<f32>::new(mode);
            group.bench_function(name, |bencher| {
                bencher.iter(|| black_box(runner.run_from(&episode, &start, ask)));
            });
        }
        group.finish();
    }
}

/// As bright on the whole whatever their size.
fn rows(count: usize, pixels: usize) -> LabelledRows {
    let mut random = Random::new(7);
    let scale = 28.0 / (pixels as f64).sqrt();
    let mut element = || match random.uniform() {
        lit if lit > 2.0 / 3.0 => scale * 3.0 * (lit - 2.0 / 3.0),
        _ => 0.0,
    };
    let elements = (0..count * pixels).map(|_| element()).collect();
    let labels = (0..count).map(|i| i % 5).collect();
    LabelledRows::new(Tensor::new([count, pixels], elements), labels).expect("a label each")
}
