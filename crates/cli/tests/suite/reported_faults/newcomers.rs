//! What newcomers stumbled over in the first hour.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::common::{Sandbox, TINY, TINY_TASKS, assert_refused, assert_refused_in_lines, stderr};

#[test]
fn help_of_a_search_lists_no_flags_that_it_refuses() {
    let place = Sandbox::new();
    for command in ["discover", "reproduce"] {
        let help = place.succeed(&[command, "--help"]);
        for flag in ["--shard", "--gather", "--slurm"] {
            assert_eq!(
                help.contains(flag),
                command == "reproduce",
                "{command} {flag}"
            );
        }
    }
    let output = place.run(&["discover", "--gather", "--out", "o"]);
    assert_refused(&output, &["run it as a whole"], &place.path("o"));
}

#[test]
fn a_key_with_a_typing_error_is_told_by_its_nearest() {
    let place = Sandbox::new();
    for (text, words) in [
        (
            "optimzer = \"adam\"\n",
            "unknown key `optimzer`; did you mean `optimizer`?",
        ),
        ("meta-batch = 2\n", "did you mean `meta_batch`?"),
        (
            "colour = 1\n",
            "unknown key `colour`; the keys are preset, terms",
        ),
    ] {
        place.write("c.toml", text);
        let output = place.run(&["meta-train", "--config", "c.toml", "--out", "o"]);
        assert_refused(&output, &["c.toml: line 1: ", words], &place.path("o"));
    }
}

#[test]
fn values_of_a_file_are_refused_in_plain_words() {
    let place = Sandbox::new();
    for (text, words) in [
        (
            "episodes = \"many\"",
            "\"many\" is not a whole number, 0 or above",
        ),
        ("episodes = -3", "-3 is not a whole number, 0 or above"),
        ("lr = \"fast\"", "\"fast\" is not a number"),
        ("quiet = 1", "1 is not true or false"),
        ("preset = 3", "3 is not a text in quotes"),
        ("term = \"hebb = y * y_pre^T\"", "is not a list in brackets"),
        (
            "layers = 3",
            "3 is not a list of layer sizes like [784, 170, 47]",
        ),
    ] {
        place.write("c.toml", format!("{text}\n"));
        let output = place.run(&["meta-train", "--config", "c.toml", "--out", "o"]);
        assert_refused(&output, &["c.toml: line 1: ", words], &place.path("o"));
    }
}

#[test]
fn a_search_among_candidates_shows_its_progress() {
    let place = Sandbox::new();
    place.write(
        "truth.toml",
        "terms = [\"F0\"]\ntheta = [0.02]\nfeedback = \"fixed\"\nlayers = [784, 6, 47]\n",
    );
    let record = [
        "simulate",
        "truth.toml",
        "--record",
        "--out",
        "seen",
        "--quiet",
    ];
    place.succeed(&[&record[..], &TINY_TASKS].concat());
    place.write("list.txt", "e * y_pre^T\ny * y_pre^T\n");
    let fit = [
        "fit",
        "seen/recording.npz",
        "--candidates",
        "list.txt",
        "--out",
    ];
    let output = place.run(&[&fit[..], &["a"]].concat());
    let said = stderr(&output);
    assert!(output.status.success(), "{said}");
    assert!(
        said.starts_with("round 1: 2 candidates, each beside nothing\n"),
        "{said}"
    );
    assert!(
        said.ends_with("joint fit of a rule of 1 term, with intervals\n"),
        "{said}"
    );
    for silent in ["--quiet", "--json"] {
        let output = place.run(&[&fit[..], &[&silent[2..], silent]].concat());
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn a_directory_without_a_run_is_told_what_a_run_has() {
    let place = Sandbox::new();
    std::fs::create_dir(place.path("d")).unwrap();
    for command in ["report", "verify"] {
        let output = place.run(&[command, "d"]);
        let words = [
            "d: no run is there: config.toml is missing",
            "episodes.csv",
            "metaplast meta-train --out",
        ];
        assert_refused_in_lines(&output, &words, 1);
        let output = place.run(&[command, "none"]);
        assert_refused_in_lines(&output, &["none: no such directory"], 1);
    }
}

#[test]
fn the_printed_rule_leaves_out_terms_that_are_zero() {
    let place = Sandbox::new();
    let flags = ["--preset", "pool", "--lambda", "1", "--episodes", "2"];
    let said = place.meta_train("out", &flags);
    assert!(
        said.contains(" e_l y_(l−1)ᵀ (9 more terms with coefficient 0)\n"),
        "{said}"
    );
    let rule = place.read("out/rule.toml");
    assert!(
        rule.lines()
            .next()
            .unwrap()
            .ends_with("(9 more terms with coefficient 0)"),
        "{rule}"
    );
    assert!(rule.contains("\"F9\"]"), "{rule}");
}

#[test]
fn the_directory_of_a_run_stands_for_its_rule() {
    let place = Sandbox::new();
    place.rule();
    let few = ["--tasks", "2", "--rate-episodes", "1"];
    let evaluate = |rule: &str| place.succeed(&[&["evaluate", rule][..], &few].concat());
    assert_eq!(evaluate("rules"), evaluate("rules/rule.toml"));
    std::fs::create_dir(place.path("d")).unwrap();
    for command in ["evaluate", "simulate", "explain"] {
        let output = place.run(&[command, "d"]);
        assert_refused_in_lines(&output, &["d: there is no rule.toml in this directory"], 1);
    }
}

#[test]
fn a_search_names_its_own_settings_where_images_are_too_few() {
    let place = Sandbox::new();
    place.idx("few", &[3; 12]);
    let data = [
        "--data",
        "few",
        "--set",
        "image-size=2",
        "--set",
        "layers=4,6,12",
    ];
    let discover = |more: &[&str]| {
        place.run(&[&["discover", "--quick", "--out", "o"], &data[..], more].concat())
    };
    let output = discover(&[]);
    assert_refused_in_lines(&output, &["--set hold-out: 10 of 12 classes"], 1);
    let output = discover(&["--set", "hold-out=5"]);
    assert_refused_in_lines(&output, &["--set shots: "], 1);
}

#[test]
fn a_number_of_a_list_that_is_none_is_named() {
    let place = Sandbox::new();
    let rule = place.rule();
    for line in [
        &["gradcheck", "--theta", "1e-3,x"][..],
        &["meta-train", "--lr", "x"],
        &["fit", "r.npz", "--beta", "x"],
        &["simulate", rule, "--record", "--noise", "x"],
        &["soak", "--minutes", "x"],
        &["predictive", "train", "--rate", "x"],
    ] {
        let output = place.run(line);
        let words = [
            "invalid value 'x' for '--",
            "give a number, like 0.05 or 1e-3",
        ];
        assert_refused_in_lines(&output, &words, 3);
    }
}

#[test]
fn coefficients_of_layers_want_as_many_layers() {
    let place = Sandbox::new();
    place.meta_train(
        "two",
        &["--theta-scope", "per-layer", "--episodes", "1", "--quiet"],
    );
    let from = [
        "meta-train",
        "--start-from",
        "two/rule.toml",
        "--out",
        "o",
        "--episodes",
        "1",
    ];
    let output = place.run(&[&from[..], &["--layers", "784,8,6,47"]].concat());
    let words = [
        "two/rule.toml: each of the 2 layers of this rule has coefficients of its own",
        "the network has 3",
        "--layers with 2 layers of weights",
    ];
    assert_refused(&output, &words, &place.path("o"));
    let output = place.run(&[&from[..], &["--theta-scope", "shared"]].concat());
    let words = ["they are to share them; leave out --theta-scope"];
    assert_refused(&output, &words, &place.path("o"));
}

#[test]
fn a_memory_that_a_preset_has_already_is_told_so() {
    let place = Sandbox::new();
    let flags = [
        "--preset",
        "foldiak",
        "--remember",
        "bias = bias + k * y",
        "--out",
        "o",
    ];
    let output = place.run(&[&["meta-train"], &flags[..]].concat());
    let words = [
        "--remember: column 1: the rule has a memory `bias` already",
        "such as a preset",
    ];
    assert_refused_in_lines(&output, &words, 3);
}

#[test]
fn an_experiment_takes_one_kind_of_tasks_or_both() {
    let place = Sandbox::new();
    for tasks in ["image-rows", "memory,image-rows"] {
        let flags = ["reproduce", "recurrent", "--quick", "--show", "--set"];
        let said = place.succeed(&[&flags[..], &[&format!("tasks={tasks}")]].concat());
        assert!(said.contains(&format!("tasks={tasks}")), "{said}");
    }
}

#[test]
fn names_of_a_rules_provenance_are_checked_by_all_who_read_it() {
    let place = Sandbox::new();
    let rule = place.read(place.rule());
    for (line, key) in [
        ("query_loss = \"bogus\"\nsampling = \"fresh\"", "query_loss"),
        ("sampling = \"bogus\"", "sampling"),
    ] {
        place.write("r.toml", rule.replace("sampling = \"fresh\"", line));
        for line in [
            &["simulate", "r.toml"][..],
            &["evaluate", "r.toml"],
            &["explain", "r.toml"],
            &["meta-train", "--start-from", "r.toml"],
        ] {
            let output = place.run(line);
            let words = format!("r.toml: provenance.{key}: unknown ");
            assert_refused_in_lines(&output, &[&words, "bogus", "; choose"], 1);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_whose_reader_has_gone_ends_with_the_code_of_its_signal() {
    let place = Sandbox::new();
    let rule = place.rule();
    let gradcheck = [&["gradcheck", "--layers", "784,5,47"], &TINY_TASKS[..]].concat();
    for line in [
        &["completions", "bash"][..],
        &[
            "evaluate",
            rule,
            "--tasks",
            "2",
            "--rate-episodes",
            "1",
            "--json",
        ],
        &["explain", rule, "--json", "--out", "e"],
        &["simulate", rule, "--out", "s"],
        &["verify", "rules"],
        &["report", "rules"],
        &["data", "info"],
        &["reproduce"],
        &["reproduce", "fig3", "--show"],
        &["discover", "--show"],
        &gradcheck,
        &[
            &["meta-train", "--json", "--out", "m", "--episodes", "3"],
            &TINY[..],
        ]
        .concat(),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_metaplast"));
        command.current_dir(place.path("")).args(line);
        // The reader has gone before the program begins, which may end within a moment.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = command
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stderr.take().unwrap()).lines();
        let said: Vec<String> = said.map(Result::unwrap).collect();
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(141), "{line:?}: {said:?}");
        assert!(
            !said.iter().any(|text| text.contains("error")),
            "{line:?}: {said:?}"
        );
    }
}

#[test]
fn runs_of_a_search_that_failed_are_not_trained_again() {
    let place = Sandbox::new();
    let base = "[base]\nlayers = [784, 8, 47]\nways = 2\nshots = 2\nqueries = 2\nglyphs_per_class = 6\nepisodes = 3\npatience = 3\n";
    let grid = "[grid]\npreset = [\"fa\", \"bio\"]\ntheta_start = [[\"F0=1e-3\"], [\"F0=1e30\"]]\n";
    place.write("s.toml", format!("{base}{grid}"));
    let sweep = [
        "sweep", "s.toml", "--search", "random", "--budget", "4", "--out", "o",
    ];
    let times = |said: &str| {
        let begun = said.lines().filter(|line| line.contains("diverged"));
        begun.filter(|line| !line.starts_with("error")).count()
    };
    let first = place.run(&sweep);
    let said = stderr(&first);
    assert_eq!(first.status.code(), Some(1), "{said}");
    assert!(said.contains("2 of 4 runs failed"), "{said}");
    assert_eq!(times(&said), 2, "{said}");
    let again = place.run(&sweep);
    let said = stderr(&again);
    assert!(said.contains("2 of 4 runs failed"), "{said}");
    assert_eq!(times(&said), 0, "{said}");
}

#[test]
fn the_gradient_of_any_query_loss_is_checked() {
    let place = Sandbox::new();
    let check = ["gradcheck", "--layers", "784,5,47"];
    let with = |more: &[&str]| place.run(&[&check[..], &TINY_TASKS, more].concat());
    for loss in ["decorrelation", "weight-norm"] {
        let output = with(&["--query-loss", loss]);
        assert!(output.status.success(), "{loss}: {}", stderr(&output));
        assert_ne!(output.stdout, with(&[]).stdout);
    }
    let output = with(&["--query-loss", "bogus"]);
    assert_refused_in_lines(&output, &["--query-loss: unknown query loss `bogus`"], 1);
    let output = with(&["--preset", "reinforce-trace", "--reward-delay", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let output = with(&["--reward-delay", "2"]);
    assert_refused_in_lines(
        &output,
        &["--reward-delay: no term or memory of the rule reads"],
        1,
    );
}
