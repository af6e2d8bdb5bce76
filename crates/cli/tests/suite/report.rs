//! `metaplast report`: pages about run directories, and what is wrong with them.

use std::fs;

use crate::common::{Sandbox, assert_refused};

/// A place with two small runs, `a` (bio, two trials) and `b` (FA).
fn runs() -> Sandbox {
    let place = Sandbox::new();
    place.meta_train("a", &["--episodes", "4", "--trials", "2", "--quiet"]);
    place.meta_train("b", &["--preset", "fa", "--episodes", "3", "--quiet"]);
    place
}

#[test]
fn a_page_shows_what_the_run_directory_holds() {
    let place = runs();
    assert_eq!(place.succeed(&["report", "a"]), "report: a/report.html\n");
    let html = place.read("a/report.html");
    assert!(html.contains("<h1>a</h1>") && html.contains("2 × 4"));
    assert!(html.contains("Oja's subspace rule") || html.contains("Oja&#39;s subspace rule"));
    assert!(html.contains("metaplast meta-train --terms F0,F2,F9"));

    // The command on the page repeats the run.
    let start = html.find("<pre>metaplast ").unwrap() + "<pre>metaplast ".len();
    let end = start + html[start..].find("</pre>").unwrap();
    let mut words: Vec<&str> = html[start..end].split(' ').collect();
    words.extend(["--out", "again", "--quiet"]);
    place.succeed(&words);
    for file in ["episodes.csv", "config.toml", "rule.toml"] {
        let (first, again) = (format!("a/{file}"), format!("again/{file}"));
        assert_eq!(place.read(&first), place.read(&again), "{file}");
    }
}

#[test]
fn several_runs_are_laid_over_each_other() {
    let place = runs();
    let more = ["--out", "c.html", "--svg", "figures", "--title", "Both"];
    let said = place.succeed(&[&["report", "a", "b"][..], &more].concat());
    assert_eq!(said, "report: c.html\n4 figures in figures\n");
    let html = place.read("c.html");
    assert!(html.contains("<h1>Both</h1>") && html.contains("What differs between the runs"));
    assert!(html.contains("class=\"legend\""));
    let svg = place.read("figures/theta.svg");
    assert!(svg.starts_with("<svg ") && svg.contains("θ of F9"));
    assert_eq!(place.succeed(&["report", "a", "b", "--quiet"]), "");
    assert!(place.path("a/report.html").is_file());
}

#[test]
fn a_run_that_has_not_ended_is_shown_as_far_as_it_got() {
    let place = runs();
    fs::remove_file(place.path("b/rule.toml")).unwrap();
    place.succeed(&["report", "b"]);
    assert!(place.read("b/report.html").contains("1 × 3"));
}

/// Breaks `a` and expects `report` to refuse it with these words.
#[track_caller]
fn refuses(break_it: impl FnOnce(&Sandbox), words: &[&str]) {
    let place = runs();
    break_it(&place);
    let output = place.run(&["report", "b", "a", "--out", "page.html"]);
    assert_refused(&output, words, &place.path("page.html"));
}

fn edit(place: &Sandbox, edit: impl FnOnce(String) -> String) {
    let csv = place.read("a/episodes.csv");
    place.write("a/episodes.csv", edit(csv));
}

#[test]
fn directories_that_are_no_runs() {
    refuses(
        |place| fs::rename(place.path("a"), place.path("x")).unwrap(),
        &["a: no such directory"],
    );
    refuses(
        |place| fs::remove_file(place.path("a/config.toml")).unwrap(),
        &["a: no run is there", "config.toml is missing"],
    );
    refuses(
        |place| fs::remove_file(place.path("a/episodes.csv")).unwrap(),
        &["a: no run is there", "episodes.csv is missing"],
    );
    refuses(
        |place| place.write("a/rule.toml", place.read("b/rule.toml")),
        &["a/rule.toml", "not those of"],
    );
}

#[test]
fn episodes_that_cannot_be_read() {
    let csv = "a/episodes.csv: line ";
    refuses(
        |place| edit(place, |_| String::new()),
        &[csv, "no episodes"],
    );
    refuses(
        |place| edit(place, |text| text[..text.len() - 40].to_owned()),
        &[csv, "line 9", "fields", "cut off"],
    );
    refuses(
        |place| edit(place, |text| text.replacen("0,1,", "0,1,x", 1)),
        &[csv, "line 3", "meta_loss", "is not a number"],
    );
    refuses(
        |place| edit(place, |text| text.replacen("theta_9", "theta_8", 1)),
        &[csv, "line 1", "theta_8", "theta_9"],
    );
    refuses(
        |place| edit(place, |text| text.replacen("\n0,1,", "\n0,2,", 1)),
        &[csv, "line 3", "episode 2 of trial 0 where 1 was expected"],
    );
    refuses(
        |place| edit(place, |text| text.replacen("false", "maybe", 1)),
        &[csv, "line 2", "diverged", "true or false"],
    );
    refuses(
        |place| place.write("a/episodes.csv", [0xff, 0xfe, b'\n']),
        &[csv, "line 1", "UTF-8"],
    );
}

#[test]
fn a_page_cannot_be_a_directory() {
    let place = runs();
    fs::create_dir(place.path("out")).unwrap();
    let output = place.run(&["report", "a", "--out", "out"]);
    assert_refused(&output, &["--out out", "directory"], &place.path("out/x"));
}
