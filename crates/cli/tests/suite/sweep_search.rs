//! Sweeps whose runs are chosen by a search.

use crate::common::assert_refused;
use crate::sweep::{SWEEP, place};

/// Nine runs of which five are to be chosen.
fn nine_runs() -> String {
    SWEEP
        .replace("[0, 0.5]", "[0, 0.25, 0.5]\nlr = [1e-3, 3e-3, 1e-2]")
        .replace("[[arm]]\nname = \"FA\"\npreset = \"fa\"\n", "")
}

#[test]
fn a_search_chooses_runs_the_same_on_any_number_of_threads_and_after_a_stop() {
    let place = place(&nine_runs());
    let search = |out: &str, threads: &str, budget: &str| {
        let flags = [
            "--search",
            "puct",
            "--budget",
            budget,
            "--out",
            out,
            "--threads",
            threads,
        ];
        place.succeed(&[&["sweep", "s.toml", "--quiet"][..], &flags].concat())
    };
    let said = search("o", "1", "5");
    assert_eq!(search("p", "3", "5").replace("p/", "o/"), said);
    let record = place.read("o/search.csv");
    assert_eq!(place.read("p/search.csv"), record);
    assert_eq!(record.lines().count(), 6);
    assert_eq!(place.read("o/sweep.csv").lines().count(), 6);
    // A smaller budget first, and half a row from a process that was killed.
    search("q", "2", "2");
    let half = place.read("q/search.csv") + "\"sweep pu";
    place.write("q/search.csv", half);
    search("q", "2", "5");
    assert_eq!(place.read("q/search.csv"), record);
    assert_eq!(place.read("q/sweep.csv"), place.read("o/sweep.csv"));
    // There are no more than nine.
    search("o", "2", "100");
    assert_eq!(place.read("o/search.csv").lines().count(), 10);
}

#[test]
fn a_search_that_cannot_be_is_refused() {
    let place = place(&nine_runs());
    place.succeed(&[
        "sweep", "s.toml", "--search", "random", "--budget", "1", "--out", "o", "--quiet",
    ]);
    let refused = |flags: &[&str], words: &[&str]| {
        let output = place.run(&[&["sweep", "s.toml", "--out", "o"][..], flags].concat());
        assert_refused(&output, words, &place.path("nothing"));
    };
    refused(&["--search", "annealing"], &["annealing", "puct"]);
    refused(&["--budget", "3"], &["--budget", "--search METHOD"]);
    refused(
        &["--search-seed", "3"],
        &["--search-seed", "--search METHOD"],
    );
    refused(&["--search", "puct"], &["--out o", "sweep random, seed 1"]);
    refused(
        &["--search", "puct", "--shard", "1/2"],
        &["--search", "--shard"],
    );
    refused(&["--search", "puct", "--budget", "0"], &["--budget"]);
}
