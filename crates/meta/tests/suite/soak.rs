//! A few of the random checks.

use metaplast_meta::soak::{RandomEpisodes, Tally};

#[test]
fn random_episodes_pass_every_check() {
    let episodes = RandomEpisodes::new(3);
    let mut tally = Tally::default();
    for number in 0..30 {
        episodes.check(number, &mut tally).unwrap();
    }
    assert_eq!(tally.episodes, 30);
    assert!(tally.diverged + tally.ill_conditioned < 20, "{tally:?}");
    assert!(tally.undone > 0.0 && tally.explained > 0.0, "{tally:?}");
}
