//! Searches for rules on a network that learns nothing in a moment.

use std::fs;
use std::path::Path;

use metaplast_discover::{
    Halving, RuleGame, RuleGrammar, RulePrice, ShortTraining, TermGrammar, TrainingEnd,
};
use metaplast_numbers::statistics::median;
use metaplast_numbers::streams::stream;
use metaplast_numbers::uniform_index;
use metaplast_plasticity::{Preset, Rule};
use metaplast_runs::settings::{Config, LayersSetting, Settings};
use metaplast_search::{Game, Search, SearchMethod, SearchRecord};

fn training(rate: f64) -> ShortTraining {
    let settings = Settings {
        glyphs_per_class: Some(4),
        image_size: Some("7".into()),
        layers: Some(LayersSetting::Sizes(vec![49, 6, 47])),
        ways: Some(2),
        shots: Some(2),
        queries: Some(2),
        lr: Some(rate),
        ..Settings::default()
    };
    let config = Config::resolve(&settings, &Settings::default(), None).unwrap();
    ShortTraining::open(config).unwrap()
}

const PRICE: RulePrice = RulePrice {
    term: 0.01,
    locality: 0.005,
};

fn halving() -> Halving {
    Halving {
        stages: vec![1, 2, 4],
        tasks: 6,
    }
}

fn search(
    grammar: &RuleGrammar,
    training: &ShortTraining,
    method: SearchMethod,
    path: &Path,
    threads: usize,
) {
    let never = || false;
    let game = || RuleGame::new(grammar, training, PRICE, halving(), &never);
    let mut record = SearchRecord::open(path, "rules", &game()).unwrap();
    let game = game().knowing(record.tried());
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| {
        let mut search = Search::new(&game, method.searcher(1));
        search.run_recorded(24, &mut record, &|| false).unwrap();
    });
}

#[test]
fn a_record_cut_anywhere_ends_in_the_same_bytes_on_any_number_of_threads() {
    let (grammar, training) = (RuleGrammar::new(TermGrammar::new(3), 2), training(1e-2));
    let directory = tempfile::tempdir().unwrap();
    for method in [SearchMethod::Puct, SearchMethod::Evolution] {
        let path = directory.path().join(method.name());
        search(&grammar, &training, method, &path, 1);
        let whole = fs::read(&path).unwrap();
        let mut rng = stream(&[7]);
        for cut in 0..20 {
            let kept = uniform_index(&mut rng, whole.len() + 1);
            fs::write(&path, &whole[..kept]).unwrap();
            search(&grammar, &training, method, &path, 1 + cut % 3);
            assert!(
                fs::read(&path).unwrap() == whole,
                "{}, cut at {kept}",
                method.name()
            );
        }
    }
}

#[test]
fn a_rule_goes_on_when_it_is_in_the_upper_half_of_those_before_its_block() {
    let (grammar, training) = (RuleGrammar::new(TermGrammar::new(3), 2), training(1e-2));
    let never = || false;
    let halving = Halving {
        stages: vec![3, 6, 9],
        tasks: 12,
    };
    let game = RuleGame::new(&grammar, &training, PRICE, halving, &never);
    let mut search = Search::new(&game, SearchMethod::Random.searcher(1));
    search.run(30);
    let tried = search.history().tried();
    let stage = |place: usize, stage: usize| tried[place].further[3 + stage];
    for place in 0..tried.len() {
        for k in 0..2 {
            let before = (0..place - place % 5).map(|other| stage(other, k));
            let before: Vec<f64> = before.filter(|accuracy| !accuracy.is_nan()).collect();
            let lower = !before.is_empty() && stage(place, k) < median(&before);
            assert!(
                !lower || stage(place, k + 1).is_nan(),
                "rule {place}, stage {k}"
            );
        }
    }
}

#[test]
fn a_search_that_is_asked_to_stop_has_tried_nothing() {
    let (grammar, training) = (RuleGrammar::new(TermGrammar::new(2), 2), training(1e-2));
    let always = || true;
    let game = RuleGame::new(&grammar, &training, PRICE, halving(), &always);
    let mut search = Search::new(&game, SearchMethod::Random.searcher(1));
    assert_eq!(search.run(5), 0);
}

#[test]
fn a_rule_that_explodes_costs_an_episode_and_is_worth_nothing() {
    let training = training(0.9);
    let begin = || training.begin(&Rule::preset(Preset::Pool), 0);
    let mut rule = begin();
    assert_eq!(rule.train_to(100, 1, &|| false), TrainingEnd::Exploded);
    // No episode follows the one that diverged.
    let exploded = rule.episodes();
    assert!(exploded < 100);
    assert_eq!(
        begin().train_to(exploded - 1, 1, &|| false),
        TrainingEnd::Reached
    );
    assert_eq!(
        begin().train_to(exploded, 1, &|| false),
        TrainingEnd::Exploded
    );
    let grammar = RuleGrammar::new(TermGrammar::new(2), 2);
    let never = || false;
    let halving = Halving {
        stages: vec![100],
        tasks: 2,
    };
    let game = RuleGame::new(&grammar, &training, PRICE, halving, &never);
    let fa = Rule::preset(Preset::Fa);
    let choices = grammar.choices(vec![grammar.terms().place(&fa.terms()[0]).unwrap()]);
    let measured = game.measure(&choices);
    assert_eq!(measured.reward, f64::NEG_INFINITY);
    assert_eq!(measured.further[2], 0.0);
}

#[test]
fn training_in_stages_is_training_at_once() {
    let training = training(1e-2);
    let rule = Rule::preset(Preset::Bio);
    let (mut whole, mut parts) = (training.begin(&rule, 0), training.begin(&rule, 0));
    assert_eq!(whole.train_to(6, 3, &|| false), TrainingEnd::Reached);
    for episodes in [1, 4, 6] {
        parts.train_to(episodes, 3, &|| false);
    }
    assert_eq!(whole.rule(), parts.rule());
    assert_ne!(
        whole.rule().theta(),
        training.begin(&rule, 1).rule().theta()
    );
}
