//! From numbers to spikes.

use metaplast_spiking::MelFrontEnd;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Integrators keep the rest: after each step, the values so far are the spikes so far and less than 1.
    #[test]
    fn no_charge_is_lost(values in proptest::collection::vec(0.0..1.0_f64, 40 * 12)) {
        let front_end = MelFrontEnd::new(8000).unwrap();
        let spikes = front_end.spikes(&values);
        for band in 0..40 {
            let (mut charge, mut count) = (0.0, 0.0);
            for step in 0..12 {
                charge += values[step * 40 + band];
                count += f64::from(spikes[step * 40 + band]);
                prop_assert!((-1e-9..1.0 + 1e-9).contains(&(charge - count)));
            }
        }
    }

    /// A tone is loudest in a band whose triangle holds it.
    #[test]
    fn a_tone_is_loudest_in_its_own_band(hertz in 150.0..3500.0_f64) {
        let front_end = MelFrontEnd::new(8000).unwrap();
        let tone: Vec<f64> = (0..800).map(|t| (std::f64::consts::TAU * hertz * t as f64 / 8000.0).sin()).collect();
        let energies = front_end.log_energies(&tone);
        let window = &energies[40 * 3..40 * 4];
        let loudest = (0..40).max_by(|&a, &b| window[a].total_cmp(&window[b])).unwrap();
        let corners = front_end.corners();
        // Low bands are narrower than the window's resolution.
        let margin = 1.5 * 8000.0 / 200.0;
        prop_assert!(corners[loudest] - margin < hertz && hertz < corners[loudest + 2] + margin);
    }
}

#[test]
fn clips_are_cut_or_filled_with_silence() {
    let front_end = MelFrontEnd::new(8000).unwrap();
    for (windows, filled) in [(0, 0), (1, 1), (63, 63), (64, 64), (300, 64)] {
        let energies = vec![1.0; windows * 40];
        let scaled = front_end.scaled(&energies);
        assert_eq!(scaled.len(), 64 * 40);
        assert_eq!(scaled.iter().filter(|&&x| x > 0.0).count(), filled * 40);
    }
    assert!(front_end.log_energies(&[0.1; 199]).is_empty());
    assert_eq!(front_end.log_energies(&[0.1; 200]).len(), 40);
    assert_eq!(front_end.log_energies(&[0.1; 280]).len(), 80);
}

#[test]
fn other_rates_have_the_same_bands() {
    let (low, high) = (
        MelFrontEnd::new(8000).unwrap(),
        MelFrontEnd::new(16_000).unwrap(),
    );
    assert_eq!(low.corners(), high.corners());
    assert_eq!((high.window, high.hop, high.transform), (400, 160, 512));
    assert!(MelFrontEnd::new(7000).unwrap_err().contains("7600"));
}
