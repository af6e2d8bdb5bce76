//! Derivatives against finite differences and forward mode.

use metaplast_autodiff::gradcheck::{Gradcheck, Tolerance};
use metaplast_molecules::net::penalties::ConstraintPenalty;
use metaplast_molecules::net::{
    DecoderShape, EncoderShape, cross_entropy, decode, encode, kl_divergence, sampled_latent,
};
use metaplast_molecules::scattering::{SpectrumWarp, WarpedWavelets, scatter};
use metaplast_molecules::{KINDS, Molecule, ORDERS, PlacedGraph};
use metaplast_tensor::{Random, Tensor};

#[test]
fn the_loss_has_its_gradient_by_all_parameters() {
    let (places, latent) = (2, 2);
    // A seed with no unit near a kink.
    let mut random = Random::new(6);
    let decoder = DecoderShape {
        inputs: latent,
        hidden: vec![3],
        places,
        inner: 2,
    };
    for batch_norm in [false, true] {
        let encoder = EncoderShape {
            inputs: 3,
            hidden: 4,
            latent,
            batch_norm,
        };
        let mut inputs: Vec<Tensor<f64>> = encoder.draw(&mut random);
        let first = inputs.len();
        inputs.extend(decoder.draw(&mut random));
        let x = Tensor::<f64>::normal([4, 3], 0.0, 1.0, &mut random);
        let normal = Tensor::<f64>::normal([4, latent], 0.0, 1.0, &mut random);
        let atoms = Tensor::from_fn([4, places, KINDS], |at| f64::from(u8::from(at[2] == 1)));
        let bonds = Tensor::from_fn([4, places, places, ORDERS], |at| {
            f64::from(u8::from(at[1] < at[2] && at[3] == at[0]))
        });
        let report = Gradcheck::new().run(&inputs, |p| {
            let x = p[0].tape().constant(&x.cast());
            let (mean, log_variance, _) = encode(&encoder, &p[..first], x, None);
            let z = sampled_latent(mean, log_variance, &normal.cast());
            let decoded = decode(&decoder, &p[first..], z);
            let losses = cross_entropy(decoded.atoms, &atoms.cast())
                + cross_entropy(decoded.bonds, &bonds.cast())
                + kl_divergence(mean, log_variance);
            losses.sum()
        });
        assert!(report.passed, "{report}");
    }
}

#[test]
fn penalties_have_their_gradients() {
    let mut random = Random::new(2);
    for penalty in [
        ConstraintPenalty::Valence,
        ConstraintPenalty::Connectivity,
        ConstraintPenalty::ThreeRing,
        ConstraintPenalty::TripleInRing,
        ConstraintPenalty::TripleReached,
    ] {
        let n = 4;
        let kinds = Tensor::<f64>::normal([2, n, KINDS], 0.0, 0.5, &mut random);
        let orders = Tensor::<f64>::normal([2, n, n, ORDERS], 0.0, 0.5, &mut random);
        // The logistic functions are steep: differences see their curvature.
        let mut tolerance = Tolerance::default();
        tolerance.differences = tolerance.differences.max(1e-4);
        let report = Gradcheck::new()
            .label(format!("{penalty:?}"))
            .tolerance(tolerance);
        let report = report.run(&[kinds, orders], |x| {
            penalty.of(x[0].softmax(), x[1].softmax()).sum()
        });
        assert!(report.passed, "{report}");
    }
}

#[test]
fn scattering_has_its_gradient_by_the_signal() {
    let molecule: Molecule = "CC(=O)N".parse().expect("a SMILES");
    let graph = PlacedGraph::of(&molecule, 5);
    let spectrum: Vec<f64> = (0..40).map(|k| f64::from(k) * 0.05).collect();
    let filters = WarpedWavelets::new(SpectrumWarp::of(&spectrum), 4).filters(&graph);
    let mut random = Random::new(3);
    let signal = Tensor::<f64>::normal([2, 5], 0.0, 1.0, &mut random);
    let report = Gradcheck::new().run(&[signal], |x| {
        let filters = x[0].tape().constant(&filters.cast());
        scatter(x[0], filters, 3).square().sum()
    });
    assert!(report.passed, "{report}");
}
