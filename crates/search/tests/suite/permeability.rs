//! Permeability tensors and their laws.

use metaplast_search::permeability::{
    FabricLaw, PermeabilityNetwork, PermeabilityTensor, PoreFeatures, PoreSample, PoreStructure,
    PorosityLaw,
};
use metaplast_tensor::Random;
use proptest::prelude::*;

fn samples(number: usize, random: &mut Random) -> Vec<PoreSample> {
    let mut draw = |_| {
        let structure = PoreStructure {
            pores: 6,
            ..PoreStructure::random(random)
        };
        structure.sample(random)
    };
    (0..number).map(&mut draw).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_factor_gives_a_positive_definite_tensor_and_comes_back(
        factor in prop::array::uniform3(-4.0..4.0_f64),
    ) {
        let k = PermeabilityTensor::from_factor(factor);
        prop_assert!(k.xx > 0.0 && k.yy > 0.0);
        if k.is_positive_definite() {
            let mut again = k.factor();
            // A small second factor beside a large slope loses digits.
            let room = 1e-13 * (1.0 + factor[2] * factor[2]) * ((factor[0] - factor[1]) * 2.0).exp().max(1.0);
            again.iter_mut().zip(factor).for_each(|(a, b)| *a -= b);
            prop_assert!(again.iter().all(|off| off.abs() <= room), "{:?}", again);
        }
    }

    #[test]
    fn principal_values_and_directions_make_the_tensor(
        first in 0.1..10.0_f64, ratio in 0.05..1.0_f64, angle in -1.5..1.5_f64,
    ) {
        let k = PermeabilityTensor::from_principal([first, ratio * first], angle);
        let ([a, b], direction) = k.principal();
        prop_assert!((a / first - 1.0).abs() < 1e-12 && (b / (ratio * first) - 1.0).abs() < 1e-11);
        let again = PermeabilityTensor::from_principal([a, b], direction);
        prop_assert!(again.relative_error(&k) < 1e-12);
    }
}

#[test]
fn a_structure_turned_by_90_degrees_conducts_along_the_other_axis() {
    let along = |direction: f64| {
        let structure = PoreStructure {
            pores: 6,
            radius: 0.1,
            anisotropy: 1.0,
            direction,
            disorder: 0.2,
        };
        let mut random = Random::new(3);
        let (mut xx, mut yy) = (0.0, 0.0);
        for _ in 0..20 {
            let k = structure.sample(&mut random).permeability;
            (xx, yy) = (xx + k.xx, yy + k.yy);
        }
        xx / yy
    };
    let (right, up) = (along(0.0), along(std::f64::consts::FRAC_PI_2));
    assert!(
        right > 3.0 && (right * up).abs() < 1.3 && right * up > 0.75,
        "{right} {up}"
    );
}

#[test]
fn the_network_is_definite_everywhere_and_knows_more_than_the_laws_made_by_hand() {
    let mut random = Random::new(1);
    let (training, test) = (samples(120, &mut random), samples(60, &mut random));
    let network = PermeabilityNetwork::train(&training, 1);
    let (fabric, porosity) = (FabricLaw::fit(&training), PorosityLaw::fit(&training));
    let error = |of: &dyn Fn(&PoreFeatures) -> PermeabilityTensor| {
        let each = test
            .iter()
            .map(|s| of(&s.features).relative_error(&s.permeability));
        each.sum::<f64>() / test.len() as f64
    };
    let errors = [
        error(&|features| network.permeability(features)),
        error(&|features| fabric.permeability(features)),
        error(&|features| porosity.permeability(features)),
    ];
    assert!(
        errors[0] < errors[2] && errors[1] < errors[2] && errors[0] < 0.25,
        "{errors:?}"
    );
    // Far from everything that it was trained on, too.
    for porosity in [1e-4, 0.1, 0.9] {
        for xy in [-0.4, 0.0, 0.4] {
            let fabric = PermeabilityTensor {
                xx: 0.5,
                xy,
                yy: 0.5,
            };
            let features = PoreFeatures {
                porosity,
                fabric,
                spread: 2.0,
            };
            let k = network.permeability(&features);
            assert!(k.is_positive_definite(), "{k:?}");
        }
    }
}
