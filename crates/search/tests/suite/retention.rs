//! Retention: laws of the curves, networks, the game.

use metaplast_search::retention::{
    HystereticRetention, NetworkSettings, PointUse, RetentionBranch, RetentionGame, Soil,
    SoilBatch, VanGenuchten, curve_errors, settings_space,
};
use metaplast_search::{Game, Search, SearchMethod};
use proptest::prelude::*;

/// What holds for any soils: points are split within each branch, and both laws can be fitted.
pub(crate) fn check_soils(name: &str, soils: &[Soil]) {
    for soil in soils {
        let points = soil.points();
        for direction in [RetentionBranch::Drying, RetentionBranch::Wetting] {
            let branch: Vec<_> = points.iter().filter(|p| p.direction == direction).collect();
            assert!(branch.len() <= 20, "{name}: {}", soil.code);
            assert!(
                branch
                    .windows(2)
                    .all(|pair| pair[0].suction <= pair[1].suction),
                "{name}: {}",
                soil.code
            );
            let held = branch
                .iter()
                .filter(|point| point.purpose != PointUse::Training)
                .count();
            assert!(3 * held <= branch.len() + 1, "{name}: {}", soil.code);
        }
    }
    let curve = curve_errors(soils);
    // A search of 40 settings, trained as it goes.
    let game = RetentionGame::new(soils, 1);
    let mut search = Search::new(&game, SearchMethod::Puct.searcher(1));
    search.run(40);
    let best = search.history().best().expect("a setting with an error");
    let [_, validation, test] = best.further[..] else {
        panic!("{name}: three errors");
    };
    // Measured on the 18 soils that come with the crate: the worst of the best 17 settings has a test error of .052. A
    // mean over fewer soils is less certain.
    let room = (18.0 / soils.len() as f64).max(1.0).sqrt();
    assert!(test <= 0.055 * room, "{name}: {validation}, {test}");
    assert!(curve.test < 0.06 * room, "{name}: {curve:?}");
}

fn curves() -> impl Strategy<Value = VanGenuchten> {
    (0.0..0.1_f64, 0.3..0.6_f64, -3.0..0.0_f64, 1.05..4.0_f64).prop_map(
        |(theta_r, theta_s, alpha, n)| VanGenuchten {
            theta_r,
            theta_s,
            alpha: 10f64.powf(alpha),
            n,
            k_s: 1.0,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A soil that turns round starts where it was.
    #[test]
    fn scanning_curves_are_continuous_at_reversals(
        drying in curves(), ratio in 1.0..4.0_f64, logs in prop::collection::vec(-1.0..5.0_f64, 2..12),
    ) {
        let mut soil = HystereticRetention::new(drying, ratio, 10f64.powf(logs[0]));
        for log in &logs[1..] {
            let h = soil.suction();
            for step in [1e-9, -1e-9] {
                let (theta, slope) = soil.at(h * (1.0 + step));
                let room = 1e-12 + 2e-9 * h * slope.abs();
                prop_assert!((theta - soil.water_content()).abs() <= room);
            }
            soil.move_to(10f64.powf(*log));
        }
    }

    /// While θ_r* ≥ θ_r and θ_s* ≤ θ_s the curves that are followed stay between the main ones.
    #[test]
    fn scanning_curves_stay_between_the_main_curves(
        drying in curves(), ratio in 1.0..4.0_f64, logs in prop::collection::vec(-1.0..5.0_f64, 2..12),
    ) {
        let mut soil = HystereticRetention::new(drying, ratio, 10f64.powf(logs[0]));
        for log in &logs[1..] {
            let h = 10f64.powf(*log);
            let theta = soil.move_to(h);
            let (low, high) = soil.bounds();
            let room = 1e-12;
            if low < drying.theta_r - room || high > drying.theta_s + room {
                break;
            }
            let main = |direction| soil.law().main(direction, h);
            let (wet, dry) = (main(RetentionBranch::Wetting), main(RetentionBranch::Drying));
            prop_assert!(wet - room <= theta && theta <= dry + room, "{} {} {}", wet, theta, dry);
        }
    }

    /// The slope is the derivative, and the conductivity rises with water.
    #[test]
    fn slopes_agree_with_differences(curve in curves(), log in -1.0..5.0_f64) {
        let h = 10f64.powf(log);
        let step = 1e-5 * h;
        let difference =
            (curve.water_content(h + step) - curve.water_content(h - step)) / (2.0 * step);
        let room = 1e-6 * difference.abs() + 1e-10 / h;
        prop_assert!((curve.slope(h) - difference).abs() <= room);
        prop_assert!(curve.conductivity(2.0 * h) <= curve.conductivity(h));
        prop_assert!((0.0..=1.0).contains(&curve.conductivity(h)));
    }
}

/// Each network learns as if its soil were alone.
#[test]
fn a_batch_trains_each_soil_by_itself() {
    let soils = Soil::unsoda();
    let settings = NetworkSettings {
        width: 3,
        ..RetentionGame::settings(&[1, 2, 1, 0, 0, 3, 1])
    };
    let train = |soils: &[Soil]| SoilBatch::new(soils).train(&settings, 1);
    let (one, three) = (train(&soils[..1]), train(&soils[..3]));
    for (alone, together) in one.parameters().iter().zip(three.parameters()) {
        let both = alone.data().iter().zip(together.data());
        for (alone, together) in both {
            assert!((alone - together).abs() < 1e-9, "{alone} {together}");
        }
    }
    let errors = three.errors();
    assert!(
        errors.training < 0.2 && errors.validation < 0.3,
        "{errors:?}"
    );
}

#[test]
fn the_game_has_its_settings() {
    let space = settings_space();
    assert_eq!(space.candidates(), 1728);
    let game = RetentionGame::new(&Soil::unsoda()[..1], 1);
    assert_eq!(game.options(&[]), [0, 1, 2]);
    let places = (0..1728).map(|place| space.place(&space.candidate(place)));
    assert!(places.eq(0..1728));
}
