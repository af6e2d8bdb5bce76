//! Records, and searches that go on from them.

use std::fs;
use std::path::Path;

use metaplast_numbers::streams::stream;
use metaplast_numbers::uniform_index;
use metaplast_search::{Game, Search, SearchError, SearchMethod, SearchRecord};

use crate::games::Sentences;

const BUDGET: usize = 30;

fn run(game: &dyn Game, method: SearchMethod, seed: u64, path: &Path) -> Result<(), SearchError> {
    let name = format!("{}, seed {seed}", method.name());
    let mut record = SearchRecord::open(path, &name, game)?;
    let mut search = Search::new(game, method.searcher(seed));
    search.run_recorded(BUDGET, &mut record, &|| false)?;
    assert_eq!(record.tried().len(), search.history().len());
    Ok(())
}

/// A process that is killed leaves the beginning of what it would have written.
#[test]
fn a_record_cut_anywhere_ends_in_the_same_bytes() {
    let game = Sentences {
        letters: 6,
        diverging: 10,
    };
    let directory = tempfile::tempdir().unwrap();
    for method in SearchMethod::ALL {
        let path = directory.path().join(method.name());
        run(&game, method, 3, &path).unwrap();
        let whole = fs::read(&path).unwrap();
        let mut rng = stream(&[1, method as u64]);
        for _ in 0..20 {
            let cut = uniform_index(&mut rng, whole.len() + 1);
            fs::write(&path, &whole[..cut]).unwrap();
            run(&game, method, 3, &path).unwrap();
            assert!(
                fs::read(&path).unwrap() == whole,
                "{}, cut at {cut}",
                method.name()
            );
        }
    }
}

#[test]
fn a_search_that_is_stopped_goes_on() {
    let game = Sentences {
        letters: 6,
        diverging: 0,
    };
    let directory = tempfile::tempdir().unwrap();
    let (whole, parts) = (
        directory.path().join("whole"),
        directory.path().join("parts"),
    );
    run(&game, SearchMethod::Puct, 1, &whole).unwrap();
    let asked = std::cell::Cell::new(0);
    let stop = || asked.replace(asked.get() + 1) == 2;
    let mut record = SearchRecord::open(&parts, "puct, seed 1", &game).unwrap();
    let mut search = Search::new(&game, SearchMethod::Puct.searcher(1));
    let tried = search.run_recorded(BUDGET, &mut record, &stop).unwrap();
    assert_eq!(tried, 15); // ten random candidates and a round
    drop(record);
    run(&game, SearchMethod::Puct, 1, &parts).unwrap();
    assert_eq!(fs::read(whole).unwrap(), fs::read(parts).unwrap());
}

#[test]
fn other_records_are_refused_in_one_line_and_kept() {
    let game = Sentences {
        letters: 6,
        diverging: 0,
    };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("record.csv");
    run(&game, SearchMethod::Puct, 1, &path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let shown = path.display();
    let refused = |result: Result<(), SearchError>| {
        let said = result.unwrap_err().to_string();
        assert!(!said.contains('\n'), "{said}");
        said
    };
    assert_eq!(
        refused(run(&game, SearchMethod::Puct, 2, &path)),
        format!(
            "{shown}: line 2: this is the record of puct, seed 1, not of puct, seed 2; name another file"
        )
    );
    let text = String::from_utf8(bytes.clone()).unwrap();
    let renamed = text.replace("puct, seed 1", "puct, seed 2");
    fs::write(&path, renamed).unwrap();
    let said = refused(run(&game, SearchMethod::Puct, 2, &path));
    assert!(said.contains(": the record has "), "{said}");
    assert!(
        said.ends_with("repeat the search with the settings it was begun with"),
        "{said}"
    );
    fs::write(&path, &bytes).unwrap();
    let other = Sentences {
        letters: 6,
        diverging: 0,
    };
    struct Fewer(Sentences);
    impl Game for Fewer {
        fn options(&self, prefix: &[usize]) -> Vec<usize> {
            self.0.options(prefix)
        }
        fn measure(&self, end: &[usize]) -> metaplast_search::CandidateReward {
            self.0.measure(end)
        }
        fn features(&self, prefix: &[usize]) -> Vec<f64> {
            self.0.features(prefix)
        }
        fn describe(&self, prefix: &[usize]) -> String {
            self.0.describe(prefix)
        }
    }
    let said = refused(run(&Fewer(other), SearchMethod::Puct, 1, &path));
    assert!(
        said.contains("line 1: this is not the head of a record of this game"),
        "{said}"
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
    for (text, line) in [("hello", 1), ("hello\n", 1)] {
        fs::write(&path, text).unwrap();
        let said = refused(run(&game, SearchMethod::Puct, 1, &path));
        assert!(
            said.starts_with(&format!("{shown}: line {line}: this is ")),
            "{said}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let nowhere = directory.path().join("no/such/file");
    let said = refused(run(&game, SearchMethod::Puct, 1, &nowhere));
    assert!(said.contains("cannot open it"), "{said}");
}
