//! Linear layers with half the sum of squares: the equilibrium in closed form.

use metaplast_predictive::{Activation, Chain, Dense, Loss, Solver, Stop, Strict, Target};
use metaplast_tensor::{Random, Tensor};
use proptest::prelude::*;

use crate::nets::{apart, size};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// F* = ½ rᵀS⁻¹r with r = ŷ − y, S = I + Σ_(l ≥ 2) A_l A_lᵀ and A_l = W_L…W_l;
    /// ε*_L = S⁻¹ r, ε*_l = A_(l+1)ᵀ ε*_L.
    #[test]
    fn the_equilibrium_of_linear_layers_has_a_closed_form(
        seed in any::<u64>(), sizes in proptest::collection::vec(1usize..7, 3..=6), batch in 1usize..4,
    ) {
        let mut random = Random::new(seed);
        let weights: Vec<Tensor<f64>> = sizes
            .windows(2)
            .map(|n| Tensor::normal([n[1], n[0]], 0.0, 0.7 / (n[0] as f64).sqrt(), &mut random))
            .collect();
        let layers = weights.len();
        let outputs = sizes[layers];
        let x = Tensor::normal([batch, sizes[0]], 0.0, 1.0, &mut random);
        let y = Tensor::normal([batch, outputs], 0.0, 1.0, &mut random);
        let mut chain = Chain::of(weights.iter().cloned().map(Dense::new));
        let r = chain.predict(&x)? - &y;
        // A_(L+1) = I at the end of the list.
        let mut products = vec![Tensor::<f64>::eye(outputs)];
        for w in weights.iter().skip(1).rev() {
            let next = products[0].matmul(w);
            products.insert(0, next);
        }
        let mut s = Tensor::<f64>::eye(outputs);
        for a in &products[..layers - 1] {
            s = s + a.matmul(&a.transpose());
        }
        let last = s.solve(&r.transpose()).unwrap().transpose();
        let energy = 0.5 * (&r * &last).sum();

        let method = Strict::new(0.2, 20_000).solver(Solver::ErrorCoordinates).stop(Stop::Gradient(1e-13)).halving();
        let strict = method.infer(&mut chain, &x, &Target::Values(y), Loss::HALF_SQUARE)?;
        prop_assume!(strict.converged);
        let found: f64 = strict.energies.last().unwrap().iter().sum();
        prop_assert!((found - energy).abs() <= 1e-12 * energy, "{found} {energy}");
        for l in 1..=layers {
            let expected = last.matmul(&products[l - 1]);
            prop_assert!(apart(strict.error(l), &expected) <= 1e-11 * size(&last));
        }
    }
}

/// A chain of identity activations is linear, whichever side they stand on.
#[test]
fn identities_change_nothing() -> Result<(), metaplast_predictive::PredictiveError> {
    let mut random = Random::new(2);
    let w = Tensor::<f64>::normal([3, 4], 0.0, 1.0, &mut random);
    let x = Tensor::normal([2, 4], 0.0, 1.0, &mut random);
    let dense = Dense::new(w.clone()).after(Activation::Identity);
    let outputs = Chain::of([dense]).predict(&x)?;
    assert!(apart(&outputs, &x.matmul(&w.transpose())) < 1e-14);
    Ok(())
}
