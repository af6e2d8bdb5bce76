//! Networks with shared kernels: laws, and meta-gradients in both modes and against differences.

use metaplast_autodiff::Tape;
use metaplast_plasticity::diagnostics::orthonormality_errors;
use metaplast_plasticity::{
    Activation, Architecture, Feedback, Memory, Network, Output, Pathway, Preset, Rule,
};
use metaplast_tensor::Tensor;
use proptest::prelude::*;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

use crate::described_networks::{THETA, agrees, cases};

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_global_rejects: 4096, ..ProptestConfig::default() })]

    #[test]
    fn meta_gradients_agree_with_forward_mode_and_differences(case in cases()) {
        agrees(&case)?;
    }
}

pub(crate) fn random(len: usize, seed: u64) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..len).map(|_| rng.random_range(-1.0..1.0)).collect()
}

pub(crate) fn assert_close(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= 1e-12 * b.abs().max(1.0), "{a} {b}");
    }
}

/// `z_1` of a network with these layers and kernel, `[channels, K·K·depth]`, for one image or several.
fn convolved(layers: &str, kernel: &[f64], x: Tensor<f64>) -> Vec<f64> {
    let architecture = Architecture::parse(layers)
        .unwrap()
        .with_output(Output::Linear);
    let tape = Tape::<f64>::new();
    let shape = architecture.shapes()[0];
    let weights = Pathway::from_matrices(&[Tensor::new(shape, kernel.to_vec())]);
    let network = Network::builder(&tape, &architecture)
        .weights(&weights)
        .build();
    network.forward(tape.constant(&x)).z[0]
        .value()
        .data()
        .to_vec()
}

#[test]
fn a_convolution_is_the_sum_written_out() {
    for (layers, [height, width, depth], [kernel, channels, border, stride], pool) in [
        ("7x6x2 conv3x4", [7, 6, 2], [3, 4, 0, 1], 1),
        ("9x8x3 conv2x3/3", [9, 8, 3], [2, 3, 0, 3], 1),
        ("8x12x2 pool2 conv3x2/2", [8, 12, 2], [3, 2, 0, 2], 2),
        ("7x6x2 conv3x4+1", [7, 6, 2], [3, 4, 1, 1], 1),
        ("8x12x2 pool2 conv3x2+2/2", [8, 12, 2], [3, 2, 2, 2], 2),
    ] {
        let (x, w) = (
            random(height * width * depth, 1),
            random(channels * kernel * kernel * depth, 2),
        );
        let (h, v) = (height / pool, width / pool);
        let mut seen = vec![0.0; h * v * depth];
        for (i, x) in x.iter().enumerate() {
            let (pixel, c) = (i / depth, i % depth);
            seen[((pixel / width / pool) * v + pixel % width / pool) * depth + c] +=
                x / (pool * pool) as f64;
        }
        let mut expected = Vec::new();
        for p in 0..(h + 2 * border - kernel) / stride + 1 {
            for q in 0..(v + 2 * border - kernel) / stride + 1 {
                for c in 0..channels {
                    let mut sum = 0.0;
                    for i in 0..kernel {
                        for j in 0..kernel {
                            let (row, column) = (p * stride + i, q * stride + j);
                            let rows = border..border + h;
                            if !rows.contains(&row) || !(border..border + v).contains(&column) {
                                continue;
                            }
                            let pixel = (row - border) * v + column - border;
                            for d in 0..depth {
                                sum += w[((c * kernel + i) * kernel + j) * depth + d]
                                    * seen[pixel * depth + d];
                            }
                        }
                    }
                    expected.push(sum);
                }
            }
        }
        assert_close(&convolved(layers, &w, Tensor::from(&*x)), &expected);
        // The same image twice, as a batch.
        let rows = Tensor::new([2, x.len()], [x.clone(), x].concat());
        assert_close(
            &convolved(layers, &w, rows),
            &[expected.clone(), expected].concat(),
        );
    }
}

#[test]
fn translation_of_the_input_translates_the_activity() {
    let (height, width) = (9, 9);
    let kernel = random(9 * 2, 3);
    let mut shifted = vec![0.0; height * width];
    let image: Vec<f64> = random(height * width, 4);
    for row in 0..height - 1 {
        for column in 0..width - 2 {
            shifted[(row + 1) * width + column + 2] = image[row * width + column];
        }
    }
    let z = convolved("9x9x1 conv3x2", &kernel, Tensor::from(&*image));
    let moved = convolved("9x9x1 conv3x2", &kernel, Tensor::from(&*shifted));
    for row in 0..6 {
        for column in 0..5 {
            let at = |r: usize, c: usize| (r * 7 + c) * 2;
            assert_close(
                &moved[at(row + 1, column + 2)..][..2],
                &z[at(row, column)..][..2],
            );
        }
    }
}

#[test]
fn a_kernel_as_large_as_the_image_is_a_dense_layer() {
    for activation in Activation::ALL {
        let learned = ["4x4x2 conv4x5 3", "32 5 3"].map(|layers| {
            let architecture = Architecture::parse(layers)
                .unwrap()
                .with_activation(activation);
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(9);
            let weights = Pathway::<f64>::uniform(&architecture, &mut rng);
            let matrices = Pathway::uniform(&architecture, &mut rng);
            let tape = Tape::new();
            let network = Network::builder(&tape, &architecture)
                .weights(&weights)
                .feedback(&Feedback::fixed(), &matrices)
                .build();
            let theta: Vec<f64> = THETA.iter().map(|t| 0.3 * t).collect();
            let rule = Rule::preset(Preset::Pool)
                .with_theta(&theta)
                .bind_constant(&tape);
            for step in 0..10 {
                let x: Vec<f64> = random(32, step).iter().map(|x| x.abs()).collect();
                network.step(&rule, tape.constant(&Tensor::from(&*x)), step as usize % 3);
            }
            let weights = network.weights();
            weights
                .transposed()
                .iter()
                .flat_map(|w| w.data().to_vec())
                .collect::<Vec<f64>>()
        });
        assert_close(&learned[0], &learned[1]);
    }
}

/// Behind maxima, the orthonormality error is that of a network which sees them as its inputs.
#[test]
fn orthonormality_behind_maxima_is_that_of_what_is_seen() {
    let errors = |layers: &str, weights: &Pathway<f64>, x: &[f64]| {
        let architecture = Architecture::parse(layers).unwrap();
        let tape = Tape::<f64>::new();
        let network = Network::builder(&tape, &architecture)
            .weights(weights)
            .build();
        let rows = Tensor::new([2, x.len() / 2], x.to_vec());
        orthonormality_errors(&network, tape.constant(&rows))
    };
    let pooled = Architecture::parse("4x4x1 maxpool2 3 2").unwrap();
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    let weights = Pathway::uniform(&pooled, &mut rng);
    let x = random(32, 3);
    let greatest = |(image, p, q): (usize, usize, usize)| {
        let at = |i: usize| x[16 * image + 4 * (2 * p + i / 2) + 2 * q + i % 2];
        (0..4).map(at).fold(f64::MIN, f64::max)
    };
    let seen: Vec<f64> = (0..8)
        .map(|i| greatest((i / 4, i / 2 % 2, i % 2)))
        .collect();
    assert_close(
        &errors("4x4x1 maxpool2 3 2", &weights, &x),
        &errors("4 3 2", &weights, &seen),
    );
}

#[test]
fn what_means_nothing_at_places_is_refused() {
    let architecture = Architecture::parse("6x6x1 conv3x2 pool2 3").unwrap();
    let each = "E = 0.9 * E + 0.1 * (y * y_pre^T) .* W";
    let memory = Memory::parse(each, &[]).unwrap();
    let rule = Rule::preset(Preset::Fa).with_memories([memory]).unwrap();
    let error = rule.check(&architecture).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "memory E takes each weight by itself, which means nothing at the places of layer 1,"
        ),
        "{error}"
    );
    // Units behind pooling have weights of their own.
    assert!(
        rule.check(&Architecture::parse("6x6x1 pool2 3").unwrap())
            .is_ok()
    );
    let passes = |feedback: &Feedback| feedback.check(&architecture).is_ok();
    let refused = Feedback::built_in()
        .into_iter()
        .filter(|feedback| !passes(feedback));
    let name = |feedback: Feedback| feedback.name().split('(').next().unwrap().to_owned();
    let refused: Vec<String> = refused.map(name).collect();
    assert_eq!(
        refused,
        [
            "sign-symmetric",
            "kolen-pollack",
            "weight-mirror",
            "information",
            "e-prop"
        ]
    );
    let tape = Tape::<f64>::new();
    let weights = Pathway::zeros(&architecture.shapes());
    let built = Network::builder(&tape, &architecture)
        .weights(&weights)
        .feedback(&Feedback::information(), &weights)
        .try_build();
    let error = built.unwrap_err().to_string();
    assert!(
        error.contains("feedback: passes no errors through convolution"),
        "{error}"
    );
}
